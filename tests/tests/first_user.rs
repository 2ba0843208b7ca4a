//! The first user that a start makes: `bootstrap_user_on_startup`.

use std::thread;

use serde_json::json;
use wazo_auth_test_support::{Daemon, home, postgres::Server};
use wazo_auth_tests::store::Store;

const CONFIGURED: &str = "bootstrap_user_on_startup: true\n\
    bootstrap_user_username: root-of-all\n\
    bootstrap_user_password: s3cret-of-all\n";

#[test]
fn a_start_makes_the_configured_user_once() {
    let daemon = Daemon::builder().config(CONFIGURED).start();
    let line = "created the first user \"root-of-all\"";
    assert_eq!(daemon.lines().with(line).len(), 1);
    let login = daemon.login("root-of-all", "s3cret-of-all");
    let metadata = &login.data["metadata"];
    assert_eq!(metadata["purpose"], "internal");
    assert_eq!(
        metadata["tenant_uuid"],
        daemon.admin().data["metadata"]["tenant_uuid"]
    );
    assert_eq!(login.data["acl"], json!(["#"]));
    let shown = daemon
        .client()
        .get("/config")
        .token(&login.token)
        .send()
        .expect(200);
    assert_eq!(shown["bootstrap_user_password"], "***");
    assert!(daemon.lines().with("s3cret-of-all").is_empty());

    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    assert!(daemon.lines().with(line).is_empty());
    let again = daemon.login("root-of-all", "s3cret-of-all");
    assert_eq!(again.auth_id, login.auth_id);
}

#[test]
fn purpose_and_policy_are_as_configured_and_stay_as_they_are() {
    let installation = Daemon::builder()
        .config(
            "bootstrap_user_purpose: external_api\n\
             bootstrap_user_policy_slug: small\n",
        )
        .config(CONFIGURED)
        .install();
    drop(Store::of(&installation).policy(None, "small", &["small.read"]));
    let daemon = installation.start();
    let login = daemon.login("root-of-all", "s3cret-of-all");
    assert_eq!(login.data["metadata"]["purpose"], "external_api");
    assert_eq!(login.data["acl"], json!(["small.read"]));

    let (installation, _) = daemon.stop();
    let file = installation.path("conf.d").join("01-test.yml");
    home::write(&file, "bootstrap_user_purpose: null\n");
    let daemon = installation.start();
    let login = daemon.login("root-of-all", "s3cret-of-all");
    assert_eq!(login.data["metadata"]["purpose"], "external_api");
}

#[test]
fn a_name_that_is_taken_with_another_password_stops_the_start() {
    let daemon = Daemon::builder().config(CONFIGURED).start();
    let (installation, _) = daemon.stop();
    let file = installation.path("conf.d").join("00-test.yml");
    home::write(&file, "bootstrap_user_password: another\n");
    let (installation, exited) = installation.refuse();
    assert!(
        exited.says("User root-of-all already exists with different credential"),
        "{exited:#?}"
    );
    assert_eq!(exited.status.code(), Some(1), "{exited:#?}");
    // Nothing has changed.
    home::write(&file, "");
    let daemon = installation.start();
    drop(daemon.login("root-of-all", "s3cret-of-all"));
}

#[test]
fn what_cannot_be_made_stops_the_start() {
    for (configuration, reason) in [
        (
            "bootstrap_user_on_startup: true\n",
            "bootstrap_user_on_startup: the name of the first user must not be empty",
        ),
        (
            "bootstrap_user_on_startup: true\nbootstrap_user_username: root\n",
            "the password of the first user must not be empty",
        ),
        (
            &format!("{CONFIGURED}bootstrap_user_purpose: king\n"),
            "the purpose \"king\" is none of user, internal, external_api",
        ),
        (
            &format!("{CONFIGURED}bootstrap_user_policy_slug: nowhere\n"),
            "the top tenant has no policy with the slug \"nowhere\"",
        ),
    ] {
        let (_, exited) = Daemon::builder().config(configuration).install().refuse();
        assert!(exited.says(reason), "{configuration}: {exited:#?}");
    }
}

#[test]
fn without_being_told_to_a_start_makes_nobody() {
    let daemon = Daemon::builder()
        .config(
            "bootstrap_user_username: root-of-all\n\
             bootstrap_user_password: s3cret-of-all\n",
        )
        .start();
    let answer = daemon.try_login("root-of-all", "s3cret-of-all");
    assert_eq!(answer.status, 401);
}

#[test]
fn daemons_that_start_at_once_on_one_database_make_one_user() {
    let server = Server::shared();
    let uri = server.uri(&server.database());
    drop(Daemon::builder().database(uri.clone()).install());
    let start = || {
        Daemon::builder()
            .database(uri.clone())
            .without_database()
            // As long as one hashes, the others find no user.
            .config("password_hash: {bcrypt_cost: 13}\n")
            .config(CONFIGURED)
            .start()
    };
    thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
        let ids: Vec<String> = starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .map(|daemon| daemon.login("root-of-all", "s3cret-of-all").auth_id)
            .collect();
        assert_eq!(ids, [ids[0].as_str(); 3]);
    });
}
