//! The programs beside the daemon: its first administrator, its database, its port.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use wazo_auth_test_support::{Credentials, Daemon, Installation, command, home, process};
use wazo_auth_tests::shapes::assert_reason;

const PROGRAMS: &[&str] = &[
    "wazo-auth",
    "wazo-auth-bootstrap",
    "wazo-auth-init-db",
    "wazo-auth-upgrade-db",
    "wazo-auth-wait",
];

/// Runs a program with those arguments alone.
fn plain(installation: &Installation, program: &str, args: &[&str]) -> command::Output {
    let mut command = installation.command(program);
    command.args(args);
    command::run(command, Duration::from_secs(60))
}

fn initial_user(installation: &Installation, args: &[&str]) -> command::Output {
    let args = [&["initial-user"], args].concat();
    installation.run("wazo-auth-bootstrap", args)
}

#[test]
fn every_program_says_how_it_is_used() {
    let installation = Daemon::builder().install();
    for program in PROGRAMS {
        for option in ["--help", "-h"] {
            let text = plain(&installation, program, &[option]).ok();
            assert!(
                text.contains("Usage") && text.contains(program),
                "{program} {option}: {text}"
            );
        }
        let refused = plain(&installation, program, &["--no-such-option"]);
        assert_eq!(refused.status.code(), Some(2), "{program}: {refused:?}");
    }
    let bare = plain(&installation, "wazo-auth-bootstrap", &[]);
    assert!((bare.stdout + &bare.stderr).contains("Usage"));
    let setup = plain(&installation, "wazo-auth-bootstrap", &["setup"]);
    assert!(setup.ok().contains("no longer needed"));
}

#[test]
fn a_file_needs_no_preparation() {
    let installation = Daemon::builder().install();
    let arguments = ["--pg_db_uri", "sqlite:///tmp/x"];
    let complaint = plain(&installation, "wazo-auth-init-db", &arguments).failed(1);
    assert!(
        complaint.contains("SQLite") && complaint.contains("wazo-auth-upgrade-db"),
        "{complaint}"
    );
}

#[test]
fn the_credentials_are_in_a_file_that_only_its_owner_reads() {
    let installation = Daemon::builder().without_database().install();
    installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    let file = installation.path("deep/er/credentials.yml");
    let mut shell = process::bound("sh");
    shell
        .args([
            "-c",
            "umask 0; exec \"$0\" complete --config-file \"$1\" --credentials-file \"$2\"",
        ])
        .arg(installation.path("bin/wazo-auth-bootstrap"))
        .args([installation.path("config.yml"), file.clone()]);
    let said = command::run(shell, Duration::from_secs(60)).ok();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let Credentials { username, password } = Credentials::read(&file);
    assert_eq!(username, "wazo-auth-cli");
    assert_eq!(password.len(), 28);
    assert!(
        password.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{password}"
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        format!(
            "auth:\n  username: '{username}'\n  password: '{password}'\n  backend: wazo_user\n"
        )
    );
    // Once, for whoever sits there.
    assert_eq!(said.matches(&password).count(), 1, "{said}");
}

#[test]
fn completing_twice_changes_nothing() {
    let installation = Daemon::builder().install();
    let file = installation.path("credentials.yml");
    let (before, time) = (
        fs::read(&file).unwrap(),
        fs::metadata(&file).unwrap().modified().unwrap(),
    );
    let daemon = installation.start();
    let admin = daemon.admin();
    for _ in 0..2 {
        let said = daemon.installation().bootstrap().ok();
        let password = daemon.installation().credentials().password;
        assert!(!said.contains(&password), "{said}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), time);
    daemon
        .client()
        .get(&format!("/token/{}", admin.token))
        .send()
        .is(200);
}

#[test]
fn without_the_file_the_administrator_gets_a_new_password_and_loses_the_sessions() {
    let daemon = Daemon::builder().start();
    let installation = daemon.installation();
    let (old, admin) = (installation.credentials(), daemon.admin());
    fs::remove_file(installation.path("credentials.yml")).unwrap();
    installation.bootstrap().ok();
    let new = installation.credentials();
    assert_ne!(new.password, old.password);
    // The running daemon knows at once.
    let gone = daemon
        .client()
        .get(&format!("/token/{}", admin.token))
        .send();
    assert_reason(&gone, 404, "No such token");
    let refused = daemon.try_login(&old.username, &old.password);
    assert_reason(&refused, 401, "Authentication Failed");
    assert_eq!(daemon.admin().auth_id, admin.auth_id);
}

#[test]
fn a_file_that_is_there_gives_a_new_database_its_administrator() {
    let installation = Daemon::builder().embedded().install();
    let before = installation.credentials();
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(
            installation.path(&format!("wazo-auth.sqlite{end}")),
        ));
    }
    installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    installation.bootstrap().ok();
    assert_eq!(installation.credentials(), before);
    let _ = installation.start().admin();
}

