//! `/policies`: making, showing, changing and deleting policies.

use std::{env, thread};

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    policies::{assert_unknown_policy, at, make, make_id},
    shapes::{assert_json, assert_no_route, assert_not_understood, assert_reason},
    store::Store,
    tenants::{Actor, NOBODY, text},
};

fn assert_taken(answer: &wazo_auth_test_support::http::Response, name: &str) {
    assert_reason(answer, 409, &format!("Policy \"{name}\" already exists"));
}

#[test]
fn a_policy_is_made_with_all_that_is_said_of_it() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let top = daemon.admin().data["metadata"]["tenant_uuid"].clone();
    let answer = admin.post(
        "/policies",
        &json!({
            "name": "Équipe",
            "slug": "Team-1_a",
            "description": "",
            "acl": ["z.read", "a.#", "", "!no.*", "z.read", "é b"],
            "shared": "yes",
            "uuid": NOBODY,
            "tenant_uuid": NOBODY,
            "read_only": true,
            "config_managed": true,
        }),
    );
    let policy = answer.expect(200);
    assert_json(&answer);
    assert_ne!(policy["uuid"], NOBODY);
    assert_eq!(
        policy.to_string(),
        json!({
            "uuid": policy["uuid"],
            "tenant_uuid": top,
            "name": "Équipe",
            "slug": "Team-1_a",
            "description": "",
            "acl": ["z.read", "a.#", "", "!no.*", "é b"],
            "read_only": false,
            "shared": true,
        })
        .to_string()
    );
    let uuid = text(&policy, "uuid");
    for name in [&uuid, &uuid.to_uppercase(), "Team-1_a"] {
        assert_eq!(admin.get(&at(name)).expect(200), policy, "{name}");
        let head = admin.request("HEAD", &at(name)).send();
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    assert_unknown_policy(&admin.get(&at("team-1_a")), "slug", "team-1_a");
    assert_unknown_policy(&admin.get(&at(NOBODY)), "uuid", NOBODY);
}

#[test]
fn what_is_not_said_of_a_policy_gets_its_default() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let policy = make(&admin, &json!({ "name": "gr o(ü)ne-_1", "slug": null }));
    assert_eq!(policy["slug"], "grone-_1");
    assert_eq!(
        (&policy["description"], &policy["acl"], &policy["shared"]),
        (&json!(null), &json!([]), &json!(false))
    );
    // What is taken gives way to three random characters.
    let next = text(&make(&admin, &json!({ "name": "grone-_1" })), "slug");
    assert_eq!(next.len(), 3);
    assert!(
        next.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    );
    assert_taken(
        &admin.post("/policies", &json!({ "name": "GRONE-_1" })),
        "GRONE-_1",
    );
    // A name without any allowed character leaves nothing, once.
    let empty = make(&admin, &json!({ "name": "é" }));
    assert_eq!(empty["slug"], "");
    let _ = admin.get(&at(&text(&empty, "uuid"))).is(200);
    assert_eq!(
        text(&make(&admin, &json!({ "name": "è" })), "slug").len(),
        3
    );
}

#[test]
fn a_body_that_breaks_a_rule_names_the_first_wrong_field() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "there", "acl": ["a"] }));
    let long = "x".repeat(81);
    let access = "x".repeat(4097);
    let both = [
        (json!({}), "name"),
        (json!(null), "name"),
        (json!([]), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "name": 1, "acl": 1 }), "name"),
        (json!({ "name": "n", "description": 1 }), "description"),
        (json!({ "name": "n", "acl": null }), "acl"),
        (json!({ "name": "n", "acl": "a" }), "acl"),
        (json!({ "name": "n", "acl": [1] }), "acl"),
        (json!({ "name": "n", "acl": [null] }), "acl"),
        (json!({ "name": "n", "acl": [access] }), "acl"),
        (json!([1]), "_schema"),
        (json!("text"), "_schema"),
        (json!(7), "_schema"),
    ];
    let new = [
        (json!({ "slug": "é", "description": 1 }), "name"),
        (json!({ "name": "n", "slug": "", "acl": 1 }), "slug"),
        (json!({ "name": "n", "slug": "a b" }), "slug"),
        (json!({ "name": "n", "slug": long }), "slug"),
        (json!({ "name": "n", "slug": 1 }), "slug"),
        (json!({ "name": "n", "shared": null }), "shared"),
        (json!({ "name": "n", "shared": "perhaps" }), "shared"),
    ];
    let reason = |field: &str| format!("Invalid value supplied for field: {field}");
    for (body, field) in both.iter().chain(&new) {
        let answer = admin.post("/policies", body);
        assert_reason(&answer, 400, &reason(field));
    }
    for (body, field) in &both {
        for name in [&uuid, "there"] {
            assert_reason(&admin.put(&at(name), body), 400, &reason(field));
        }
        // A policy is looked for by its slug before the body is read, by its id behind.
        assert_unknown_policy(&admin.put(&at("gone"), body), "slug", "gone");
        assert_reason(&admin.put(&at(NOBODY), body), 400, &reason(field));
    }
    for body in ["", "{", "{\"name\": \"a\\u0000b\"}"] {
        assert_not_understood(&admin.request("POST", "/policies").body(body).send());
        assert_not_understood(&admin.request("PUT", &at(&uuid)).body(body).send());
    }
    let longest =
        json!({ "name": "y".repeat(80), "slug": "z".repeat(80), "acl": ["x".repeat(4096)] });
    let _ = make(&admin, &longest);
    assert_eq!(admin.get(&at(&uuid)).expect(200)["acl"], json!(["a"]));
}

