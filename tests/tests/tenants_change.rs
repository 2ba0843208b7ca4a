//! What is done to tenants that are there: replaced, moved, deleted; and who may do it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::thread;

use serde_json::{Value, json};
use wazo_auth_database::queries::{group, tenant, user};
use wazo_auth_model::ids::TenantId;
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    offline::{offline_request, refresh, refresh_token},
    shapes::assert_api,
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, assert_conflict, assert_unknown_tenant, sorted, text},
};

/// Another id that nobody has.
const NOBODY_EITHER: &str = "5c2e8d3b-af40-4071-9b26-3d8eac1f7045";

fn path(tenant: &str) -> String {
    format!("/tenants/{tenant}")
}

fn parent_path(tenant: &str, parent: &str) -> String {
    format!("/tenants/{tenant}/parent/{parent}")
}

fn assert_done(answer: &Response) {
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (204, ""),
        "{answer:?}"
    );
}

fn full() -> Value {
    json!({
        "name": "Acme", "slug": "acme", "phone": "1", "default_authentication_method": "default",
        "domain_names": ["a.b", "c.d"], "address": {"city": "Québec"},
    })
}

#[test]
fn what_is_not_said_of_a_tenant_is_emptied_and_its_slug_stays() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant(&full());
    let uuid = text(&acme, "uuid");
    let known = store.events().len();

    let contact = store.user(None, "alice", &[]);
    let changed = admin
        .put(
            &path(&uuid.to_uppercase()),
            &json!({
                "uuid": NOBODY, "slug": "other", "parent_uuid": uuid, "contact": contact,
                "name": "Acme & sons", "phone": "2", "address": {"city": "Montréal", "state": "QC"},
                "domain_names": ["e.f", "a.b", "e.f"],
            }),
        )
        .expect(200);
    let expected = json!({
        "uuid": uuid, "parent_uuid": acme["parent_uuid"], "name": "Acme & sons", "slug": "acme",
        "contact": contact, "phone": "2", "default_authentication_method": "native",
        "domain_names": ["a.b", "e.f"],
        "address": {
            "line_1": null, "line_2": null, "city": "Montréal", "state": "QC", "country": null,
            "zip_code": null,
        },
    });
    assert_eq!(changed, expected);
    assert_eq!(admin.get(&path(&uuid)).expect(200), expected);

    let emptied = json!({
        "uuid": uuid, "parent_uuid": acme["parent_uuid"], "name": null, "slug": "acme",
        "contact": null, "phone": null, "default_authentication_method": "native",
        "domain_names": [],
        "address": {
            "line_1": null, "line_2": null, "city": null, "state": null, "country": null,
            "zip_code": null,
        },
    });
    // The second time nothing changes, and is told all the same.
    for _ in 0..2 {
        let answer = admin.put(&path(&uuid), &json!({})).expect(200);
        assert_eq!(answer, emptied);
    }
    let told = |name: Value| {
        (
            "auth_tenant_updated".to_owned(),
            json!({"uuid": uuid, "name": name}),
        )
    };
    assert_eq!(
        store.events().into_iter().skip(known).collect::<Vec<_>>(),
        [
            told(json!("Acme & sons")),
            told(json!(null)),
            told(json!(null))
        ]
    );
}

#[test]
fn events_of_a_tenant_are_for_all_of_its_users() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let uuid = admin.tenant_id(&full());
    let _ = admin.put(&path(&uuid), &json!({})).is(200);
    assert_done(&admin.delete(&path(&uuid)));
    let events = store.write(|db| wazo_auth_database::queries::event::list(db, 0, i64::MAX));
    let of_tenant: Vec<_> = events
        .iter()
        .filter(|event| event.tenant_uuid == uuid)
        .map(|event| (event.name.as_str(), event.user_uuid.as_deref()))
        .collect();
    assert_eq!(
        of_tenant,
        [
            ("auth_tenant_added", Some("*")),
            ("auth_tenant_updated", Some("*")),
            ("auth_tenant_deleted", Some("*")),
        ]
    );
}

#[test]
fn a_domain_that_a_tenant_keeps_keeps_its_id() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = admin.tenant_id(&full());
    let domains = |actor: &Actor<'_>| {
        let list = actor.get(&format!("/tenants/{uuid}/domains")).expect(200);
        assert_eq!(list["total"], list["items"].as_array().unwrap().len());
        assert_eq!(list.as_object().unwrap().len(), 2);
        list["items"].clone()
    };
    let before = domains(&admin);
    assert_eq!(
        (&before[0]["name"], &before[1]["name"]),
        (&json!("a.b"), &json!("c.d"))
    );
    let _ = admin
        .put(&path(&uuid), &json!({"domain_names": ["e.f", "c.d"]}))
        .is(200);
    let after = domains(&admin);
    assert_eq!(after[0], before[1]);
    assert_eq!(after[1]["name"], "e.f");
}

