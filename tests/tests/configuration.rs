//! The configuration as a whole: what it takes, what it warns of, and what stops the start.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{fs, net::TcpListener, time::Duration};

use serde_json::Value;
use wazo_auth_test_support::{Daemon, Exited, Server, command, home, plugins};

const LIMIT: Duration = Duration::from_secs(60);

/// A start that is refused because of a file in `conf.d`, and what was said.
fn refused(yaml: &str) -> Exited {
    // The programs that make a database refuse the same configuration.
    let installation = Daemon::builder().without_database().config(yaml).install();
    let (_, exited) = installation.refuse();
    assert_eq!(exited.status.code(), Some(1), "{exited:#?}");
    exited
}

/// How long a login lasts, in seconds.
fn lifetime(daemon: &Daemon) -> i64 {
    let data = daemon.admin().data;
    let seconds = |name: &str| {
        let text = data[name].as_str().unwrap_or_default();
        let time = text.get(11..19).unwrap_or_default();
        time.split(':')
            .map(|part| part.parse::<i64>().unwrap())
            .fold(0, |sum, part| sum * 60 + part)
    };
    (seconds("utc_expires_at") - seconds("utc_issued_at")).rem_euclid(24 * 3600)
}

#[test]
fn a_wrong_value_stops_the_start_and_is_named_with_file_line_and_key() {
    for (yaml, line, key) in [
        (
            "rest_api:\n  listen: 127.0.0.1\n  max_threads: many\n",
            3,
            "rest_api.max_threads",
        ),
        ("rest_api: {listen: 0}\n", 1, "rest_api.listen"),
        ("plugins: everywhere\n", 1, "plugins"),
        (
            "\n\nplugins: {call_timeout: -1}\n",
            3,
            "plugins.call_timeout",
        ),
        (
            "plugins: {max_concurrent_calls: 0}\n",
            1,
            "plugins.max_concurrent_calls",
        ),
        (
            "enabled_backend_plugins: [wazo_user]\n",
            1,
            "enabled_backend_plugins",
        ),
        (
            "enabled_backend_plugins: {wazo_user: perhaps}\n",
            1,
            "enabled_backend_plugins.wazo_user",
        ),
        (
            "password_hash: {scheme: rot13}\n",
            1,
            "password_hash.scheme",
        ),
        (
            "password_hash: {bcrypt_cost: 3}\n",
            1,
            "password_hash.bcrypt_cost",
        ),
        (
            "default_token_lifetime: soon\n",
            1,
            "default_token_lifetime",
        ),
    ] {
        let exited = refused(yaml);
        let place = format!("conf.d/01-test.yml:{line}");
        assert!(
            exited
                .lines
                .iter()
                .any(|said| said.contains(&place) && said.contains(key)),
            "{place} and {key} in {:#?}",
            exited.lines
        );
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let exited = refused("rest_api: {max_threads: x}\nplugins: {queue: y}\nlog_level: loud\n");
    for word in ["rest_api.max_threads", "plugins.queue", "Unknown log level"] {
        assert!(exited.says(word), "{word} in {:#?}", exited.lines);
    }
}

#[test]
fn a_value_that_may_be_a_secret_is_not_shown() {
    for yaml in [
        "db_uri: {password: hunter2}\n",
        "db_uri: [hunter2]\n",
        "bootstrap_user_password: [hunter2]\n",
        "db_uri: 'postgresql://me:hunter2@localhost/x'\n",
        "db_uri: 'nonsense://me:hunter2@localhost/x'\n",
        "db_uri: 'hunter2'\n",
    ] {
        let installation = Daemon::builder()
            .without_database()
            .config(&format!("{yaml}db_connect_retry_timeout_seconds: 0\n"))
            .install();
        let (_, exited) = installation.refuse();
        assert_eq!(exited.status.code(), Some(1), "{yaml}: {exited:#?}");
        assert!(!exited.says("hunter2"), "{yaml}: {:#?}", exited.lines);
        assert!(!exited.lines.is_empty());
    }
}

#[test]
fn a_key_that_nobody_knows_is_warned_of_and_goes_on() {
    let daemon = Daemon::builder()
        .config("defualt_token_lifetime: 60\nrest_api: {prot: 1}\n")
        .start();
    for (key, meant) in [
        ("\"defualt_token_lifetime\"", "\"default_token_lifetime\""),
        ("\"rest_api.prot\"", "\"rest_api.port\""),
    ] {
        let told = daemon.lines().wait_for(key);
        assert!(
            told.contains("(WARNING)") && told.contains("01-test.yml:") && told.contains(meant),
            "{told}"
        );
    }
}

#[test]
fn of_several_files_the_first_one_wins_and_the_main_file_loses() {
    let installation = Daemon::builder().install();
    let conf = |name: &str| installation.path("conf.d").join(name);
    home::write(&conf("20-b.yml"), "default_token_lifetime: 200\n");
    home::write(&conf("10-a.yml"), "default_token_lifetime: 100\n");
    home::write(&conf(".00-hidden.yml"), "default_token_lifetime: 1\n");
    home::write(&conf("00-other.yaml"), "default_token_lifetime: 2\n");
    home::write(&conf("00-old.yml~"), "default_token_lifetime: 3\n");
    home::write(&conf("30-empty.yml"), "");
    let main = installation.path("config.yml");
    let text = fs::read_to_string(&main).unwrap() + "default_token_lifetime: 300\n";
    home::write(&main, text);
    let daemon = installation.start();
    assert_eq!(lifetime(&daemon), 100);
    let (installation, _) = daemon.stop();
    for file in ["10-a.yml", "20-b.yml"] {
        fs::remove_file(installation.path("conf.d").join(file)).unwrap();
    }
    assert_eq!(lifetime(&installation.start()), 300);
}

#[test]
fn a_value_may_come_from_a_command() {
    let daemon = Daemon::builder()
        .config("default_token_lifetime: !exec {command: \"echo 77\"}\n")
        .start();
    assert_eq!(lifetime(&daemon), 77);
}

#[test]
fn a_broken_file_in_the_directory_is_skipped_and_a_broken_main_file_stops_the_start() {
    let daemon = Daemon::builder()
        .config("default_token_lifetime: [\n")
        .start();
    assert_eq!(lifetime(&daemon), 7200);
    let told = daemon
        .lines()
        .all()
        .into_iter()
        .find(|line| line.contains("01-test.yml"));
    assert!(told.is_some(), "{:#?}", daemon.lines().all());
    let (installation, _) = daemon.stop();
    let main = installation.path("config.yml");
    let text = fs::read_to_string(&main).unwrap() + "rest_api: [\n";
    home::write(&main, text);
    let (_, exited) = installation.refuse();
    assert_eq!(exited.status.code(), Some(1));
    assert!(exited.says("config.yml"), "{exited:#?}");
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let installation = Daemon::builder().install();
    let mut command = installation.command("wazo-auth");
    let plugins = installation.path("plugins");
    command
        .args([
            "plugin",
            "list",
            "--config-file",
            "/nowhere/config.yml",
            "--plugin-dir",
        ])
        .arg(&plugins);
    let output = command::run(command, LIMIT);
    assert!(
        output
            .stderr
            .contains("Could not read config file /nowhere/config.yml"),
        "{output:?}"
    );
    assert!(output.ok().contains("libwazo_auth_plugin_native.so"));
}

#[test]
fn without_the_backend_of_its_own_users_the_daemon_does_not_start() {
    for installation in [
        Daemon::builder().examples().without_native().install(),
        Daemon::builder()
            .config("enabled_backend_plugins: {wazo_user: false}\n")
            .install(),
    ] {
        let (_, exited) = installation.refuse();
        assert_eq!(exited.status.code(), Some(1));
        assert!(
            exited.says("wazo_user") && exited.says("wazo-auth plugin list"),
            "{exited:#?}"
        );
    }
}

#[test]
fn other_plugins_that_are_missing_are_told_once_and_the_rest_goes_on() {
    let daemon = Daemon::builder()
        .config("enabled_backend_plugins: {ghost: true}\nenabled_external_auth_plugins: {phantom: true}\n")
        .start();
    for (kind, name) in [("backend", "ghost"), ("external_auth", "phantom")] {
        let told = daemon.lines().with(&format!("\"{name}\""));
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(
            told[0].contains("(ERROR)") && told[0].contains(kind),
            "{told:?}"
        );
        let list = daemon.installation().plugin_list();
        assert!(
            list.contains(&format!("enabled, but no file offers it: {kind} {name}")),
            "{list}"
        );
    }
    let _ = daemon.admin();
}

#[test]
fn a_user_that_the_system_does_not_know_stops_the_start() {
    let installation = Daemon::builder()
        .config("user: nobody-of-this-name\n")
        .install();
    let (_, exited) = installation.refuse();
    assert_eq!(exited.status.code(), Some(1), "{exited:#?}");
    for text in ["nobody-of-this-name", "leave it empty to stay"] {
        assert!(exited.says(text), "{exited:#?}");
    }
}

#[test]
fn a_port_that_is_taken_stops_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let installation = Daemon::builder().install();
    let mut command = installation.command("wazo-auth");
    command
        .arg("--config-file")
        .arg(installation.path("config.yml"))
        .args(["--listen-port", &port.to_string()]);
    let output = command::run(command, LIMIT);
    let complaint = output.failed(1);
    assert!(
        complaint.contains(&format!("127.0.0.1:{port}")),
        "{complaint}"
    );
}

