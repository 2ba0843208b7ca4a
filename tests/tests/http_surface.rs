//! What every request meets, whatever it is for: paths, methods, bodies, and bad input that must never
//! become a 500.

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::shapes::{
    NOT_UNDERSTOOD, assert_framework, assert_json, assert_no_route, assert_not_understood,
};

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A UUID that names nothing.
const NOTHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

/// A login as alice with that body.
fn post(body: impl Into<Vec<u8>>) -> Response {
    DAEMON
        .client()
        .post("/token")
        .basic("alice", "s3cre7")
        .body(body)
        .send()
}

/// Sends a request line and headers, and reads until the end.
fn raw(head: &str, body: &[u8]) -> String {
    let head = format!("{head}\r\nConnection: close\r\n\r\n");
    DAEMON.client().raw(&[head.as_bytes(), body].concat())
}

#[test]
fn a_path_that_is_none_has_a_page() {
    for path in [
        "/",
        "/nothing",
        "/token/",
        "/Token",
        "/TOKEN",
        "/backends/",
        "/status/x",
        &format!("/token/{NOTHING}/"),
        &format!("/token/{NOTHING}/x"),
        "/users/me",
        "/users/me/external",
        &format!("/users/{NOTHING}/external/"),
        &format!("/users/{NOTHING}/external/notbar"),
        &format!("/users/{NOTHING}/external/Bar"),
        "/%2e%2e/0.1/backends",
        "/./backends",
        "/token%2Fx",
        "/backends%00",
        "/backends%20",
        "/static/x",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            assert_no_route(&DAEMON.client().request(method, path).send());
        }
    }
    for line in [
        "/",
        "/0.1",
        "/0.10/backends",
        "/backends",
        "/0.1backends",
        "/0.2/backends",
    ] {
        let answer = raw(&format!("GET {line} HTTP/1.1\r\nHost: x"), b"");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{line}: {answer}");
    }
}

#[test]
fn a_method_that_a_path_does_not_have_is_told_with_those_it_has() {
    let token = format!("/token/{NOTHING}");
    let bar = format!("/users/{NOTHING}/external/bar");
    let list = format!("/users/{NOTHING}/external");
    for (method, path, allowed) in [
        ("GET", "/status", "HEAD, OPTIONS"),
        ("POST", "/status", "HEAD, OPTIONS"),
        ("DELETE", "/backends", "GET, HEAD, OPTIONS"),
        ("GET", "/token", "OPTIONS, POST"),
        ("PUT", token.as_str(), "DELETE, GET, HEAD, OPTIONS"),
        (
            "PATCH",
            bar.as_str(),
            "DELETE, GET, HEAD, OPTIONS, POST, PUT",
        ),
        (
            "PURGE",
            bar.as_str(),
            "DELETE, GET, HEAD, OPTIONS, POST, PUT",
        ),
        ("POST", list.as_str(), "GET, HEAD, OPTIONS"),
    ] {
        let answer = DAEMON.client().request(method, path).send();
        // Before anybody is asked for a token.
        assert_framework(
            &answer,
            405,
            "The method is not allowed for the requested URL.",
        );
        assert_eq!(sorted(&answer, "allow"), allowed, "{method} {path}");
        let options = DAEMON.client().options(path).send().is(200);
        assert_eq!(options.body, "");
        assert_eq!(
            options.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(sorted(&options, "allow"), allowed, "OPTIONS {path}");
    }
}

fn sorted(answer: &Response, header: &str) -> String {
    let mut items: Vec<&str> = answer
        .header(header)
        .unwrap_or_default()
        .split(", ")
        .collect();
    items.sort_unstable();
    items.join(", ")
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    let admin = DAEMON.admin();
    for path in [
        "/backends".to_owned(),
        format!("/users/{}/external", admin.auth_id),
        format!("/users/{}/external/bar", admin.auth_id),
        "/nothing".to_owned(),
    ] {
        let send = |method| {
            DAEMON
                .client()
                .request(method, &path)
                .token(&admin.token)
                .send()
        };
        let (get, head) = (send("GET"), send("HEAD"));
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{path}"
        );
        // The time in an error's body may have fewer digits.
        if get.status != 404 || path == "/nothing" {
            assert_eq!(
                head.header("content-length"),
                get.header("content-length"),
                "{path}"
            );
        }
    }
}

