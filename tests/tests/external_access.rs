//! Who may see and change what a user stored for external services.

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login};
use wazo_auth_tests::external::request;
use wazo_auth_tests::shapes::{
    assert_api, assert_no_route, assert_not_granted, assert_unknown_token,
};

/// For all tests that store nothing.
static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A user that does not exist.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn list(daemon: &Daemon, login: &Login) -> Value {
    request(daemon, login, "GET", "", "").expect(200)
}

#[test]
fn each_user_has_credentials_of_their_own() {
    let installation = Daemon::builder().examples().install();
    let args = ["initial-user", "--username", "second", "--password", "pw"];
    installation.run("wazo-auth-bootstrap", args).ok();
    let daemon = installation.start();
    let (admin, second) = (daemon.admin(), daemon.login("second", "pw"));
    request(&daemon, &admin, "POST", "/bar", "{\"scope\": [\"a\"]}").is(200);
    assert_eq!(request(&daemon, &second, "GET", "/bar", "").status, 404);
    assert_eq!(list(&daemon, &second)["items"][0]["enabled"], false);
    request(&daemon, &second, "POST", "/bar", "{\"scope\": [\"b\"]}").is(200);
    assert_eq!(
        list(&daemon, &admin)["items"][0]["data"],
        json!({"scope": ["a"]})
    );
    assert_eq!(
        list(&daemon, &second)["items"][0]["data"],
        json!({"scope": ["b"]})
    );
}

#[test]
fn a_user_that_does_not_exist_has_nothing_and_stores_nothing() {
    let admin = Login {
        auth_id: NOBODY.to_owned(),
        ..DAEMON.admin()
    };
    for (method, path, body) in [
        ("GET", "/bar", ""),
        ("POST", "/bar", "{}"),
        ("PUT", "/bar", "{}"),
        ("DELETE", "/bar", ""),
    ] {
        let answer = request(&DAEMON, &admin, method, path, body);
        assert_api(
            &answer,
            404,
            ("unknown-user", "users"),
            format!("No such user: \"{NOBODY}\""),
            &json!({"uuid": NOBODY}),
        );
    }
    let listed = list(&DAEMON, &admin);
    assert_eq!(listed["items"][0]["enabled"], false, "{listed}");
    assert_eq!(listed["items"][0]["data"], json!({}), "{listed}");
}

#[test]
fn only_a_token_with_the_access_gets_in() {
    let (admin, alice) = (DAEMON.admin(), DAEMON.login("alice", "s3cre7"));
    let user = admin.auth_id.as_str();
    for (method, path, access) in [
        ("GET", "", "external.read"),
        ("POST", "/bar", "external.bar.create"),
        ("GET", "/bar", "external.bar.read"),
        ("HEAD", "/bar", "external.bar.read"),
        ("PUT", "/bar", "external.bar.update"),
        ("DELETE", "/bar", "external.bar.delete"),
    ] {
        let path = format!("/users/{user}/external{path}");
        let access = format!("auth.users.{user}.{access}");
        let send = |token: &str| DAEMON.client().request(method, &path).token(token).send();
        let (none, unknown) = (
            DAEMON.client().request(method, &path).send(),
            send(&admin.token.to_uppercase()),
        );
        let lacking = send(&alice.token);
        if method == "HEAD" {
            for answer in [none, unknown, lacking] {
                assert_eq!((answer.status, answer.body.as_str()), (401, ""));
            }
            continue;
        }
        assert_unknown_token(&none, "", &access);
        assert_unknown_token(&unknown, &admin.token.to_uppercase(), &access);
        assert_not_granted(&lacking, &alice.token, &access);
    }
}

#[test]
fn a_token_elsewhere_than_in_its_header_is_none() {
    let admin = DAEMON.admin();
    let path = format!("/users/{}/external", admin.auth_id);
    let in_query = DAEMON
        .client()
        .get(&format!("{path}?token={}", admin.token))
        .send();
    let as_bearer = DAEMON
        .client()
        .get(&path)
        .header("Authorization", &format!("Bearer {}", admin.token))
        .send();
    let access = format!("auth.users.{}.external.read", admin.auth_id);
    assert_unknown_token(&in_query, "", &access);
    assert_unknown_token(&as_bearer, "", &access);
    let trimmed = DAEMON
        .client()
        .get(&path)
        .token(&format!("  {} ", admin.token))
        .send();
    assert_eq!(trimmed.status, 200);
}

#[test]
fn the_user_in_the_path_is_good_in_capitals_and_must_be_a_uuid() {
    let admin = DAEMON.admin();
    let upper = Login {
        auth_id: admin.auth_id.to_uppercase(),
        ..admin.clone()
    };
    assert_eq!(request(&DAEMON, &upper, "GET", "", "").status, 200);
    for user in ["me", "x", "{user_uuid}"] {
        let other = Login {
            auth_id: user.to_owned(),
            ..admin.clone()
        };
        if user.starts_with('{') {
            let line = format!(
                "GET /0.1/users/{user}/external HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            );
            let answer = DAEMON.client().raw(line.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
        } else {
            assert_no_route(&request(&DAEMON, &other, "GET", "", ""));
        }
    }
}

#[test]
fn a_tenant_must_be_the_callers_or_below() {
    let admin = DAEMON.admin();
    let tenant = admin.data["metadata"]["tenant_uuid"].as_str().unwrap();
    let path = format!("/users/{}/external", admin.auth_id);
    let ask = |path: &str, tenant: &str| {
        DAEMON
            .client()
            .get(path)
            .token(&admin.token)
            .header("Wazo-Tenant", tenant)
            .send()
    };
    assert_eq!(ask(&path, tenant).status, 200);
    assert_eq!(ask(&path, "").status, 200);
    for other in [NOBODY, "master", &tenant.to_uppercase()] {
        for path in [path.clone(), format!("{path}/bar")] {
            let answer = ask(&path, other);
            assert_api(
                &answer,
                401,
                ("unauthorized-tenant", ""),
                "Unauthorized tenant",
                &json!({"tenant_uuid": other}),
            );
        }
    }
    // The access comes first.
    let alice = DAEMON.login("alice", "s3cre7");
    let answer = DAEMON
        .client()
        .get(&path)
        .token(&alice.token)
        .header("Wazo-Tenant", NOBODY)
        .send();
    assert_eq!(answer.expect(401)["details"]["tenant_uuid"], NOBODY);
}