#[test]
fn what_stands_in_the_way_of_a_change_is_told_and_the_tenant_stays_as_it_was() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant(&full());
    let uuid = text(&acme, "uuid");
    let _ = admin.tenant(&json!({"slug": "other", "domain_names": ["x.y"]}));
    let known = store.events().len();
    assert_conflict(
        &admin.put(
            &path(&uuid),
            &json!({"name": "new", "domain_names": ["n.ew", "x.y"], "address": {"city": "new"}}),
        ),
        &json!({"domain_names": {
            "constraint-id": "unique",
            "message": "Domain name : \"['n.ew', 'x.y']\" is already in use, no duplicates allowed",
        }}),
    );
    assert_api(
        &admin.put(&path(&uuid), &json!({"name": "new", "contact": NOBODY})),
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{NOBODY}\""),
        &json!({"uuid": NOBODY}),
    );
    assert_eq!(admin.get(&path(&uuid)).expect(200), acme);
    assert_eq!(store.news(known), [""; 0]);
}

#[test]
fn a_contact_that_is_deleted_is_none_any_more() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let other = admin.tenant_id(&json!({"slug": "other"}));
    // Of itself, and of another tenant.
    let alice = store.user(Some(&acme), "alice", &[]);
    let bob = store.user(Some(&acme), "bob", &[]);
    for (tenant, contact) in [(&acme, &alice), (&other, &bob)] {
        let changed = admin.put(&path(tenant), &json!({"contact": contact}));
        assert_eq!(changed.expect(200)["contact"], contact.as_str());
    }
    assert_done(&admin.delete(&path(&acme)));
    assert_eq!(admin.get(&path(&other)).expect(200)["contact"], json!(null));
}

#[test]
fn a_tenant_that_the_caller_does_not_see_is_one_that_never_existed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let other = admin.tenant(&json!({"slug": "other", "domain_names": ["a.b"]}));
    let other_uuid = text(&other, "uuid");
    let top = text(&other, "parent_uuid");
    let _ = store.user(Some(&acme), "boss", &["auth.tenants.#"]);
    let boss = Actor::new(&daemon, &daemon.login("boss", PASSWORD).token);
    let known = store.events().len();
    for (actor, foreign) in [
        (&boss, &other_uuid),
        (&boss, &top),
        (&boss, &NOBODY.to_owned()),
        (&boss.within(&below), &acme),
        (&admin, &NOBODY.to_owned()),
        (&admin.within(&acme), &other_uuid),
        (&admin.within(&acme), &top),
    ] {
        let visible = &below;
        for (method, path) in [
            ("GET", path(foreign)),
            ("PUT", path(foreign)),
            ("DELETE", path(foreign)),
            ("GET", format!("/tenants/{foreign}/domains")),
            ("PUT", parent_path(foreign, visible)),
            ("PUT", parent_path(visible, foreign)),
            // Of two, the one that was to be moved is named.
            ("PUT", parent_path(foreign, NOBODY_EITHER)),
        ] {
            let answer = actor.request(method, &path).body("{}").send();
            assert_unknown_tenant(&answer, foreign);
        }
        let head = actor.request("HEAD", &path(foreign)).send();
        assert_eq!((head.status, head.body.as_str()), (404, ""));
        // In the list nothing of it shows.
        let list = actor.get(&format!("/tenants?uuid={foreign}")).expect(200);
        assert_eq!((&list["items"], &list["filtered"]), (&json!([]), &json!(0)));
    }
    assert_eq!(admin.get(&path(&other_uuid)).expect(200), other);
    assert_eq!(store.news(known), [""; 0]);
    // What is wrong with the body is told first.
    assert_eq!(
        boss.put(&path(&other_uuid), &json!({"name": 3})).status,
        400
    );
}

#[test]
fn a_bad_tenant_of_the_request_is_refused_everywhere() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    for tenant in [NOBODY, &acme.to_uppercase(), "x"] {
        let actor = admin.within(tenant);
        for (method, path) in [
            ("GET", "/tenants".to_owned()),
            ("POST", "/tenants".to_owned()),
            ("GET", path(&acme)),
            ("PUT", path(&acme)),
            ("DELETE", path(&acme)),
            ("GET", format!("/tenants/{acme}/domains")),
            ("PUT", parent_path(&acme, &acme)),
        ] {
            assert_api(
                &actor.request(method, &path).body("{}").send(),
                401,
                ("unauthorized-tenant", ""),
                "Unauthorized tenant",
                &json!({"tenant_uuid": tenant}),
            );
        }
    }
}

