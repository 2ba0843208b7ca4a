//! The token that a plugin keeps for calls to services of the platform.

use std::sync::atomic::{AtomicUsize, Ordering};

use wazo_auth_plugin::{
    ErrorKind, PluginError, PluginResult, json, mock::MockHost, services::LocalTokenRenewer,
};

/// A daemon that counts the tokens that it makes, and what was asked of it.
fn daemon() -> MockHost {
    let daemon = MockHost::new();
    let made = AtomicUsize::new(0);
    daemon
        .on("token_service.new_token_internal", move |_| {
            let number = made.fetch_add(1, Ordering::SeqCst);
            Ok(json!({ "token": format!("token-{number}") }))
        })
        .on("token_service.remove_token", |_| Ok(json!(null)));
    daemon
}

#[test]
fn a_token_is_made_once_and_given_out_again() -> PluginResult<()> {
    let daemon = daemon();
    let renewer = LocalTokenRenewer::new(["a.read", "b.#"]);
    assert!(daemon.operations().is_empty());
    let host = daemon.host();
    assert_eq!(renewer.get_token(&host)?, "token-0");
    assert_eq!(renewer.get_token(&host)?, "token-0");
    let arguments = json!({ "expiration": 3600, "acl": ["a.read", "b.#"] });
    assert_eq!(
        daemon.operations(),
        [("token_service.new_token_internal".to_owned(), arguments)]
    );
    assert_eq!(
        format!("{renewer:?}"),
        r#"LocalTokenRenewer { acl: ["a.read", "b.#"], .. }"#
    );
    Ok(())
}

#[test]
fn a_token_that_was_given_back_is_followed_by_another() -> PluginResult<()> {
    let daemon = daemon();
    let renewer = LocalTokenRenewer::new(["a.read"]);
    let host = daemon.host();
    renewer.revoke_token(&host)?;
    assert!(daemon.operations().is_empty(), "there was none");
    assert_eq!(renewer.get_token(&host)?, "token-0");
    renewer.revoke_token(&host)?;
    assert_eq!(
        daemon.operations().last().cloned(),
        Some((
            "token_service.remove_token".to_owned(),
            json!({ "token": "token-0" })
        ))
    );
    assert_eq!(renewer.get_token(&host)?, "token-1");
    Ok(())
}

#[test]
fn a_daemon_that_fails_is_asked_again() -> PluginResult<()> {
    let daemon = MockHost::new();
    daemon.on("token_service.new_token_internal", |_| {
        Err(PluginError::unavailable("later"))
    });
    let renewer = LocalTokenRenewer::new(["a.read"]);
    let failure = renewer.get_token(&daemon.host()).err();
    assert_eq!(
        failure.map(|error| error.kind()),
        Some(ErrorKind::Unavailable)
    );
    daemon.on("token_service.new_token_internal", |_| {
        Ok(json!({ "token": "fresh" }))
    });
    assert_eq!(renewer.get_token(&daemon.host())?, "fresh");
    Ok(())
}
