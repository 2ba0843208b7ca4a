//! The form of the lines in the log, which log collectors parse.

use serde_json::Value;
use wazo_auth_test_support::Daemon;

/// The time of a token's issue as a log line would have it, to the millisecond and without its zone.
fn issued(daemon: &Daemon) -> String {
    let admin = daemon.admin();
    let issued = admin.data.get("issued_at").and_then(Value::as_str);
    let issued = issued
        .unwrap_or_default()
        .replace('T', " ")
        .replace('.', ",");
    issued.chars().take(23).collect()
}

#[test]
fn a_line_has_a_local_time_with_its_zone_and_says_who_writes_it() {
    // A zone by its rule, as POSIX has it, so that none needs to be installed.
    for (zone, name) in [
        ("UTC", "UTC"),
        ("XYZ+1", "XYZ"),
        ("UTC-2", "UTC"),
        ("<-03>3", "-03"),
    ] {
        let daemon = Daemon::builder().env("TZ", zone).start();
        let before = issued(&daemon);
        let _ = daemon.try_login("line", "wrong");
        let after = issued(&daemon);
        let line = daemon.lines().wait_for("Failed login: ");
        let (time, rest) = line.split_at_checked(23).unwrap();
        assert!(
            *before <= *time && *time <= *after,
            "{zone}: {before} <= {line} <= {after}"
        );
        let rest = rest.strip_prefix(&format!(" {name} [pid ")).unwrap();
        let (pid, rest) = rest.split_once("] [tid ").unwrap();
        let (tid, rest) = rest.split_once("] ").unwrap();
        assert!(
            pid.parse::<u32>().is_ok() && tid.parse::<u64>().is_ok(),
            "{line}"
        );
        assert!(
            rest.starts_with("(INFO) (wazo_auth.plugins.http.tokens.http): Failed login: "),
            "{line}"
        );
    }
}

#[test]
fn an_error_that_names_itself_is_logged_with_its_details_and_no_token() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let request = daemon.client().get("/config").token(&admin.token);
    let refused = request.header("Wazo-Tenant", "elsewhere").send();
    assert_eq!(refused.status, 401, "{refused:?}");
    let _ = daemon.lines().wait_for(
        "(ERROR) (wazo_auth_http.error): Unauthorized tenant: {'tenant_uuid': 'elsewhere'}",
    );
    let unknown = admin
        .token
        .replace(|letter: char| letter.is_ascii_digit(), "0");
    let request = daemon.client().get("/config").token(&unknown);
    assert_eq!(request.send().status, 401);
    let line = daemon
        .lines()
        .wait_for("(ERROR) (wazo_auth_http.error): Unauthorized: {");
    let end = unknown.get(28..).unwrap();
    assert!(
        line.contains(&format!(
            "'invalid_token': 'XXXXXXXX-XXXX-XXXX-XXXX-XXXX{end}'"
        )) && line.contains("'required_access': 'auth.config.read'"),
        "{line}"
    );
}

#[test]
fn a_client_does_not_fill_the_log_with_its_own_words() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let word = "x".repeat(100_000);
    let request = daemon.client().post("/users").token(&admin.token);
    let body = serde_json::json!({ "authentication_method": word });
    let answer = request.json(&body).send().is(400);
    assert!(answer.body.contains(&word), "the client reads all of it");
    let line = daemon.lines().wait_for("Invalid authentication method x");
    assert!(line.contains('…') && line.len() < 10_000, "{}", line.len());
}
