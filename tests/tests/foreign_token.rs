//! Tokens that no login made: the daemon's own, those of other programs, and those whose user is gone.

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    shapes::{assert_api, assert_reason},
    store::{PASSWORD, Store},
};

/// A UUID that names nothing.
const NOTHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn check(daemon: &Daemon, token: &str, query: &str) -> Response {
    daemon
        .client()
        .get(&format!("/token/{token}{query}"))
        .send()
}

fn assert_unknown_user(answer: &Response, user: &str) {
    assert_api(
        answer,
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{user}\""),
        &json!({"uuid": user}),
    );
}

#[test]
fn a_token_without_an_end_lives_and_is_shown_without_one() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let token = store.token_of("wazo-auth", &["a.b"]);
    let shown = check(&daemon, &token, "?scope=a.b").expect(200)["data"].clone();
    for (name, expected) in [
        ("auth_id", json!("wazo-auth")),
        ("expires_at", Value::Null),
        ("utc_expires_at", Value::Null),
        ("utc_issued_at", json!("1970-01-01T00:00:00.000000")),
        ("xivo_user_uuid", Value::Null),
        ("xivo_uuid", Value::Null),
        ("metadata", json!({})),
        ("user_agent", Value::Null),
        ("remote_addr", Value::Null),
    ] {
        assert_eq!(shown[name], expected, "{name} of {shown}");
    }
    assert_eq!(shown.get("refresh_token"), None);
}

#[test]
fn a_token_of_the_daemon_itself_acts_in_every_tenant_and_has_no_user() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let token = store.token_of("wazo-auth", &["auth.#"]);
    for tenant in [NOTHING, "x"] {
        let answer = check(&daemon, &token, &format!("?tenant={tenant}"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    for (method, path) in [
        ("GET", "/users/me/tokens"),
        ("DELETE", "/users/me/tokens/web"),
    ] {
        let request = daemon.client().request(method, path).token(&token);
        assert_unknown_user(&request.send(), "None");
    }
    // It is of no tenant, so there is none to list.
    for path in ["/tokens", "/sessions", "/tokens?recurse=true"] {
        let answer = daemon.client().get(path).token(&token).send();
        assert_eq!(answer.expect(200)["items"], json!([]), "{path}");
    }
    let deleted = daemon.client().delete(&format!("/token/{token}")).send();
    assert_eq!(deleted.status, 200);
    let events = store.events();
    let (name, payload) = events.last().unwrap();
    assert_eq!(
        (name.as_str(), &payload["user_uuid"]),
        ("auth_session_deleted", &json!("wazo-auth"))
    );
}

#[test]
fn a_token_whose_user_is_gone_acts_in_no_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let alice = store.user(Some(&acme), "alice", &["auth.#"]);
    let login = daemon.login("alice", PASSWORD);
    store.delete_user(&alice);
    assert_unknown_user(
        &check(&daemon, &login.token, &format!("?tenant={acme}")),
        &alice,
    );
    let listed = daemon.client().get("/tokens").token(&login.token).send();
    assert_unknown_user(&listed, &alice);
}

#[test]
fn the_tenant_of_the_caller_means_nothing_where_nobody_is_asked_for_a_token() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let token = format!("/token/{}", admin.token);
    for (method, path, status) in [
        ("GET", token.as_str(), 200),
        ("HEAD", token.as_str(), 204),
        ("GET", "/backends", 200),
        ("HEAD", "/status", 200),
        ("POST", "/token", 401),
        ("DELETE", token.as_str(), 200),
        ("GET", token.as_str(), 404),
    ] {
        let request = daemon.client().request(method, path).body("{}");
        let answer = request.header("Wazo-Tenant", "elsewhere").send();
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        if status == 404 {
            assert_reason(&answer, 404, "No such token");
        }
    }
}
