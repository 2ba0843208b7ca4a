//! The lines about requests: one when it arrives, one when its answer leaves.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    fs,
    io::Write,
    net::{Shutdown, TcpStream},
};

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// The lines of the log about requests, as they are now.
fn logged(daemon: &Daemon) -> Vec<String> {
    let text = fs::read_to_string(daemon.installation().path("wazo-auth.log")).unwrap();
    text.lines()
        .filter(|line| line.contains("(wazo-auth): re"))
        .map(str::to_owned)
        .collect()
}

/// The part of a line behind the logger's name.
fn message(line: &str) -> &str {
    line.split_once("(INFO) (wazo-auth): ").unwrap().1
}

#[test]
fn both_lines_of_a_request_are_out_before_its_answer() {
    let daemon = Daemon::builder().start();
    for number in 0..20 {
        let path = format!("/backends?number={number}");
        daemon.client().get(&path).send().is(200);
        let lines = logged(&daemon);
        let mine: Vec<_> = lines
            .iter()
            .filter(|line| line.contains(&format!("number={number} ")))
            .collect();
        assert_eq!(mine.len(), 2, "{lines:#?}");
        // The standard output has the same lines, in time.
        let _ = daemon.lines().wait_for(mine[1]);
    }
}

#[test]
fn the_lines_say_who_asked_for_what_and_what_was_answered() {
    let daemon = Daemon::builder().start();
    let base = format!("http://127.0.0.1:{}/0.1", daemon.port());
    daemon
        .client()
        .get("/backends?a=%C3%A9%20b")
        .header("User-Agent", "it is me")
        .header("X-Forwarded-For", "198.51.100.7")
        .header("traceparent", &format!("00-{TRACE}-{PARENT}-01"))
        .send()
        .is(200);
    let lines = logged(&daemon);
    let [.., arrival, reply] = lines.as_slice() else {
        panic!("{lines:#?}");
    };
    let (arrival, reply) = (message(arrival), message(reply));
    assert!(
        arrival.starts_with(&format!("request: GET {base}/backends?a=é b {{'")),
        "{arrival}"
    );
    assert!(arrival.contains("'User-Agent': 'it is me'"), "{arrival}");
    let (answered, line) = reply
        .split_once(&format!("s: GET {base}/backends?a=é b "))
        .unwrap();
    let seconds = answered
        .strip_prefix("response to 198.51.100.7 in ")
        .unwrap();
    assert!(
        seconds.parse::<f64>().is_ok() && seconds.len() == 4,
        "{reply}"
    );
    let trace = line.strip_prefix("200 ").unwrap();
    assert!(arrival.ends_with(trace), "{arrival}");
    let span = trace
        .strip_prefix("[span_id=")
        .and_then(|rest| rest.strip_suffix(&format!(" parent_id={PARENT} trace_id={TRACE}]")))
        .unwrap();
    assert_eq!(span.len(), 16, "{trace}");
}

#[test]
fn a_request_without_a_trace_begins_one() {
    let daemon = Daemon::builder().start();
    daemon.client().get("/nothing").send().is(404);
    let lines = logged(&daemon);
    let (_, trace) = lines[lines.len() - 1].split_once(" 404 [span_id=").unwrap();
    let (_, id) = trace.split_once(" parent_id=- trace_id=").unwrap();
    assert_eq!(id.trim_end_matches(']').len(), 32, "{trace}");
}

#[test]
fn no_line_at_any_level_has_a_secret() {
    let daemon = Daemon::builder().examples().config("debug: true\n").start();
    let admin = daemon.admin();
    let token = admin.token.as_str();
    let end = &token[token.len() - 8..];
    let client = daemon.client();
    let answers = [
        client.get(&format!("/token/{token}")).send(),
        client.head(&format!("/token/{token}?scope=a.b")).send(),
        client.get(&format!("/token/{token}/nothing")).send(),
        client.get(&format!("/token%2F{token}")).send(),
        client.get(&format!("//token//{token}")).send(),
        client.get(&format!("/Token/{token}")).send(),
        client.post(&format!("/token/{token}")).send(),
        client.get(&format!("/nothing?token={token}&x=y")).send(),
        client.get("/nothing?password=hunter2&code=hunter2").send(),
        client
            .get(&format!("/users/{}/external", admin.auth_id))
            .token(token)
            .header("Cookie", "hunter2")
            .header("Referer", &format!("https://x.example/reset?token={token}"))
            .send(),
        client.get("/config").token(token).send(),
        client
            .post("/token")
            .header("Authorization", "Bearer hunter2")
            .send(),
        client
            .post("/token")
            .basic("somebody", "hunter2")
            .json(&json!({"backend": "wazo_user", "password": "hunter2", "deep": {"bind_password": "hunter2"}}))
            .send(),
        client
            .post(&format!("/users/{}/external/bar", admin.auth_id))
            .token(token)
            .json(&json!({"access_token": "hunter2"}))
            .send(),
        client
            .put(&format!("/users/{}/password", admin.auth_id))
            .token(token)
            .json(&json!({"old_password": "hunter2", "new_password": "hunter2"}))
            .send()
            .is(401),
        client
            .get(&format!("/users/{}/external/bar", admin.auth_id))
            .token(token)
            .send(),
        client
            .post("/external/bar/config")
            .token(token)
            .json(&json!({"a name of their own": "hunter2"}))
            .send(),
        client
            .post("/users")
            .token(token)
            .header("Content-Type", "application/json").body("{\"password\": \"hunter2\", ")
            .send()
            .is(400),
        client.delete(&format!("/token/{token}")).send(),
        client.get("/config").token(token).send().is(401),
    ];
    assert_eq!(answers.len(), 20);
    let log = fs::read_to_string(daemon.installation().path("wazo-auth.log")).unwrap();
    let password = daemon.installation().credentials().password;
    for (secret, name) in [
        (token, "the token"),
        ("hunter2", "a secret"),
        ("aHVudGVyMg", "a secret, encoded"),
        (&password, "the password"),
    ] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{name} is in {lines:#?}");
    }
    // What operators search by stays.
    assert!(log.contains(&format!("/0.1/token/XXXXXXXX-XXXX-XXXX-XXXX-XXXX{end} ")));
    assert!(log.contains(&format!(
        "'X-Auth-Token': 'XXXXXXXX-XXXX-XXXX-XXXX-XXXX{end}'"
    )));
    assert!(log.contains("'Authorization': 'Basic <hidden>'"));
    assert!(log.contains("'Authorization': '<hidden>'"));
    assert!(log.contains(&format!("/users/{}/external ", admin.auth_id)));
}

