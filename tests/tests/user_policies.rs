//! `/users/{user_uuid}/policies`: giving policies to users.

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    policies::{assert_lacks, assert_unknown_policy, config_managed, make_id},
    shapes::assert_api,
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, in_order, sorted, text},
};

fn send(actor: &Actor<'_>, method: &str, user: &str, policy: &str) -> Response {
    let path = format!("/users/{user}/policies/{policy}");
    actor.request(method, &path).send()
}

fn list(actor: &Actor<'_>, user: &str, query: &str) -> Value {
    let path = format!("/users/{user}/policies{query}");
    actor.get(&path).expect(200)
}

fn assert_unknown_user(answer: &Response, uuid: &str) {
    let message = format!("No such user: \"{uuid}\"");
    let details = json!({ "uuid": uuid });
    assert_api(answer, 404, ("unknown-user", "users"), message, &details);
}

#[test]
fn a_policy_is_given_and_taken_away_by_its_id_and_by_its_slug() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let admin = Actor::admin(&daemon);
    let uuid = make_id(&admin, &json!({ "name": "one", "acl": ["a.b"] }));
    for name in [&uuid, "one", &uuid.to_uppercase()] {
        for _ in 0..2 {
            assert_eq!(send(&admin, "PUT", &alice, name).is(204).body, "");
            let login = daemon.login("alice", PASSWORD);
            assert_eq!(login.data["acl"], json!(["a.b"]));
        }
        for _ in 0..2 {
            assert_eq!(send(&admin, "DELETE", &alice, name).is(204).body, "");
            let login = daemon.login("alice", PASSWORD);
            assert_eq!(login.data["acl"], json!([]));
        }
    }
    for method in ["PUT", "DELETE"] {
        assert_unknown_policy(&send(&admin, method, &alice, NOBODY), "uuid", NOBODY);
        assert_unknown_policy(&send(&admin, method, NOBODY, "gone"), "slug", "gone");
        assert_unknown_user(&send(&admin, method, NOBODY, &uuid), NOBODY);
    }
    let get = admin.get(&format!("/users/{alice}/policies/one"));
    assert_eq!(
        (get.status, get.header("allow")),
        (405, Some("DELETE, OPTIONS, PUT"))
    );
}

#[test]
fn both_must_be_seen_and_need_not_be_of_one_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let [a, c] = ["a", "c"].map(|slug| store.tenant(None, slug));
    let b = store.tenant(Some(&a), "b");
    let top = Actor::admin(&daemon);
    let [in_a, in_b, in_c] = [&a, &b, &c].map(|tenant| top.within(tenant));
    let policy = |actor: &Actor<'_>, name: &str, shared: bool| {
        make_id(
            actor,
            &json!({ "name": name, "acl": ["p.q"], "shared": shared }),
        )
    };
    let [of_a, of_b, of_c] = [(&in_a, "of-a"), (&in_b, "of-b"), (&in_c, "of-c")]
        .map(|(actor, name)| policy(actor, name, false));
    let shared = policy(&in_a, "shared", true);
    let configured = config_managed(&store, "configured", &["x.y"]);
    let [alice, bob, carol] = [(&a, "alice"), (&b, "bob"), (&c, "carol")]
        .map(|(tenant, name)| store.user(Some(tenant), name, &[]));
    // What a caller sees can be linked, across tenants and though it is read-only.
    for (actor, user, name) in [
        (&in_a, &bob, &*of_a),
        (&in_a, &alice, &*of_b),
        (&in_b, &bob, &*shared),
        (&in_b, &bob, "shared"),
        (&in_b, &bob, &*configured),
        (&in_b, &bob, "configured"),
        (&top, &carol, &*of_b),
    ] {
        let _ = send(actor, "PUT", user, name).is(204);
        let _ = send(actor, "DELETE", user, name).is(204);
    }
    let _ = send(&top, "PUT", &bob, &of_a).is(204);
    for method in ["PUT", "DELETE"] {
        // The policy is not seen.
        for (actor, user, name) in [
            (&in_b, &bob, &of_a),
            (&in_c, &carol, &of_a),
            (&in_a, &alice, &of_c),
            (&in_c, &carol, &shared),
        ] {
            assert_unknown_policy(&send(actor, method, user, name), "uuid", name);
        }
        assert_unknown_policy(&send(&in_a, method, &bob, "of-b"), "slug", "of-b");
        // The user is not seen.
        for (actor, user, name) in [
            (&in_b, &alice, &*of_b),
            (&in_b, &alice, "configured"),
            (&in_c, &bob, &*of_c),
            (&in_a, &carol, &*of_a),
        ] {
            assert_unknown_user(&send(actor, method, user, name), user);
        }
    }
    let own = |user: &str| {
        let slugs = sorted(&list(&top, user, ""), "slug").into_iter();
        slugs.filter(|slug| slug != user).collect::<Vec<_>>()
    };
    assert_eq!(own(&bob), ["of-a"]);
    assert!(own(&alice).is_empty() && own(&carol).is_empty());
}

