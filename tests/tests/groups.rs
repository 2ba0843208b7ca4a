//! `/groups`: making, showing, renaming and deleting groups.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    groups::{assert_forbidden, assert_taken, assert_unknown_group},
    shapes::{assert_api, assert_json, assert_no_route, assert_not_understood, assert_reason},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, text},
};

fn path(group: &Value) -> String {
    format!("/groups/{}", text(group, "uuid"))
}

fn make(actor: &Actor<'_>, name: &str) -> Value {
    actor.post("/groups", &json!({ "name": name })).expect(200)
}

fn slug(actor: &Actor<'_>, name: &str) -> String {
    text(&make(actor, name), "slug")
}

fn is_random(slug: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    slug.len() == 3 && slug.bytes().all(allowed)
}

#[test]
fn a_group_is_made_shown_renamed_and_deleted() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let admin = admin.within(&below);
    let answer = admin.post(
        "/groups",
        &json!({
            "name": "gr ône!", "slug": null, "uuid": NOBODY, "tenant_uuid": NOBODY,
            "system_managed": true, "read_only": true,
        }),
    );
    let mut group = answer.expect(200);
    assert_json(&answer);
    assert_ne!(group["uuid"], NOBODY);
    assert_eq!(
        group.to_string(),
        json!({
            "uuid": group["uuid"],
            "name": "gr ône!",
            "slug": "grne",
            "tenant_uuid": below,
            "system_managed": false,
            "read_only": false,
        })
        .to_string()
    );
    let path = path(&group);
    let shown = admin.get(&path);
    assert_json(&shown);
    assert_eq!(shown.expect(200).to_string(), group.to_string());
    let upper = format!("/groups/{}", text(&group, "uuid").to_uppercase());
    assert_eq!(admin.get(&upper).expect(200), group);
    let head = admin.request("HEAD", &path).send();
    assert_eq!((head.status, head.body.as_str()), (200, ""));

    let renamed = admin.put(
        &path,
        &json!({"name": "Two", "slug": 7, "uuid": 7, "system_managed": true}),
    );
    group["name"] = json!("Two");
    assert_eq!(renamed.expect(200).to_string(), group.to_string());
    assert_eq!(admin.get(&path).expect(200), group);
    // Its own name is not taken.
    assert_eq!(admin.put(&path, &json!({"name": "Two"})).status, 200);

    let gone = admin.delete(&path);
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    let uuid = text(&group, "uuid");
    for answer in [
        admin.get(&path),
        admin.delete(&path),
        admin.put(&path, &json!({"name": "Three"})),
    ] {
        assert_unknown_group(&answer, &uuid);
    }
    assert_eq!(make(&admin, "Two")["slug"], "Two");
}

#[test]
fn a_slug_is_made_from_the_name_or_at_random_where_it_is_taken() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    assert_eq!(slug(&admin, "gr one"), "grone");
    assert!(is_random(&slug(&admin, "grone")));
    assert!(is_random(&slug(&admin, "gr.one")));
    assert_eq!(slug(&admin, "A-b_C é 3"), "A-b_C3");
    assert_eq!(slug(&admin, "é à"), "");
    assert!(is_random(&slug(&admin, "...")));
    assert_eq!(slug(&admin, &"ab ".repeat(42)), "ab".repeat(40));
    // Another tenant has slugs of its own.
    let below = admin.tenant_id(&json!({"slug": "below"}));
    assert_eq!(slug(&admin.within(&below), "gr one"), "grone");
    // One that differs in the case of letters is made, and taken.
    let answer = admin.post("/groups", &json!({"name": "GR one"}));
    assert_taken(&answer, "GR one");
}

#[test]
fn a_slug_may_be_chosen() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    for slug in ["x", "A-b_9", &"s".repeat(80), "tenant"] {
        let body = json!({"name": format!("group {slug}"), "slug": slug});
        assert_eq!(admin.post("/groups", &body).expect(200)["slug"], slug);
    }
    for slug in ["x", "X", "a-B_9"] {
        let answer = admin.post("/groups", &json!({"name": "new", "slug": slug}));
        assert_taken(&answer, "new");
    }
    // What is refused leaves nothing behind.
    let list = admin.get("/groups?name=new").expect(200);
    assert_eq!((&list["filtered"], &list["items"]), (&json!(0), &json!([])));
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let body = json!({"name": "new", "slug": "X"});
    assert_eq!(admin.within(&below).post("/groups", &body).status, 200);
}

