//! What is changed of tenants, and who may change it.

use serde_json::{Value, json};
use wazo_auth_database::queries::tenant;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::assert_api,
    store::{PASSWORD, Store},
    tenants::{
        Actor, NOBODY, assert_conflict, assert_done, assert_unknown_tenant, full, parent_path,
        path, text,
    },
};

/// Another id that nobody has.
const NOBODY_EITHER: &str = "5c2e8d3b-af40-4071-9b26-3d8eac1f7045";

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
fn ones_own_tenant_is_changed_like_any_other_the_top_tenant_too() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let _ = store.user(Some(&acme), "boss", &["auth.tenants.#"]);
    let boss = Actor::new(&daemon, &daemon.login("boss", PASSWORD).token);
    for (actor, tenant, slug) in [(&admin, &top, "master"), (&boss, &acme, "acme")] {
        let changed = actor
            .put(&path(tenant), &json!({"name": "ours"}))
            .expect(200);
        assert_eq!(
            (&changed["name"], &changed["slug"], &changed["parent_uuid"]),
            (&json!("ours"), &json!(slug), &json!(top))
        );
    }
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
        .filter(|event| event.tenant_uuid.as_deref() == Some(uuid.as_str()))
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