#[test]
fn nobody_deletes_the_tenant_that_they_act_in() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    // It has a child too, which is not the reason.
    let _ = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let _ = store.user(Some(&acme), "boss", &["auth.tenants.#"]);
    let boss = Actor::new(&daemon, &daemon.login("boss", PASSWORD).token);
    for (actor, tenant) in [
        (&admin, &top),
        (&boss, &acme),
        (&admin.within(&acme), &acme),
    ] {
        assert_api(
            &actor.delete(&path(tenant)),
            403,
            ("deleting-own-tenant-forbidden", "tenants"),
            format!("Deleting its own tenant is forbidden: \"{tenant}\""),
            &json!({"tenant_uuid": tenant}),
        );
    }
    assert_unknown_tenant(&boss.delete(&path(&top)), &top);
    assert_unknown_tenant(&admin.within(&acme).delete(&path(&top)), &top);
    assert_eq!(admin.get("/tenants").expect(200)["total"], 3);
}

#[test]
fn a_tenant_that_others_are_below_stays() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let _ = store.user(Some(&acme), "alice", &[]);
    let alice = daemon.login("alice", PASSWORD);
    let known = store.events().len();
    let answer = admin.delete(&path(&acme));
    let mut body = answer.expect(400);
    assert!(body["timestamp"].is_f64());
    body["timestamp"] = json!(null);
    assert_eq!(
        body.to_string(),
        json!({
            "message": format!("Unauthorized delete of tenant : \"{acme}\" ; since it has at least one child"),
            "error_id": {"uuid": acme},
            "details": "tenants",
            "timestamp": null,
        })
        .to_string()
    );
    let _ = daemon
        .client()
        .head(&format!("/token/{}", alice.token))
        .send()
        .is(204);
    assert_eq!(store.news(known), [""; 0]);
    assert_done(&admin.delete(&path(&below)));
    assert_done(&admin.delete(&path(&acme)));
    assert_eq!(store.news(known), ["auth_tenant_deleted"; 2]);
}

#[test]
fn with_a_tenant_goes_all_that_is_in_it_and_one_event_tells_of_it() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let mut document = full();
    document["default_authentication_method"] = json!("native");
    let acme = admin.tenant_id(&document);
    let other = admin.tenant_id(&json!({"slug": "other"}));
    let alice = store.user(Some(&acme), "alice", &["auth.tenants.#"]);
    let _ = store.user(Some(&other), "bob", &[]);
    let login = Login::read(&offline_request(&daemon, "alice", "phone").send());
    let refreshing = refresh_token(&login);
    let bob = daemon.login("bob", PASSWORD);
    let known = store.events().len();

    assert_done(&admin.delete(&path(&acme)));
    for (token, status) in [(&login.token, 404), (&bob.token, 204)] {
        let head = daemon.client().head(&format!("/token/{token}")).send();
        assert_eq!(head.status, status);
    }
    assert_eq!(refresh(&daemon, &refreshing, "phone").status, 401);
    assert_eq!(daemon.try_login("alice", PASSWORD).status, 401);
    assert_unknown_tenant(&admin.get(&path(&acme)), &acme);
    let events: Vec<_> = store.events().into_iter().skip(known).collect();
    assert_eq!(
        events,
        [("auth_tenant_deleted".to_owned(), json!({"uuid": acme}))]
    );
    let gone = TenantId::from_database(acme.clone());
    let left = store.write(move |db| {
        Ok((
            user::find(db, &alice)?.is_some(),
            group::find_all_users(db, &gone)?.is_some(),
        ))
    });
    assert_eq!(left, (false, false));
    // Its slug and its names are free again.
    let again = admin.tenant(&full());
    assert_ne!(again["uuid"], acme.as_str());
}