#[test]
fn a_double_slash_leads_to_the_path_without_it() {
    let port = DAEMON.port();
    for (path, target) in [
        ("/0.1//token", "/0.1/token"),
        ("//0.1/token", "/0.1/token"),
        ("/0.1///users//x", "/0.1/users/x"),
        ("/0.1//nothing?a=b&c=//", "/0.1/nothing?a=b&c=//"),
    ] {
        let answer = raw(
            &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}"),
            b"",
        );
        assert!(answer.starts_with("HTTP/1.1 308 "), "{path}: {answer}");
        let location = format!("\r\nlocation: http://127.0.0.1:{port}{target}\r\n");
        assert!(
            answer.to_lowercase().contains(&location),
            "{path}: {answer}"
        );
        assert!(
            answer.contains("text/html; charset=utf-8"),
            "{path}: {answer}"
        );
    }
}

#[test]
fn an_old_client_that_names_no_host_is_led_to_where_it_is() {
    let answer = DAEMON.client().raw(b"GET /0.1//token HTTP/1.0\r\n\r\n");
    let location = format!(
        "\r\nlocation: http://127.0.0.1:{}/0.1/token\r\n",
        DAEMON.port()
    );
    assert!(answer.to_lowercase().contains(&location), "{answer}");
}

#[test]
fn a_double_slash_leads_nowhere_else() {
    let port = DAEMON.port();
    for path in ["//example.com/0.1", "//example.com//x", "/\\example.com//x"] {
        let answer = raw(
            &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}"),
            b"",
        );
        let location = answer.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("location: ")
                .map(str::to_owned)
        });
        if let Some(location) = location {
            assert!(
                location.starts_with(&format!("http://127.0.0.1:{port}/")),
                "{answer}"
            );
        }
    }
}

