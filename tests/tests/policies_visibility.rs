//! Which policies are seen from where, as what, and in which part of a list.
#![expect(
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_database::queries::{group, policy};
use wazo_auth_model::ids::{GroupId, PolicyId};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    policies::{assert_read_only, assert_unknown_policy, at, config_managed, make, make_id},
    shapes::{assert_api, assert_reason},
    store::Store,
    tenants::{Actor, NOBODY, in_order, sorted, text},
};

/// The tenants top - a - b, and top - c, with a policy of their own each; a and top share one more, and
/// the configuration has one.
struct Family<'a> {
    top: Actor<'a>,
    a: Actor<'a>,
    b: Actor<'a>,
    c: Actor<'a>,
    ids: [String; 4],
    shared: String,
    of_top: String,
    configured: String,
    own: [String; 4],
}

fn family<'a>(daemon: &'a Daemon, store: &Store) -> Family<'a> {
    let top = Actor::admin(daemon);
    let top_id = text(&daemon.admin().data["metadata"], "tenant_uuid");
    let a_id = store.tenant(None, "a");
    let b_id = store.tenant(Some(&a_id), "b");
    let c_id = store.tenant(None, "c");
    let [a, b, c] = [&a_id, &b_id, &c_id].map(|tenant| top.within(tenant));
    let configured = config_managed(store, "configured", &["x.read"]);
    let shared = |actor: &Actor<'_>, name: &str| {
        make_id(
            actor,
            &json!({ "name": name, "acl": ["s.read"], "shared": true }),
        )
    };
    Family {
        shared: shared(&a, "shared"),
        of_top: shared(&top, "of-top"),
        own: [
            (&top, "own-top"),
            (&a, "own-a"),
            (&b, "own-b"),
            (&c, "own-c"),
        ]
        .map(|(actor, name)| {
            make_id(
                actor,
                &json!({ "name": name, "description": name.to_uppercase() }),
            )
        }),
        ids: [top_id, a_id, b_id, c_id],
        configured,
        top,
        a,
        b,
        c,
    }
}

/// The tenant, `read_only` and `shared` of a policy as it is shown.
fn seen(policy: &Value) -> (Value, Value, Value) {
    (
        policy["tenant_uuid"].clone(),
        policy["read_only"].clone(),
        policy["shared"].clone(),
    )
}

#[test]
fn a_policy_of_elsewhere_appears_as_the_callers_own_and_read_only() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    let [top, a, b, c] = family.ids.clone();
    let looks = |tenant: &str, read_only: bool, shared: bool| {
        (json!(tenant), json!(read_only), json!(shared))
    };
    let (shared, of_top, configured) = (&*family.shared, &*family.of_top, &*family.configured);
    for (actor, name, expected) in [
        // Its owner and those above see a shared one as it is.
        (&family.a, shared, looks(&a, false, true)),
        (&family.a, "shared", looks(&a, false, true)),
        (&family.top, shared, looks(&a, false, true)),
        // Those below see it as their own.
        (&family.b, shared, looks(&b, true, false)),
        (&family.b, "shared", looks(&b, true, false)),
        (&family.top, of_top, looks(&top, false, true)),
        (&family.b, of_top, looks(&b, true, false)),
        (&family.c, "of-top", looks(&c, true, false)),
        // Those of the configuration are seen from everywhere, and changed from nowhere.
        (&family.top, configured, looks(&top, true, false)),
        (&family.a, configured, looks(&a, true, false)),
        (&family.c, "configured", looks(&c, true, false)),
        // What is below is seen by its id.
        (&family.top, &family.own[2], looks(&b, false, false)),
        (&family.a, &family.own[2], looks(&b, false, false)),
    ] {
        let found = actor.get(&at(name)).expect(200);
        assert_eq!(seen(&found), expected, "{name} {actor:?}");
    }
}

#[test]
fn a_policy_that_is_not_seen_is_answered_as_none_and_nothing_changes() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    let own = |number: usize| family.own[number].as_str();
    for (actor, name) in [
        (&family.c, family.shared.as_str()),
        (&family.c, "shared"),
        (&family.top, "shared"),
        (&family.b, own(1)),
        (&family.b, own(0)),
        (&family.a, own(3)),
        (&family.a, "own-b"),
        (&family.b, "own-a"),
        (&family.top, "own-a"),
    ] {
        let kind = if name.len() == 36 { "uuid" } else { "slug" };
        for (method, path) in [
            ("GET", at(name)),
            ("PUT", at(name)),
            ("DELETE", at(name)),
            ("PUT", at(name) + "/acl/evil"),
            ("DELETE", at(name) + "/acl/s.read"),
        ] {
            let request = actor.request(method, &path);
            let answer = request.json(&json!({ "name": "stolen" })).send();
            assert_unknown_policy(&answer, kind, name);
        }
    }
    for uuid in family.own.iter().chain([&family.shared]) {
        let policy = family.top.get(&at(uuid)).expect(200);
        assert_ne!(policy["name"], "stolen");
        assert_ne!(policy["acl"], json!(["evil"]));
    }
}