#[test]
fn a_tenant_has_one_group_of_a_name() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let [one, other] = ["Team", "Other"].map(|name| make(&admin, name));
    assert_taken(&admin.post("/groups", &json!({"name": "Team"})), "Team");
    assert_taken(
        &admin.post("/groups", &json!({"name": "Team", "slug": "unlike"})),
        "Team",
    );
    assert_taken(&admin.put(&path(&other), &json!({"name": "Team"})), "Team");
    assert_eq!(admin.get(&path(&other)).expect(200), other);
    // In other letters it is another one, and in another tenant too.
    let body = json!({"name": "TEAM", "slug": "capitals"});
    assert_eq!(admin.post("/groups", &body).status, 200);
    let elsewhere = make(&admin.within(&below), "Team");
    assert_eq!(elsewhere["tenant_uuid"], below.as_str());
    let renamed = admin.put(&path(&elsewhere), &json!({"name": "Other"}));
    assert_eq!(renamed.status, 200);
    assert_eq!(admin.get(&path(&one)).expect(200), one);
    // Names like those of the system's groups are for everybody.
    make(&admin, "wazo-all-users-tenant-foo");
}

#[test]
fn the_first_field_that_is_wrong_is_told() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let group = make(&admin, "group");
    let atom = |message: &str, id: &str, constraint: &str| json!({ "message": message, "constraint_id": id, "constraint": constraint });
    let length = |max: usize| {
        json!({ "constraint_id": "length", "constraint": { "min": 1, "max": max },
            "message": format!("Length must be between 1 and {max}.") })
    };
    let pattern = json!({ "constraint_id": "regex", "constraint": "^[a-zA-Z0-9_-]+$",
        "message": "String does not match expected pattern." });
    let string = atom("Not a valid string.", "type", "string");
    let missing = atom("Missing data for required field.", "required", "required");
    let null = atom("Field may not be null.", "not_null", "not_null");
    for (body, failure) in [
        (json!({"slug": "é"}), &missing),
        (json!({"name": null, "slug": "é"}), &null),
        (json!({"name": ""}), &length(128)),
        (json!({"name": "é".repeat(129)}), &length(128)),
        (json!({"name": 7}), &string),
        (json!({"name": ["x"]}), &string),
        (json!([]), &missing),
        (json!(null), &missing),
    ] {
        for answer in [
            admin.post("/groups", &body),
            admin.put(&path(&group), &body),
        ] {
            assert_api(
                &answer,
                400,
                ("invalid-data", "groups"),
                failure["message"].clone(),
                &json!({ "name": failure }),
            );
        }
    }
    for (slug, failure) in [
        (json!("a.b"), &pattern),
        (json!("a b"), &pattern),
        (json!("é"), &pattern),
        (json!("a\n"), &pattern),
        (json!("s".repeat(81)), &length(80)),
        (json!(7), &string),
    ] {
        assert_api(
            &admin.post("/groups", &json!({"name": "x", "slug": slug})),
            400,
            ("invalid-data", "groups"),
            failure["message"].clone(),
            &json!({ "slug": failure }),
        );
        let answer = admin.put(&path(&group), &json!({"name": "group", "slug": slug}));
        assert_eq!(answer.status, 200, "a slug does not change");
    }
    for something in [json!("x"), json!([1]), json!(1), json!(true)] {
        assert_api(
            &admin.post("/groups", &something),
            400,
            ("invalid-data", "groups"),
            "Invalid input type.",
            &json!({ "_schema": { "message": "Invalid input type." } }),
        );
    }
    for body in ["", "{", "{\"name\": \"a\\u0000b\"}"] {
        assert_not_understood(&admin.request("POST", "/groups").body(body).send());
        assert_not_understood(&admin.request("PUT", &path(&group)).body(body).send());
    }
    let longest = "é".repeat(128);
    assert_eq!(make(&admin, &longest)["name"], longest.as_str());
    assert_eq!(admin.get("/groups").expect(200)["total"], 3);
}

#[test]
fn what_is_there_is_told_before_what_is_wrong_with_the_body() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let system = store.group_of_all_users(&below);
    let taken = make(&admin.within(&below), "taken");
    let unknown = format!("/groups/{NOBODY}");
    for body in [json!({}), json!({"name": "taken"})] {
        assert_unknown_group(&admin.put(&unknown, &body), NOBODY);
    }
    let broken = admin.request("PUT", &unknown).body("{").send();
    assert_unknown_group(&broken, NOBODY);
    let path = format!("/groups/{system}");
    assert_eq!(admin.put(&path, &json!({})).status, 400);
    assert_forbidden(&admin.put(&path, &json!({"name": "taken"})), &system);
    let slug = format!("/groups/{}", text(&taken, "slug"));
    assert_no_route(&admin.get(&slug));
}