#[test]
fn names_and_slugs_are_unique_in_their_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let admin = Actor::admin(&daemon);
    let _ = make(&admin, &json!({ "name": "one", "slug": "First" }));
    for (name, slug) in [("one", "other"), ("two", "First"), ("two", "fIRST")] {
        let body = json!({ "name": name, "slug": slug });
        assert_taken(&admin.post("/policies", &body), name);
    }
    let _ = make(&admin, &json!({ "name": "ONE", "slug": "second" }));
    let _ = make(
        &admin.within(&below),
        &json!({ "name": "one", "slug": "First" }),
    );
}

#[test]
fn a_policy_must_not_be_mistaken_for_a_shared_one() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let middle = store.tenant(None, "middle");
    let low = store.tenant(Some(&middle), "low");
    let beside = store.tenant(None, "beside");
    let admin = Actor::admin(&daemon);
    let [middle, low, beside] = [middle, low, beside].map(|tenant| admin.within(&tenant));
    let shared = |name: &str, slug: &str| json!({ "name": name, "slug": slug, "shared": true });
    let own = |name: &str, slug: &str| json!({ "name": name, "slug": slug });
    // Upwards.
    let _ = make(&middle, &shared("shared", "shared-slug"));
    assert_taken(&low.post("/policies", &own("shared", "x")), "shared");
    assert_taken(&low.post("/policies", &own("x", "shared-slug")), "x");
    let _ = make(&low, &own("Shared", "Shared-slug"));
    let _ = make(&beside, &own("shared", "shared-slug"));
    // Downwards.
    let _ = make(&low, &own("deep", "deep-slug"));
    assert_taken(&middle.post("/policies", &shared("deep", "x")), "deep");
    assert_taken(&admin.post("/policies", &shared("x", "deep-slug")), "x");
    let _ = make(&middle, &own("deep", "deep-slug"));
    let _ = make(&beside, &shared("deep", "deep-slug"));
    // What is refused leaves nothing behind.
    let list = low.get("/policies").expect(200);
    assert_eq!(list["total"], 3);
}

#[test]
fn one_of_two_at_once_gets_a_name() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|number| {
                let admin = &admin;
                let body = json!({ "name": "wanted", "slug": format!("s{number}"), "acl": ["new.1", "new.2"] });
                scope.spawn(move || admin.post("/policies", &body).status)
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[test]
fn of_a_shared_policy_and_one_below_made_at_once_one_is_left() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let admin = Actor::admin(&daemon);
    for number in 0..8 {
        let body = |shared: bool| json!({ "name": format!("n{number}"), "shared": shared });
        let makers = [
            (admin.clone(), body(true)),
            (admin.within(&below), body(false)),
        ];
        let mut statuses: Vec<u16> = thread::scope(|scope| {
            let running = makers
                .each_ref()
                .map(|(actor, body)| scope.spawn(move || actor.post("/policies", body).status));
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}

#[test]
fn a_change_replaces_all_but_the_slug_and_who_sees_it() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let made = make(
        &admin,
        &json!({ "name": "one", "description": "d", "acl": ["b", "a"], "shared": true }),
    );
    let uuid = text(&made, "uuid");
    let changed = admin.put(
        &at("one"),
        &json!({ "name": "two", "slug": "no way", "shared": null, "acl": ["c", "a"], "description": "e" }),
    );
    let expected = json!({
        "uuid": uuid,
        "tenant_uuid": made["tenant_uuid"],
        "name": "two",
        "slug": "one",
        "description": "e",
        // By when the server first met them.
        "acl": ["a", "c"],
        "read_only": false,
        "shared": true,
    });
    assert_eq!(changed.expect(200).to_string(), expected.to_string());
    assert_eq!(admin.get(&at(&uuid)).expect(200), expected);
    // What is not said is gone.
    let bare = admin.put(&at(&uuid), &json!({ "name": "two" })).expect(200);
    assert_eq!(
        (&bare["description"], &bare["acl"]),
        (&json!(null), &json!([]))
    );
    // A taken name changes nothing.
    let _ = make(&admin, &json!({ "name": "three" }));
    let answer = admin.put(&at(&uuid), &json!({ "name": "three", "acl": ["x"] }));
    assert_taken(&answer, "three");
    assert_eq!(admin.get(&at(&uuid)).expect(200), bare);
    assert_unknown_policy(
        &admin.put(&at(NOBODY), &json!({ "name": "n" })),
        "uuid",
        NOBODY,
    );
}

#[test]
fn a_deleted_policy_is_gone_from_those_who_had_it() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "one", "acl": ["a.b"] }));
    let link = format!("/users/{alice}/policies/{uuid}");
    let _ = admin.put(&link, &json!(null)).is(204);
    assert_eq!(admin.delete(&at("one")).is(204).body, "");
    for name in [&uuid, "one"] {
        let kind = if name == "one" { "slug" } else { "uuid" };
        for method in ["GET", "DELETE"] {
            let answer = admin.request(method, &at(name)).send();
            assert_unknown_policy(&answer, kind, name);
        }
    }
    let held = admin.get(&format!("/users/{alice}/policies")).expect(200);
    assert_eq!(held["total"], 1);
    let _ = make(&admin, &json!({ "name": "one" }));
}

