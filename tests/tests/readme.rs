//! The README's tour, command by command, against the daemon that it starts.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{fs, path::Path, time::Duration};

use serde_json::{Deserializer, Value, json};
use wazo_auth_test_support::{Home, Server, command, daemon, home, plugins, postgres, process};
use wazo_auth_tests::markdown;

/// Between the outputs of two blocks.
const CUT: &str = "----8<----";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks that a reader types into one shell.
fn blocks() -> Vec<String> {
    markdown::blocks(&read("README.md"), "sh")
}

/// Starts what the first block starts, with what these tests were built with.
fn make_run(folder: &Path) -> Server {
    assert_eq!(blocks().first().map(String::as_str), Some("make run\n"));
    let makefile = read("Makefile");
    let recipe = makefile
        .split("\nrun:")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next());
    assert!(
        recipe.is_some_and(|recipe| recipe.contains("scripts/run ")),
        "{recipe:?}"
    );

    for plugin in [
        plugins::native(),
        plugins::backend_example(),
        plugins::external_bar(),
    ] {
        assert_eq!(plugin.parent(), daemon::program().parent());
    }
    let mut command = process::bound(root().join("scripts/run"));
    command
        .arg(daemon::program().parent().unwrap())
        .env("WAZO_AUTH_HOME", folder)
        .env("PORT", "0");
    Server::start(command).unwrap()
}

/// The JSON documents that follow one another in an output.
fn documents(output: &str) -> Vec<Value> {
    Deserializer::from_str(output)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{error} in {output}"))
}

#[test]
fn the_tour_shows_what_it_says() {
    let home = Home::new();
    // Where the reader stands, `.run` is below.
    let folder = home.folder(".run");
    if let Some(uri) = postgres::chosen() {
        let fragments = home.folder(".run/conf.d");
        home::write(
            &fragments.join("10-database.yml"),
            format!("db_uri: '{uri}'\n"),
        );
    }
    let server = make_run(&folder);
    let tour = blocks().split_off(1);
    let script: String = tour
        .iter()
        .map(|block| format!("{block}echo '{CUT}'\n"))
        .collect();
    assert!(script.contains("http://127.0.0.1:9497/0.1") && script.contains(".run/"));
    let script = script.replace("127.0.0.1:9497", &format!("127.0.0.1:{}", server.port()));
    let mut bash = process::bound("bash");
    bash.args(["-euo", "pipefail", "-c", &script])
        .current_dir(home.path());
    let output = command::run(bash, Duration::from_secs(60));
    assert!(
        output.status.success(),
        "{output:#?}\n{:#?}",
        server.lines().all()
    );
    let outputs: Vec<&str> = output.stdout.split(CUT).map(str::trim).collect();
    let [setup, login, check, nothing, stored, alice, gone, list, ""] = outputs.as_slice() else {
        panic!("the tour has {} blocks", outputs.len() - 1);
    };

    assert_eq!(*setup, "");
    let login = &documents(login)[0]["data"];
    assert_eq!(login["acl"], json!(["#"]));
    assert_eq!(*check, "204");

    let nothing = &documents(nothing)[0];
    assert_eq!(
        (&nothing["total"], &nothing["items"][0]["enabled"]),
        (&json!(1), &json!(false))
    );

    let stored = documents(stored);
    let listed = &stored[1]["items"][0];
    assert_eq!(stored[0], json!({"scope": ["contacts"], "secret": "xyzzy"}));
    assert_eq!(
        (&listed["type"], &listed["enabled"]),
        (&json!("bar"), &json!(true))
    );
    assert_eq!(listed["data"], json!({"scope": ["contacts"]}));
    assert!(!stored[1].to_string().contains("xyzzy"));

    let alice = &documents(alice)[0]["data"];
    assert_eq!(alice["metadata"]["username"], "alice");
    assert_eq!(alice["acl"], json!(["example.alice.read"]));

    let (answer, status) = gone.split_once('\n').unwrap();
    assert_eq!(documents(answer), [json!({"data": {"message": "success"}})]);
    assert_eq!(status, "404");

    for name in ["native", "backend_example", "external_bar"] {
        let line = list
            .lines()
            .find(|line| line.contains(&format!("libwazo_auth_plugin_{name}.so: ")));
        assert!(
            line.is_some_and(|line| line.ends_with(" - started")),
            "{name} in\n{list}"
        );
    }
}

#[test]
fn what_the_readme_names_is_there() {
    let readme = read("README.md");
    for target in readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        if !target.contains("://") {
            let file = target.split('#').next().unwrap();
            assert!(root().join(file).exists(), "{file} is not there");
        }
    }
    let makefile = read("Makefile");
    for target in readme
        .split("`make ")
        .skip(1)
        .filter_map(|rest| rest.split(['`', ' ']).next())
    {
        assert!(
            makefile.contains(&format!("\n{target}:")),
            "there is no make {target}"
        );
    }
}
