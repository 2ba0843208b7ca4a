//! `Wazo-Tenant`: in which tenant a request acts, on every endpoint that asks for a token.

use serde_json::json;
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    routes::{Access, DAEMON, NOTHING, of_nothing},
    shapes::assert_api,
    store::{PASSWORD, Store},
};

/// The endpoint that is about the installation and not about a tenant: any value is good.
const TENANTLESS: (&str, &str) = ("GET", "/idp");

#[test]
fn every_endpoint_that_asks_for_a_token_refuses_a_tenant_that_is_not_the_callers() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let [home, sibling] = ["home", "sibling"].map(|slug| store.tenant(None, slug));
    let _ = store.user(Some(&home), "boss", &["#"]);
    let (admin, boss) = (daemon.admin(), daemon.login("boss", PASSWORD));
    let top = admin.data["metadata"]["tenant_uuid"].as_str().unwrap();
    let mut asked = 0;
    for (method, path, access) in DAEMON {
        if matches!(access, Access::Public(_)) {
            continue;
        }
        let target = of_nothing(path).replace("/reset", "/reset?user_uuid=x");
        let send = |token: &str, tenant: &str| -> Response {
            let request = daemon.client().request(method, &target).token(token);
            let request = request.header("Wazo-Tenant", tenant);
            match *method {
                "GET" | "DELETE" => request.send(),
                _ => request.body("{}").send(),
            }
        };
        let platform = path.starts_with("/config");
        for (token, tenant) in [
            (&admin.token, NOTHING),
            (&admin.token, &home.to_uppercase()),
            (&admin.token, "junk"),
            (&admin.token, "home"),
            (&boss.token, &sibling),
            (&boss.token, top),
        ] {
            // The configuration is nobody's but the topmost tenant's.
            if platform && *token == boss.token {
                continue;
            }
            let answer = send(token, tenant);
            if (*method, *path) == TENANTLESS {
                assert_eq!(answer.status, 200, "{answer:?}");
                continue;
            }
            assert_api(
                &answer,
                401,
                ("unauthorized-tenant", ""),
                "Unauthorized tenant",
                &json!({"tenant_uuid": tenant}),
            );
            asked += 1;
        }
        for tenant in ["", &home] {
            let answer = send(&admin.token, tenant);
            let refused = answer.body.contains("unauthorized-tenant");
            assert!(!refused, "{method} {path}: {answer:?}");
        }
    }
    assert!(asked > 200, "{asked} questions were asked");
}

#[test]
fn a_caller_without_the_access_learns_nothing_of_a_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let _ = store.user(None, "alice", &[]);
    let alice = daemon.login("alice", PASSWORD);
    for (method, path, access) in DAEMON {
        let Access::Token(access) = access else {
            continue;
        };
        for tenant in [NOTHING, "junk"] {
            let request = daemon.client().request(method, &of_nothing(path));
            let request = request.token(&alice.token).header("Wazo-Tenant", tenant);
            assert_api(
                &request.send(),
                401,
                ("unauthorized", ""),
                "Unauthorized",
                &json!({
                    "invalid_token": alice.token,
                    "reason": "missing_permission_or_invalid_tenant",
                    "required_access": of_nothing(access),
                    "tenant_uuid": tenant,
                }),
            );
        }
    }
}
