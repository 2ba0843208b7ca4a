//! The page for plugin authors: its plugins are built as they stand there, tested, and used.
#![expect(
    clippy::panic,
    reason = "a failed expectation should stop a test, loudly"
)]

use std::{fs, path::Path};

use serde_json::json;
use wazo_auth_test_support::{Daemon, plugins};
use wazo_auth_tests::{markdown, offline::offline, shapes::assert_reason, store::Store};

fn guide() -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/plugins.md"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The whole file of Rust in the page that exports the entry `name`.
fn source(name: &str) -> String {
    let exported = format!(" \"{name}\" => ");
    markdown::blocks(&guide(), "rust")
        .into_iter()
        .filter(|block| block.starts_with("// src/lib.rs\n"))
        .find(|block| block.contains(&exported))
        .unwrap_or_else(|| panic!("the page shows no plugin {name}"))
}

/// The manifest that the page writes for its first plugin.
fn manifest() -> String {
    markdown::blocks(&guide(), "toml")
        .into_iter()
        .find(|block| block.starts_with("# Cargo.toml\n"))
        .unwrap_or_else(|| panic!("the page shows no Cargo.toml"))
}

#[test]
fn the_first_plugin_of_the_page_logs_somebody_in() {
    let source = source("doorman");
    let plugin = plugins::from_source("doorman", &manifest(), &source);
    let guide = guide();
    let configuration = guide
        .split_once("<<'YAML'\n")
        .and_then(|(_, behind)| behind.split_once("YAML\n"))
        .map(|(configuration, _)| configuration)
        .unwrap_or_else(|| panic!("the page does not enable its plugin"));
    let daemon = Daemon::builder()
        .plugin(plugin)
        .config(configuration)
        .start();
    let login = daemon.login("guest", "swordfish");
    assert_eq!(login.data["metadata"]["auth_id"], json!(login.auth_id));
    assert_reason(
        &daemon.try_login("guest", "wrong"),
        401,
        "Authentication Failed",
    );
    let listed = daemon.installation().plugin_list();
    assert!(listed.contains("backend doorman - started"), "{listed}");
}

#[test]
fn the_plugin_that_the_page_tests_passes_its_tests() {
    let source = source("directory");
    let manifest = manifest().replace("\"doorman\"", "\"directory\"");
    plugins::from_source("directory", &manifest, &source);
}

#[test]
fn the_metadata_plugin_of_the_page_is_asked_about_users() {
    let manifest = manifest().replace("\"doorman\"", "\"department\"");
    let plugin = plugins::from_source("department", &manifest, &source("department"));
    let configuration = markdown::blocks(&guide(), "yaml")
        .into_iter()
        .find(|block| block.starts_with("# 50-department.yml\n"))
        .unwrap_or_else(|| panic!("the page does not enable its metadata plugin"));
    let daemon = Daemon::builder()
        .plugin(plugin)
        .config(&configuration)
        .start();
    let store = Store::of(daemon.installation());
    drop(store.user(None, "alice", &[]));
    let login = offline(&daemon, "alice", "web");
    assert_eq!(login.data["metadata"]["department"], "tea");
    assert_eq!(login.data["metadata"]["first_seen_at"], "127.0.0.1");
    assert_eq!(login.data["metadata"]["auth_id"], json!(login.auth_id));
}
