//! The arrows between the crates are those of `ARCHITECTURE.md`.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use wazo_auth_test_support::command;
use wazo_auth_tests::graph::{self, Crate, Purpose, Use};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn our_crates() -> Vec<Crate> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap());
    cargo.current_dir(root()).args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let output = command::run(cargo, Duration::from_secs(60)).ok();
    graph::crates(&serde_json::from_str(&output).unwrap())
}

#[test]
fn every_crate_uses_only_what_the_table_lets_it_use() {
    let crates = our_crates();
    assert!(crates.len() > 10, "{crates:?}");
    let rules = graph::rules(&read("ARCHITECTURE.md"));
    assert_eq!(graph::violations(&crates, &rules), [""; 0]);
}

#[test]
fn the_abi_is_made_of_abi_stable_alone() {
    let core = our_crates()
        .into_iter()
        .find(|known| known.folder == "crates/core")
        .unwrap();
    let shipped: Vec<&str> = core
        .uses
        .iter()
        .filter(|used| used.purpose == Purpose::Ship)
        .map(|used| used.package.as_str())
        .collect();
    assert_eq!(shipped, ["abi_stable"]);
}

#[test]
fn a_wrong_arrow_is_found() {
    let rules = graph::rules(&read("ARCHITECTURE.md"));
    let made_up = |folder: &str, uses: &[(&str, Purpose)]| Crate {
        folder: folder.to_owned(),
        package: folder.replace('/', "-"),
        uses: uses
            .iter()
            .map(|(package, purpose)| Use {
                package: (*package).to_owned(),
                purpose: *purpose,
            })
            .collect(),
    };
    let good = [
        made_up("crates/core", &[("abi_stable", Purpose::Ship)]),
        made_up("crates/plugin", &[("crates-core", Purpose::Ship)]),
        made_up("crates/model", &[("crates-test-support", Purpose::Test)]),
        made_up(
            "crates/database",
            &[("crates-model", Purpose::Ship), ("diesel", Purpose::Ship)],
        ),
        made_up("crates/test-support", &[]),
        made_up("plugins/examples/any", &[("crates-plugin", Purpose::Ship)]),
        made_up("crates/server", &[("crates-database", Purpose::Ship)]),
        made_up("tests", &[("crates-test-support", Purpose::Ship)]),
    ];
    assert_eq!(graph::violations(&good, &rules), [""; 0]);
    for (folder, used, purpose, found) in [
        (
            "crates/model",
            "crates-database",
            Purpose::Ship,
            "crates/model may not use crates-database",
        ),
        (
            "crates/model",
            "crates-core",
            Purpose::Test,
            "crates/model uses in its tests crates-core",
        ),
        (
            "crates/model",
            "diesel_migrations",
            Purpose::Ship,
            "crates/model may not use diesel_migrations",
        ),
        (
            "crates/database",
            "actix-web",
            Purpose::Test,
            "crates/database may not use actix-web",
        ),
        (
            "crates/server",
            "libloading",
            Purpose::Ship,
            "crates/server may not use libloading",
        ),
        (
            "crates/server",
            "crates-test-support",
            Purpose::Ship,
            "crates/server may not use crates-test-support",
        ),
        (
            "plugins/examples/any",
            "crates-core",
            Purpose::Ship,
            "plugins/examples/any may not use crates-core",
        ),
        (
            "plugins/examples/any",
            "abi_stable",
            Purpose::Ship,
            "plugins/examples/any may not use abi_stable",
        ),
    ] {
        let mut crates = good.clone();
        let user = crates
            .iter_mut()
            .find(|known| known.folder == folder)
            .unwrap();
        user.uses.push(Use {
            package: used.to_owned(),
            purpose,
        });
        assert_eq!(graph::violations(&crates, &rules), [found]);
    }
    let unknown = [made_up("crates/new", &[])];
    assert_eq!(
        graph::violations(&unknown, &rules),
        ["crates/new is not in the table"]
    );
}

/// The crates whose code may be unsafe, with their reasons.
const UNSAFE: &[&str] = &["crates/core", "crates/plugin", "crates/plugin-host"];
/// The crates with lints of their own, since those of the workspace do not suit them.
const OWN_LINTS: &[&str] = &["crates/core", "crates/plugin-host"];

#[test]
fn unsafe_code_is_where_it_may_be_and_nowhere_else() {
    assert!(read("Cargo.toml").contains("\nunsafe_code = \"deny\"\n"));
    for known in our_crates() {
        let manifest = read(&format!("{}/Cargo.toml", known.folder));
        assert_eq!(
            manifest.contains("\n[lints]\nworkspace = true\n"),
            !OWN_LINTS.contains(&known.folder.as_str()),
            "the lints of {}",
            known.folder
        );
        if UNSAFE.contains(&known.folder.as_str()) {
            continue;
        }
        for file in rust_files(&root().join(&known.folder)) {
            let text = fs::read_to_string(&file).unwrap();
            // Put together, so that this file does not hold it.
            let exception = ["(unsafe", "_code"].concat();
            assert!(
                !text.contains(&exception),
                "{} lets unsafe code in",
                file.display()
            );
        }
    }
}

/// The Rust files of a crate, less the crates that lie below it.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.join("Cargo.toml").exists() {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
