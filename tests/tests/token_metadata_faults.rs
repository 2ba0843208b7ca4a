//! Metadata plugins that fail, hang or ask for too much, and one that calls the daemon back.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Builder, Daemon,
    daemon::Login,
    home::{self, Home},
    plugins, wait,
};
use wazo_auth_tests::{
    offline::{is_alive, list, offline, offline_request, refresh, refresh_token},
    shapes::{assert_framework, assert_reason},
    store::{PASSWORD, Store},
};

/// A daemon whose users of the purpose `user` are told of by a plugin of `tells`, too.
fn with(plugin: &str) -> Builder {
    Daemon::builder()
        .plugin(plugins::bad("tells"))
        .config(&format!(
            "enabled_metadata_plugins: {{{plugin}: true}}\n\
             purpose_metadata_mapping: {{user: [{plugin}]}}\n"
        ))
}

/// Starts it, with users of these names.
fn start(builder: Builder, names: &[&str]) -> (Daemon, Store) {
    let daemon = builder.start();
    let store = Store::of(daemon.installation());
    for name in names {
        drop(store.user(None, name, &["auth.users.me.#"]));
    }
    (daemon, store)
}

fn metadata(login: &Login) -> &Value {
    login.data.get("metadata").unwrap()
}

#[test]
fn a_plugin_that_fails_costs_the_login_and_leaves_no_token() {
    let (daemon, store) = start(with("fails"), &["error", "refuse", "api", "panic", "alice"]);
    let known = store.events().len();
    assert_framework(
        &daemon.try_login("error", PASSWORD),
        500,
        "Internal Server Error",
    );
    assert_framework(
        &daemon.try_login("panic", PASSWORD),
        500,
        "Internal Server Error",
    );
    assert_reason(
        &daemon.try_login("refuse", PASSWORD),
        401,
        "Authentication Failed",
    );
    let answer = daemon.try_login("api", PASSWORD);
    assert_eq!(answer.status, 418);
    assert_eq!(answer.json()["error_id"], "teapot");
    assert_eq!(store.news(known), [""; 0]);
    // A wrong password never gets so far.
    assert_eq!(daemon.try_login("panic", "wrong").status, 401);
    assert_eq!(
        metadata(&daemon.login("alice", PASSWORD))["purpose"],
        "user"
    );
    assert!(!daemon.lines().with("metadata \"fails\"").is_empty());
}

#[test]
fn a_plugin_that_fails_to_keep_something_leaves_no_refresh_token() {
    let (daemon, store) = start(with("fails"), &["fail_to_keep"]);
    let known = store.events().len();
    let answer = offline_request(&daemon, "fail_to_keep", "web").send();
    assert_framework(&answer, 500, "Internal Server Error");
    assert_eq!(store.news(known), [""; 0]);
    let login = daemon.login("fail_to_keep", PASSWORD);
    let kept = list(&daemon, &login.token, "/users/me/tokens");
    assert_eq!(kept["total"], 0);
}

#[test]
fn a_plugin_that_hangs_costs_its_own_purpose_and_not_the_backend() {
    let gate = Home::new();
    let builder = with("fails").config(&format!(
        "fails: {{gate: '{}'}}\nplugins: {{call_timeout: 1, max_concurrent_calls: 1}}\n",
        gate.path().display()
    ));
    let (daemon, _) = start(builder, &["hang", "alice"]);
    let answer = daemon.try_login("hang", PASSWORD);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
    // The one thread of the plugin is still in it; the one of the backend is free.
    assert_eq!(daemon.try_login("alice", PASSWORD).status, 503);
    assert_eq!(metadata(&daemon.admin())["purpose"], "internal");
    home::write(&gate.join("open"), "");
    wait::until("the plugin is free again", || {
        (daemon.try_login("alice", PASSWORD).status == 200).then_some(())
    });
}

#[test]
fn a_metadata_plugin_cannot_lead_to_another_one() {
    let (daemon, _) = start(with("fails"), &["recurse", "recurse_apart", "alice"]);
    assert_eq!(daemon.try_login("recurse", PASSWORD).status, 500);
    // Neither on a thread of its own.
    let login = daemon.login("recurse_apart", PASSWORD);
    assert_eq!(metadata(&login)["refused"], true);
    assert_eq!(daemon.try_login("alice", PASSWORD).status, 200);
}