#[test]
fn a_tenant_moves_with_all_that_is_below_it_and_is_seen_from_there_at_once() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let [a, b] = ["a", "b"].map(|slug| admin.tenant_id(&json!({"slug": slug})));
    let moved = admin.within(&a).tenant_id(&json!({"slug": "moved"}));
    let below = admin.within(&moved).tenant_id(&json!({"slug": "below"}));
    for (tenant, name) in [(&a, "of_a"), (&b, "of_b"), (&moved, "of_moved")] {
        let _ = store.user(Some(tenant), name, &["auth.tenants.#"]);
    }
    let [of_a, of_b, of_moved] = ["of_a", "of_b", "of_moved"]
        .map(|name| Actor::new(&daemon, &daemon.login(name, PASSWORD).token));
    let slugs = |actor: &Actor<'_>| sorted(&actor.get("/tenants").expect(200), "slug");
    assert_eq!(slugs(&of_a), ["a", "below", "moved"]);
    assert_eq!(slugs(&of_b), ["b"]);
    let known = store.events().len();

    // Twice: where it is already, it can be moved to.
    for _ in 0..2 {
        assert_done(&admin.put(&parent_path(&moved.to_uppercase(), &b), &json!(3)));
    }
    assert_eq!(slugs(&of_a), ["a"]);
    assert_eq!(slugs(&of_b), ["b", "below", "moved"]);
    assert_eq!(slugs(&of_moved), ["below", "moved"]);
    assert_unknown_tenant(&of_a.get(&path(&below)), &below);
    assert_eq!(of_a.within(&below).get("/tenants").status, 401);
    assert_eq!(
        of_b.get(&path(&moved)).expect(200)["parent_uuid"],
        b.as_str()
    );
    assert_eq!(slugs(&of_b.within(&below)), ["below"]);
    assert_eq!(store.news(known), [""; 0]);
}

#[test]
fn a_tenant_does_not_move_below_itself() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let a = admin.tenant_id(&json!({"slug": "a"}));
    let b = admin.within(&a).tenant_id(&json!({"slug": "b"}));
    let c = admin.within(&b).tenant_id(&json!({"slug": "c"}));
    for (tenant, parent) in [(&a, &a), (&a, &c), (&b, &c), (&top, &c), (&top, &top)] {
        assert_api(
            &admin.put(&parent_path(tenant, parent), &json!({})),
            409,
            ("conflict", "tenants"),
            format!("Parent ({parent}) is a descendent of tenant: \"{tenant}\""),
            &json!({"uuid": tenant, "parent_uuid": parent}),
        );
    }
    let parents = admin.get("/tenants?order=slug").expect(200);
    let parents: Vec<&Value> = parents["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| &tenant["parent_uuid"])
        .collect();
    assert_eq!(parents, [top.as_str(), &a, &b, &top]);
}

#[test]
fn moves_at_once_never_make_a_ring() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let tenants: Vec<String> = (0..6)
        .map(|number| admin.tenant_id(&json!({"slug": format!("t{number}")})))
        .collect();
    for _ in 0..5 {
        let statuses: Vec<u16> = thread::scope(|scope| {
            let moves: Vec<_> = tenants
                .iter()
                .zip(tenants.iter().cycle().skip(1))
                .map(|(tenant, next)| {
                    let admin = &admin;
                    scope.spawn(move || admin.put(&parent_path(tenant, next), &json!({})).status)
                })
                .collect();
            moves.into_iter().map(|made| made.join().unwrap()).collect()
        });
        // Each is right while it closes no ring; the last one always would.
        let refused = statuses.iter().filter(|status| **status == 409).count();
        assert!(
            statuses.iter().all(|status| [204, 409].contains(status)),
            "{statuses:?}"
        );
        assert!(refused >= 1, "{statuses:?}");
        for tenant in &tenants {
            let mut at = tenant.clone();
            for _ in 0..=tenants.len() {
                at = text(&admin.get(&path(&at)).expect(200), "parent_uuid");
            }
            // From the top there is no way further up.
            assert_eq!(text(&admin.get(&path(&at)).expect(200), "parent_uuid"), at);
            assert!(!tenants.contains(&at), "{tenant} is in a ring");
        }
        let top = text(
            &admin.get("/tenants?slug=master").expect(200)["items"][0],
            "uuid",
        );
        for tenant in &tenants {
            assert_done(&admin.put(&parent_path(tenant, &top), &json!({})));
        }
    }
}

#[test]
fn tenants_that_are_deleted_while_others_are_made_below_them_lose_nobody() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    for round in 0..10 {
        let tenant = admin.tenant_id(&json!({}));
        let inside = admin.within(&tenant);
        let (made, deleted) = thread::scope(|scope| {
            let made = scope.spawn(|| inside.post("/tenants", &json!({})));
            let deleted = admin.delete(&path(&tenant));
            (made.join().unwrap(), deleted)
        });
        match deleted.status {
            // Before the token was looked up, or behind that.
            204 => assert!([401, 404].contains(&made.status), "{round}: {made:?}"),
            400 => assert_eq!(made.status, 200, "{round}: {made:?}"),
            _ => panic!("{round}: {deleted:?}"),
        }
    }
}