#[test]
fn nobody_renames_or_deletes_a_group_of_the_system() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let system = store.group_of_all_users(&below);
    let path = format!("/groups/{system}");
    let name = format!("wazo-all-users-tenant-{below}");
    let shown = json!({
        "uuid": system, "name": name, "slug": name, "tenant_uuid": below,
        "system_managed": true, "read_only": true,
    });
    assert_eq!(admin.get(&path).expect(200).to_string(), shown.to_string());
    for actor in [&admin, &admin.within(&below)] {
        assert_forbidden(&actor.put(&path, &json!({"name": "mine"})), &system);
        assert_forbidden(&actor.delete(&path), &system);
    }
    assert_eq!(admin.get(&path).expect(200), shown);
    // Another program may say that it is no longer the system's: the next request follows.
    store.set_system_managed(&system, false);
    let renamed = admin.put(&path, &json!({"name": "mine"}));
    assert_eq!(renamed.expect(200)["read_only"], false);
    store.set_system_managed(&system, true);
    assert_forbidden(&admin.delete(&path), &system);
}

#[test]
fn a_group_of_a_tenant_that_is_not_seen_never_existed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let other = admin.tenant_id(&json!({"slug": "other"}));
    let _ = store.user(Some(&below), "worker", &["auth.groups.#"]);
    let worker = Actor::new(&daemon, &daemon.login("worker", PASSWORD).token);
    let group = make(&admin.within(&acme), "group");
    let (uuid, path) = (text(&group, "uuid"), path(&group));
    let system = store.group_of_all_users(&acme);
    for actor in [&worker, &admin.within(&below), &admin.within(&other)] {
        for answer in [
            actor.get(&path),
            actor.put(&path, &json!({"name": "mine"})),
            actor.put(&path, &json!({})),
            actor.delete(&path),
        ] {
            assert_unknown_group(&answer, &uuid);
        }
        let answer = actor.delete(&format!("/groups/{system}"));
        assert_unknown_group(&answer, &system);
    }
    for actor in [&admin, &admin.within(&acme)] {
        assert_eq!(actor.get(&path).expect(200), group);
    }
    let foreign = worker.within(&acme).get(&path);
    assert_api(
        &foreign,
        401,
        ("unauthorized-tenant", ""),
        "Unauthorized tenant",
        &json!({"tenant_uuid": acme}),
    );
    assert_eq!(admin.put(&path, &json!({"name": "ours"})).status, 200);
    assert_eq!(admin.delete(&path).status, 204);
}

#[test]
fn who_is_of_no_tenant_sees_no_group_and_makes_none() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let group = make(&admin, "group");
    let nobody = Actor::new(&daemon, &store.token_of("somebody", &["auth.groups.#"]));
    assert_eq!(
        nobody.get("/groups?recurse=true").expect(200),
        json!({"items": [], "total": 0, "filtered": 0})
    );
    assert_unknown_group(&nobody.get(&path(&group)), &text(&group, "uuid"));
    assert_unknown_group(&nobody.delete(&path(&group)), &text(&group, "uuid"));
    assert_api(
        &nobody.post("/groups", &json!({"name": "mine"})),
        401,
        ("unauthorized-tenant", ""),
        "Unauthorized tenant",
        &json!({"tenant_uuid": null}),
    );
}

#[test]
fn of_many_who_want_a_name_at_once_one_gets_it() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let answers = at_once(&admin, |_| "carol".to_owned());
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let made = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((made, refused), (1, 11), "{statuses:?}");
}

#[test]
fn of_many_whose_names_give_one_slug_each_gets_its_own() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let answers = at_once(&admin, |number| format!("dave{}", ".".repeat(number)));
    let slugs: BTreeSet<String> = answers
        .iter()
        .map(|answer| text(&answer.expect(200), "slug"))
        .collect();
    assert_eq!(slugs.len(), 12);
    assert!(slugs.contains("dave"));
}

fn at_once(actor: &Actor<'_>, name: impl Fn(usize) -> String + Sync) -> Vec<Response> {
    thread::scope(|scope| {
        let asked: Vec<_> = (0..12)
            .map(|number| {
                let name = &name;
                scope.spawn(move || actor.post("/groups", &json!({ "name": name(number) })))
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn the_empty_slug_of_one_tenant_is_no_error_for_the_next() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let group = make(&admin, "Ω");
    assert_eq!(group["slug"], "");
    let list = admin.get("/groups?slug=").expect(200);
    assert_eq!(list["items"], json!([group]));
    assert_reason(
        &admin.post("/groups", &json!({"name": "Ω"})),
        409,
        "Group \"Ω\" already exists",
    );
}
