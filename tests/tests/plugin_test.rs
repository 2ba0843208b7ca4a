//! `wazo-auth plugin test`: plugins that keep to the contract pass, and each fault of the others is named.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value;
use wazo_auth_test_support::{Home, command, daemon::program, plugins};

/// Runs the command, with a second for each call: whether it passed, and the checks.
fn test(file: &Path, arguments: &[&str]) -> (bool, Vec<Value>) {
    let mut test = Command::new(program());
    test.args([
        "plugin",
        "test",
        "--json",
        "--timeout",
        "1",
        "--calls",
        "200",
    ])
    .arg(file)
    .args(arguments);
    let output = command::run(test, Duration::from_secs(300));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let passed = document["passed"].as_bool().unwrap();
    assert_eq!(
        output.status.code(),
        Some(i32::from(!passed)),
        "{output:#?}"
    );
    (passed, document["checks"].as_array().unwrap().clone())
}

/// The detail of a check of an entry, if it failed.
fn fault<'a>(checks: &'a [Value], entry: &str, check: &str) -> Option<&'a str> {
    let found = checks
        .iter()
        .find(|known| known["entry"] == entry && known["check"] == check)
        .unwrap();
    (found["passed"] == false).then(|| found["detail"].as_str().unwrap())
}

const ODD: &str = "odd input is answered";
const MADE_UP: &str = "passwords that nobody has are refused";
const CYCLES: &str = "it is started and stopped again and again";

#[test]
fn the_examples_and_the_daemons_own_plugins_pass() {
    for file in [
        plugins::backend_example(),
        plugins::external_bar(),
        plugins::native(),
    ] {
        let (passed, checks) = test(file, &[]);
        let failed: Vec<_> = checks
            .iter()
            .filter(|check| check["passed"] == false)
            .collect();
        assert!(passed && checks.len() > 7, "{failed:#?}");
    }
}

#[test]
fn what_a_new_plugin_needs_is_given_to_its_test() {
    let (file, configuration) = plugins::newly_written("tested", "backend");
    let (passed, checks) = test(&file, &[]);
    let reason = fault(&checks, "backend tested", "it starts").unwrap();
    assert!(
        !passed && reason.contains("the key `passwords` is missing"),
        "{reason}"
    );
    assert!(reason.ends_with("with --config-file"), "{reason}");

    let home = Home::new();
    let section = home.join("section.yml");
    fs::write(&section, configuration).unwrap();
    let section = section.to_str().unwrap();
    let good = [
        "--config-file",
        section,
        "--login",
        "alice",
        "--password",
        "wonderland",
    ];
    let (passed, checks) = test(&file, &good);
    assert!(passed, "{checks:#?}");
    let good = "a good login has all that its token needs";
    assert_eq!(fault(&checks, "backend tested", good), None);
    let wrong = [
        "--config-file",
        section,
        "--login",
        "alice",
        "--password",
        "herring",
    ];
    let (_, checks) = test(&file, &wrong);
    assert_eq!(
        fault(&checks, "backend tested", good),
        Some("it is not accepted")
    );
}

#[test]
fn a_plugin_that_accepts_everybody_or_panics_is_found_out() {
    let (passed, checks) = test(&plugins::bad("panics"), &[]);
    assert!(!passed);
    let accepted = fault(&checks, "backend panics", MADE_UP).unwrap();
    assert!(
        accepted.contains("is accepted with the password"),
        "{accepted}"
    );
    let stop = fault(&checks, "backend panics", CYCLES).unwrap();
    assert!(stop.contains("panicked while it stopped"), "{stop}");
    let start = fault(
        &checks,
        "backend panics_on_start",
        "a wrong configuration is told",
    )
    .unwrap();
    assert!(start.contains("panicked while it started"), "{start}");
    let filter = fault(&checks, "external_auth panicking", ODD).unwrap();
    assert!(filter.contains("panicked while it filtered"), "{filter}");
}

#[test]
fn a_plugin_that_hangs_is_found_out_in_time() {
    let (passed, checks) = test(&plugins::bad("hangs"), &[]);
    assert!(!passed);
    let start = fault(&checks, "backend hangs_on_start", "it starts").unwrap();
    assert!(start.starts_with("it did not start within 1 s"), "{start}");
    let stop = fault(&checks, "backend hangs_on_stop", CYCLES).unwrap();
    assert!(stop.contains("did not stop in time"), "{stop}");
    let route = fault(&checks, "external_auth hanging", ODD).unwrap();
    assert!(route.contains("did not answer in time"), "{route}");
}

#[test]
fn a_plugin_that_answers_nonsense_is_found_out() {
    let (passed, checks) = test(&plugins::bad("nonsense"), &[]);
    assert!(!passed);
    let filter = fault(&checks, "external_auth nonsense", ODD).unwrap();
    assert!(
        filter.contains("filter_safe answered what is no JSON object"),
        "{filter}"
    );
}

#[test]
fn what_cannot_be_tested_is_said() {
    let run = |arguments: &[&str]| {
        let mut test = Command::new(program());
        test.args(["plugin", "test"]).args(arguments);
        command::run(test, Duration::from_secs(60))
    };
    let refused = run(&["/etc/passwd"]).failed(1);
    assert!(refused.contains("it is no shared library"), "{refused}");
    let example = plugins::backend_example().to_str().unwrap();
    let refused = run(&[example, "--config-file", "/nowhere/x.yml"]).failed(1);
    assert!(refused.contains("/nowhere/x.yml"), "{refused}");
    let refused = run(&[example, "--login", "a"]).failed(2);
    assert!(refused.contains("--password"), "{refused}");
    let (passed, checks) = test(&plugins::bad("abort"), &[]);
    assert!(!passed && checks.len() == 1);
    assert_eq!(checks[0]["check"], "it is loaded");
}