#[test]
fn the_log_goes_to_its_file_and_to_the_standard_streams_in_one_form() {
    let daemon = Daemon::builder().env("TZ", "UTC").start();
    let (installation, stopped) = daemon.stop();
    let log = fs::read_to_string(installation.path("wazo-auth.log")).unwrap();
    let line = log
        .lines()
        .find(|line| line.contains("serving on"))
        .unwrap();
    assert!(stopped.says(line), "{:#?}", stopped.lines);
    // 2026-01-01 12:00:00,123 UTC [pid 12] [tid 1] (INFO) (wazo_auth.daemon): serving on …
    let (date, rest) = line.split_at(10);
    assert!(date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    }));
    let (time, rest) = rest.split_at(13);
    assert!(
        time.starts_with(' ') && time.get(9..10) == Some(","),
        "{line}"
    );
    let rest = rest
        .strip_prefix(" UTC [pid ")
        .unwrap_or_else(|| panic!("{line}"));
    assert!(
        rest.contains("] [tid ") && rest.contains("] (INFO) (wazo_auth.daemon): serving on "),
        "{line}"
    );
}

#[test]
fn a_log_file_that_cannot_be_written_costs_the_file_and_not_the_start() {
    let daemon = Daemon::builder()
        .config("log_filename: /nowhere/at/all.log\n")
        .start();
    let told = daemon.lines().wait_for("/nowhere/at/all.log");
    assert!(told.contains("(WARNING)"), "{told}");
}

