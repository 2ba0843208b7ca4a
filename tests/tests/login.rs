//! `POST /token`: logging in.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Daemon, XIVO_UUID,
    http::{Request, Response},
};
use wazo_auth_tests::shapes::{assert_json, assert_not_understood, assert_reason};

/// For all tests that change nothing which another one sees.
static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A login as alice with another body.
fn login_with(body: impl Into<Vec<u8>>) -> Response {
    login_request().body(body).send()
}

fn login_request() -> Request<'static> {
    DAEMON.client().post("/token").basic("alice", "s3cre7")
}

#[test]
fn a_login_gives_a_token_with_its_members_in_order() {
    let credentials = DAEMON.installation().credentials();
    let answer = DAEMON
        .client()
        .post("/token")
        .basic(&credentials.username, &credentials.password)
        .header("User-Agent", "softphone/1.0")
        .json(&json!({"expiration": 60}))
        .send();
    let document = answer.expect(200);
    assert_json(&answer);
    assert_eq!(answer.header("wazo-sessions-revoked"), Some("0"));
    let data = &document["data"];
    let names: Vec<&String> = data.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "token",
            "auth_id",
            "xivo_user_uuid",
            "xivo_uuid",
            "issued_at",
            "expires_at",
            "utc_issued_at",
            "utc_expires_at",
            "acl",
            "metadata",
            "session_uuid",
            "remote_addr",
            "user_agent",
        ]
    );
    assert_eq!(data["xivo_user_uuid"], Value::Null);
    assert_eq!(data["xivo_uuid"], XIVO_UUID);
    assert_eq!(data["acl"], json!(["#"]));
    assert_eq!(data["remote_addr"], "127.0.0.1");
    assert_eq!(data["user_agent"], "softphone/1.0");
    let metadata = &data["metadata"];
    let user = &data["auth_id"];
    let tenant = &metadata["tenant_uuid"];
    assert!(tenant.is_string(), "{document}");
    assert_eq!(
        metadata.to_string(),
        json!({
            "uuid": user,
            "tenant_uuid": tenant,
            "auth_id": user,
            "pbx_user_uuid": null,
            "xivo_uuid": XIVO_UUID,
            "purpose": "internal",
        })
        .to_string()
    );
}

/// Seconds and microseconds of a time such as `2026-11-21T16:28:25.233415`, without its date.
fn time_of_day(text: &Value) -> (i64, &str) {
    let (_, time) = text.as_str().unwrap().split_once('T').unwrap();
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let seconds = time
        .split(':')
        .map(|part| part.parse::<i64>().unwrap())
        .fold(0, |sum, part| sum * 60 + part);
    (seconds, fraction)
}

#[test]
fn times_are_exact_in_the_answer_to_a_login_and_whole_seconds_afterwards() {
    // One hour behind UTC, as POSIX has it.
    let daemon = Daemon::builder().env("TZ", "UTC+1").start();
    let login = daemon.admin();
    let now = &login.data;
    let (utc_issued, fraction) = time_of_day(&now["utc_issued_at"]);
    assert_eq!(fraction.len(), 6, "{now}");
    let day = 24 * 3600;
    for (name, expected) in [
        ("utc_expires_at", utc_issued + 7200),
        ("issued_at", utc_issued - 3600),
        ("expires_at", utc_issued + 3600),
    ] {
        let (seconds, same_fraction) = time_of_day(&now[name]);
        assert_eq!(seconds, expected.rem_euclid(day), "{name} of {now}");
        let expected = if fraction == "000000" && !name.starts_with("utc") {
            ""
        } else {
            fraction
        };
        assert_eq!(same_fraction, expected, "{name} of {now}");
    }

    let path = format!("/token/{}", login.token);
    let later = daemon.client().get(&path).send().expect(200)["data"].clone();
    for name in ["issued_at", "expires_at"] {
        assert_eq!(
            time_of_day(&later[name]),
            (time_of_day(&now[name]).0, ""),
            "{name}"
        );
        let utc = format!("utc_{name}");
        assert_eq!(
            time_of_day(&later[&utc]),
            (time_of_day(&now[&utc]).0, "000000"),
            "{utc}"
        );
    }
}

#[test]
fn a_lifetime_is_what_was_asked_for_and_two_hours_otherwise() {
    for (body, lifetime) in [
        ("{}", 7200),
        ("{\"expiration\": 1}", 1),
        ("{\"expiration\": \"60\"}", 60),
        ("{\"expiration\": 60.7}", 60),
        (
            "{\"expiration\": 3600, \"login\": \"x\", \"password\": \"y\", \"colour\": 1}",
            3600,
        ),
        // Of members that come twice, the last one counts.
        ("{\"expiration\": 5, \"expiration\": 10}", 10),
    ] {
        let data = login_with(body).expect(200)["data"].clone();
        let (issued, _) = time_of_day(&data["utc_issued_at"]);
        let (expires, _) = time_of_day(&data["utc_expires_at"]);
        assert_eq!((expires - issued).rem_euclid(24 * 3600), lifetime, "{body}");
    }
    // Ten years of 365 days.
    let _ = login_with("{\"expiration\": 315360000}").expect(200);
}

