//! Who a login name belongs to, whether they may log in with a password, and what the log says of it.

use serde_json::json;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    offline::{offline, refresh, refresh_token},
    shapes::assert_reason,
    store::{PASSWORD, Store},
    tenants::{Actor, path},
};

fn assert_refused(daemon: &Daemon, login: &str) {
    assert_reason(
        &daemon.try_login(login, PASSWORD),
        401,
        "Authentication Failed",
    );
}

#[test]
fn an_address_is_a_login_name_once_it_is_confirmed_and_before_any_user_name() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let bob = store.user(None, "bob@example.com", &[]);
    store.add_email(&alice, "Alice@example.com", true);
    store.add_email(&alice, "new@example.com", false);
    for login in ["alice", "ALICE", "alice@example.com", "aLiCe@EXAMPLE.com"] {
        assert_eq!(daemon.login(login, PASSWORD).auth_id, alice, "{login}");
    }
    assert_refused(&daemon, "new@example.com");
    assert_eq!(daemon.login("bob@example.com", PASSWORD).auth_id, bob);
    store.add_email(&alice, "bob@example.com", true);
    assert_eq!(daemon.login("bob@example.com", PASSWORD).auth_id, alice);
}

#[test]
fn whoever_is_disabled_or_of_another_method_has_no_use_for_a_password() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    store.change_user(&alice, "alice", false);
    assert_refused(&daemon, "alice");
    store.change_user(&alice, "alice", true);
    for method in ["saml", "ldap"] {
        store.set_method(&alice, method);
        assert_refused(&daemon, "alice");
        let line = format!(
            "Failed login: Unauthorized authentication method native for login alice: should use {method} from 127.0.0.1 using agent \""
        );
        let _ = daemon.lines().wait_for(&line);
    }
    store.set_method(&alice, "native");
    assert_eq!(daemon.login("alice", PASSWORD).auth_id, alice);
}

#[test]
fn the_log_says_by_what_name_somebody_came_in_and_why_somebody_did_not() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let _ = store.user(None, "alice", &[]);
    let _ = daemon.login("Alice", PASSWORD);
    assert_eq!(refresh(&daemon, "x", "web").status, 401);
    let nobody = daemon.client().post("/token").json(&json!({})).send();
    assert_eq!(nobody.status, 401);
    for line in [
        "(INFO) (wazo_auth.services.authentication): Successfully authenticated login Alice through authentication method native",
        "(INFO) (wazo_auth.plugins.http.tokens.http): Successful login: Alice got token XXXXXXXX-XXXX-XXXX-XXXX-XXXX",
        // Of a refresh token that is none, the client alone is known.
        "(INFO) (wazo_auth.plugins.http.tokens.http): Failed login: web from 127.0.0.1 using agent \"",
        "(INFO) (wazo_auth.services.authentication): Attempting to find idp plugin for login request",
        "(INFO) (wazo_auth.services.authentication): Cannot authenticate login request with native idp",
        "Failed login: ('backend', 'mobile', 'user_agent', 'remote_addr') from 127.0.0.1 using agent \"",
    ] {
        let _ = daemon.lines().wait_for(line);
    }
}

#[test]
fn whoever_has_the_method_of_the_tenant_logs_in_by_it() {
    let daemon = Daemon::builder()
        .config("idp_plugins: {ldap: {enabled: true}, saml: {enabled: true}}\n")
        .start();
    let admin = Actor::admin(&daemon);
    let store = Store::of(daemon.installation());
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let alice = store.user(Some(&acme), "alice", &[]);
    for (method, good) in [("saml", false), ("ldap", false), ("native", true)] {
        let body = json!({"default_authentication_method": method});
        let _ = admin.put(&path(&acme), &body).is(200);
        if good {
            assert_eq!(daemon.login("alice", PASSWORD).auth_id, alice);
        } else {
            assert_refused(&daemon, "alice");
            let line = format!("for login alice: should use {method} from 127.0.0.1");
            let _ = daemon.lines().wait_for(&line);
        }
        // The user's own method wins.
        store.set_method(&alice, "native");
        assert_eq!(daemon.login("alice", PASSWORD).auth_id, alice);
        store.set_method(&alice, "default");
    }
}

#[test]
fn the_log_names_the_login_of_a_client_whose_user_may_not_log_in_any_more() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let token = refresh_token(&offline(&daemon, "alice", "web"));
    store.change_user(&alice, "alice", false);
    assert_reason(
        &refresh(&daemon, &token, "web"),
        401,
        "Authentication Failed",
    );
    let line = "Failed login: No such user: \"alice\" from 127.0.0.1 using agent \"";
    let _ = daemon.lines().wait_for(line);
}
