//! The headers of answers, and those of requests that every endpoint reads.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::shapes::{assert_json, assert_no_route, assert_unknown_token};

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().start());

/// A UUID that names nothing.
const NOTHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

#[test]
fn an_answer_has_the_headers_that_clients_know_and_no_others() {
    let admin = DAEMON.admin();
    let token = format!("/token/{}", admin.token);
    let mut wanted = vec![
        "access-control-allow-origin",
        "content-length",
        "content-type",
        "date",
        "server",
    ];
    let (client, nothing) = (DAEMON.client(), format!("/token/{NOTHING}"));
    let with_length = [
        client.get("/backends").send().is(200),
        client.get(&token).send().is(200),
        client.get(&nothing).send().is(404),
        client.get("/nothing").send().is(404),
        client.get("/config").send().is(401),
        client.post("/token").body("{}").send().is(401),
        client.post("/token").body("{").send().is(400),
    ];
    for answer in &with_length {
        assert_eq!(names(answer), wanted, "{answer:?}");
    }
    // What has no body has no length of one.
    wanted.retain(|name| *name != "content-length");
    let checked = client.head(&token).send().is(204);
    assert_eq!(names(&checked), wanted, "{checked:?}");
    assert_eq!(checked.header("content-type"), Some("application/json"));
}

/// The names of an answer's headers about more than the connection, in order.
fn names(answer: &Response) -> Vec<&str> {
    let mut names: Vec<&str> = answer
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "connection")
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn what_a_client_accepts_changes_nothing() {
    for accepted in ["text/html", "application/xml;q=1", "nonsense", ""] {
        let request = DAEMON.client().get("/backends").header("Accept", accepted);
        assert_json(&request.send().is(200));
        let request = DAEMON.client().get("/nothing").header("Accept", accepted);
        assert_no_route(&request.send());
    }
}

#[test]
fn a_token_in_its_header_may_have_blanks_around_it() {
    let admin = DAEMON.admin();
    let port = DAEMON.port();
    for header in [
        format!("X-Auth-Token:   {}  ", admin.token),
        format!("x-AUTH-token:{}\t", admin.token),
    ] {
        let request = format!(
            "GET /0.1/config HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{header}\r\nConnection: close\r\n\r\n"
        );
        let answer = DAEMON.client().raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn a_password_is_good_for_logins_and_for_nothing_else() {
    let credentials = DAEMON.installation().credentials();
    let (login, password) = (&credentials.username, &credentials.password);
    let request = DAEMON.client().get("/users").basic(login, password);
    assert_unknown_token(&request.send(), "", "auth.users.read");
    let request = DAEMON.client().get("/users").basic(login, password);
    let answer = request.token(NOTHING).send();
    assert_unknown_token(&answer, NOTHING, "auth.users.read");
}

#[test]
fn a_token_in_a_link_comes_before_the_one_in_the_header() {
    let admin = DAEMON.admin();
    let reset = |query: &str, header: &str| {
        let path = format!("/users/password/reset?user_uuid={NOTHING}{query}");
        let request = DAEMON.client().post(&path).token(header);
        request.json(&json!({"password": "x"})).send()
    };
    let linked = format!("&token={}", admin.token);
    for (query, header, status) in [
        ("", admin.token.as_str(), 404),
        (&linked, "", 404),
        (&linked, NOTHING, 404),
        (&format!("&token={NOTHING}"), &admin.token, 401),
        ("&token=", &admin.token, 401),
    ] {
        let answer = reset(query, header);
        assert_eq!(answer.status, status, "{query} {header}: {answer:?}");
    }
}

#[test]
fn a_header_counts_whatever_letters_it_has() {
    let admin = DAEMON.admin();
    let credentials = DAEMON.installation().credentials();
    let basic = STANDARD.encode(format!("{}:{}", credentials.username, credentials.password));
    // In UTF-8, and as old clients write it.
    for letter in [&b"\xc3\xa9"[..], b"\xe9"] {
        let ask = |head: &str, value: &[u8], rest: &str| {
            let request = format!("{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{rest}: ");
            let (headers, body) = rest_of(head);
            let request = [
                request.as_bytes(),
                value,
                headers.as_bytes(),
                body.as_bytes(),
            ];
            DAEMON.client().raw(&request.concat())
        };
        let token = format!("X-Auth-Token: {}\r\nWazo-Tenant", admin.token);
        let answer = ask("GET /0.1/users", letter, &token);
        assert!(answer.contains("\"unauthorized-tenant\""), "{answer}");
        assert!(
            answer.contains("{\"tenant_uuid\": \"\\u00e9\"}"),
            "{answer}"
        );
        let answer = ask("GET /0.1/users", letter, "X-Auth-Token");
        assert!(
            answer.contains("\"invalid_token\": \"\\u00e9\""),
            "{answer}"
        );
        let login = format!("Authorization: Basic {basic}\r\nUser-Agent");
        let answer = ask("POST /0.1/token", letter, &login);
        assert!(answer.contains("\"user_agent\": \"\\u00e9\""), "{answer}");
        let login = format!("Authorization: Basic {basic}\r\nX-Forwarded-For");
        let answer = ask("POST /0.1/token", letter, &login);
        assert!(answer.contains("\"remote_addr\": \"\\u00e9\""), "{answer}");
        let form = format!("Authorization: Basic {basic}\r\nContent-Type");
        let value = [b"multipart/form-data; boundary=", letter].concat();
        let answer = ask("POST /0.1/token", &value, &form);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

/// What comes behind the header in question.
fn rest_of(head: &str) -> (&str, &str) {
    if head.starts_with("POST") {
        ("\r\nContent-Length: 2\r\n\r\n", "{}")
    } else {
        ("\r\n\r\n", "")
    }
}
