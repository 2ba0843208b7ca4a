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
            rest.starts_with("(INFO) (wazo_auth_http.resources.login): Failed login: "),
            "{line}"
        );
    }
}
