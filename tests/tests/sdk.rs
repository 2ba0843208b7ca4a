//! The platform's JavaScript client, as its authors publish it, against the daemon behind a front that
//! speaks TLS. What the client does is in `tests/peers/sdk/client.cjs`.
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use wazo_auth_test_support::{Daemon, Home, XIVO_UUID, command, process};
use wazo_auth_tests::{
    peers,
    store::{PASSWORD, Store},
};

/// How long one run may take; usually it is a second.
const LIMIT: Duration = Duration::from_secs(120);

/// A certificate for `localhost` that its holder has signed, and its key.
fn certificate(home: &Home) -> (PathBuf, PathBuf) {
    let (certificate, key) = (home.join("front.crt"), home.join("front.key"));
    let mut openssl = process::bound("openssl");
    openssl
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key);
    command::run(openssl, LIMIT).ok();
    (certificate, key)
}

/// Lets the client do something with a user of its own.
fn run(scenario: &str) {
    let sdk = peers::folder("sdk");
    let daemon = Daemon::builder().start();
    let acl = ["auth.users.me.#", "calld.calls.read", "!calld.calls.secret"];
    let user = Store::of(daemon.installation()).user(None, "alice", &acl);
    let home = Home::new();
    let (certificate, key) = certificate(&home);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sdk/client.cjs");
    let mut node = process::bound("node");
    node.arg(script)
        .arg(scenario)
        .env("SDK_FOLDER", sdk)
        .env("DAEMON_PORT", daemon.port().to_string())
        .env("STACK_UUID", XIVO_UUID)
        .env("LOGIN", "alice")
        .env("PASSWORD", PASSWORD)
        .env("USER_UUID", user)
        // The client believes this certificate and no other.
        .env("NODE_EXTRA_CA_CERTS", &certificate)
        .env("FRONT_CERTIFICATE", &certificate)
        .env("FRONT_KEY", key);
    command::run(node, LIMIT).ok();
}

#[test]
fn a_page_logs_in_asks_what_it_may_do_and_logs_out() {
    run("online");
}

#[test]
fn a_softphone_stays_logged_in_until_its_refresh_token_is_taken_away() {
    run("offline");
}

#[test]
fn a_user_is_shown_their_sessions_and_ends_one() {
    run("sessions");
}

#[test]
fn the_client_understands_why_it_is_refused() {
    run("refusals");
}
