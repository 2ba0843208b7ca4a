//! `wazo-auth plugin new`: what it writes builds by itself, passes its tests, and works in a daemon.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Daemon, Home,
    command::{self, Output},
    daemon::program,
    home, plugins,
};
use wazo_auth_tests::{offline::offline, store::Store};

/// Runs the command in a folder.
fn new_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut new = Command::new(program());
    new.current_dir(folder)
        .args(["plugin", "new"])
        .args(arguments);
    command::run(new, Duration::from_secs(60))
}

#[test]
fn a_new_backend_logs_somebody_in() {
    let (file, configuration) = plugins::newly_written("call-center", "backend");
    let daemon = Daemon::builder()
        .plugin(file)
        .config(&configuration)
        .start();
    let login = daemon.login("alice", "wonderland");
    assert_eq!(login.data["acl"], json!(["call-center.alice.read"]));
    assert_eq!(daemon.try_login("alice", "wrong").status, 401);
}

#[test]
fn a_new_external_authentication_type_keeps_credentials() {
    let (file, configuration) = plugins::newly_written("ledger", "external_auth");
    let daemon = Daemon::builder()
        .plugin(file)
        .config(&configuration)
        .start();
    let admin = daemon.admin();
    let path = format!("/users/{}/external/ledger", admin.auth_id);
    let client = daemon.client();
    let stored = json!({ "token": "t" });
    let request = client.post(&path).token(&admin.token).json(&stored);
    assert_eq!(request.send().expect(200), stored);
    let read = client.get(&path).token(&admin.token).send();
    assert_eq!(read.expect(200), stored);
    client.delete(&path).token(&admin.token).send().is(204);
    client.get(&path).token(&admin.token).send().is(404);
}

#[test]
fn a_new_metadata_plugin_is_in_tokens() {
    let (file, configuration) = plugins::newly_written("team", "metadata");
    let daemon = Daemon::builder()
        .plugin(file)
        .config(&configuration)
        .start();
    let store = Store::of(daemon.installation());
    drop(store.user(None, "alice", &[]));
    let login = offline(&daemon, "alice", "web");
    assert_eq!(login.data["metadata"]["team"], "tea");
}

#[test]
fn nothing_that_is_there_is_written_over_and_a_bad_name_makes_nothing() {
    let place = Home::new();
    let there = place.folder("there");
    fs::write(there.join("mine"), "mine").unwrap();
    let refused = new_in(place.path(), &["there", "--kind", "backend"]).failed(1);
    assert!(refused.contains("it is there already"), "{refused}");
    let refused = new_in(
        place.path(),
        &["x", "--kind", "backend", "--directory", "no/x"],
    )
    .failed(1);
    assert!(refused.contains("is no folder"), "{refused}");
    for name in ["Upper", "../up", "fn", "rest_api", "-x"] {
        let answer = new_in(place.path(), &["--kind", "metadata", "--", name]).failed(1);
        assert!(
            answer.contains("cannot be the name of a plugin"),
            "{answer}"
        );
    }
    let refused = new_in(place.path(), &["x", "--kind", "idp"]).failed(2);
    assert!(
        refused.contains("possible values: backend, external_auth, metadata"),
        "{refused}"
    );
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(&there).unwrap().count(), 1);
}

#[test]
fn a_file_is_inspected_without_its_code() {
    let inspect = |file: &Path, more: &[&str]| {
        let mut inspect = Command::new(program());
        inspect.args(["plugin", "inspect"]).arg(file).args(more);
        command::run(inspect, Duration::from_secs(60))
    };
    let shown = inspect(plugins::external_bar(), &[]).ok();
    for line in [
        "name         wazo-auth-plugin-external-bar",
        "panic        unwind",
        "entry        external_auth bar",
        "needs        external_auth_service.create",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let document: Value =
        serde_json::from_str(&inspect(plugins::external_bar(), &["--json"]).ok()).unwrap();
    assert_eq!(
        document["entries"],
        json!([{ "kind": "external_auth", "name": "bar" }])
    );
    // It would end the process if it ran.
    let abort = inspect(&plugins::bad("abort"), &[]).ok();
    assert!(abort.contains("panic        abort"), "{abort}");
    let refused = inspect(Path::new("/etc/passwd"), &[]).failed(1);
    assert!(
        refused.contains("/etc/passwd: it is no shared library"),
        "{refused}"
    );
}

#[test]
fn a_file_that_the_daemon_would_not_load_is_not_verified() {
    let verify = |files: &[&Path]| {
        let mut verify = Command::new(program());
        verify.args(["plugin", "verify", "--json"]).args(files);
        command::run(verify, Duration::from_secs(60))
    };
    let place = Home::new();
    let good = home::place(plugins::backend_example(), &place.join("good.so"));
    let open = home::place(plugins::backend_example(), &place.join("open.so"));
    home::set_mode(&open, 0o666).unwrap();
    let other = place.join("other.so");
    plugins::with_other_major(plugins::backend_example(), &other);
    let abort = home::place(&plugins::bad("abort"), &place.join("abort.so"));

    let reports: Value = serde_json::from_str(&verify(&[&good]).ok()).unwrap();
    assert_eq!(reports[0]["state"], "loaded", "{reports}");
    assert_eq!(reports[0]["entries"][0]["name"], "example");
    let missing = place.join("missing.so");
    let all = [&good, &open, &other, &abort, &missing].map(|path| path.as_path());
    let output = verify(&all);
    assert_eq!(output.status.code(), Some(1));
    let reports: Value = serde_json::from_str(&output.stdout).unwrap();
    for (report, reason) in reports.as_array().unwrap().iter().skip(1).zip([
        "everybody may write to ",
        "plugin was built for ABI 9.",
        "built with panic=abort",
        "it cannot be opened: No such file",
    ]) {
        assert_eq!(report["state"], "refused", "{report}");
        assert!(
            report["reason"].as_str().unwrap().starts_with(reason),
            "{report}"
        );
    }
    assert_eq!(reports.as_array().unwrap().len(), 5);
}
