//! Plugins that panic or hang: it costs the request, and nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{fs, sync::mpsc, thread};

use serde_json::json;
use wazo_auth_test_support::{
    Builder, Daemon,
    daemon::Login,
    home::{self, Home},
    http::Response,
    plugins, wait,
};
use wazo_auth_tests::external::request;
use wazo_auth_tests::shapes::assert_framework;

/// A daemon with one of the bad plugins, whose backend of that name is asked about unknown logins.
fn with(plugin: &str) -> Builder {
    Daemon::builder()
        .plugin(plugins::bad(plugin))
        .backend(plugin)
}

fn external(daemon: &Daemon, admin: &Login, method: &str, path: &str) -> Response {
    let body = if method == "GET" { "" } else { "{}" };
    request(daemon, admin, method, &format!("/{path}"), body)
}

/// A place where the plugin `hangs` waits.
struct Gate(Home);

impl Gate {
    fn new() -> Self {
        Self(Home::new())
    }

    /// The line of configuration that gives it to an entry.
    fn config(&self, entry: &str) -> String {
        format!("{entry}: {{gate: '{}'}}\n", self.0.path().display())
    }

    /// Waits until so many calls hang.
    fn wait_for(&self, calls: usize) {
        wait::until("a call that hangs", || {
            self.0
                .join(format!("entered-{}", calls - 1))
                .exists()
                .then_some(())
        });
    }

    fn open(&self) {
        home::write(&self.0.join("open"), "");
    }

    fn close(&self) {
        fs::remove_file(self.0.join("open")).unwrap();
    }
}

#[test]
fn a_panic_costs_one_request() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .config("enabled_external_auth_plugins: {panicking: true}\n")
        .start();
    let admin = daemon.admin();
    for _ in 0..3 {
        let answer = external(&daemon, &admin, "GET", "panicking");
        assert_framework(&answer, 500, "Internal Server Error");
    }
    let told = daemon.lines().wait_for("panicked while it handled");
    assert!(
        told.contains("(ERROR)") && told.contains("panicking") && told.contains("src/lib.rs:"),
        "{told}"
    );
    external(&daemon, &admin, "POST", "panicking").is(200);
    let _ = daemon.admin();
}

#[test]
fn a_panic_in_a_login_is_a_fault_and_no_wrong_password() {
    let mut daemon = with("panics").start();
    for login in ["verify", "payload", "metadata", "acl"] {
        let answer = daemon.try_login(login, "x");
        assert_eq!(answer.status, 500, "{login}: {answer:?}");
        assert!(!answer.body.contains("panicked"), "{answer:?}");
        let _ = daemon.login("fine", "x");
    }
    assert!(daemon.is_alive());
}

#[test]
fn a_panic_while_the_token_is_described_leaves_no_token() {
    let daemon = with("panics").start();
    for login in ["metadata", "acl"] {
        assert_framework(&daemon.try_login(login, "x"), 500, "Internal Server Error");
    }
    assert_eq!(daemon.lines().with("got token").len(), 0);
}

#[test]
fn a_panic_on_a_thread_of_the_plugin_ends_that_thread() {
    let daemon = with("panics").start();
    let _ = daemon.login("thread", "x");
    let told = daemon.lines().wait_for("panicked on a thread of its own");
    assert!(told.contains("src/lib.rs:"), "{told}");
    let _ = daemon.login("fine", "x");
}

