//! What browsers are told that ask on behalf of pages of other origins.

use std::sync::LazyLock;

use wazo_auth_test_support::{Daemon, http::Response};

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

const PAGE: &str = "https://portal.example.com";

/// The headers of an answer that are about other origins, in alphabetical order.
fn told(answer: &Response) -> Vec<(&str, &str)> {
    let mut headers: Vec<(&str, &str)> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| name.starts_with("access-control-") || *name == "vary")
        .collect();
    headers.sort_unstable();
    headers
}

#[test]
fn every_answer_may_be_read_by_pages_of_any_origin() {
    let admin = DAEMON.admin();
    let bar = format!("/users/{}/external/bar", admin.auth_id);
    for (method, path, token) in [
        ("HEAD", "/status", ""),
        ("GET", "/backends", ""),
        ("GET", "/status", ""),
        ("GET", "/nothing", ""),
        ("GET", "//backends", ""),
        ("POST", "/token", ""),
        ("OPTIONS", "/token", ""),
        ("GET", "/config", ""),
        ("GET", "/config", admin.token.as_str()),
        ("POST", bar.as_str(), admin.token.as_str()),
        ("GET", bar.as_str(), admin.token.as_str()),
        ("DELETE", bar.as_str(), admin.token.as_str()),
    ] {
        let send = |origin: Option<&str>| {
            let mut request = DAEMON.client().request(method, path).token(token);
            if let Some(origin) = origin {
                request = request.header("Origin", origin);
            }
            request.send()
        };
        assert_eq!(
            told(&send(None)),
            [("access-control-allow-origin", "*")],
            "{method} {path}"
        );
        assert_eq!(
            told(&send(Some(PAGE))),
            [("access-control-allow-origin", PAGE), ("vary", "Origin")],
            "{method} {path}"
        );
        assert_eq!(send(None).header("server"), Some("wazo-auth"));
    }
}

#[test]
fn before_it_sends_a_request_a_browser_is_told_what_it_may_send() {
    let ask = |path: &str, method: &str, headers: Option<&str>| {
        let mut request = DAEMON
            .client()
            .options(path)
            .header("Origin", PAGE)
            .header("Access-Control-Request-Method", method);
        if let Some(headers) = headers {
            request = request.header("Access-Control-Request-Headers", headers);
        }
        request.send()
    };
    let origin = [("access-control-allow-origin", PAGE), ("vary", "Origin")];
    let methods = (
        "access-control-allow-methods",
        "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
    );
    for (path, status) in [("/token", 200), ("/config", 200), ("/nothing", 404)] {
        for (headers, allowed) in [
            (None, None),
            (Some("x-auth-token"), Some("x-auth-token")),
            // Spelled as asked for, in alphabetical order, without the unknown one.
            (
                Some("Wazo-Tenant,X-AUTH-TOKEN,  content-type, X-Other"),
                Some("Wazo-Tenant, X-AUTH-TOKEN, content-type"),
            ),
            (Some("X-Other"), None),
            (Some(""), None),
        ] {
            let answer = ask(path, "PATCH", headers).is(status);
            let mut expected = vec![origin[0], methods, origin[1]];
            if let Some(allowed) = allowed {
                expected.push(("access-control-allow-headers", allowed));
            }
            expected.sort_unstable();
            assert_eq!(told(&answer), expected, "{path} {headers:?}");
        }
        let answer = ask(path, "PURGE", Some("X-Auth-Token")).is(status);
        assert_eq!(told(&answer), origin, "{path}");
    }
}

#[test]
fn only_a_preflight_is_told_what_may_be_sent() {
    let answer = DAEMON
        .client()
        .get("/backends")
        .header("Access-Control-Request-Method", "GET")
        .header("Access-Control-Request-Headers", "X-Auth-Token")
        .send();
    assert_eq!(told(&answer), [("access-control-allow-origin", "*")]);
}

#[test]
fn the_headers_that_may_be_sent_are_configured() {
    let daemon = Daemon::builder()
        .config("rest_api: {cors: {allow_headers: [X-Mine]}}\n")
        .start();
    let answer = daemon
        .client()
        .options("/token")
        .header("Access-Control-Request-Method", "GET")
        .header("Access-Control-Request-Headers", "X-Auth-Token, x-mine")
        .send();
    let allowed = answer.header("access-control-allow-headers");
    assert_eq!(allowed, Some("x-mine"));
}

#[test]
fn only_configured_origins_may_read_where_some_are_configured() {
    for origins in [
        "https://portal.example.com",
        "['https://other.example.com', 'https://PORTAL.example.com']",
    ] {
        let daemon = Daemon::builder()
            .config(&format!("rest_api: {{cors: {{origins: {origins}}}}}\n"))
            .start();
        let ask = |origin: Option<&str>| {
            let mut request = daemon
                .client()
                .options("/token")
                .header("Access-Control-Request-Method", "GET");
            if let Some(origin) = origin {
                request = request.header("Origin", origin);
            }
            request.send().is(200)
        };
        let answer = ask(Some(PAGE));
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert!(answer.header("access-control-allow-methods").is_some());
        for other in [
            None,
            Some("https://portal.example.com.evil.example"),
            Some("http://portal.example.com"),
            Some("null"),
        ] {
            assert_eq!(told(&ask(other)), [("vary", "Origin")], "{other:?}");
        }
    }
}

#[test]
fn browsers_are_told_nothing_where_that_is_switched_off() {
    let daemon = Daemon::builder()
        .config("rest_api: {cors: {enabled: false}}\n")
        .start();
    for (method, path) in [("GET", "/backends"), ("GET", "/x"), ("OPTIONS", "/token")] {
        let answer = daemon
            .client()
            .request(method, path)
            .header("Origin", PAGE)
            .header("Access-Control-Request-Method", "GET")
            .send();
        assert_eq!(told(&answer), [], "{method} {path}");
    }
}
