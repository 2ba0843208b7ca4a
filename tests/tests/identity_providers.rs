//! `/idp`: which authentication methods there are, and who has which.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    shapes::{assert_api, assert_no_route, assert_not_understood},
    store::{PASSWORD, Store},
};

/// An id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn daemon() -> Daemon {
    Daemon::builder()
        .config("idp_plugins: {ldap: {enabled: true}, saml: {enabled: true}}\n")
        .start()
}

fn send(daemon: &Daemon, caller: &Login, method: &str, path: &str) -> Response {
    let request = daemon.client().request(method, path);
    request.token(&caller.token).send()
}

fn bulk(daemon: &Daemon, caller: &Login, idp_type: &str, body: &Value) -> Response {
    let path = format!("/idp/{idp_type}/users");
    let request = daemon.client().put(&path).token(&caller.token);
    request.json(body).send()
}

fn method(daemon: &Daemon, user: &str) -> String {
    let admin = daemon.admin();
    let user = send(daemon, &admin, "GET", &format!("/users/{user}")).expect(200);
    user["authentication_method"].as_str().unwrap().to_owned()
}

fn assert_unknown_type(answer: &Response, idp_type: &str) {
    assert_api(
        answer,
        404,
        ("unknown-idp-type", "idp"),
        format!("No such IDP type: \"{idp_type}\""),
        &json!({ "idp_type": idp_type }),
    );
}

fn assert_unknown_user(answer: &Response, user: &str) {
    assert_api(
        answer,
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{user}\""),
        &json!({ "uuid": user }),
    );
}

#[test]
fn the_methods_of_an_installation_are_listed_whatever_tenant_is_asked_for() {
    let daemon = Daemon::builder()
        .examples()
        .config("idp_plugins: {ldap: {enabled: true}}\n")
        .start();
    let admin = daemon.admin();
    for tenant in ["", "junk"] {
        let request = daemon.client().get("/idp").token(&admin.token);
        let list = request.header("Wazo-Tenant", tenant).send().expect(200);
        let mut items: Vec<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        items.sort_unstable();
        assert_eq!(items, ["default", "example", "ldap", "native"]);
        assert_eq!((&list["total"], &list["filtered"]), (&json!(4), &json!(4)));
    }
}

#[test]
fn a_provider_is_given_to_users_and_taken_from_them() {
    let daemon = daemon();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let [alice, bob] = ["alice", "bob"].map(|name| store.user(None, name, &[]));
    let of = |idp_type: &str, user: &str| format!("/idp/{idp_type}/users/{user}");
    for _ in 0..2 {
        let answer = send(&daemon, &admin, "PUT", &of("saml", &alice.to_uppercase()));
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(method(&daemon, &alice), "saml");
    }
    // Only the one that the user has is taken.
    send(&daemon, &admin, "DELETE", &of("ldap", &alice)).is(204);
    assert_eq!(method(&daemon, &alice), "saml");
    for _ in 0..2 {
        send(&daemon, &admin, "DELETE", &of("saml", &alice)).is(204);
        assert_eq!(method(&daemon, &alice), "default");
    }
    send(&daemon, &admin, "DELETE", &of("default", &alice)).is(204);
    assert_eq!(method(&daemon, &alice), "default");
    let both = json!({ "users": [{ "uuid": alice, "other": 1 }, { "uuid": bob }] });
    bulk(&daemon, &admin, "ldap", &both).is(204);
    for user in [&alice, &bob] {
        assert_eq!(method(&daemon, user), "ldap");
    }
    bulk(&daemon, &admin, "ldap", &json!({ "users": [] })).is(204);
}

#[test]
fn all_users_of_a_request_get_the_provider_or_none() {
    let daemon = daemon();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let _ = store.user(Some(&acme), "boss", &["auth.idp.#"]);
    let worker = store.user(Some(&acme), "worker", &[]);
    let stranger = store.user(None, "stranger", &[]);
    let boss = daemon.login("boss", PASSWORD);
    for unseen in [stranger.as_str(), NOBODY, "no uuid"] {
        let body = json!({ "users": [{ "uuid": worker }, { "uuid": unseen }] });
        assert_unknown_user(&bulk(&daemon, &boss, "saml", &body), unseen);
        assert_eq!(method(&daemon, &worker), "default");
    }
    for unseen in [stranger.as_str(), NOBODY] {
        let path = format!("/idp/saml/users/{unseen}");
        for method in ["PUT", "DELETE"] {
            assert_unknown_user(&send(&daemon, &boss, method, &path), unseen);
        }
    }
    assert_no_route(&send(&daemon, &boss, "PUT", "/idp/saml/users/x"));
    assert_eq!(method(&daemon, &stranger), "default");
}

#[test]
fn what_is_wrong_with_a_request_for_many_is_told() {
    let daemon = daemon();
    let admin = daemon.admin();
    let missing = json!({ "message": "Missing data for required field.",
        "constraint_id": "required", "constraint": "required" });
    for (body, message) in [
        (json!({}), json!({ "users": missing })),
        (
            json!({ "users": [{}] }),
            json!({ "users": { "0": { "uuid": missing } } }),
        ),
        (
            json!({ "users": "x" }),
            json!({ "users": { "message": "Invalid type.", "constraint_id": "type",
                "constraint": "dict" } }),
        ),
        (
            json!({ "users": ["x"] }),
            json!({ "users": { "0": { "_schema": ["Invalid input type."] } } }),
        ),
    ] {
        assert_api(
            &bulk(&daemon, &admin, "saml", &body),
            400,
            ("invalid-list-param", "users"),
            message,
            &json!({}),
        );
    }
    let request = daemon.client().put("/idp/saml/users").token(&admin.token);
    assert_not_understood(&request.body("{").send());
    for idp_type in ["other", "backend", "SAML", "refresh_token"] {
        // The type comes before the body.
        assert_unknown_type(&bulk(&daemon, &admin, idp_type, &json!({})), idp_type);
        let path = format!("/idp/{idp_type}/users/{NOBODY}");
        for method in ["PUT", "DELETE"] {
            assert_unknown_type(&send(&daemon, &admin, method, &path), idp_type);
        }
    }
}
