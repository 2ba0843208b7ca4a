//! Plugin files good and bad in the directory of a real daemon: each is explained in one line, and none
//! keeps the daemon from serving.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{fs, os::unix::fs::symlink, path::Path};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, Installation, abi, home, plugins};
use wazo_auth_tests::shapes::assert_reason;

/// The state and the reason of each file, by its name.
fn files(installation: &Installation) -> Vec<(String, String, String)> {
    let report = installation.plugin_report();
    let files = report["report"]["files"].as_array().unwrap().clone();
    files
        .iter()
        .map(|file| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let path = text(&file["path"]);
            let name = Path::new(&path)
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, text(&file["state"]), text(&file["reason"]))
        })
        .collect()
}

/// What is known of one file.
fn file(installation: &Installation, name: &str) -> (String, String) {
    files(installation)
        .into_iter()
        .find(|(known, _, _)| known == name)
        .map(|(_, state, reason)| (state, reason))
        .unwrap_or_else(|| panic!("{name} is not listed"))
}

/// The lines of `plugin list` about a file, without its entries.
fn lines<'a>(list: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("  {name}");
    list.lines()
        .filter(|line| {
            line.strip_prefix(&start)
                .is_some_and(|rest| rest.starts_with([':', ' ']))
        })
        .collect()
}

/// Files that cannot be loaded, with a word of the reason.
const BAD: &[(&str, &str)] = &[
    ("abort.so", "panic=abort"),
    ("directory.so", "no regular file"),
    ("empty.so", "ELF"),
    ("foreign.so", "no wazo-auth plugin"),
    ("half.so", "damaged"),
    ("link.so", "symbolic link"),
    (
        "major.so",
        "plugin was built for ABI 9.2, this daemon speaks 0.2",
    ),
    ("program.so", "no wazo-auth plugin"),
    ("text.so", "ELF"),
    ("writable.so", "chmod go-w"),
];

fn install_with_bad_files() -> Installation {
    let installation = Daemon::builder()
        .examples()
        .plugin(plugins::bad("abort"))
        .config("enabled_backend_plugins: {abort: true}\n")
        .install();
    let folder = installation.path("plugins");
    let at = |name: &str| folder.join(name);
    home::write(&at("empty.so"), "");
    home::write(&at("text.so"), "This is no plugin.\n");
    home::write(
        &at("readme.txt"),
        "Neither is this, and nobody looks at it.\n",
    );
    home::place(&plugins::foreign_library(), &at("foreign.so"));
    home::place(wazo_auth_test_support::daemon::program(), &at("program.so"));
    plugins::with_other_major(plugins::external_bar(), &at("major.so"));
    let whole = fs::read(plugins::external_bar()).unwrap();
    home::write(&at("half.so"), &whole[..whole.len() / 2]);
    home::place(&plugins::bad("routes"), &at("writable.so"));
    home::set_mode(&at("writable.so"), 0o666).unwrap();
    symlink(at("libwazo_auth_plugin_native.so"), at("link.so")).unwrap();
    fs::create_dir(at("directory.so")).unwrap();
    installation
}

#[test]
fn every_bad_file_is_explained_in_one_line_and_the_daemon_serves() {
    let daemon = install_with_bad_files().start();
    let _ = daemon.admin();
    let _ = daemon.login("alice", "s3cre7");

    let list = daemon.installation().plugin_list();
    for (name, word) in BAD {
        let found = lines(&list, name);
        assert_eq!(found.len(), 1, "{name} in\n{list}");
        assert!(
            found[0].contains(" - refused: ") && found[0].contains(word),
            "{word:?} in {found:?}"
        );
    }
    assert!(!list.contains("readme"), "{list}");
    assert!(list.contains(&format!("(pid {})", daemon.pid())), "{list}");
    for name in ["backend_example", "external_bar", "native"] {
        let name = format!("libwazo_auth_plugin_{name}.so");
        let found = lines(&list, &name);
        assert!(
            found.len() == 1 && found[0].ends_with(" - started"),
            "{found:?}"
        );
    }

    // The log has the same, where the daemon's operator looks first.
    for (name, word) in BAD {
        let told = daemon.lines().with(&format!("/{name} "));
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert!(
            told[0].contains("(ERROR)") && told[0].contains(word),
            "{told:?}"
        );
    }
}

