//! What comes over a connection and is no request: told what is wrong with it, and harmless to everybody
//! else.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::LazyLock,
    time::Duration,
};

use wazo_auth_test_support::Daemon;
use wazo_auth_tests::shapes::NOT_UNDERSTOOD;

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().start());

/// Sends bytes and reads until the daemon closes, without having asked it to.
fn raw(bytes: &[u8]) -> String {
    DAEMON.client().raw(bytes)
}

/// The whole answer to what is no request: no more than what follows from the protocol.
fn refusal(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The whole answer to a request whose line is good and whose headers are not.
fn not_understood() -> String {
    let body = format!("{{\"message\": \"{NOT_UNDERSTOOD}\"}}\n");
    refusal("400 Bad Request", "application/json", &body)
}

#[test]
fn a_line_that_is_no_request_is_told_so() {
    let malformed = refusal("400 Bad Request", "text/plain", "Malformed Request-Line");
    for line in [
        &b"nonsense"[..],
        b"GET",
        b"GET /0.1/backends",
        b"GET  /0.1/backends HTTP/1.1",
        b"GET /0.1/backends HTTP/x",
        b"GET /0.1/backends ICY/1.1",
        b"GET /0.1/back ends HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let bytes = [line, b"\r\nHost: x\r\n\r\n"].concat();
        assert_eq!(raw(&bytes), malformed, "{line:?}");
    }
}

#[test]
fn a_path_that_cannot_be_read_is_told_so() {
    let malformed = refusal("400 Bad Request", "text/plain", "Malformed Request-URI");
    for path in [
        &b"/\xff"[..],
        "/0.1/backends?é".as_bytes(),
        b"/<>",
        &[b'/'; 70_000],
    ] {
        let bytes = [b"GET ", path, b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat();
        assert_eq!(raw(&bytes), malformed, "{:?}", path.get(..20));
    }
}

#[test]
fn a_newer_version_of_the_protocol_is_not_spoken() {
    let answer = refusal(
        "505 HTTP Version Not Supported",
        "text/plain",
        "Cannot fulfill request",
    );
    for version in ["2.0", "1.2", "3.0"] {
        let request = format!("GET /0.1/backends HTTP/{version}\r\nHost: x\r\n\r\n");
        assert_eq!(raw(request.as_bytes()), answer, "{version}");
    }
    // The first words of a client that knows only the next one.
    assert_eq!(raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), answer);
}

#[test]
fn headers_that_are_none_are_not_understood() {
    for headers in [
        "Host: x\r\nno header",
        "Host: x\r\n: x",
        "Host: x\r\nA\u{1}: x",
        "Host: x\r\nHost: y",
        "Host: x\r\nContent-Length: -1",
        "Host: x\r\nContent-Length: 2\r\nContent-Length: 3",
        "Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked",
        "Host: x\r\nTransfer-Encoding: gzip",
        "Accept: */*",
    ] {
        let request = format!("POST /0.1/token HTTP/1.1\r\n{headers}\r\n\r\n");
        assert_eq!(raw(request.as_bytes()), not_understood(), "{headers:?}");
    }
}

#[test]
fn headers_beyond_any_measure_are_told_so() {
    let answer = refusal(
        "431 Request Header Fields Too Large",
        "application/json",
        "{\"message\": \"Request Header Fields Too Large\"}\n",
    );
    let many = "A: a\r\n".repeat(200);
    let request = format!("GET /0.1/backends HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    assert_eq!(raw(request.as_bytes()), answer);
}

#[test]
fn a_request_that_does_not_come_is_not_waited_for_forever() {
    let answer = refusal(
        "408 Request Timeout",
        "application/json",
        "{\"message\": \"Request Timeout\"}\n",
    );
    assert_eq!(raw(b"GET /0.1/backends HTTP/1.1\r\nHost: x"), answer);
}

#[test]
fn a_connection_without_a_request_is_closed_by_itself() {
    let answer = raw(b"GET /0.1/backends HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.ends_with("{\"data\": [\"wazo_user\"]}\n"),
        "{answer}"
    );
}

#[test]
fn the_answers_to_requests_before_it_are_as_they_are_alone() {
    let request = b"GET /0.1/backends HTTP/1.1\r\nHost: x\r\n\r\n";
    let good = |answer: &str| {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        body.strip_prefix("{\"data\": [\"wazo_user\"]}\n")
            .unwrap()
            .to_owned()
    };
    // All at once.
    let answer = raw(&[&request[..], request, b"nonsense\r\n\r\n"].concat());
    let last = good(&good(&answer));
    assert!(last.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(last.contains("\r\nContent-Type: "), "{answer}");
    // One after the other.
    let mut stream = TcpStream::connect(("127.0.0.1", DAEMON.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(request).unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"]}\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        first.extend(byte);
    }
    stream.write_all(b"GET /\xff HTTP/1.1\r\n\r\n").unwrap();
    let mut second = String::new();
    stream.read_to_string(&mut second).unwrap();
    assert_eq!(
        second,
        refusal("400 Bad Request", "text/plain", "Malformed Request-URI")
    );
}

#[test]
fn a_line_may_come_letter_by_letter() {
    let mut stream = TcpStream::connect(("127.0.0.1", DAEMON.port())).unwrap();
    stream.set_nodelay(true).unwrap();
    // It is refused as soon as the version is there, which may be before the end of the line.
    for letter in b"GET / HTTP/2.0\r\n\r\n" {
        if stream.write_all(&[*letter]).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|read| read > 0) {
        answer.extend(byte);
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 505 HTTP Version Not Supported\r\n"),
        "{answer}"
    );
}

#[test]
fn a_chunk_that_is_none_is_not_understood() {
    let answer = raw(
        b"POST /0.1/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
          Connection: close\r\n\r\nzz\r\n",
    );
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains(NOT_UNDERSTOOD), "{answer}");
}

#[test]
fn whoever_leaves_in_the_middle_harms_nobody() {
    for bytes in [
        &b""[..],
        b"GET",
        b"\r\n\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST /0.1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", DAEMON.port())).unwrap();
        drop(stream.write_all(bytes));
        drop(stream.shutdown(Shutdown::Both));
    }
    DAEMON.client().head("/status").send().is(200);
}
