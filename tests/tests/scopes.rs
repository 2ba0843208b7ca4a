//! `POST /token/{token_uuid}/scopes/check`: asking about several accesses at once.

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::shapes::{assert_json, assert_no_route, assert_not_understood, assert_reason};

/// For all tests that change nothing which another one sees.
static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A token id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn check(token: &str, body: impl Into<Vec<u8>>) -> Response {
    let path = format!("/token/{token}/scopes/check");
    DAEMON.client().post(&path).body(body).send()
}

fn check_json(token: &str, body: &Value) -> Response {
    check(token, body.to_string())
}

#[test]
fn each_access_is_answered_for_itself() {
    let alice = DAEMON.login("alice", "s3cre7");
    for (scopes, expected) in [
        (
            json!([
                "example.alice.read",
                "example.bob.read",
                "example.alice.read",
                ""
            ]),
            json!({"example.alice.read": true, "example.bob.read": false, "": false}),
        ),
        (json!([]), json!({})),
    ] {
        for tenant in [
            json!(null),
            json!(""),
            alice.data["metadata"]["tenant_uuid"].clone(),
        ] {
            let body = json!({"scopes": scopes, "tenant_uuid": tenant});
            let answer = check_json(&alice.token, &body);
            assert_json(&answer);
            assert_eq!(answer.expect(200), json!({"scopes": expected}));
        }
    }
}

#[test]
fn the_token_and_then_the_tenant_must_be_good() {
    let alice = DAEMON.login("alice", "s3cre7");
    let body = json!({"scopes": ["a"], "tenant_uuid": NOBODY});
    assert_reason(&check_json(NOBODY, &body), 404, "No such token");
    let reason = format!("Unauthorized for tenant {NOBODY}");
    assert_reason(&check_json(&alice.token, &body), 403, &reason);
    assert_no_route(&check_json("x", &body));
}

#[test]
fn a_body_of_another_form_is_refused_in_the_words_that_clients_know() {
    let token = DAEMON.admin().token;
    let text =
        "{'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}";
    let null = "{'message': 'Field may not be null.', 'constraint_id': 'not_null', 'constraint': 'not_null'}";
    let list = "{'message': 'Not a valid list.', 'constraint_id': 'type', 'constraint': 'list'}";
    let missing = "{'message': 'Missing data for required field.', 'constraint_id': 'required', 'constraint': 'required'}";
    for (body, reason) in [
        (json!({}), format!("{{'scopes': {missing}}}")),
        (json!({"scopes": null}), format!("{{'scopes': {null}}}")),
        (json!({"scopes": "a"}), format!("{{'scopes': {list}}}")),
        (
            json!({"scopes": [1, "a", null], "tenant_uuid": 1}),
            format!("{{'scopes': {{0: {text}, 2: {null}}}, 'tenant_uuid': {text}}}"),
        ),
        (
            json!([1]),
            "{'_schema': ['Invalid input type.']}".to_owned(),
        ),
    ] {
        assert_reason(&check_json(&token, &body), 400, &reason);
    }
    for body in ["", "{", "{\"scopes\": [\"\\u0000\"]}"] {
        assert_not_understood(&check(&token, body));
    }
    let long = json!({"scopes": ["a".repeat(4097)]});
    assert_not_understood(&check_json(&token, &long));
}

#[test]
fn a_body_is_judged_before_the_token_is_looked_up() {
    assert_not_understood(&check(NOBODY, "{"));
    let answer = check_json(NOBODY, &json!({"scopes": 1}));
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_reason(
        &check_json(NOBODY, &json!({"scopes": []})),
        404,
        "No such token",
    );
}