#[test]
fn many_logins_at_once_fit_into_one_thread_of_each_plugin() {
    let builder = with("plain").config("plugins: {max_concurrent_calls: 1}\n");
    let (daemon, _) = start(builder, &["alice"]);
    std::thread::scope(|scope| {
        let logins: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| daemon.try_login("alice", PASSWORD).status))
            .collect();
        for login in logins {
            assert_eq!(login.join().unwrap(), 200);
        }
    });
}

/// A daemon whose users of the purpose `user` are told of by `internal_token`, which can reach it.
fn with_internal_token(names: &[&str]) -> (Daemon, Store, Home) {
    let home = Home::new();
    let address = home.join("address");
    let builder = with("internal_token").config(&format!(
        "internal_token: {{address: '{}'}}\n",
        address.display()
    ));
    let (daemon, store) = start(builder, names);
    home::write(&address, format!("127.0.0.1:{}", daemon.port()));
    (daemon, store, home)
}

#[test]
fn a_plugin_can_call_the_daemon_back_while_a_login_is_on() {
    let (daemon, store, _home) = with_internal_token(&["alice", "show", "revoke"]);
    for _ in 0..2 {
        let login = daemon.login("alice", PASSWORD);
        assert_eq!(metadata(&login)["internal_token_is_valid"], true);
        assert_eq!(metadata(&login)["internal_token_is_narrow"], true);
        assert!(metadata(&login).get("persistent").is_none());
    }
    let login = daemon.login("show", PASSWORD);
    let token = metadata(&login)["internal_token"].as_str().unwrap();
    let shown = daemon
        .client()
        .get(&format!("/token/{token}"))
        .send()
        .expect(200)["data"]
        .clone();
    let tenant = &metadata(&login)["tenant_uuid"];
    for (name, value) in [
        ("auth_id", json!("wazo-auth")),
        ("metadata", json!({ "tenant_uuid": tenant })),
        ("acl", json!(["tells.something.read"])),
        ("user_agent", json!("wazo-auth-internal")),
        ("remote_addr", json!("127.0.0.1")),
        ("xivo_uuid", json!(null)),
        ("xivo_user_uuid", json!(null)),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    // One token for all of these logins, of which nobody was told.
    let again = daemon.login("show", PASSWORD);
    assert_eq!(metadata(&again)["internal_token"], token);
    let sessions = store.events();
    let told = sessions
        .iter()
        .filter(|(_, payload)| payload["data"]["uuid"] == shown["session_uuid"]);
    assert_eq!(told.count(), 0);

    // Given back, it ends, and the next one is another.
    let login = daemon.login("revoke", PASSWORD);
    assert_eq!(metadata(&login)["internal_token_is_valid"], true);
    assert!(!is_alive(&daemon, token));
    let ended: Vec<_> = store
        .events()
        .into_iter()
        .filter(|(name, _)| name == "auth_session_deleted")
        .collect();
    assert_eq!(ended.len(), 1);
    let text = ended[0].1.to_string();
    assert!(text.contains("\"wazo-auth\""), "{text}");
    assert!(
        text.contains(shown["session_uuid"].as_str().unwrap()),
        "{text}"
    );
}

#[test]
fn what_a_plugin_keeps_stays_the_same_as_long_as_the_refresh_token() {
    let (daemon, store, _home) = with_internal_token(&["alice"]);
    let first = offline(&daemon, "alice", "web");
    let persistent = metadata(&first)["persistent"].as_str().unwrap();
    assert_eq!(persistent.len(), 36);
    for path in ["/users/me/tokens", "/tokens"] {
        let admin = daemon.admin();
        let token = if path == "/tokens" {
            &admin.token
        } else {
            &first.token
        };
        let items = list(&daemon, token, path);
        assert_eq!(
            items["items"][0]["metadata"],
            json!({ "persistent": persistent }),
            "{path}"
        );
    }
    let kept = refresh_token(&first);
    for _ in 0..2 {
        let again = Login::read(&refresh(&daemon, &kept, "web"));
        assert_eq!(metadata(&again)["persistent"], persistent);
        assert_eq!(metadata(&again)["internal_token_is_valid"], true);
    }
    // Another client keeps something else.
    let other = offline(&daemon, "alice", "desk");
    assert_ne!(metadata(&other)["persistent"], persistent);
    drop(store);
}