#[test]
fn a_lifetime_out_of_range_is_refused_in_the_words_that_clients_know() {
    let range = "{'expiration': [{'constraint_id': 'range', 'constraint': {'min': 1, 'max': 315360000}, \
                 'message': 'Must be greater than or equal to 1 and less than or equal to 315360000.'}]}";
    let kind = "{'expiration': {'message': 'Not a valid integer.', 'constraint_id': 'type', 'constraint': 'integer'}}";
    let null = "{'expiration': {'message': 'Field may not be null.', 'constraint_id': 'not_null', 'constraint': 'not_null'}}";
    for (value, reason) in [
        ("0", range),
        ("-1", range),
        ("315360001", range),
        ("99999999999999999999999999", range),
        ("\"six\"", kind),
        ("\"6.5\"", kind),
        ("true", kind),
        ("[]", kind),
        ("null", null),
    ] {
        let answer = login_with(format!("{{\"expiration\": {value}}}"));
        assert_reason(&answer, 400, reason);
    }
}

#[test]
fn a_number_that_no_float_holds_is_too_large() {
    for number in ["1e999", "-1e999", "1.5E+400"] {
        let answer = login_with(format!("{{\"expiration\": {number}}}"));
        assert_reason(&answer, 400, "{'expiration': ['Number too large.']}");
        // Where it is no number that is wanted.
        let answer = login_with(format!("{{\"client_id\": {number}}}"));
        assert_reason(
            &answer,
            400,
            "{'client_id': {'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}}",
        );
        // What nobody reads harms nobody.
        let answer = login_with(format!("{{\"colour\": {number}}}"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_not_understood(&login_with("{\"expiration\": 1e999"));
}

#[test]
fn whatever_counts_as_nothing_is_an_empty_body() {
    for body in ["{}", "null", "[]", "\"\"", "0", "false", " {} "] {
        assert_eq!(login_with(body).status, 200, "{body}");
    }
    for body in ["\"x\"", "1", "true", "[1]"] {
        assert_reason(
            &login_with(body),
            400,
            "{'_schema': ['Invalid input type.']}",
        );
    }
}

#[test]
fn the_content_type_does_not_matter_unless_it_is_a_form() {
    for content_type in [
        "application/json",
        "application/json; charset=iso-8859-1",
        "text/plain",
        "application/x-www-form-urlencoded2",
        "nonsense",
        "",
    ] {
        let answer = login_request()
            .header("Content-Type", content_type)
            .body("{}")
            .send();
        assert_eq!(answer.status, 200, "{content_type}");
    }
    for content_type in [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    ] {
        let answer = login_request()
            .header("Content-Type", content_type)
            .body("{}")
            .send();
        assert_not_understood(&answer);
    }
}

#[test]
fn the_name_of_a_backend_selects_nothing() {
    for backend in ["wazo_user", "example", "no such backend"] {
        let answer = login_with(json!({"backend": backend}).to_string());
        assert_eq!(answer.status, 200, "{backend}");
    }
    assert_reason(
        &login_with("{\"backend\": 1}"),
        400,
        "{'backend': {'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}}",
    );
}

#[test]
fn credentials_that_are_wrong_or_missing_are_all_refused_alike() {
    let administrator = DAEMON.installation().credentials().username;
    for (login, password) in [
        ("alice", "wrong"),
        ("alice", "S3CRE7"),
        ("bob", "s3cre7"),
        ("mallory", "s3cre7"),
        (administrator.as_str(), "wrong"),
        ("alice", ""),
        ("", "s3cre7"),
        ("", ""),
    ] {
        let answer = DAEMON.try_login(login, password);
        assert_reason(&answer, 401, "Authentication Failed");
        assert_eq!(answer.header("wazo-sessions-revoked"), None);
        assert_eq!(answer.header("www-authenticate"), None);
    }
    // alice:s3cre7 is the only thing that is right in these.
    for header in [
        "Bearer YWxpY2U6czNjcmU3",
        "YWxpY2U6czNjcmU3",
        "Basic",
        "Basic abc",
        "Basic YWxpY2U=",
    ] {
        let answer = DAEMON
            .client()
            .post("/token")
            .header("Authorization", header)
            .body("{}")
            .send();
        assert_eq!(answer.status, 401, "{header}: {answer:?}");
    }
    let nobody = DAEMON.client().post("/token").body("{}").send();
    assert_reason(&nobody, 401, "Authentication Failed");
}

#[test]
fn the_word_basic_is_spelled_in_one_way() {
    for word in ["basic", "BASIC"] {
        let answer = DAEMON
            .client()
            .post("/token")
            .header("Authorization", &format!("{word} YWxpY2U6czNjcmU3"))
            .body("{}")
            .send();
        assert_reason(&answer, 401, "Authentication Failed");
    }
}

#[test]
fn letters_outside_the_alphabet_of_base64_are_skipped() {
    let answer = DAEMON
        .client()
        .post("/token")
        .header("Authorization", "Basic YWxp*Y2U6\tczNjcmU3")
        .body("{}")
        .send();
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_login_name_is_good_in_any_case_of_letters() {
    let credentials = DAEMON.installation().credentials();
    let _ = DAEMON.login(&credentials.username.to_uppercase(), &credentials.password);
}

#[test]
fn a_body_must_be_there_and_be_json() {
    for body in [
        "",
        "{",
        "{\"expiration\": }",
        "{} {}",
        "\u{feff}",
        "nonsense",
    ] {
        assert_not_understood(&login_with(body));
    }
    assert_not_understood(&login_with(b"{\"backend\": \"\xff\"}".to_vec()));
    assert_not_understood(&login_request().send());
}

#[test]
fn a_user_has_so_many_sessions_and_no_more() {
    let installation = Daemon::builder()
        .config("max_user_concurrent_sessions: 2\n")
        .install();
    for (name, purpose) in [
        ("limited", "user"),
        ("machine", "external_api"),
        ("free", "internal"),
    ] {
        let args = [
            "initial-user",
            "--username",
            name,
            "--password",
            "pw",
            "--purpose",
            purpose,
        ];
        installation.run("wazo-auth-bootstrap", args).ok();
    }
    let daemon = installation.start();
    let first = daemon.login("limited", "pw");
    let _second = daemon.login("limited", "pw");
    let refused = daemon.try_login("limited", "pw");
    let reason = format!(
        "User {} has exceeded the maximum number of active sessions",
        first.auth_id
    );
    assert_reason(&refused, 429, &reason);
    assert_eq!(refused.header("retry-after"), None);
    daemon
        .client()
        .delete(&format!("/token/{}", first.token))
        .send()
        .is(200);
    let _third = daemon.login("limited", "pw");
    let statuses = |name: &str| [(); 4].map(|()| daemon.try_login(name, "pw").status);
    assert_eq!(statuses("machine"), [200, 200, 429, 429]);
    assert_eq!(statuses("free"), [200; 4]);
    let (purpose, pbx) = (
        &first.data["metadata"]["purpose"],
        &first.data["xivo_user_uuid"],
    );
    assert_eq!((purpose, pbx), (&json!("user"), &json!(first.auth_id)));
}

#[test]
fn logins_are_told_in_the_log_without_their_secrets() {
    let daemon = Daemon::builder().examples().start();
    let alice = daemon.login("alice", "s3cre7");
    assert_reason(
        &daemon.try_login("alice", "pa55w0rd"),
        401,
        "Authentication Failed",
    );
    let end = alice.token.get(28..).unwrap();
    let success = daemon
        .lines()
        .wait_for("Successful login: alice got token ");
    assert!(
        success.contains(&format!(
            "token XXXXXXXX-XXXX-XXXX-XXXX-XXXX{end} from 127.0.0.1 using agent \""
        )),
        "{success}"
    );
    let failure = daemon.lines().wait_for("Failed login: ");
    assert!(
        failure
            .contains("unknown username or password for login alice from 127.0.0.1 using agent \""),
        "{failure}"
    );
    let (_, stopped) = daemon.stop();
    for secret in ["s3cre7", "pa55w0rd", &alice.token] {
        assert!(!stopped.says(secret), "{:#?}", stopped.lines);
    }
}

#[test]
fn a_client_without_a_name_has_an_empty_one() {
    let port = DAEMON.port();
    let request = format!(
        "POST /0.1/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Authorization: Basic YWxpY2U6czNjcmU3\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let answer = DAEMON.client().raw(request.as_bytes());
    assert!(answer.contains("\"user_agent\": \"\""), "{answer}");
}

#[test]
fn every_field_of_a_login_may_be_left_out_and_none_may_be_null() {
    let kind =
        "{'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}";
    let null = "{'message': 'Field may not be null.', 'constraint_id': 'not_null', 'constraint': 'not_null'}";
    for field in [
        "backend",
        "access_type",
        "client_id",
        "refresh_token",
        "saml_session_id",
        "tenant_id",
        "domain_name",
    ] {
        for (value, failure) in [
            ("null", null),
            ("7", kind),
            ("[\"x\"]", kind),
            ("true", kind),
        ] {
            let answer = login_with(format!("{{\"{field}\": {value}}}"));
            assert_reason(&answer, 400, &format!("{{'{field}': {failure}}}"));
        }
    }
    for length in [0, 1025] {
        let answer = login_with(json!({"saml_session_id": "a".repeat(length)}).to_string());
        assert_reason(
            &answer,
            400,
            "{'saml_session_id': [{'constraint_id': 'length', 'constraint': {'min': 1, 'max': 1024}, \
             'message': 'Length must be between 1 and 1024.'}]}",
        );
    }
}

#[test]
fn the_configured_lifetime_may_be_longer_than_clients_may_ask_for() {
    let daemon = Daemon::builder()
        .examples()
        .config("default_token_lifetime: 3155760000\n")
        .start();
    let login = daemon.login("alice", "s3cre7");
    let path = format!("/token/{}", login.token);
    let kept = daemon.client().get(&path).send().expect(200);
    assert!(
        kept["data"]["utc_expires_at"].as_str() > Some("2037"),
        "{kept}"
    );
}
