//! Requests below `/users/{user_uuid}/external`.

use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};

/// Sends a request about what the owner of a token has stored for external services. `path` is what
/// follows `/external`; an empty body is none.
///
/// # Panics
///
/// When no answer comes.
pub fn request(daemon: &Daemon, login: &Login, method: &str, path: &str, body: &str) -> Response {
    let request = daemon
        .client()
        .request(method, &format!("/users/{}/external{path}", login.auth_id))
        .token(&login.token);
    let request = match body {
        "" => request,
        body => request
            .header("Content-Type", "application/json")
            .body(body),
    };
    request.send()
}
