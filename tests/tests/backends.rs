//! Logins through backends that are plugins, with the example of three static users.

use serde_json::{Value, json};
use wazo_auth_test_support::{Builder, Daemon, XIVO_UUID, plugins};
use wazo_auth_tests::shapes::assert_reason;

const ALICE: &str = "a3a2c1e4-5f0b-4d52-9b7e-6d1f0c4b8a01";

/// The example, enabled, with what the identity provider `backend` shall say.
fn with_provider(provider: &str) -> Builder {
    Daemon::builder()
        .plugin(plugins::backend_example())
        .config("enabled_backend_plugins: {example: true}\n")
        .config(provider)
}

fn assert_refused(daemon: &Daemon, login: &str, password: &str) {
    assert_reason(
        &daemon.try_login(login, password),
        401,
        "Authentication Failed",
    );
}

#[test]
fn a_login_that_only_a_backend_knows_gets_what_the_backend_says() {
    let daemon = Daemon::builder().examples().start();
    let alice = daemon.login("alice", "s3cre7");
    let tenant = daemon.admin().data["metadata"]["tenant_uuid"].clone();
    assert_eq!(alice.auth_id, ALICE);
    assert_eq!(alice.data["acl"], json!(["example.alice.read"]));
    assert_eq!(alice.data["xivo_user_uuid"], Value::Null);
    assert_eq!(
        alice.data["metadata"],
        json!({
            "auth_id": ALICE,
            "username": "alice",
            "xivo_uuid": XIVO_UUID,
            "pbx_user_uuid": null,
            // The backend said nothing of it: the configuration does.
            "tenant_uuid": tenant,
        })
    );
    for (login, password) in [("bob", "abc123"), ("charlie", "lovecat")] {
        let login = daemon.login(login, password);
        assert_ne!(login.auth_id, ALICE);
    }
}

#[test]
fn a_backend_that_nobody_enabled_is_not_asked() {
    let daemon = Daemon::builder().plugin(plugins::backend_example()).start();
    assert_refused(&daemon, "alice", "s3cre7");
    let list = daemon.installation().plugin_list();
    assert!(
        list.contains("enabled_backend_plugins: {example: true}"),
        "{list}"
    );
}

#[test]
fn a_backend_is_asked_as_the_identity_provider_says() {
    for provider in [
        "{}\n",
        "idp_plugins: {backend: {enabled: false, backends: {example: {method: example, unknown_logins: true, tenant: master}}}}\n",
        "idp_plugins: {backend: {enabled: true, backends: {example: {method: example, unknown_logins: false, tenant: master}}}}\n",
        "idp_plugins: {backend: {enabled: true, backends: {example: {method: example}}}}\n",
    ] {
        let daemon = with_provider(provider).start();
        assert_refused(&daemon, "alice", "s3cre7");
        // Others are none the worse for it.
        let _ = daemon.admin();
    }
}

#[test]
fn the_tenant_may_be_given_by_its_uuid() {
    let daemon = Daemon::builder().examples().start();
    let tenant = daemon.admin().data["metadata"]["tenant_uuid"].clone();
    let tenant = tenant.as_str().unwrap().to_owned();
    let (installation, _) = daemon.stop();
    let fragment =
        format!("idp_plugins: {{backend: {{backends: {{example: {{tenant: {tenant}}}}}}}}}\n");
    wazo_auth_test_support::home::write(&installation.path("conf.d/00-tenant.yml"), fragment);
    let daemon = installation.start();
    let alice = daemon.login("alice", "s3cre7");
    assert_eq!(alice.data["metadata"]["tenant_uuid"], tenant);
    daemon
        .client()
        .head(&format!("/token/{}?tenant={tenant}", alice.token))
        .send()
        .is(204);
}

#[test]
fn an_unknown_tenant_is_a_fault_of_the_configuration_and_not_of_the_client() {
    let daemon = with_provider(
        "idp_plugins: {backend: {enabled: true, backends: {example: {method: example, unknown_logins: true, tenant: nowhere}}}}\n",
    )
    .start();
    assert_eq!(daemon.try_login("alice", "s3cre7").status, 500);
    let line = daemon.lines().wait_for("nowhere");
    assert!(
        line.contains("idp_plugins.backend.backends.example.tenant"),
        "{line}"
    );
    assert_refused(&daemon, "alice", "wrong");
}

#[test]
fn a_user_who_is_known_here_is_never_shown_to_a_backend() {
    let installation = Daemon::builder().examples().install();
    let args = [
        "initial-user",
        "--username",
        "alice",
        "--password",
        "her own",
    ];
    installation.run("wazo-auth-bootstrap", args).ok();
    let daemon = installation.start();
    // The backend would accept this one.
    assert_refused(&daemon, "alice", "s3cre7");
    assert_refused(&daemon, "ALICE", "s3cre7");
    let alice = daemon.login("alice", "her own");
    assert_ne!(alice.auth_id, ALICE);
}

#[test]
fn backends_are_asked_in_their_order_until_one_accepts() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .plugin(plugins::backend_example())
        .backend("example")
        .backend("panics")
        .start();
    // The second one accepts whoever comes; the first one is asked first.
    assert_eq!(daemon.login("alice", "s3cre7").auth_id, ALICE);
    let by_second = daemon.login("alice", "wrong");
    assert_ne!(by_second.auth_id, ALICE);
    assert_eq!(by_second.data["acl"], json!(["panics.read"]));
    assert_eq!(daemon.login("mallory", "any").auth_id, by_second.auth_id);
}

#[test]
fn a_backend_that_fails_is_no_wrong_password() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("nonsense"))
        .plugin(plugins::backend_example())
        .backend("nonsense")
        .backend("example")
        .start();
    // It answers with an error of a kind that this daemon does not know.
    assert_eq!(daemon.try_login("strange_error", "x").status, 500);
    let _ = daemon.admin();
}

#[test]
fn a_missing_backend_of_the_provider_is_told_and_the_others_go_on() {
    let daemon = Daemon::builder()
        .plugin(plugins::backend_example())
        .backend("example")
        .backend("ghost")
        .start();
    let line = daemon.lines().wait_for("\"ghost\"");
    assert!(line.contains("(ERROR)"), "{line}");
    assert_eq!(daemon.login("alice", "s3cre7").auth_id, ALICE);
    let _ = daemon.admin();
}

#[test]
fn a_login_with_an_address_or_in_other_letters_is_as_the_backend_wants_it() {
    let daemon = Daemon::builder().examples().start();
    for login in ["ALICE", "alice@example.com", " alice", "alice "] {
        assert_refused(&daemon, login, "s3cre7");
    }
}
