//! A daemon for tests starts, answers and stops, and nothing of it stays.

use std::{env, fs, path::Path, process::Stdio, thread};

use wazo_auth_test_support::{Daemon, Home, home, process, wait};

#[test]
fn a_daemon_starts_serves_and_stops() {
    let daemon = Daemon::builder().examples().start();
    let pid = daemon.pid();
    let admin = daemon.admin();
    let path = format!("/token/{}", admin.token);
    daemon.client().get(&path).send().is(200);
    let alice = daemon.login("alice", "s3cre7");
    assert_eq!(alice.auth_id, "a3a2c1e4-5f0b-4d52-9b7e-6d1f0c4b8a01");
    let home = daemon.installation().path("");
    let (installation, stopped) = daemon.stop();
    assert!(stopped.status.success(), "{stopped:#?}");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    drop(installation);
    assert!(!home.exists());
}

#[test]
fn a_daemon_that_is_dropped_is_gone() {
    let daemon = Daemon::builder().start();
    let (pid, home) = (daemon.pid(), daemon.installation().path(""));
    drop(daemon);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(!home.exists());
}

/// Names a file: the process that has this is to start a daemon, write down where, and wait to be
/// killed.
const VICTIM: &str = "WAZO_AUTH_TEST_VICTIM";

#[test]
fn a_daemon_is_gone_when_its_test_is_killed() {
    if let Some(file) = env::var_os(VICTIM) {
        let daemon = Daemon::builder().start();
        let home = daemon.installation().path("");
        let note = format!("{}\n{}\n", daemon.pid(), home.display());
        home::write(Path::new(&file), note);
        loop {
            thread::park();
        }
    }
    let home = Home::new();
    let note = home.join("note");
    let mut victim = process::bound(env::current_exe().unwrap());
    victim
        .args(["--exact", "a_daemon_is_gone_when_its_test_is_killed"])
        .env(VICTIM, &note)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut victim = process::spawn(victim);
    let (pid, folder) = wait::until("the victim's daemon", || {
        let note = fs::read_to_string(&note).ok()?;
        let (pid, rest) = note.split_once('\n')?;
        Some((format!("/proc/{pid}"), rest.strip_suffix('\n')?.to_owned()))
    });
    assert!(Path::new(&pid).exists() && Path::new(&folder).exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
    wait::until("the end of the daemon", || (!is_alive(&pid)).then_some(()));
    wait::until("the end of its folder", || {
        (!Path::new(&folder).exists()).then_some(())
    });
}

/// Whether a process runs. An orphan that nobody waits for stays as a zombie.
fn is_alive(pid: &str) -> bool {
    fs::read_to_string(format!("{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.starts_with(" Z"))
    })
}
