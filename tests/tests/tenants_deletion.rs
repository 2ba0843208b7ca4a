//! Which tenants are deleted, and what goes with them.

use std::thread;

use serde_json::json;
use wazo_auth_database::queries::{group, tenant, user};
use wazo_auth_model::ids::TenantId;
use wazo_auth_test_support::{Daemon, daemon::Login};
use wazo_auth_tests::{
    offline::{offline_request, refresh, refresh_token},
    shapes::assert_api,
    store::{PASSWORD, Store},
    tenants::{Actor, assert_done, assert_unknown_tenant, full, path},
};

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