#[test]
fn a_file_that_contradicts_the_database_or_itself_is_told() {
    let installation = Daemon::builder().install();
    let file = installation.path("credentials.yml");
    home::write(
        &file,
        "auth:\n  username: 'wazo-auth-cli'\n  password: 'another'\n",
    );
    let complaint = installation.bootstrap().failed(1);
    assert!(
        complaint.starts_with("Failed to bootstrap wazo-auth")
            && complaint.contains("User wazo-auth-cli already exists with different credential"),
        "{complaint}"
    );
    for text in ["", "auth: 1\n", "auth: {username: x}\n", "{", "nonsense"] {
        home::write(&file, text);
        let complaint = installation.bootstrap().failed(1);
        assert!(
            complaint.contains("credentials.yml"),
            "{text:?}: {complaint}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn an_initial_user_is_made_once() {
    let installation = Daemon::builder().install();
    let args = ["--username", "Root", "--password", "it's: \"me\" ümläut"];
    initial_user(&installation, &args).ok();
    initial_user(&installation, &args).ok();
    let complaint = initial_user(
        &installation,
        &["--username", "root", "--password", "other"],
    )
    .failed(1);
    assert!(
        complaint.contains("already exists with different credential"),
        "{complaint}"
    );
    let daemon = installation.start();
    let root = daemon.login("root", "it's: \"me\" ümläut");
    assert_eq!(root.data["metadata"]["purpose"], "internal");
    assert_eq!(root.data["acl"], serde_json::json!(["#"]));
}

#[test]
fn an_initial_user_can_be_told_by_the_environment() {
    let installation = Daemon::builder()
        .env("WAZO_AUTH_BOOTSTRAP_USERNAME", "env")
        .env("WAZO_AUTH_BOOTSTRAP_PASSWORD", "from there")
        .env("WAZO_AUTH_BOOTSTRAP_PURPOSE", "external_api")
        .install();
    let said = initial_user(&installation, &[]).ok();
    assert!(!said.contains("from there"), "{said}");
    let daemon = installation.start();
    let login = daemon.login("env", "from there");
    assert_eq!(login.data["metadata"]["purpose"], "external_api");
}

#[test]
fn an_initial_user_without_a_password_gets_one_and_it_is_printed() {
    let installation = Daemon::builder().install();
    let said = initial_user(&installation, &["--username", "x"]).ok();
    let password = said
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap_or_else(|| panic!("no password in {said}"));
    assert_eq!(password.len(), 28);
    let _ = installation.start().login("x", password);
}

#[test]
fn an_initial_user_that_makes_no_sense_is_refused() {
    let installation = Daemon::builder().install();
    for (args, word) in [
        (["--username", "", "--password", "x"], "empty"),
        (["--username", "x", "--password", ""], "empty"),
        (["--username", "x", "--purpose", "king"], "king"),
        (["--username", "x", "--policy-slug", "nothing"], "nothing"),
    ] {
        let complaint = initial_user(&installation, &args).failed(1);
        assert!(
            complaint.starts_with("Failed to bootstrap wazo-auth") && complaint.contains(word),
            "{args:?}: {complaint}"
        );
    }
    let daemon = installation.start();
    assert_reason(&daemon.try_login("x", "x"), 401, "Authentication Failed");
}

#[test]
fn a_database_is_migrated_once() {
    let installation = Daemon::builder().without_database().install();
    let first = installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    assert!(first.contains("applied migration "), "{first}");
    let second = installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    assert!(!second.contains("applied migration "), "{second}");
}

#[test]
fn a_database_is_readable_by_its_owner_alone() {
    // It holds tokens and what users stored for other services.
    let installation = Daemon::builder().embedded().install();
    let file = installation.path("wazo-auth.sqlite");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn a_database_without_a_schema_is_told_and_not_made_on_the_side() {
    let installation = Daemon::builder().without_database().install();
    for output in [
        installation.bootstrap(),
        initial_user(&installation, &["--password", "x"]),
    ] {
        let complaint = output.failed(1);
        assert!(complaint.contains("wazo-auth-upgrade-db"), "{complaint}");
    }
    assert!(!installation.path("credentials.yml").exists());
    let (installation, exited) = installation.refuse();
    assert_eq!(exited.status.code(), Some(1));
    assert!(exited.says("wazo-auth-upgrade-db"), "{exited:#?}");
    drop(installation);
}

#[test]
fn a_daemon_migrates_by_itself_when_it_is_told_to() {
    let installation = Daemon::builder()
        .without_database()
        .arg("--db-upgrade-on-startup")
        .install();
    let daemon = installation.start();
    let _ = daemon
        .lines()
        .wait_for("(INFO) (wazo_auth.daemon): applied migration ");
    daemon.installation().bootstrap().ok();
    let _ = daemon.admin();
}

#[test]
fn waiting_ends_as_soon_as_the_daemon_listens() {
    let daemon = Daemon::builder().start();
    let fragment = format!("rest_api: {{port: {}}}\n", daemon.port());
    home::write(&daemon.installation().path("conf.d/port.yml"), fragment);
    daemon.installation().run("wazo-auth-wait", [""; 0]).ok();
}

#[test]
fn two_bootstraps_at_once_leave_one_administrator() {
    let installation = Daemon::builder().without_database().install();
    installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    let args = ["--username", "twice", "--password", "pw"];
    std::thread::scope(|scope| {
        let both: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| initial_user(&installation, &args)))
            .collect();
        let succeeded = both
            .into_iter()
            .map(|one| one.join().unwrap())
            .filter(|output| output.status.success())
            .count();
        assert!(succeeded >= 1);
    });
    let daemon = installation.start();
    let _ = daemon.login("twice", "pw");
}
