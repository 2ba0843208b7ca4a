//! What proxies say about clients, and whom the daemon believes.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::json;
use wazo_auth_test_support::{Daemon, http::Request};

/// The address that a login comes from, as its token has it.
fn address(daemon: &Daemon, forwarded: &[&str]) -> String {
    let credentials = daemon.installation().credentials();
    let mut request: Request<'_> = daemon
        .client()
        .post("/token")
        .basic(&credentials.username, &credentials.password)
        .header("X-Real-IP", "203.0.113.77")
        .json(&json!({}));
    for value in forwarded {
        request = request.header("X-Forwarded-For", value);
    }
    let login = request.send().expect(200);
    let path = format!("/token/{}", login["data"]["token"].as_str().unwrap());
    let kept = daemon.client().get(&path).send().expect(200);
    assert_eq!(kept["data"]["remote_addr"], login["data"]["remote_addr"]);
    login["data"]["remote_addr"].as_str().unwrap().to_owned()
}

#[test]
fn the_proxy_in_front_says_where_a_client_is() {
    let daemon = Daemon::builder().start();
    for (forwarded, expected) in [
        (&["198.51.100.7"][..], "198.51.100.7"),
        (&["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        (&["1.2.3.4", "198.51.100.7"], "198.51.100.7"),
        (&["2001:db8::1"], "2001:db8::1"),
        (&["garbage"], "garbage"),
        (&["1.2.3.4,"], "127.0.0.1"),
        (&[], "127.0.0.1"),
    ] {
        assert_eq!(address(&daemon, forwarded), expected, "{forwarded:?}");
    }
    let told = daemon.lines().with("Successful login").pop().unwrap();
    assert!(told.contains("from 127.0.0.1"), "{told}");
    let told = daemon.lines().with("Successful login").remove(0);
    assert!(told.contains("from 198.51.100.7"), "{told}");
}

#[test]
fn with_two_proxies_the_outer_one_counts() {
    let daemon = Daemon::builder()
        .config("rest_api: {num_proxies: 2}\n")
        .start();
    assert_eq!(
        address(&daemon, &["9.9.9.9, 198.51.100.7, 10.0.0.1"]),
        "198.51.100.7"
    );
    // Somebody has gone around it.
    assert_eq!(address(&daemon, &["198.51.100.7"]), "127.0.0.1");
}

#[test]
fn nobody_else_is_believed() {
    for config in [
        "rest_api: {trusted_proxies: [10.0.0.0/8, '2001:db8::/32']}\n",
        "rest_api: {trusted_proxies: []}\n",
        "rest_api: {num_proxies: 0}\n",
    ] {
        let daemon = Daemon::builder().config(config).start();
        assert_eq!(address(&daemon, &["198.51.100.7"]), "127.0.0.1", "{config}");
    }
    let daemon = Daemon::builder()
        .config("rest_api: {trusted_proxies: [10.0.0.0/8, 127.0.0.1]}\n")
        .start();
    assert_eq!(address(&daemon, &["198.51.100.7"]), "198.51.100.7");
}

#[test]
fn a_proxy_that_is_no_address_stops_the_start() {
    let (_, exited) = Daemon::builder()
        .without_database()
        .config("rest_api:\n  trusted_proxies: [127.0.0.1, 10.0.0.0/33]\n")
        .install()
        .refuse();
    assert!(
        exited.says("01-test.yml:2: rest_api.trusted_proxies[1]: found \"10.0.0.0/33\""),
        "{exited:#?}"
    );
}

#[test]
fn addresses_that_the_daemon_makes_are_those_that_the_client_sees() {
    let location = |daemon: &Daemon| {
        let answer = daemon
            .client()
            .get("//backends?a=b")
            .header("X-Forwarded-Host", "stack.example.com")
            .header("X-Forwarded-Proto", "https")
            .header("X-Script-Name", "/api/auth")
            .send()
            .is(308);
        answer.header("location").unwrap().to_owned()
    };
    let daemon = Daemon::builder().start();
    assert_eq!(
        location(&daemon),
        "https://stack.example.com/api/auth/0.1/backends?a=b"
    );
    let daemon = Daemon::builder()
        .config("rest_api: {trusted_proxies: []}\n")
        .start();
    assert_eq!(
        location(&daemon),
        format!("http://127.0.0.1:{}/0.1/backends?a=b", daemon.port())
    );
}
