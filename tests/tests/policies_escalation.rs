//! Nobody gives what they have not.

use serde_json::json;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    policies::{
        assert_lacks, assert_read_only, assert_unknown_policy, at, config_managed, make_id,
    },
    shapes::{assert_api, assert_reason},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY},
};

/// What the caller of these tests has.
const ACL: &[&str] = &["auth.#", "foo.*", "!foo.secret", "bar.#", "!bar.*.secret"];

/// Somebody with these accesses, and their token.
fn holder<'a>(daemon: &'a Daemon, store: &Store) -> (Actor<'a>, String) {
    drop(store.user(None, "holder", ACL));
    let token = daemon.login("holder", PASSWORD).token;
    (Actor::new(daemon, &token), token)
}

/// The text as one segment of a path.
fn segment(access: &str) -> String {
    access.replace('#', "%23")
}

#[test]
fn what_a_token_includes_can_be_put_into_a_policy_and_nothing_else() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let (holder, token) = holder(&daemon, &store);
    let uuid = make_id(&Actor::admin(&daemon), &json!({ "name": "one" }));
    for access in [
        "foo.bar",
        "auth.#.x",
        "auth.users.me.read",
        "auth.users.*.edit",
        "!anything",
        "!foo.secret",
        "!#",
        "bar.a.b.*",
        "bar.a.#.x",
    ] {
        let body = json!({ "name": access, "acl": [access] });
        let _ = holder.post("/policies", &body).is(200);
        let body = json!({ "name": "one", "acl": [access] });
        let _ = Actor::admin(&daemon)
            .put(&at(&uuid), &json!({ "name": "one" }))
            .is(200);
        let _ = holder.put(&at(&uuid), &body).is(200);
        let _ = Actor::admin(&daemon)
            .put(&at(&uuid), &json!({ "name": "one" }))
            .is(200);
        let path = format!("{}/acl/{}", at(&uuid), segment(access));
        let _ = holder.request("PUT", &path).send().is(204);
    }
    let _ = Actor::admin(&daemon)
        .put(&at(&uuid), &json!({ "name": "one" }))
        .is(200);
    for access in [
        "foo.bar.baz",
        "foo.#",
        "foo.*",
        "#",
        "foo.secret",
        "bar",
        "*",
        "bar.#",
        "bar.*.secret",
        "bar.a.*",
        "bar.#.secret",
        "f*",
    ] {
        let body = json!({ "name": "new", "acl": ["foo.bar", access, "nothing"] });
        assert_lacks(&holder.post("/policies", &body), &token, access);
        assert_lacks(&holder.put(&at(&uuid), &body), &token, access);
        let path = format!("{}/acl/{}", at(&uuid), segment(access));
        assert_lacks(&holder.request("PUT", &path).send(), &token, access);
    }
    // An empty one is not named.
    let answer = holder.post("/policies", &json!({ "name": "new", "acl": [""] }));
    let details = json!({ "invalid_token": token });
    assert_api(&answer, 401, ("unauthorized", ""), "Unauthorized", &details);
    let admin = Actor::admin(&daemon);
    assert_eq!(admin.get(&at(&uuid)).expect(200)["acl"], json!([]));
    let found = admin.get("/policies?name=new").expect(200);
    assert_eq!(found["items"], json!([]));
}

#[test]
fn what_a_token_grants_can_be_taken_out_of_a_policy_and_nothing_else() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let (holder, token) = holder(&daemon, &store);
    let admin = Actor::admin(&daemon);
    for (number, access) in [
        "baz.read",
        "!foo.secret",
        "!baz.read",
        "#",
        "foo.#",
        // What it denies is more than the caller has.
        "!foo.*",
        "!foo.#",
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "name": format!("p{number}"), "acl": ["foo.a", access] });
        let uuid = make_id(&admin, &body);
        let name = json!({ "name": "kept", "acl": ["foo.a"] });
        assert_lacks(&holder.put(&at(&uuid), &name), &token, access);
        assert_lacks(&holder.delete(&at(&uuid)), &token, access);
        let path = format!("{}/acl/{}", at(&uuid), segment(access));
        assert_lacks(&holder.delete(&path), &token, access);
        let shown = admin.get(&at(&uuid)).expect(200);
        assert_eq!(shown["acl"].as_array().map(Vec::len), Some(2), "{access}");
        // What stays need not be the caller's when it is a denial.
        if access.starts_with('!') {
            let body = json!({ "name": format!("p{number}"), "acl": [access] });
            let _ = holder.put(&at(&uuid), &body).is(200);
        }
        let _ = holder.delete(&format!("{}/acl/foo.a", at(&uuid))).is(204);
    }
    let uuid = make_id(
        &admin,
        &json!({ "name": "last", "acl": ["foo.a", "!foo.b"] }),
    );
    let _ = holder.delete(&at(&uuid)).is(204);
}

#[test]
fn the_check_comes_in_its_place_among_the_others() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let (holder, token) = holder(&daemon, &store);
    let configured = config_managed(&store, "configured", &["baz.read"]);
    let admin = Actor::admin(&daemon);
    drop(make_id(&admin, &json!({ "name": "taken" })));
    // Behind the body, before conflicts.
    let bad = json!({ "name": "", "acl": ["baz"] });
    let reason = "Invalid value supplied for field: name";
    assert_reason(&holder.post("/policies", &bad), 400, reason);
    let body = json!({ "name": "taken", "acl": ["baz"] });
    assert_lacks(&holder.post("/policies", &body), &token, "baz");
    // Of a change: a slug that is not known, the body, what is added, an id that is not known, what is
    // taken out, and whether it may be changed at all.
    assert_unknown_policy(&holder.put(&at("gone"), &body), "slug", "gone");
    assert_lacks(&holder.put(&at(NOBODY), &body), &token, "baz");
    let harmless = json!({ "name": "n", "acl": ["foo.a"] });
    assert_unknown_policy(&holder.put(&at(NOBODY), &harmless), "uuid", NOBODY);
    assert_lacks(&holder.put(&at(&configured), &harmless), &token, "baz.read");
    assert_lacks(&holder.delete(&at("configured")), &token, "baz.read");
    assert_read_only(&admin.delete(&at("configured")), &configured);
    // Of a single access: the check, then whether there is such a policy.
    for method in ["PUT", "DELETE"] {
        let send = |access: &str| {
            let path = format!("{}/acl/{access}", at(NOBODY));
            holder.request(method, &path).send()
        };
        assert_lacks(&send("baz.read"), &token, "baz.read");
        assert_unknown_policy(&send("foo.a"), "uuid", NOBODY);
    }
}
