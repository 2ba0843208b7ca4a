//! Logins that stay logged in.

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Daemon,
    daemon::Login,
    http::{Request, Response},
};

use crate::store::{PASSWORD, Store};

/// A daemon with the user `alice`, who may see and take away what is her own; her id comes last.
///
/// # Panics
///
/// When it does not start.
#[must_use]
pub fn daemon_with_alice() -> (Daemon, Store, String) {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["auth.users.me.#"]);
    (daemon, store, alice)
}

/// A login that wants to stay logged in as `client`, not sent yet.
pub fn offline_request<'a>(daemon: &'a Daemon, login: &str, client: &str) -> Request<'a> {
    daemon
        .client()
        .post("/token")
        .basic(login, PASSWORD)
        .json(&json!({"access_type": "offline", "client_id": client}))
}

/// Stays logged in as `client`.
///
/// # Panics
///
/// When that fails.
#[must_use]
pub fn offline(daemon: &Daemon, login: &str, client: &str) -> Login {
    Login::read(&offline_request(daemon, login, client).send())
}

/// The same as a mobile telephone.
///
/// # Panics
///
/// When that fails.
#[must_use]
pub fn mobile(daemon: &Daemon, login: &str, client: &str) -> Response {
    offline_request(daemon, login, client)
        .header("Wazo-Session-Type", "Mobile")
        .send()
        .is(200)
}

/// Logs in by a refresh token.
///
/// # Panics
///
/// When no answer comes.
#[must_use]
pub fn refresh(daemon: &Daemon, token: &str, client: &str) -> Response {
    daemon
        .client()
        .post("/token")
        .json(&json!({"refresh_token": token, "client_id": client}))
        .send()
}

/// The refresh token that a login gave.
///
/// # Panics
///
/// When it gave none.
#[must_use]
pub fn refresh_token(login: &Login) -> String {
    login
        .data
        .get("refresh_token")
        .and_then(Value::as_str)
        .expect("the login was an offline one")
        .to_owned()
}

/// Whether a token is good.
///
/// # Panics
///
/// When no answer comes.
#[must_use]
pub fn is_alive(daemon: &Daemon, token: &str) -> bool {
    daemon
        .client()
        .head(&format!("/token/{token}"))
        .send()
        .status
        == 204
}

/// A list of the API.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn list(daemon: &Daemon, token: &str, path: &str) -> Value {
    daemon.client().get(path).token(token).send().expect(200)
}