#[test]
fn a_policy_of_the_configuration_or_of_above_is_not_changed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    for (actor, name, uuid) in [
        (&family.top, "configured", &family.configured),
        (&family.b, "configured", &family.configured),
        (&family.b, &*family.configured, &family.configured),
        (&family.b, "shared", &family.shared),
        (&family.b, &*family.shared, &family.shared),
        (&family.c, "of-top", &family.of_top),
    ] {
        assert_read_only(&actor.put(&at(name), &json!({ "name": "stolen" })), uuid);
        assert_read_only(&actor.delete(&at(name)), uuid);
        for access in ["new", "s.read", "x.read"] {
            let path = format!("{}/acl/{access}", at(name));
            assert_read_only(&actor.request("PUT", &path).send(), uuid);
            assert_read_only(&actor.delete(&path), uuid);
        }
        // The body is looked at first.
        let answer = actor.put(&at(name), &json!({}));
        assert_reason(&answer, 400, "Invalid value supplied for field: name");
    }
    for (uuid, acl) in [(&family.configured, "x.read"), (&family.shared, "s.read")] {
        let policy = family.top.get(&at(uuid)).expect(200);
        assert_eq!(policy["acl"], json!([acl]));
    }
    // Above it, and by its id, a shared one is changed like any other.
    let body = json!({ "name": "renamed" });
    let changed = family.top.put(&at(&family.shared), &body).expect(200);
    assert_eq!(
        (&changed["tenant_uuid"], &changed["shared"]),
        (&json!(family.ids[1]), &json!(true))
    );
    let _ = family.top.delete(&at(&family.shared)).is(204);
}

#[test]
fn of_two_with_one_slug_that_of_the_configuration_is_taken() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    let own = make_id(&family.a, &json!({ "name": "configured" }));
    let found = family.a.get(&at("configured")).expect(200);
    assert_eq!(found["uuid"], family.configured.as_str());
    let _ = family.a.get(&at(&own)).is(200);
}

#[test]
fn a_list_has_what_is_seen_and_counts_all_of_it() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    let list = |actor: &Actor<'_>, query: &str| actor.get(&format!("/policies{query}")).expect(200);
    let without = |all: &[&str], names: &[String]| -> bool {
        all.iter()
            .all(|name| names.iter().any(|known| known == name))
    };
    let from_top = sorted(&list(&family.top, ""), "slug");
    assert!(without(&["configured", "of-top", "own-top"], &from_top));
    assert!(!from_top.contains(&"own-a".to_owned()) && !from_top.contains(&"shared".to_owned()));
    let all = sorted(&list(&family.top, "?recurse=true"), "slug");
    assert_eq!(all.len(), from_top.len() + 4);
    for (actor, query, expected) in [
        (
            &family.a,
            "",
            &["configured", "of-top", "own-a", "shared"][..],
        ),
        (
            &family.a,
            "?recurse=true",
            &["configured", "of-top", "own-a", "own-b", "shared"],
        ),
        (&family.b, "", &["configured", "of-top", "own-b", "shared"]),
        (
            &family.c,
            "?recurse=yes",
            &["configured", "of-top", "own-c"],
        ),
    ] {
        let found = list(actor, query);
        assert_eq!(sorted(&found, "slug"), expected, "{query}");
        assert_eq!(found["total"], expected.len());
        assert_eq!(found.as_object().map(serde_json::Map::len), Some(2));
    }
    // What is in a list is what is shown alone.
    for item in list(&family.b, "")["items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let alone = family.b.get(&at(&text(item, "uuid"))).expect(200);
        assert_eq!(item.to_string(), alone.to_string());
    }
}