#[test]
fn the_list_is_there_for_programs_too() {
    let daemon = install_with_bad_files().start();
    let report = daemon.installation().plugin_report();
    assert_eq!(report["daemon_pid"], daemon.pid());
    let files = files(daemon.installation());
    for (name, word) in BAD {
        let (_, state, reason) = files.iter().find(|(known, _, _)| known == name).unwrap();
        assert_eq!(state, "refused", "{name}");
        assert!(
            reason.contains(word) && !reason.contains('\n'),
            "{name}: {reason}"
        );
    }
    let bar = report["report"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"] == "wazo-auth-plugin-external-bar")
        .unwrap();
    assert_eq!(
        (&bar["state"], &bar["abi"]),
        (&json!("started"), &json!("0.2.0"))
    );
    assert_eq!(
        bar["entries"],
        json!([{
            "kind": "external_auth",
            "name": "bar",
            "state": "started",
            "reason": null,
            "enabled": true,
            "hint": null,
        }])
    );
    for member in ["version", "license", "authors", "description", "rustc"] {
        assert!(bar[member].is_string(), "{member} of {bar}");
    }
}

#[test]
fn without_a_daemon_the_list_tells_what_a_start_would_find() {
    let installation = install_with_bad_files();
    let list = installation.plugin_list();
    assert!(list.contains("no daemon runs"), "{list}");
    for (name, word) in BAD {
        let found = lines(&list, name);
        assert!(
            found.len() == 1 && found[0].contains(word),
            "{name} in\n{list}"
        );
    }
    let native = lines(&list, "libwazo_auth_plugin_native.so");
    assert!(native[0].ends_with(" - found"), "{native:?}");
    assert_eq!(installation.plugin_report()["daemon_pid"], Value::Null);
    let (installation, _) = installation.start().stop();
    assert!(installation.plugin_list().contains("no daemon runs"));
}

#[test]
fn of_two_files_with_the_same_backend_neither_is_used() {
    let daemon = Daemon::builder()
        .examples()
        .plugin(plugins::bad("duplicate"))
        .start();
    // The other one would accept everybody.
    for password in ["s3cre7", "wrong"] {
        assert_ne!(
            daemon.try_login("alice", password).status,
            200,
            "{password}"
        );
    }
    let _ = daemon.admin();
    for (name, other) in [
        ("duplicate.so", "libwazo_auth_plugin_backend_example.so"),
        ("libwazo_auth_plugin_backend_example.so", "duplicate.so"),
    ] {
        let (state, reason) = file(daemon.installation(), name);
        assert_eq!(state, "refused", "{name}: {reason}");
        assert!(
            reason.contains(other) && reason.contains("\"example\""),
            "{reason}"
        );
    }
}

#[test]
fn what_is_installed_and_not_enabled_comes_with_the_line_that_would_enable_it() {
    let daemon = Daemon::builder()
        .plugin(plugins::external_bar())
        .plugin(plugins::backend_example())
        .start();
    let list = daemon.installation().plugin_list();
    for line in [
        "enabled_external_auth_plugins: {bar: true}",
        "enabled_backend_plugins: {example: true}",
    ] {
        assert!(list.contains(line), "{line} in\n{list}");
        home::write(
            &daemon
                .installation()
                .path(&format!("conf.d/{}.yml", &line[8..12])),
            line,
        );
    }
    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    for name in ["external_bar", "backend_example"] {
        let (state, _) = file(
            daemon.installation(),
            &format!("libwazo_auth_plugin_{name}.so"),
        );
        assert_eq!(state, "started", "{name}");
    }
}

#[test]
fn a_replaced_or_removed_file_does_not_disturb_the_daemon_that_has_it_loaded() {
    let daemon = Daemon::builder().examples().start();
    let path = daemon
        .installation()
        .path("plugins/libwazo_auth_plugin_backend_example.so");
    // In place, which no package manager does and people do all the same.
    let size = fs::metadata(&path).unwrap().len();
    fs::write(&path, vec![0; usize::try_from(size).unwrap()]).unwrap();
    let _ = daemon.login("alice", "s3cre7");
    fs::write(&path, "").unwrap();
    let _ = daemon.login("bob", "abc123");
    let (state, reason) = file(
        daemon.installation(),
        "libwazo_auth_plugin_backend_example.so",
    );
    assert_eq!(state, "refused", "{reason}");
    fs::remove_file(&path).unwrap();
    let _ = daemon.login("charlie", "lovecat");

    // A start takes what is there then.
    home::place(&plugins::bad("duplicate"), &path);
    let (installation, stopped) = daemon.stop();
    assert!(stopped.status.success());
    let daemon = installation.start();
    assert_ne!(daemon.try_login("alice", "s3cre7").status, 401);
}

#[test]
fn plugins_of_every_minor_of_the_abi_are_loaded_in_every_order() {
    let versions = [
        ("example", plugins::backend_example().to_owned()),
        ("example_older", abi::older_minor()),
        ("example_newer", abi::newer_minor()),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut builder = Daemon::builder();
        for (name, _) in &versions {
            builder = builder.config(&format!("enabled_backend_plugins: {{{name}: true}}\n"));
        }
        let installation = builder.install();
        for (place, version) in order.iter().enumerate() {
            let path = installation.path(&format!("plugins/{place}.so"));
            home::place(&versions[*version].1, &path);
        }
        let daemon = installation.start();
        for place in 0..3 {
            let (state, reason) = file(daemon.installation(), &format!("{place}.so"));
            assert_eq!(state, "started", "{order:?}, file {place}: {reason}");
        }
    }
}

#[test]
fn a_plugin_of_another_minor_works_and_not_only_loads() {
    for (name, path) in [
        ("example_older", abi::older_minor()),
        ("example_newer", abi::newer_minor()),
    ] {
        let daemon = Daemon::builder().plugin(path).backend(name).start();
        let alice = daemon.login("alice", "s3cre7");
        assert_eq!(alice.data["acl"], json!(["example.alice.read"]), "{name}");
        assert_reason(
            &daemon.try_login("alice", "wrong"),
            401,
            "Authentication Failed",
        );
    }
}

#[test]
fn a_changed_layout_without_a_new_version_is_refused_in_one_line() {
    for others_first in [true, false] {
        let installation = Daemon::builder()
            .examples()
            .config("enabled_backend_plugins: {example_changed: true}\n")
            .install();
        let name = if others_first { "zzz.so" } else { "aaa.so" };
        home::place(
            &abi::changed_layout(),
            &installation.path("plugins").join(name),
        );
        let daemon = installation.start();
        let (state, reason) = file(daemon.installation(), name);
        assert_eq!(state, "refused", "{reason}");
        assert!(reason.contains("layout") && reason.len() < 1000, "{reason}");
        assert!(!reason.contains('\n'), "{reason}");
        assert_eq!(daemon.lines().with(&format!("/{name} ")).len(), 1);
        let _ = daemon.login("alice", "s3cre7");
    }
}

#[test]
fn plugins_may_lie_in_several_directories() {
    let installation = Daemon::builder().backend("example").install();
    let more = installation.path("more");
    fs::create_dir(&more).unwrap();
    home::set_mode(&more, 0o755).unwrap();
    home::place(plugins::backend_example(), &more.join("example.so"));
    let both = format!(
        "plugins: {{directory: ['{}', '{}']}}\n",
        installation.path("plugins").display(),
        more.display()
    );
    home::write(&installation.path("conf.d/00-both.yml"), both);
    let daemon = installation.start();
    let _ = daemon.login("alice", "s3cre7");
    let list = daemon.installation().plugin_list();
    assert!(
        list.contains(&format!("directory {}", more.display())),
        "{list}"
    );
    // The command line takes the place of the configuration.
    let only = ["plugin", "list", "--plugin-dir", more.to_str().unwrap()];
    let list = daemon.installation().run("wazo-auth", only).ok();
    assert!(
        !list.contains("native.so") && list.contains("  example.so: "),
        "{list}"
    );
}

#[test]
fn a_directory_that_others_may_write_to_is_told_and_nothing_of_it_is_loaded() {
    let installation = Daemon::builder().examples().install();
    home::set_mode(&installation.path("plugins"), 0o777).unwrap();
    let refused = installation.run("wazo-auth", ["plugin", "list"]);
    assert!(!refused.status.success());
    assert!(
        refused.stdout.contains("problem: ") && refused.stdout.contains("chmod go-w"),
        "{refused:?}"
    );
    let (installation, exited) = installation.refuse();
    assert_eq!(exited.status.code(), Some(1));
    assert!(
        exited.says("chmod go-w") && exited.says("wazo_user"),
        "{exited:#?}"
    );
    home::set_mode(&installation.path("plugins"), 0o755).unwrap();
    let _ = installation.start().login("alice", "s3cre7");
}
