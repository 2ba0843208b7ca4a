//! What every endpoint that reads a document makes of a body that is none, and when it says so.

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    routes::{Access, DAEMON, NOTHING, of_nothing},
    shapes::assert_not_understood,
    store::Store,
};

/// The endpoints that take a body and do not look at it: what they do stands in the path.
const IN_THE_PATH: &[&str] = &[
    "/emails/{email_uuid}/confirm",
    "/idp/{idp_type}/users/{user_uuid}",
    "/tenants/{tenant_uuid}/parent/{parent_tenant_uuid}",
    "/policies/{policy_slug}/acl/{access}",
    "/policies/{policy_uuid}/acl/{access}",
    "/users/{user_uuid}/policies/{policy_slug}",
    "/users/{user_uuid}/policies/{policy_uuid}",
    "/groups/{group_uuid}/policies/{policy_slug}",
    "/groups/{group_uuid}/policies/{policy_uuid}",
    "/groups/{group_uuid}/users/{user_uuid}",
];

/// The endpoints that look for what the path names before they read, beside those that find it behind.
const LOOKED_FOR_FIRST: &[&str] = &["/groups/{group_uuid}", "/policies/{policy_slug}"];

/// A path whose parameters name nothing, but for the words of the daemon.
fn path_of_nothing(template: &str) -> String {
    of_nothing(
        &template
            .replace("{policy_slug}", "nothing")
            .replace("{idp_type}", "native"),
    )
}

/// The endpoints that read a document, and whether one needs a token.
fn readers() -> Vec<(&'static str, &'static str, bool)> {
    let readers: Vec<_> = DAEMON
        .iter()
        .filter(|(method, path, _)| {
            ["POST", "PUT", "PATCH"].contains(method) && !IN_THE_PATH.contains(path)
        })
        .map(|(method, path, access)| (*method, *path, !matches!(access, Access::Public(_))))
        .collect();
    assert!(readers.len() > 12, "{readers:?}");
    readers
}

#[test]
fn a_body_that_is_no_document_is_told_behind_the_token_and_before_what_is_missing() {
    let daemon = Daemon::builder().start();
    let token = daemon.admin().token;
    for (method, path, asks) in readers() {
        let target = path_of_nothing(path);
        let send = |content_type: &str, body: &[u8], tenant: &str| -> Response {
            let request = daemon.client().request(method, &target);
            request
                .token(&token)
                .header("Content-Type", content_type)
                .header("Wazo-Tenant", tenant)
                .body(body)
                .send()
        };
        let form = "application/x-www-form-urlencoded";
        for (content_type, body) in [
            ("application/json", &b""[..]),
            ("application/json", b"{"),
            ("text/plain", b"name=x"),
            ("application/json", b"{\"name\": \"\xff\"}"),
            ("application/json", b"{\"name\": \"\\u0000\"}"),
            (form, b"{}"),
            ("multipart/form-data; boundary=x", b"{}"),
        ] {
            let answer = send(content_type, body, "");
            if LOOKED_FOR_FIRST.contains(&path) {
                assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
            } else {
                assert_not_understood(&answer);
            }
            if asks && path != "/config" {
                let refused = send(content_type, body, NOTHING);
                assert_eq!(refused.status, 401, "{method} {path}: {refused:?}");
            }
            if asks {
                let request = daemon.client().request(method, &target);
                let unknown = request.token(NOTHING).body(body).send();
                assert_eq!(unknown.status, 401, "{method} {path}: {unknown:?}");
            }
        }
    }
}

#[test]
fn what_is_looked_for_first_is_found_before_its_body_is_read() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let token = daemon.admin().token;
    let policy = store.policy(None, "slug", &[]);
    let group = daemon.client().post("/groups").token(&token);
    let group = group.json(&json!({"name": "group"})).send().expect(200);
    let group = group.get("uuid").and_then(Value::as_str).unwrap();
    for path in [
        "/policies/slug".to_owned(),
        format!("/policies/{policy}"),
        format!("/groups/{group}"),
    ] {
        let request = daemon.client().put(&path).token(&token);
        assert_not_understood(&request.body("{").send());
    }
}

#[test]
fn what_the_path_says_needs_no_body() {
    let daemon = Daemon::builder().start();
    let token = daemon.admin().token;
    for path in IN_THE_PATH {
        let target = path_of_nothing(path);
        for body in ["", "{", "null", "{\"a\": \"\\u0000\"}"] {
            let request = daemon.client().put(&target).token(&token);
            let answer = request.header("Content-Type", "multipart/form-data");
            let answer = answer.body(body).send();
            assert_eq!(answer.status, 404, "{path} {body:?}: {answer:?}");
        }
        assert!(
            DAEMON
                .iter()
                .any(|(method, known, _)| (method, known) == (&"PUT", path)),
            "{path} is none"
        );
    }
}
