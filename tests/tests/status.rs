//! `/status` and `/backends`: what anybody may ask.

use serde_json::json;
use wazo_auth_test_support::{Daemon, plugins};
use wazo_auth_tests::shapes::{assert_framework, assert_json};

#[test]
fn head_status_says_that_the_daemon_serves() {
    let daemon = Daemon::builder().start();
    let answer = daemon.client().head("/status").send().is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some("3"));
    assert_eq!(answer.body, "");

    let answer = daemon.client().get("/status").send();
    assert_framework(
        &answer,
        405,
        "The method is not allowed for the requested URL.",
    );
    let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["HEAD", "OPTIONS"]);
}

#[test]
fn the_backends_are_listed_in_the_order_of_the_configuration() {
    let daemon = Daemon::builder()
        .plugin(plugins::backend_example())
        // The first file wins, in order too.
        .config("enabled_backend_plugins: {example: true, wazo_user: true, ghost: true}\n")
        .start();
    let answer = daemon.client().get("/backends").send();
    assert_eq!(
        answer.expect(200),
        json!({"data": ["example", "wazo_user"]})
    );
    assert_json(&answer);
    let head = daemon.client().head("/backends").send().is(200);
    assert_eq!(head.body, "");
    for name in ["content-type", "content-length"] {
        assert_eq!(head.header(name), answer.header(name), "{name}");
    }
}

#[test]
fn a_backend_that_could_not_be_started_is_listed_and_one_that_is_not_enabled_is_not() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .plugin(plugins::backend_example())
        .config(
            "enabled_backend_plugins: {wazo_user: true, panics_on_start: true, example: false}\n",
        )
        .start();
    let answer = daemon.client().get("/backends").send();
    assert_eq!(
        answer.expect(200),
        json!({"data": ["wazo_user", "panics_on_start"]})
    );
}
