//! Tenants that move below others.

use std::thread;

use serde_json::{Value, json};
use wazo_auth_database::queries::tenant;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::assert_api,
    store::{PASSWORD, Store},
    tenants::{Actor, assert_done, assert_unknown_tenant, parent_path, path, sorted, text},
};

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