#[test]
fn a_list_is_filtered_searched_ordered_and_cut() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let family = family(&daemon, &store);
    let alice = store.user(Some(&family.ids[1]), "alice", &["auth.#"]);
    let link = format!("/users/{alice}/policies/shared");
    let _ = family.a.request("PUT", &link).send().is(204);
    // Her own policy has her id as its name.
    let [top, a, ..] = &family.ids;
    let own = &family.own[1];
    for (query, expected) in [
        (format!("uuid={own}"), &["own-a"][..]),
        ("uuid=x".to_owned(), &[]),
        ("name=shared".to_owned(), &["shared"]),
        ("name=Shared".to_owned(), &[]),
        ("slug=of-top".to_owned(), &["of-top"]),
        ("slug=of-top&name=shared".to_owned(), &[]),
        // The tenant is the one that owns it, whatever is shown.
        (format!("tenant_uuid={top}"), &["configured", "of-top"]),
        (format!("tenant_uuid={a}&slug=shared"), &["shared"]),
        (format!("user_uuid={alice}&slug=shared"), &["shared"]),
        (format!("user_uuid={alice}&slug=own-a"), &[]),
        (format!("user_uuid={NOBODY}"), &[]),
        (format!("group_uuid={NOBODY}"), &[]),
        ("read_only=true".to_owned(), &["configured", "of-top"]),
        ("read_only=1&name=of-top".to_owned(), &["of-top"]),
        ("read_only=no&search=a".to_owned(), &["own-a", "shared"]),
        ("search=OWN".to_owned(), &["own-a"]),
        ("search=o%20a".to_owned(), &["own-a"]),
        ("search=nothing".to_owned(), &[]),
        ("order=slug&slug=shared&colour=red".to_owned(), &["shared"]),
        ("limit=0".to_owned(), &[]),
    ] {
        let found = family.a.get(&format!("/policies?{query}")).expect(200);
        let names: Vec<String> = sorted(&found, "slug")
            .into_iter()
            .filter(|slug| *slug != alice)
            .collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(found["total"], 5, "{query}");
    }
    for (query, expected) in [
        ("search=o&order=name", ["configured", "of-top", "own-c"]),
        (
            "order=name&direction=desc",
            ["own-c", "of-top", "configured"],
        ),
        (
            "order=slug&direction=desc",
            ["own-c", "of-top", "configured"],
        ),
        ("order=description", ["own-c", "configured", "of-top"]),
    ] {
        let found = family.c.get(&format!("/policies?{query}")).expect(200);
        let mut slugs = in_order(&found, "slug");
        if query.contains("description") {
            assert_eq!(slugs.first().map(String::as_str), Some("own-c"));
            slugs.sort();
            assert_eq!(slugs, ["configured", "of-top", "own-c"]);
        } else {
            assert_eq!(slugs, expected, "{query}");
        }
    }
    let part = family.c.get("/policies?limit=1&offset=1").expect(200);
    assert_eq!(
        (in_order(&part, "slug"), &part["total"]),
        (vec!["of-top".to_owned()], &json!(3))
    );
    let by_id = family.c.get("/policies?order=uuid").expect(200);
    assert_eq!(in_order(&by_id, "uuid"), sorted(&by_id, "uuid"));
}

#[test]
fn parameters_of_a_list_that_are_wrong_are_refused() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let choices = json!(["name", "slug", "description", "uuid", "read_only"]);
    let order = json!([{
        "constraint_id": "enum",
        "constraint": { "choices": choices },
        "message": "Must be one of: name, slug, description, uuid, read_only.",
    }]);
    let boolean = json!({
        "message": "Not a valid boolean.",
        "constraint_id": "type",
        "constraint": "boolean",
    });
    for (query, message) in [
        ("order=tenant_uuid", json!({ "order": order })),
        ("read_only=perhaps", json!({ "read_only": boolean })),
        (
            "recurse=&read_only=",
            json!({ "recurse": boolean, "read_only": boolean }),
        ),
    ] {
        let answer = admin.get(&format!("/policies?{query}"));
        assert_api(
            &answer,
            400,
            ("invalid-list-param", "users"),
            message,
            &json!({}),
        );
    }
    for query in ["order=read_only", "order=read_only&limit=0&direction=desc"] {
        let answer = admin.get(&format!("/policies?{query}"));
        assert_reason(&answer, 400, "Invalid sort column: read_only");
    }
}

