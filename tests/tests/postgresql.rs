//! The daemon on PostgreSQL: several of them on one database, and a server that dies.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::json;
use wazo_auth_test_support::{Daemon, command, postgres::Server, wait};

/// Clients that log in at the same time.
const CLIENTS: usize = 6;

#[test]
fn two_daemons_start_at_once_on_an_empty_database_and_share_it() {
    let server = Server::shared();
    let uri = server.uri(&server.database());
    let starts: Vec<_> = (0..2)
        .map(|_| {
            let uri = uri.clone();
            thread::spawn(move || {
                Daemon::builder()
                    .database(uri)
                    .without_database()
                    .config("db_upgrade_on_startup: true\n")
                    .start()
            })
        })
        .collect();
    let daemons: Vec<Daemon> = starts
        .into_iter()
        .map(|start| start.join().unwrap())
        .collect();
    let [first, second] = daemons.as_slice() else {
        panic!("two were started");
    };
    first.installation().bootstrap().ok();
    let credentials = first.installation().credentials();
    let login = second.login(&credentials.username, &credentials.password);
    let path = format!("/token/{}", login.token);
    first.client().head(&path).send().is(204);
    first.client().delete(&path).send().is(200);
    second.client().head(&path).send().is(404);
}

#[test]
fn a_server_that_dies_under_load_loses_no_login_and_hangs_no_request() {
    let server = Server::durable();
    let name = server.database();
    let daemon = Arc::new(Daemon::builder().database(server.uri(&name)).start());
    let credentials = daemon.installation().credentials();
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let (failures, done) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (daemon, credentials) = (Arc::clone(&daemon), credentials.clone());
            let (tokens, failures, done) = (
                Arc::clone(&tokens),
                Arc::clone(&failures),
                Arc::clone(&done),
            );
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let answer = daemon.try_login(&credentials.username, &credentials.password);
                    if answer.status == 200 {
                        let token = answer.json()["data"]["token"].as_str().unwrap().to_owned();
                        tokens.lock().unwrap().push(token);
                    } else {
                        assert_eq!(answer.status, 503, "{answer:?}");
                        assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let count = || tokens.lock().unwrap().len();
    for _ in 0..2 {
        let before = count();
        wait::until("logins", || (count() > before + 20).then_some(()));
        let failed = failures.load(Ordering::Relaxed);
        server.kill();
        wait::until("the failure to show", || {
            (failures.load(Ordering::Relaxed) > failed).then_some(())
        });
        server.up();
        let before = count();
        wait::until("logins after the restart", || {
            (count() > before + 20).then_some(())
        });
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let stored = server.sql(&name, "SELECT uuid FROM auth_token");
    let stored: HashSet<&str> = stored.lines().collect();
    let tokens = tokens.lock().unwrap();
    let lost = tokens
        .iter()
        .filter(|token| !stored.contains(token.as_str()))
        .count();
    assert_eq!(lost, 0, "of {} logins", tokens.len());
    daemon
        .client()
        .head(&format!("/token/{}", tokens.last().unwrap()))
        .send()
        .is(204);
}

#[test]
fn a_database_of_the_other_program_is_served_and_given_back() {
    let server = Server::shared();
    let name = server.database();
    let installation = Daemon::builder()
        .database(server.uri(&name))
        .without_database()
        .install();
    let upgrade = |arguments: &[&str]| {
        installation
            .run("wazo-auth-upgrade-db", arguments.iter().copied())
            .ok()
    };
    assert!(upgrade(&["--check"]).contains("would apply migration"));
    upgrade(&[]);
    // As the other program leaves it: without what is ours.
    assert!(upgrade(&["--remove-own"]).contains("removed TABLE wazo_auth_rs_migration"));
    let check = upgrade(&["--check"]);
    assert!(
        check.contains("would take over the database as it is"),
        "{check}"
    );
    assert!(upgrade(&[]).contains("took over the database as it is"));
    assert_eq!(upgrade(&[]), "the database is up to date\n");
    installation.bootstrap().ok();
    // A hash that the other program understands.
    let hash = server.sql(
        &name,
        "SELECT length(password_hash), length(password_salt) FROM auth_user",
    );
    assert_eq!(hash, "128|64");
    let daemon = installation.start();
    let _ = daemon.admin();
    let (installation, _) = daemon.stop();
    server.sql(
        &name,
        "UPDATE alembic_version_auth SET version_num = '8216b7bb88db'",
    );
    let refusal = installation.run("wazo-auth-upgrade-db", [""; 0]).failed(1);
    assert!(
        refusal.contains("8216b7bb88db") && refusal.contains("nothing was changed"),
        "{refusal}"
    );
    assert_eq!(refusal.lines().count(), 1, "{refusal}");
}

/// All rows of all tables of the schema, but for the sessions and tokens of logins on this daemon.
fn rows(server: &Server, database: &str) -> String {
    let tables = server.sql(
        database,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
         AND relname NOT LIKE 'wazo_auth_rs_%' ORDER BY 1",
    );
    tables
        .lines()
        .map(|table| {
            let kept = match table {
                "auth_session" | "auth_token" => "WHERE uuid LIKE '2b3c4d5e-%'",
                _ => "",
            };
            let rows = format!("SELECT t::text FROM {table} t {kept} ORDER BY 1");
            format!("{table}\n{}\n", server.sql(database, &rows))
        })
        .collect()
}

#[test]
fn what_an_existing_installation_has_is_served_and_stays_as_it_is() {
    const ALICE: &str = "2b3c4d5e-0000-4000-8000-000000000003";
    let server = Server::shared();
    let name = server.database();
    let installation = Daemon::builder()
        .database(server.uri(&name))
        .without_database()
        .install();
    installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    installation
        .run("wazo-auth-upgrade-db", ["--remove-own"])
        .ok();
    server.sql(&name, include_str!("../data/existing-installation.sql"));
    let before = rows(server, &name);

    installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
    let daemon = installation.start();
    for login in ["alice", "ALICE@elysee.example"] {
        let login = daemon.login(login, "Sésame, ouvre-toi");
        assert_eq!(login.auth_id, ALICE);
        assert_eq!(
            login.data["acl"],
            json!(["calls.read", "auth.users.me.#", "!calls.delete"])
        );
    }
    assert_eq!(daemon.try_login("alice", "wrong").status, 401);
    let status = |token: &str, query: &str| {
        let path = format!("/token/2b3c4d5e-0000-4000-8000-00000000000{token}{query}");
        daemon.client().head(&path).send().status
    };
    assert_eq!(status("a", "?scope=calls.read"), 204);
    assert_eq!(status("a", &format!("?scope=auth.users.{ALICE}.read")), 204);
    assert_eq!(status("a", "?scope=calls.create"), 403);
    assert_eq!(
        status("a", "?tenant=2b3c4d5e-0000-4000-8000-000000000001"),
        204
    );
    assert_eq!(status("b", ""), 404);

    let (installation, _) = daemon.stop();
    assert_eq!(rows(server, &name), before);
    installation
        .run("wazo-auth-upgrade-db", ["--remove-own"])
        .ok();
    assert_eq!(rows(server, &name), before);
}

#[test]
fn a_server_is_prepared_once_and_again() {
    let server = Server::shared();
    let installation = Daemon::builder().without_database().install();
    let database = format!("prepared_{}", std::process::id());
    let arguments = [
        "--pg_db_uri".to_owned(),
        server.uri("postgres"),
        "--auth_db_uri".to_owned(),
        server.uri(&database),
        "--db".to_owned(),
        database.clone(),
        "--owner".to_owned(),
        format!("owner's {database}"),
        "--password".to_owned(),
        "it's \"secret\"".to_owned(),
    ];
    let prepare = || {
        let mut command = installation.command("wazo-auth-init-db");
        command.args(&arguments);
        command::run(command, wait::PATIENCE)
    };
    assert_eq!(prepare().ok(), "role: made\ndatabase: made\n");
    let second = prepare().ok();
    assert_eq!(second, "role: was there\ndatabase: was there\n");
    assert_eq!(
        server.sql(
            &database,
            "SELECT extname FROM pg_extension WHERE extname = 'uuid-ossp'"
        ),
        "uuid-ossp"
    );
    let mut nobody = installation.command("wazo-auth-init-db");
    nobody.args(["--user", "nobody-of-this-name"]);
    let refusal = command::run(nobody, wait::PATIENCE).failed(1);
    assert!(
        refusal.contains("no system user \"nobody-of-this-name\""),
        "{refusal}"
    );
}

#[test]
fn a_daemon_that_may_not_read_the_texts_for_searches_says_so_and_searches_all_the_same() {
    let server = Server::shared();
    let name = server.database();
    let owner = Daemon::builder().database(server.uri(&name)).install();
    let role = format!("reader_{name}");
    server.sql(
        &name,
        &format!(
            "CREATE ROLE {role} LOGIN;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
             REVOKE SELECT ON wazo_auth_rs_user_text FROM {role}"
        ),
    );
    let daemon = Daemon::builder()
        .database(server.uri_as(&role, &name))
        .without_database()
        .start();
    let _ = daemon
        .lines()
        .wait_for("may not read the table wazo_auth_rs_user_text");
    let credentials = owner.credentials();
    let login = daemon.login(&credentials.username, &credentials.password);
    let path = format!("/users?search={}", credentials.username.to_uppercase());
    let found = daemon.client().get(&path).token(&login.token).send();
    assert_eq!(found.expect(200)["filtered"], 1);
}

#[test]
fn a_daemon_that_may_add_nothing_to_the_database_serves_and_tells_nobody() {
    let server = Server::shared();
    let name = server.database();
    let owner = Daemon::builder().database(server.uri(&name)).install();
    owner.run("wazo-auth-upgrade-db", ["--remove-own"]).ok();
    let role = format!("guest_{name}");
    server.sql(
        &name,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ),
    );
    let daemon = Daemon::builder()
        .database(server.uri_as(&role, &name))
        .without_database()
        .start();
    let _ = daemon
        .lines()
        .wait_for("may not write to the table wazo_auth_rs_event");
    let credentials = owner.credentials();
    let login = daemon
        .client()
        .post("/token")
        .basic(&credentials.username, &credentials.password)
        .json(&json!({"access_type": "offline", "client_id": "web"}))
        .send()
        .expect(200);
    let token = login["data"]["token"].as_str().unwrap();
    let path = "/users/me/tokens/web";
    daemon.client().delete(path).token(token).send().is(204);
    let path = format!("/token/{token}");
    daemon.client().delete(&path).send().is(200);
}