#[test]
fn the_command_line_wins() {
    let installation = Daemon::builder()
        .config("log_level: info\nlog_filename: /nowhere/at/all.log\n")
        .arg("--debug")
        .install();
    let log = installation.path("other.log");
    let mut command = installation.daemon_command();
    command.arg("--log-file").arg(&log);
    let server = Server::start(command).unwrap();
    server.client().head("/status").send().is(200);
    assert!(server.stop_by("TERM").status.success());
    let text = fs::read_to_string(log).unwrap();
    assert!(text.contains("serving on"), "{text}");
}

#[test]
fn a_level_keeps_less_serious_lines_out() {
    let installation = Daemon::builder()
        .config("log_level: ERROR\nenabled_backend_plugins: {ghost: true}\n")
        .install();
    let mut command = installation.daemon_command();
    // Quiet as it is, it says nothing when it serves; what it says before that is enough.
    command.args(["--plugin-dir", "/nowhere"]);
    let output = command::run(command, LIMIT);
    assert!(!output.status.success());
    assert!(output.stderr.contains("(ERROR)"), "{output:?}");
    assert!(!(output.stdout + &output.stderr).contains("(INFO)"));
}

#[test]
fn a_platform_without_an_identity_gets_one_that_stays() {
    let daemon = Daemon::builder().env("XIVO_UUID", "").start();
    let identity = daemon.admin().data["xivo_uuid"].clone();
    assert!(identity.is_string(), "{identity}");
    assert!(
        daemon
            .lines()
            .all()
            .iter()
            .any(|line| line.contains("(WARNING)") && line.contains("XIVO_UUID"))
    );
    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    assert_eq!(daemon.admin().data["xivo_uuid"], identity);
}

#[test]
fn the_identity_of_the_platform_may_stand_in_the_configuration() {
    let daemon = Daemon::builder().config("uuid: our own\n").start();
    assert_eq!(daemon.admin().data["xivo_uuid"], Value::from("our own"));
}

#[test]
fn a_plugin_gets_its_own_section_of_the_configuration() {
    let (plugin, enabled) = (
        plugins::bad("hangs"),
        "enabled_backend_plugins: {hangs: true}\n",
    );
    let daemon = Daemon::builder()
        .plugin(&plugin)
        .config(enabled)
        .config("hangs: {gate: [1]}\n")
        .start();
    let list = daemon.installation().plugin_list();
    assert!(
        list.contains("backend hangs - failed: ") && list.contains("`gate`"),
        "{list}"
    );
    let installation = Daemon::builder()
        .without_database()
        .plugin(&plugin)
        .config(enabled)
        .config("hangs: 7\n")
        .install();
    let (_, exited) = installation.refuse();
    assert!(
        exited.says("02-test.yml:1") && exited.says("hangs"),
        "{exited:#?}"
    );
}