#[test]
fn a_json_document_is_in_the_line_of_its_request_without_its_secrets() {
    let daemon = Daemon::builder().examples().config("debug: true\n").start();
    let admin = daemon.admin();
    let request = |body: &Value| {
        let request = daemon.client().post("/users").token(&admin.token);
        request.json(body).send().is(200)
    };
    let made = request(&json!({"firstname": "Zoë\n", "username": "zoe", "password": "hunter2"}));
    let lines = logged(&daemon);
    let arrival = lines
        .iter()
        .rfind(|line| line.contains(": request: POST"))
        .unwrap();
    assert!(
        arrival.contains(
            "} with data {\"firstname\": \"Zo\\u00eb\\n\", \"username\": \"zoe\", \"password\": \"<hidden>\"} [span_id="
        ),
        "{arrival}"
    );
    // What was answered follows, for those who look for faults.
    let answered = daemon.lines().wait_for(&format!(
        "(DEBUG) (wazo-auth): response body: {{\"uuid\": \"{}\"",
        made.json()["uuid"].as_str().unwrap()
    ));
    assert!(
        answered.contains("\"firstname\": \"Zo\\u00eb\\n\""),
        "{answered}"
    );
    let path = format!("/users/{}", made.json()["uuid"].as_str().unwrap());
    let gone = daemon.client().delete(&path).token(&admin.token).send();
    assert_eq!(gone.status, 204);
    let _ = daemon
        .lines()
        .wait_for("(DEBUG) (wazo-auth): response body empty");
    daemon.client().get("/nothing").send().is(404);
    let _ = daemon
        .lines()
        .wait_for("response body: not printable: \"text/html");
    // The data of other services have names of their own.
    let path = format!("/users/{}/external/bar", admin.auth_id);
    let request = daemon.client().post(&path).token(&admin.token);
    let _ = request.json(&json!({"bar": 1})).send();
    let _ = daemon.lines().wait_for("} with data <hidden> [span_id=");
    let _ = daemon.lines().wait_for("response body: <hidden>");
}

#[test]
fn a_document_of_another_type_or_before_a_refusal_is_not_in_the_line() {
    let daemon = Daemon::builder().start();
    let client = daemon.client();
    let document = "{\"firstname\": \"nobody in particular\"}";
    for content_type in ["application/json; charset=utf-8", "text/plain"] {
        let request = client
            .post("/users")
            .header("Content-Type", content_type)
            .body(document);
        request.send().is(401);
    }
    client
        .post("/users")
        .header("Content-Type", "application/json")
        .body(document)
        .send()
        .is(401);
    let lines = logged(&daemon);
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("request: POST"))
            .count(),
        3
    );
    assert!(
        !lines.iter().any(|line| line.contains("with data")),
        "{lines:#?}"
    );
}

#[test]
fn whoever_hangs_up_before_the_document_is_there_has_been_there() {
    let daemon = Daemon::builder().start();
    let port = daemon.port();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = "POST /0.1/token HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    let _ = daemon
        .lines()
        .wait_for("request: POST http://here/0.1/token {'");
}

#[test]
fn a_request_writes_no_lines_of_its_own_making() {
    let daemon = Daemon::builder().start();
    daemon
        .client()
        .get("/a%0Aforged%0Dline%1B[31m?b%0Aforged")
        .send()
        .is(404);
    let log = fs::read_to_string(daemon.installation().path("wazo-auth.log")).unwrap();
    assert!(
        log.contains("a\\nforged\\rline\\u{1b}[31m?b\\nforged"),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'));
    for line in log.lines() {
        assert!(line.starts_with("20"), "{line}");
    }
}

#[test]
fn whoever_wants_warnings_only_gets_no_lines_about_requests() {
    // Quiet daemons do not say where they serve, so this one is made quiet by a level that can be seen.
    let daemon = Daemon::builder()
        .config("debug: true\nlog_level: warning\n")
        .start();
    let admin = daemon.admin();
    daemon
        .client()
        .request("PATCH", "/config")
        .token(&admin.token)
        .json(&json!([{"op": "replace", "path": "/debug", "value": false}]))
        .send()
        .is(200);
    let before = logged(&daemon);
    daemon.client().get("/backends").send().is(200);
    assert_eq!(logged(&daemon), before);
}