#[test]
fn a_panic_in_the_start_costs_that_entry() {
    let daemon = with("panics")
        .config("enabled_backend_plugins: {panics_on_start: true}\n")
        .config("enabled_external_auth_plugins: {panicking: true}\npanicking: {in_routes: true}\n")
        .start();
    let _ = daemon.login("fine", "x");
    let report = daemon.installation().plugin_report();
    let file = report["report"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"] == "wazo-auth-test-plugin-panics")
        .unwrap()
        .clone();
    let entry = |name: &str| {
        let entries = file["entries"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["name"] == name).unwrap();
        let reason = entry["reason"].as_str().unwrap_or_default().to_owned();
        (entry["state"].clone(), reason)
    };
    assert_eq!(entry("panics").0, "started");
    for (name, word) in [
        ("panics_on_start", "panicked while it started"),
        ("panicking", "panicked while it named its routes"),
    ] {
        let (state, reason) = entry(name);
        assert_eq!(state, "failed", "{name}");
        assert!(reason.contains(word) && !reason.contains('\n'), "{reason}");
    }
}

#[test]
fn a_panic_in_the_end_does_not_spoil_the_end() {
    let (_, stopped) = with("panics").start().stop();
    assert!(stopped.status.success(), "{stopped:#?}");
}

#[test]
fn a_call_that_hangs_is_given_up_after_the_deadline() {
    let gate = Gate::new();
    let daemon = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .config("enabled_external_auth_plugins: {hanging: true}\n")
        .config("plugins: {call_timeout: 0.3}\n")
        .config(&gate.config("hanging"))
        .start();
    let admin = daemon.admin();
    let answer = external(&daemon, &admin, "GET", "hanging");
    assert_framework(&answer, 504, "Gateway Timeout");
    // Others do not wait.
    let _ = daemon.admin();
    gate.open();
    wait::until("the plugin to come back", || {
        (external(&daemon, &admin, "GET", "hanging").status == 200).then_some(())
    });
}

#[test]
fn a_login_that_hangs_is_a_timeout_and_no_wrong_password() {
    let gate = Gate::new();
    let daemon = with("hangs")
        .config("plugins: {call_timeout: 0.3}\n")
        .config(&gate.config("hangs"))
        .start();
    for login in ["hang", "hang_metadata"] {
        assert_framework(&daemon.try_login(login, "x"), 504, "Gateway Timeout");
        let _ = daemon.login("fine", "x");
    }
}

/// A daemon in which one call of `hanging` may run, and so many others wait for it.
fn with_one_slot(gate: &Gate, queue: usize) -> Daemon {
    Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .config("enabled_external_auth_plugins: {hanging: true}\n")
        .config(&format!(
            "plugins: {{call_timeout: 300, max_concurrent_calls: 1, queue: {queue}}}\n"
        ))
        .config(&gate.config("hanging"))
        .start()
}

#[test]
fn who_finds_all_slots_taken_and_no_place_to_wait_is_sent_away_at_once() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 1);
    let admin = daemon.admin();
    let (answers, answered) = mpsc::channel();
    thread::scope(|scope| {
        let ask = || {
            let answers = answers.clone();
            let (daemon, admin) = (&daemon, &admin);
            scope.spawn(move || drop(answers.send(external(daemon, admin, "GET", "hanging"))));
        };
        ask();
        gate.wait_for(1);
        // Of these one waits, and the other one finds no place.
        ask();
        ask();
        let sent_away = answered.recv().unwrap();
        assert_framework(&sent_away, 503, "Service Unavailable");
        assert!(sent_away.header("retry-after").is_some(), "{sent_away:?}");
        gate.open();
        for _ in 0..2 {
            let served = answered.recv().unwrap();
            assert_eq!(served.expect(200), json!({"hung": true}));
        }
    });
}

#[test]
fn one_slot_and_no_place_to_wait_are_enough_for_one_caller() {
    let gate = Gate::new();
    gate.open();
    let daemon = with_one_slot(&gate, 0);
    for _ in 0..20 {
        let admin = daemon.admin();
        external(&daemon, &admin, "GET", "hanging").is(200);
    }
}

#[test]
fn who_finds_a_place_to_wait_gets_the_next_free_slot() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 8);
    let admin = daemon.admin();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| external(&daemon, &admin, "GET", "hanging")))
            .collect();
        gate.wait_for(1);
        gate.open();
        for caller in callers {
            assert_eq!(caller.join().unwrap().status, 200);
        }
    });
}

#[test]
fn a_plugin_that_keeps_hanging_keeps_nobody_else_waiting() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 100);
    let admin = daemon.admin();
    thread::scope(|scope| {
        // More than the threads that serve all other requests.
        let callers: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| external(&daemon, &admin, "GET", "hanging")))
            .collect();
        gate.wait_for(1);
        let _ = daemon.admin();
        daemon
            .client()
            .head(&format!("/token/{}", admin.token))
            .send()
            .is(204);
        gate.open();
        for caller in callers {
            assert_eq!(caller.join().unwrap().status, 200);
        }
    });
    gate.close();
}

#[test]
fn a_plugin_that_failed_again_and_again_is_left_alone_for_a_while() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .config("enabled_external_auth_plugins: {panicking: true}\n")
        .start();
    let admin = daemon.admin();
    wait::until("the end of the daemon's patience", || {
        let answer = external(&daemon, &admin, "GET", "panicking");
        assert!([500, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 503).then_some(answer)
    });
    let answer = external(&daemon, &admin, "POST", "panicking");
    assert_framework(&answer, 503, "Service Unavailable");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(
        daemon
            .lines()
            .with("\"panicking\" has failed repeatedly")
            .len(),
        1
    );
    // It stays where it was, and comes back.
    let (_, entry) = (daemon.admin(), "panicking");
    assert!(
        daemon
            .installation()
            .plugin_list()
            .contains(&format!("external_auth {entry} - started"))
    );
    wait::until("another try", || {
        let answer = external(&daemon, &admin, "POST", "panicking");
        (answer.status == 200).then_some(())
    });
    daemon.lines().wait_for("answers again").clear();
}