#[test]
fn a_body_of_more_than_a_mebibyte_is_refused() {
    let body = |length: usize| {
        let mut body = b"{\"backend\": \"".to_vec();
        body.resize(length - 2, b'a');
        body.extend(b"\"}");
        body
    };
    assert_eq!(post(body(1024 * 1024)).status, 200);
    let length = 1024 * 1024 + 1;
    let head = format!("POST /0.1/token HTTP/1.1\r\nHost: x\r\nContent-Length: {length}");
    let answer = raw(&head, &body(length));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // Also when its length is told piece by piece.
    let mut chunked = Vec::new();
    for _ in 0..20 {
        chunked.extend(b"10000\r\n");
        chunked.extend([b' '; 0x10000]);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let head = "POST /0.1/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked";
    let answer = raw(head, &chunked);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    DAEMON.client().head("/status").send().is(200);
}

#[test]
fn a_body_may_come_in_pieces() {
    let head = "POST /0.1/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
                Authorization: Basic YWxpY2U6czNjcmU3";
    let answer = raw(head, b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn old_clients_speak_http_1_0() {
    let answer = DAEMON.client().raw(b"GET /0.1/backends HTTP/1.0\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.0 200 ") || answer.starts_with("HTTP/1.1 200 "),
        "{answer}"
    );
    assert!(
        answer.ends_with("{\"data\": [\"example\", \"wazo_user\"]}\n"),
        "{answer}"
    );
}

#[test]
fn json_that_is_nested_too_deeply_is_not_understood() {
    for depth in [200, 100_000] {
        let list = [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_not_understood(&post(list));
        let object = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
        assert_not_understood(&post(object));
    }
    assert_eq!(
        post(format!("{{\"x\": {}}}", "[".repeat(50) + &"]".repeat(50))).status,
        200
    );
}

#[test]
fn nul_is_not_understood() {
    for body in [
        "{\"backend\": \"a\\u0000b\"}",
        "{\"a\\u0000\": 1}",
        "{\"x\": [{\"y\": \"\\u0000\"}]}",
        "\u{0}",
        "{\"a\": 1\u{0}}",
    ] {
        assert_not_understood(&post(body));
    }
    // In credentials it is a wrong login.
    let answer = DAEMON
        .client()
        .post("/token")
        .basic("a\0b", "c\0d")
        .body("{}")
        .send();
    assert_eq!(answer.status, 401, "{answer:?}");
    let scope = DAEMON
        .client()
        .get(&format!("/token/{NOTHING}?scope=a%00b"))
        .send();
    assert_not_understood(&scope);
}

#[test]
fn odd_input_is_never_a_fault_of_the_daemon() {
    let admin = DAEMON.admin();
    let token = format!("/token/{}", admin.token);
    let list = format!("/users/{}/external", admin.auth_id);
    for path in [
        format!("{token}?scope=%"),
        format!("{token}?scope=%ff%fe"),
        format!("{token}?scope=%00"),
        format!("{token}?scope=a%0Ab"),
        format!("{token}?&&=&a"),
        format!("{token}?tenant=%00"),
        format!("{token}?tenant=%ff"),
        format!("{list}?limit=9223372036854775808"),
        format!("{list}?limit=99999999999999999999999999999999999999999999"),
        format!("{list}?offset=9223372036854775808"),
        format!("{list}?search=%ff"),
        format!("{list}?search=%00"),
        format!("{list}?search=%25%5F%5C"),
        format!("{list}?type=%00"),
        format!("{list}?{}", "a=b&".repeat(500)),
    ] {
        let answer = DAEMON.client().get(&path).token(&admin.token).send();
        assert!(answer.status < 500, "{path}: {answer:?}");
    }
    for value in [
        "1e400",
        "-1e400",
        "1e-400",
        "123456789012345678901234567890",
        "0.1e1",
    ] {
        let answer = post(format!("{{\"expiration\": {value}}}"));
        assert!(answer.status < 500, "{value}: {answer:?}");
    }
    for header in ["\u{7f}", "ÿ", "a,b", "-"] {
        for name in [
            "X-Auth-Token",
            "Wazo-Tenant",
            "User-Agent",
            "Authorization",
            "Content-Type",
        ] {
            let answer = DAEMON
                .client()
                .get(&list)
                .token(&admin.token)
                .header(name, header);
            if let Ok(answer) = answer.try_send() {
                assert!(answer.status < 500, "{name}: {header:?}: {answer:?}");
            }
        }
    }
}

#[test]
fn every_json_document_has_the_same_form() {
    let admin = DAEMON.admin();
    let (client, token) = (DAEMON.client(), format!("/token/{}", admin.token));
    for answer in [
        client.get("/backends").send(),
        client.get(&token).send(),
        client.get(&format!("/token/{NOTHING}")).send(),
        client.get("/status").send(),
        client.post("/token").body("{").send(),
        client.post("/token").body("{}").send(),
        client.get(&format!("/users/{NOTHING}/external")).send(),
        client
            .get(&format!("/users/{NOTHING}/external"))
            .token(&admin.token)
            .send(),
        client.get(&format!("{token}?scope=%C3%A9")).send(),
    ] {
        assert_json(&answer);
    }
}

#[test]
fn the_texts_that_clients_compare_are_those_they_know() {
    let answer = DAEMON.client().post("/token").body("nonsense").send();
    assert_eq!(
        answer.body,
        json!({"message": NOT_UNDERSTOOD})
            .to_string()
            .replace("\":\"", "\": \"")
            + "\n"
    );
    assert_eq!(answer.json()["message"], Value::from(NOT_UNDERSTOOD));
}

#[test]
fn a_failed_request_leaves_the_connection_good_for_the_next_one() {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpStream,
        time::Duration,
    };
    let mut stream = TcpStream::connect(("127.0.0.1", DAEMON.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for (request, status) in [
        (
            "POST /0.1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{",
            "400",
        ),
        ("GET /0.1/nothing HTTP/1.1\r\nHost: x\r\n\r\n", "404"),
        ("PUT /0.1/backends HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
        ("GET /0.1/backends HTTP/1.1\r\nHost: x\r\n\r\n", "200"),
    ] {
        stream.write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(
            line.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:?}: {line:?}"
        );
        let mut length = 0;
        while !line.trim().is_empty() {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
    }
}

#[test]
fn a_body_that_nobody_read_ends_the_connection_and_the_answer_says_so() {
    for path in ["/0.1/backends", "/0.1/nothing"] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
        let answer = DAEMON.client().raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
        assert!(
            answer.to_lowercase().contains("\r\nconnection: close\r\n"),
            "{answer}"
        );
    }
}

#[test]
fn a_body_is_read_once_the_token_is_good() {
    let admin = DAEMON.admin();
    for body in ["", "{", "nonsense", "[1e999]"] {
        let send = |token: &str| {
            let request = DAEMON.client().request("PATCH", "/config").token(token);
            request.body(body).send()
        };
        assert_eq!(send(NOTHING).status, 401, "{body:?}");
        assert_not_understood(&send(&admin.token));
    }
}