#[test]
fn single_accesses_come_and_go() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "one", "acl": ["a.b"] }));
    let acl = || admin.get(&at(&uuid)).expect(200)["acl"].clone();
    let access = |name: &str, segment: &str| format!("/policies/{name}/acl/{segment}");
    for (name, segment, stored) in [
        (&*uuid, "c.%23", "c.#"),
        ("one", "d%20%C3%A9.*", "d é.*"),
        ("one", "!x%2Fy", "!x%2Fy"),
        (&*uuid.to_uppercase(), "me", "me"),
    ] {
        let path = access(name, segment);
        assert_eq!(admin.request("PUT", &path).send().is(204).body, "");
        assert_eq!(acl(), json!(["a.b", stored]));
        let again = admin.request("PUT", &path).send();
        assert_reason(
            &again,
            409,
            &format!("Policy already associated to {stored}"),
        );
        let _ = admin.delete(&path).is(204);
        assert_eq!(acl(), json!(["a.b"]));
        let _ = admin.delete(&path).is(204);
    }
    for method in ["PUT", "DELETE"] {
        let send = |path: &str| admin.request(method, path).send();
        assert_unknown_policy(&send(&access("gone", "a")), "slug", "gone");
        assert_unknown_policy(&send(&access(NOBODY, "a")), "uuid", NOBODY);
        assert_no_route(&send(&access("one", "")));
        assert_no_route(&send(&access("one", "a/b")));
        let long = send(&access("one", &"x".repeat(4097)));
        assert_reason(&long, 400, "Invalid value supplied for field: access");
    }
    let get = admin.get(&access("one", "a.b"));
    assert_eq!(
        (get.status, get.header("allow")),
        (405, Some("DELETE, OPTIONS, PUT"))
    );
}

#[test]
fn an_access_that_the_database_cannot_keep_is_a_wrong_one() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "one", "acl": ["a"] }));
    // Nothing of it can be compressed, so that it is longer than an index of PostgreSQL takes.
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut seed = 7_usize;
    let access: String = (0..4096)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            letters[(seed >> 33) % letters.len()]
        })
        .collect();
    let one = json!({ "name": "one", "acl": ["new", access] });
    let other = json!({ "name": "other", "acl": ["new", access] });
    let answers = [
        admin.post("/policies", &other),
        admin.put(&at(&uuid), &one),
        admin
            .request("PUT", &format!("/policies/one/acl/{access}"))
            .send(),
    ];
    let kept = admin.get(&at(&uuid)).expect(200)["acl"].clone();
    let statuses = answers.each_ref().map(|answer| answer.status);
    if env::var("WAZO_AUTH_TEST_DATABASE").as_deref() == Ok("postgresql") {
        for answer in &answers {
            assert_reason(answer, 400, "Invalid value supplied for field: acl");
        }
        assert_eq!(kept, json!(["a"]));
        assert_unknown_policy(&admin.get(&at("other")), "slug", "other");
    } else {
        // SQLite keeps it.
        assert_eq!(statuses, [200, 200, 409]);
        assert_eq!(kept, json!(["new", access]));
    }
}

#[test]
fn two_changes_at_once_leave_one_of_them() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "one" }));
    let body = |letter: char| {
        let acl: Vec<String> = (0..20).map(|number| format!("{letter}.{number}")).collect();
        json!({ "name": letter.to_string(), "acl": acl })
    };
    thread::scope(|scope| {
        for letter in ['a', 'b', 'c'] {
            let (admin, path, body) = (&admin, at(&uuid), body(letter));
            scope.spawn(move || admin.put(&path, &body).expect(200));
        }
    });
    let left = admin.get(&at(&uuid)).expect(200);
    let letter = left["name"].as_str().unwrap().chars().next().unwrap();
    let mut acl: Vec<&str> = left["acl"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    acl.sort_unstable();
    let wanted = body(letter);
    let mut wanted: Vec<&str> = wanted["acl"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    wanted.sort_unstable();
    assert_eq!(acl, wanted);
}
