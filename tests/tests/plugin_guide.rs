//! The page for plugin authors: its plugins are built as they stand there, tested, and used.
#![expect(
    clippy::panic,
    reason = "a failed expectation should stop a test, loudly"
)]

use std::{fs, path::Path};

use serde_json::json;
use wazo_auth_test_support::{Daemon, plugins};
use wazo_auth_tests::{markdown, shapes::assert_reason};

fn guide() -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/plugins.md"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The whole files of Rust in the page, in order.
fn sources() -> Vec<String> {
    markdown::blocks(&guide(), "rust")
        .into_iter()
        .filter(|block| block.starts_with("// src/lib.rs\n"))
        .collect()
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
    let source = sources().into_iter().next();
    let source = source.unwrap_or_else(|| panic!("the page shows no plugin"));
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
    let source = sources().into_iter().nth(1);
    let source = source.unwrap_or_else(|| panic!("the page tests no plugin"));
    let manifest = manifest().replace("\"doorman\"", "\"directory\"");
    plugins::from_source("directory", &manifest, &source);
}
