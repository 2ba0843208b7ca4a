//! What becomes of dead tokens, and who is told of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Builder, Daemon, daemon::Login, http::Client, postgres::Server, process, wait,
};
use wazo_auth_tests::store::Store;

/// What the daemon logs when it has removed what was dead.
const PASSED: &str = "ExpiredTokenRemover took";

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs().cast_signed())
}

/// An installation whose daemon removes dead tokens every so many seconds.
fn every(seconds: u32) -> Builder {
    Daemon::builder().config(&format!(
        "token_cleanup_interval: {seconds}\nlog_level: debug\n"
    ))
}

/// The names of the events about a session, in their order.
fn told(store: &Store, session: &str) -> Vec<String> {
    store
        .events()
        .into_iter()
        .filter(|(_, payload)| payload["uuid"] == session)
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_session_ends_with_its_token_and_that_is_told_before_and_after() {
    let daemon = every(1).start();
    let store = Store::of(daemon.installation());
    let credentials = daemon.installation().credentials();
    let answer = daemon
        .client()
        .post("/token")
        .basic(&credentials.username, &credentials.password)
        .json(&json!({"expiration": 3}))
        .send();
    let login = Login::read(&answer);
    let session = login.data["session_uuid"].as_str().unwrap();
    wait::until("the end of a session", || {
        (told(&store, session).len() == 3).then_some(())
    });
    assert_eq!(
        told(&store, session),
        [
            "auth_session_created",
            "auth_session_expire_soon",
            "auth_session_deleted"
        ]
    );
    let tenant = login.data["metadata"]["tenant_uuid"].clone();
    let data = json!({"uuid": session, "user_uuid": login.auth_id, "tenant_uuid": tenant});
    for (name, payload) in store.events().into_iter().skip(1) {
        assert_eq!(payload, data, "{name}");
    }
    let admin = daemon.admin();
    let list = daemon.client().get("/sessions").token(&admin.token).send();
    let list = list.expect(200);
    let others = list["items"].as_array().unwrap().iter();
    assert!(others.clone().count() > 0 && others.clone().all(|item| item["uuid"] != session));
}

#[test]
fn what_died_while_nobody_was_there_is_removed_in_batches_and_told_in_order() {
    let installation = every(3600)
        .config("token_cleanup_batch_size: 2\n")
        .install();
    let store = Store::of(&installation);
    let now = now();
    // Long enough to be told of in any case, and not.
    let long: Vec<String> = (0..5)
        .map(|number| store.session("a", (now - 9000, now - 100 - number), true))
        .collect();
    let short = store.session("a", (now - 200, now - 100), true);
    let homeless = store.session("a", (now - 9000, now - 100), false);
    let alive = store.session("b", (now, now + 9000), true);
    let undying = store.session("b", (now, 0), true);
    let daemon = installation.start();
    daemon.lines().wait_for(PASSED).clear();
    for session in &long {
        assert_eq!(
            told(&store, session),
            ["auth_session_expire_soon", "auth_session_deleted"]
        );
    }
    assert_eq!(told(&store, &short), ["auth_session_deleted"]);
    for session in [&homeless, &alive, &undying] {
        assert_eq!(told(&store, session), [""; 0]);
    }
    assert_eq!((store.sessions_of("a"), store.sessions_of("b")), (0, 2));
    let warning = format!("invalid session {homeless}: no tenant_uuid found");
    assert_eq!(daemon.lines().with(&warning).len(), 1);
    assert!(!daemon.lines().with("dead sessions so far").is_empty());
}

#[test]
fn that_a_session_ends_soon_is_told_once_whatever_is_restarted() {
    let installation = every(3600).install();
    let store = Store::of(&installation);
    let now = now();
    let soon = store.session("a", (now - 9000, now + 600), true);
    let later = store.session("a", (now, now + 9000), true);
    let mut installation = installation;
    for _ in 0..3 {
        let daemon = installation.start();
        daemon.lines().wait_for(PASSED).clear();
        assert_eq!(told(&store, &soon), ["auth_session_expire_soon"]);
        assert_eq!(told(&store, &later), [""; 0]);
        let (server, stopped) = daemon.into_parts();
        drop(server.stop_by("KILL"));
        installation = stopped;
    }
}

#[test]
fn without_an_interval_the_dead_stay() {
    let installation = every(0).install();
    let store = Store::of(&installation);
    let session = store.session("a", (1, 2), true);
    let daemon = installation.start();
    let _ = daemon.admin();
    let (installation, ended) = daemon.stop();
    assert!(!ended.says(PASSED), "{ended:#?}");
    assert_eq!(store.sessions_of("a"), 1);
    assert_eq!(told(&store, &session), [""; 0]);
    drop(installation);
}

#[test]
fn a_dead_session_counts_for_the_limit_until_it_is_removed() {
    let installation = every(0)
        .config("max_user_concurrent_sessions: 1\n")
        .install();
    let store = Store::of(&installation);
    let alice = store.user(None, "alice", &[]);
    let _ = store.session(&alice, (1, 2), true);
    let login = |daemon: &Daemon| {
        daemon
            .try_login("alice", wazo_auth_tests::store::PASSWORD)
            .status
    };
    let daemon = installation.start();
    assert_eq!(login(&daemon), 429);
    let (installation, _) = daemon.stop();
    std::fs::write(
        installation.path("conf.d").join("00-purge.yml"),
        "token_cleanup_interval: 3600\n",
    )
    .unwrap();
    let daemon = installation.start();
    daemon.lines().wait_for(PASSED).clear();
    assert_eq!(login(&daemon), 200);
}

#[test]
fn checks_go_on_while_many_are_removed() {
    let installation = every(3600)
        .config("token_cleanup_batch_size: 100\n")
        .install();
    let store = Store::of(&installation);
    for number in 0..1000 {
        let _ = store.session("a", (1, 2 + number), true);
    }
    let daemon = installation.start();
    let admin = daemon.admin();
    let check = format!("/token/{}", admin.token);
    let mut checks = 0;
    while daemon.lines().with(PASSED).is_empty() || checks == 0 {
        daemon.client().head(&check).send().is(204);
        checks += 1;
    }
    assert_eq!(store.sessions_of("a"), 0);
}

#[test]
fn of_several_daemons_each_end_is_told_once_whatever_is_killed() {
    let server = Server::shared();
    let uri = server.uri(&server.database());
    let builder = || {
        every(1)
            .database(&uri)
            .config("token_cleanup_batch_size: 7\n")
    };
    let installation = builder().install();
    let store = Store::of(&installation);
    let now = now();
    let dead: Vec<String> = (0..300)
        .map(|number| store.session("a", (now - 900, now - number % 60 - 1), true))
        .collect();
    let ending: Vec<String> = (0..60)
        .map(|number| store.session("b", (now - 900, now + number % 5), true))
        .collect();
    let first = installation.start();
    let others: Vec<Daemon> = (0..2)
        .map(|_| builder().without_database().start())
        .collect();
    // At whatever it is.
    process::signal(first.pid(), "KILL");
    wait::until("all of them to be removed", || {
        (store.sessions_of("a") + store.sessions_of("b") == 0).then_some(())
    });
    // Whoever would tell it once more has had the time to.
    for daemon in &others {
        let passes = daemon.lines().with(PASSED).len();
        wait::until("another pass", || {
            (daemon.lines().with(PASSED).len() > passes + 1).then_some(())
        });
        let client = Client::new(daemon.client().base());
        client.head("/status").send().is(200);
    }
    for session in dead.iter().chain(&ending) {
        assert_eq!(
            told(&store, session),
            ["auth_session_expire_soon", "auth_session_deleted"]
        );
    }
    let events: Vec<Value> = store.events().into_iter().map(|(_, data)| data).collect();
    assert_eq!(events.len(), 2 * (dead.len() + ending.len()));
}
