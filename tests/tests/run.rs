//! `scripts/run`, which `make run` calls: from nothing to a daemon that serves, and again.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use wazo_auth_test_support::{
    Credentials, Home, Server, command,
    daemon::{self, Login},
    home, plugins, process,
};

/// The folder that everything was built into.
fn build() -> &'static Path {
    // All of it, as `make build` does.
    for plugin in [
        plugins::native(),
        plugins::backend_example(),
        plugins::external_bar(),
    ] {
        assert_eq!(plugin.parent(), daemon::program().parent());
    }
    daemon::program().parent().unwrap()
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/run")
}

/// The script, to run on a free port under that umask.
fn run(folder: &Path, umask: &str) -> Command {
    let mut command = process::bound("sh");
    command
        .args(["-c", "umask \"$0\"; exec \"$@\"", umask])
        .arg(script())
        .arg(build())
        .current_dir("/")
        .env_remove("XIVO_UUID")
        .env("WAZO_AUTH_HOME", folder)
        .env("PORT", "0");
    command
}

fn login(server: &Server, folder: &Path) -> Login {
    let Credentials { username, password } = Credentials::read(&folder.join("credentials.yml"));
    Login::read(
        &server
            .client()
            .post("/token")
            .basic(&username, &password)
            .body("{}")
            .send(),
    )
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_second_run_finds_everything_in_place() {
    let home = Home::new();
    let folder = home.join("new/er");
    let server = Server::start(run(&folder, "022")).unwrap();
    let admin = login(&server, &folder);
    let password = Credentials::read(&folder.join("credentials.yml")).password;
    assert_eq!(server.lines().with(&password).len(), 1, "printed once");
    assert!(server.stop_by("TERM").status.success());

    // What people changed stays.
    let config = folder.join("config.yml");
    let mine = fs::read_to_string(&config).unwrap() + "default_token_lifetime: 99\n";
    fs::write(&config, &mine).unwrap();
    let server = Server::start(run(&folder, "022")).unwrap();
    assert_eq!(fs::read_to_string(&config).unwrap(), mine);
    assert_eq!(login(&server, &folder).auth_id, admin.auth_id);
    server
        .client()
        .get(&format!("/token/{}", admin.token))
        .send()
        .is(200);
    assert_eq!(server.lines().with(&password), [""; 0], "and not again");
    let answer = server
        .client()
        .post("/token")
        .basic("alice", "s3cre7")
        .body("{}")
        .send();
    assert_eq!(answer.expect(200)["data"]["acl"][0], "example.alice.read");
}

#[test]
fn whatever_the_umask_is_the_plugins_are_loaded_and_the_secrets_are_kept() {
    for umask in ["002", "000", "077"] {
        let home = Home::new();
        let folder = home.join("run");
        let server = Server::start(run(&folder, umask)).unwrap();
        let _ = login(&server, &folder);
        assert_eq!(mode(&folder), 0o700, "umask {umask}");
        assert_eq!(
            mode(&folder.join("credentials.yml")),
            0o600,
            "umask {umask}"
        );
        for entry in fs::read_dir(folder.join("plugins")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path) & 0o022, 0, "umask {umask}: {}", path.display());
        }
        assert!(server.lines().with("better run \"chmod").is_empty());
    }
}

#[test]
fn below_a_folder_that_others_may_write_to_the_plugins_go_elsewhere() {
    let home = Home::new();
    let (open, cache) = (home.folder("open"), home.folder("cache"));
    home::set_mode(&open, 0o777).unwrap();
    let folder = open.join("run");
    let mut command = run(&folder, "022");
    command.env("XDG_CACHE_HOME", &cache);
    let server = Server::start(command).unwrap();
    let _ = login(&server, &folder);
    let told = server
        .lines()
        .wait_for("others may write to a directory above");
    assert!(told.contains(cache.to_str().unwrap()), "{told}");
    let list = command_of(&folder, "wazo-auth", &["plugin", "list", "--config-file"]);
    assert!(list.ok().contains("libwazo_auth_plugin_external_bar.so"));
}

/// Runs a program that the script has put in place, with the configuration that it wrote.
fn command_of(folder: &Path, program: &str, args: &[&str]) -> command::Output {
    let mut command = process::bound(folder.join("bin").join(program));
    command.args(args).arg(folder.join("config.yml"));
    command::run(command, Duration::from_secs(60))
}

#[test]
fn the_other_programs_are_there_under_their_names() {
    let home = Home::new();
    let folder = home.join("it's here");
    let server = Server::start(run(&folder, "022")).unwrap();
    let _ = login(&server, &folder);
    let said = command_of(&folder, "wazo-auth-upgrade-db", &["--config-file"]).ok();
    assert!(!said.contains("applied"), "{said}");
    let list = command_of(&folder, "wazo-auth", &["plugin", "list", "--config-file"]).ok();
    for name in ["native", "backend_example", "external_bar"] {
        assert!(
            list.contains(&format!("libwazo_auth_plugin_{name}.so: ")),
            "{list}"
        );
    }
    assert_eq!(list.matches(" - started").count(), 9, "{list}");
}

#[test]
fn a_port_that_is_none_is_refused_before_anything_is_written() {
    for port in ["http", "-1", "80 80", "8080x", " "] {
        let home = Home::new();
        let folder = home.join("run");
        let mut command = run(&folder, "022");
        command.env("PORT", port);
        let complaint = command::run(command, Duration::from_secs(60)).failed(1);
        assert!(
            complaint.contains("PORT") && complaint.contains(port),
            "{complaint}"
        );
        assert!(!folder.exists());
    }
}

#[test]
fn a_port_that_is_too_large_is_refused_too() {
    let home = Home::new();
    let mut command = run(&home.join("run"), "022");
    command.env("PORT", "70000");
    let output = command::run(command, Duration::from_secs(60));
    assert!(!output.status.success());
    assert!(output.stderr.contains("70000"), "{output:?}");
}
