//! Families of endpoints that are switched off.

use wazo_auth_test_support::Daemon;
use wazo_auth_tests::shapes::assert_no_route;

#[test]
fn the_endpoints_of_a_family_that_is_off_are_not_there() {
    let daemon = Daemon::builder()
        .examples()
        .config("enabled_http_plugins: {backends: false, config: false, external: false}\n")
        .start();
    let admin = daemon.admin();
    let list = format!("/users/{}/external", admin.auth_id);
    for path in ["/backends", "/config", list.as_str()] {
        for method in ["GET", "POST", "PATCH", "OPTIONS"] {
            let request = daemon.client().request(method, path);
            assert_no_route(&request.token(&admin.token).send());
        }
    }
    // Other families, and what plugins bring, are.
    daemon
        .client()
        .get(&format!("/token/{}", admin.token))
        .send()
        .is(200);
    let answer = daemon
        .client()
        .get(&format!("{list}/bar"))
        .token(&admin.token)
        .send();
    assert!(answer.body.contains("unknown-external-auth"), "{answer:?}");
}

#[test]
fn a_family_that_is_not_named_is_on() {
    let daemon = Daemon::builder()
        .config("enabled_http_plugins: {config: true, nonsense: true}\n")
        .start();
    daemon.client().get("/backends").send().is(200);
    assert_eq!(daemon.client().get("/config").send().status, 401);
}