#[test]
fn nobody_gives_or_takes_what_they_have_not() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    drop(store.user(None, "holder", &["auth.#", "foo.*", "!foo.secret"]));
    let alice = store.user(None, "alice", &[]);
    let token = daemon.login("holder", PASSWORD).token;
    let holder = Actor::new(&daemon, &token);
    let admin = Actor::admin(&daemon);
    let policy = |name: &str, acl: &[&str]| make_id(&admin, &json!({ "name": name, "acl": acl }));
    let fine = policy("fine", &["foo.a", "auth.users.*.read"]);
    for name in [&*fine, "fine"] {
        let _ = send(&holder, "PUT", &alice, name).is(204);
        let _ = send(&holder, "DELETE", &alice, name).is(204);
    }
    for (number, access) in ["bar", "foo.secret", "#"].into_iter().enumerate() {
        let uuid = policy(&format!("p{number}"), &[access, "foo.a"]);
        for method in ["PUT", "DELETE"] {
            let slug = format!("p{number}");
            for name in [&uuid, &slug] {
                let answer = send(&holder, method, &alice, name);
                assert_lacks(&answer, &token, access);
            }
            // Before the user is looked for.
            let answer = send(&holder, method, NOBODY, &uuid);
            assert_lacks(&answer, &token, access);
        }
    }
    // A wildcard that would get around the giver's denial can be taken away, not given.
    let wide = policy("wide", &["foo.*"]);
    assert_lacks(&send(&holder, "PUT", &alice, &wide), &token, "foo.*");
    let _ = send(&holder, "DELETE", &alice, &wide).is(204);
    // Others' denials can be given, not taken away.
    let denial = policy("denial", &["!bar"]);
    let _ = send(&holder, "PUT", &alice, &denial).is(204);
    assert_lacks(&send(&holder, "DELETE", &alice, &denial), &token, "!bar");
    assert!(sorted(&list(&admin, &alice, ""), "slug").contains(&"denial".to_owned()));
}

#[test]
fn a_user_is_listed_with_its_policies_as_they_are_stored() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let a = store.tenant(None, "a");
    let b = store.tenant(Some(&a), "b");
    let c = store.tenant(None, "c");
    let top = Actor::admin(&daemon);
    let top_id = text(&daemon.admin().data["metadata"], "tenant_uuid");
    let [in_a, in_b, in_c] = [&a, &b, &c].map(|tenant| top.within(tenant));
    let bob = store.user(Some(&b), "bob", &[]);
    let configured = config_managed(&store, "configured", &["x.y"]);
    drop(make_id(
        &in_a,
        &json!({ "name": "shared", "description": "of a", "shared": true }),
    ));
    let own = make_id(&in_b, &json!({ "name": "own", "acl": ["b", "a"] }));
    for name in ["configured", "shared", "own"] {
        let _ = send(&in_b, "PUT", &bob, name).is(204);
    }
    // What somebody above has given of their own is not shown here, nor counted.
    let private = make_id(&top, &json!({ "name": "private" }));
    let _ = send(&top, "PUT", &bob, &private).is(204);
    assert_eq!(list(&top, &bob, "")["total"], 5);
    assert_eq!(list(&in_b, &bob, "?search=private")["filtered"], 0);
    let shown = list(&in_b, &bob, "?name=shared");
    assert_eq!(
        (&shown["total"], &shown["filtered"]),
        (&json!(4), &json!(1))
    );
    let shared = &shown["items"][0];
    assert_eq!(
        (
            &shared["tenant_uuid"],
            &shared["shared"],
            &shared["read_only"]
        ),
        (&json!(a), &json!(true), &json!(false))
    );
    for (query, expected) in [
        (String::new(), &["configured", "own", "shared"][..]),
        (format!("?uuid={own}"), &["own"]),
        (format!("?tenant_uuid={top_id}"), &["configured"]),
        ("?search=OF".to_owned(), &["shared"]),
        (format!("?group_uuid={NOBODY}"), &[]),
        // These are no filters here.
        (
            format!("?user_uuid={NOBODY}&slug=nothing"),
            &["configured", "own", "shared"],
        ),
    ] {
        let found = list(&in_b, &bob, &query);
        let slugs: Vec<String> = sorted(&found, "slug")
            .into_iter()
            .filter(|slug| *slug != bob)
            .collect();
        assert_eq!(slugs, expected, "{query}");
        assert_eq!(found["total"], 4, "{query}");
    }
    let found = list(&in_b, &bob, "?order=name&direction=desc&limit=2&search=o");
    assert!(in_order(&found, "name").is_sorted_by(|one, next| one >= next));
    let configured_row = &list(&in_b, &bob, &format!("?uuid={configured}"))["items"][0];
    assert_eq!(
        (&configured_row["tenant_uuid"], &configured_row["read_only"]),
        (&json!(top_id), &json!(true))
    );
    // Nobody, and somebody of elsewhere, has none.
    let empty = json!({ "items": [], "total": 0, "filtered": 0 });
    assert_eq!(list(&top, NOBODY, ""), empty);
    assert_eq!(list(&in_c, &bob, ""), empty);
    for order in ["slug", "read_only", ""] {
        let answer = in_b.get(&format!("/users/{bob}/policies?order={order}"));
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}