#[test]
fn policies_are_made_where_the_caller_acts() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let admin = Actor::admin(&daemon);
    let made = make(&admin.within(&below), &json!({ "name": "one" }));
    assert_eq!(made["tenant_uuid"], below.as_str());
    let nowhere = admin.within(NOBODY);
    for (method, path) in [
        ("GET", "/policies"),
        ("POST", "/policies"),
        ("DELETE", "/policies/one"),
        ("PUT", "/policies/one/acl/a"),
    ] {
        let answer = nowhere
            .request(method, path)
            .json(&json!({ "name": "two" }))
            .send();
        let details = json!({ "tenant_uuid": NOBODY });
        assert_api(
            &answer,
            401,
            ("unauthorized-tenant", ""),
            "Unauthorized tenant",
            &details,
        );
    }
    // A token without a tenant sees those of the configuration and makes none.
    let token = store.token_of("somebody", &["#"]);
    let tenantless = Actor::new(&daemon, &token);
    let answer = tenantless.post("/policies", &json!({ "name": "two" }));
    let details = json!({ "tenant_uuid": null });
    assert_api(
        &answer,
        401,
        ("unauthorized-tenant", ""),
        "Unauthorized tenant",
        &details,
    );
    assert_unknown_policy(&tenantless.get(&at("one")), "slug", "one");
}

#[test]
fn lists_can_be_asked_for_what_a_group_has() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let alice = store.user(None, "alice", &[]);
    let top = text(&daemon.admin().data["metadata"], "tenant_uuid");
    let group = store.group_of_all_users(&top);
    for name in ["both", "grouped", "given"] {
        drop(make_id(&admin, &json!({ "name": name })));
    }
    for name in ["both", "grouped"] {
        let policy = text(&admin.get(&at(name)).expect(200), "uuid");
        let link = (
            GroupId::from_database(group.clone()),
            PolicyId::from_database(policy),
        );
        store.write(move |db| group::add_policy(db, &link.0, &link.1));
    }
    for name in ["both", "given"] {
        let link = format!("/users/{alice}/policies/{name}");
        let _ = admin.request("PUT", &link).send().is(204);
    }
    let list = admin
        .get(&format!("/policies?group_uuid={group}"))
        .expect(200);
    assert_eq!(sorted(&list, "slug"), ["both", "grouped"]);
    let list = admin.get(&format!("/policies?group_uuid={group}&user_uuid={alice}"));
    assert_eq!(sorted(&list.expect(200), "slug"), ["both"]);
    let list = admin
        .get(&format!("/users/{alice}/policies?group_uuid={group}"))
        .expect(200);
    assert_eq!(sorted(&list, "slug"), ["both"]);
    assert_eq!((&list["total"], &list["filtered"]), (&json!(3), &json!(1)));
}

#[test]
fn accesses_are_shown_by_when_the_server_first_met_them_wherever_a_policy_is_shown() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = text(&daemon.admin().data["metadata"], "tenant_uuid");
    let (group, alice) = (
        store.group_of_all_users(&top),
        store.user(None, "alice", &[]),
    );
    drop(make(
        &admin,
        &json!({ "name": "first", "acl": ["z.2", "m.1"] }),
    ));
    // That of the administrator has been there from the start.
    let acl = json!(["#", "z.2", "m.1", "y.9", "a.0"]);
    let mixed = json!({ "name": "second", "acl": ["y.9", "#", "m.1", "a.0", "z.2"] });
    let made = make(&admin, &mixed);
    assert_eq!(made["acl"], acl);
    let changed = admin.put(&at("second"), &mixed).expect(200);
    assert_eq!(changed["acl"], acl);
    for holder in [format!("/groups/{group}"), format!("/users/{alice}")] {
        let link = format!("{holder}/policies/second");
        let _ = admin.request("PUT", &link).send().is(204);
        let found = admin.get(&format!("{holder}/policies?name=second"));
        assert_eq!(found.expect(200)["items"][0]["acl"], acl, "{holder}");
    }
    assert_eq!(admin.get(&at("second")).expect(200)["acl"], acl);
    let found = admin.get("/policies?name=second").expect(200);
    assert_eq!(found["items"][0]["acl"], acl);
}

#[test]
fn what_another_program_says_of_a_policy_counts_from_the_next_request_on() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let top = Actor::admin(&daemon);
    let within = top.within(&below);
    let uuid = make_id(&top, &json!({ "name": "one", "acl": ["a"] }));
    let body = json!({ "name": "one", "acl": ["a"] });
    for _ in 0..2 {
        assert_unknown_policy(&within.get(&at(&uuid)), "uuid", &uuid);
        let _ = top.put(&at(&uuid), &body).is(200);
        let says = |managed: bool| {
            let id = PolicyId::from_database(uuid.clone());
            store.write(move |db| policy::set_config_managed(db, &id, managed));
        };
        says(true);
        let seen = within.get(&at(&uuid)).expect(200);
        assert_eq!(
            (&seen["read_only"], &seen["acl"]),
            (&json!(true), &json!(["a"]))
        );
        assert_read_only(&top.put(&at(&uuid), &body), &uuid);
        says(false);
    }
}
