//! How a daemon ends: in time, whatever still goes on.

use std::{
    fs,
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use wazo_auth_test_support::{Daemon, Home, home, http::Client, plugins, process, wait};

/// How long an end may take. What is promised is two seconds; a busy machine adds to that.
const SOON: Duration = Duration::from_secs(5);

/// A daemon with the external authentication type `hanging`, and the place where it waits.
fn with_gate() -> (Daemon, Home) {
    let gate = Home::new();
    let daemon = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .config("enabled_external_auth_plugins: {hanging: true}\n")
        .config("plugins: {call_timeout: 300}\n")
        .config(&format!("hanging: {{gate: '{}'}}\n", gate.path().display()))
        .start();
    (daemon, gate)
}

/// Sends a request that hangs, and waits until it does.
fn hang(daemon: &Daemon, gate: &Home) -> thread::JoinHandle<(u16, String)> {
    let admin = daemon.admin();
    let client = Client::new(daemon.client().base());
    let path = format!("/users/{}/external/hanging", admin.auth_id);
    let request = thread::spawn(move || {
        let answer = client.get(&path).token(&admin.token).send();
        (answer.status, answer.body)
    });
    wait::until("a request that hangs", || {
        gate.join("entered-0").exists().then_some(())
    });
    request
}

#[test]
fn a_signal_ends_the_daemon_also_with_connections_that_are_kept() {
    for signal in ["TERM", "INT"] {
        let daemon = Daemon::builder().start();
        let _ = daemon.admin();
        let idle: Vec<TcpStream> = (0..4)
            .map(|_| TcpStream::connect(("127.0.0.1", daemon.port())).unwrap())
            .collect();
        let port = daemon.port();
        let (server, installation) = daemon.into_parts();
        let ended = server.stop_by(signal);
        assert!(ended.status.success(), "{signal}: {ended:#?}");
        assert!(ended.took < SOON, "{signal}: {:?}", ended.took);
        assert!(
            ended.says(&format!("Stopping wazo-auth: SIG{signal}")),
            "{ended:#?}"
        );
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        drop((idle, installation));
    }
}

#[test]
fn a_request_that_is_under_way_is_answered() {
    let (daemon, gate) = with_gate();
    let request = hang(&daemon, &gate);
    let asked = Instant::now();
    process::signal(daemon.pid(), "TERM");
    daemon.lines().wait_for("Stopping wazo-auth").clear();
    home::write(&gate.join("open"), "");
    let (status, body) = request.join().unwrap();
    assert_eq!((status, body), (200, json!({"hung": true}).to_string()));
    let (server, _installation) = daemon.into_parts();
    assert!(server.ended(asked).status.success());
}

#[test]
fn a_request_that_waits_for_a_plugin_that_hangs_is_sent_away() {
    let (daemon, gate) = with_gate();
    let request = hang(&daemon, &gate);
    let (server, _installation) = daemon.into_parts();
    let ended = server.stop_by("TERM");
    let (status, body) = request.join().unwrap();
    assert_eq!(status, 503, "{body}");
    assert!(ended.status.success() && ended.took < SOON, "{ended:#?}");
}

#[test]
fn a_plugin_that_does_not_stop_holds_nobody_up() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .backend("hangs_on_stop")
        .config("plugins: {call_timeout: 300}\n")
        .start();
    let _ = daemon.login("anybody", "x");
    let (_, ended) = daemon.stop();
    assert!(ended.status.success() && ended.took < SOON, "{ended:#?}");
}

#[test]
fn a_second_signal_changes_nothing() {
    let (daemon, gate) = with_gate();
    let request = hang(&daemon, &gate);
    let asked = Instant::now();
    for _ in 0..2 {
        process::signal(daemon.pid(), "TERM");
    }
    let (server, _installation) = daemon.into_parts();
    let ended = server.ended(asked);
    assert!(ended.status.success() && ended.took < SOON, "{ended:#?}");
    assert_eq!(request.join().unwrap().0, 503);
}

#[test]
fn a_signal_during_the_start_ends_it_too() {
    let gate = Home::new();
    let installation = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .backend("hangs_on_start")
        .config("plugins: {call_timeout: 300}\n")
        .config(&format!(
            "hangs_on_start: {{gate: '{}'}}\n",
            gate.path().display()
        ))
        .install();
    let mut command = installation.daemon_command();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = process::spawn(command);
    wait::until("the start to hang", || {
        gate.join("entered-0").exists().then_some(())
    });
    process::signal(child.id(), "TERM");
    let status = wait::within(SOON, || child.try_wait().unwrap());
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let status = status.expect("the end");
    assert!(status.success() || status.signal().is_some(), "{status}");
}

#[test]
fn a_start_that_hangs_is_given_up_and_the_rest_goes_on() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .backend("hangs_on_start")
        .config("plugins: {call_timeout: 0.3}\n")
        .start();
    let _ = daemon.admin();
    let list = daemon.installation().plugin_list();
    assert!(list.contains("backend hangs_on_start - failed: "), "{list}");
    let (_, ended) = daemon.stop();
    assert!(ended.status.success() && ended.took < SOON, "{ended:#?}");
}

#[test]
fn what_was_answered_survives_a_kill() {
    let daemon = Daemon::builder().examples().start();
    let admin = daemon.admin();
    let bar = format!("/users/{}/external/bar", admin.auth_id);
    let post = daemon.client().post(&bar).token(&admin.token);
    post.body("{\"scope\": [\"a\"]}").send().is(200);
    let (server, installation) = daemon.into_parts();
    let ended = server.stop_by("KILL");
    assert_eq!(ended.status.signal(), Some(9));
    // The states of a daemon that is gone are nobody's.
    assert!(installation.plugin_list().contains("no daemon runs"));
    let daemon = installation.start();
    let answer = daemon.client().get(&bar).token(&admin.token).send();
    assert_eq!(answer.expect(200), json!({"scope": ["a"]}));
}

#[test]
fn the_log_file_has_the_end_too() {
    let daemon = Daemon::builder().start();
    let (installation, _) = daemon.stop();
    let log = fs::read_to_string(installation.path("wazo-auth.log")).unwrap();
    assert!(
        log.contains("(WARNING) ") && log.contains("Stopping wazo-auth: SIGTERM"),
        "{log}"
    );
}
