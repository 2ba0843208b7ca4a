//! What becomes of events while the broker, or a daemon, is not there.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use lapin::ExchangeKind;
use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Client, rabbitmq::Broker, wait};
use wazo_auth_tests::{
    bus::{self, Binding, Message, Subscriber},
    offline::{offline, offline_request},
    store::Store,
};

/// How long the end of a daemon may take. What is promised is two seconds; a busy machine adds to that.
const SOON: Duration = Duration::from_secs(5);

/// A queue that outlives its broker.
fn durable(exchange: &str) -> Binding {
    Binding {
        queue: Some(format!("queue-of-{exchange}")),
        ..Binding::all(exchange)
    }
}

/// Waits until nothing waits for the broker any more.
fn drained(store: &Store) {
    wait::until("the events to be published", || {
        store.events().is_empty().then_some(())
    });
}

/// A daemon, and somebody who hears all that it tells.
fn daemon() -> (Daemon, Subscriber) {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let daemon = Daemon::builder()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .start();
    (daemon, subscriber)
}

#[test]
fn without_a_broker_requests_succeed_and_events_wait_for_one() {
    let (broker, exchange) = (Broker::stopped(), bus::exchange_name());
    let daemon = Daemon::builder()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .config("events: {max_pending: 3}\n")
        .start();
    let store = Store::of(daemon.installation());
    for _ in 0..5 {
        let _ = daemon.admin();
    }
    daemon
        .lines()
        .wait_for("events wait, since the broker")
        .clear();
    daemon
        .lines()
        .wait_for("more than 3 events wait for the broker")
        .clear();
    assert_eq!(store.events().len(), 5);
    broker.up();
    // What waited is published before anything else is, whoever listens.
    daemon
        .lines()
        .wait_for("the broker takes events again")
        .clear();
    drained(&store);
    let mut subscriber = Subscriber::to(&broker, &Binding::all(&exchange));
    let login = daemon.admin();
    assert_eq!(
        subscriber.receive().data()["uuid"],
        login.data["session_uuid"]
    );
    assert!(daemon.lines().with("lapin").is_empty());
    // Once each, however often it was tried.
    for line in [
        "events wait, since the broker",
        "more than 3 events wait",
        "the broker takes events again",
    ] {
        assert_eq!(daemon.lines().with(line).len(), 1, "{line}");
    }
}

#[test]
fn a_broker_that_comes_and_goes_under_load_gets_everything_in_order() {
    let (broker, exchange) = (Broker::start(), bus::exchange_name());
    let binding = durable(&exchange);
    bus::declare(&broker, &binding);
    let daemon = Daemon::builder()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .start();
    let store = Store::of(daemon.installation());
    let over = AtomicBool::new(false);
    // Each worker begins sessions and ends them.
    let sessions: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut sessions = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        let login = daemon.admin();
                        let path = format!("/token/{}", login.token);
                        Client::new(daemon.client().base())
                            .delete(&path)
                            .send()
                            .is(200);
                        sessions.push(login.data["session_uuid"].as_str().unwrap().to_owned());
                    }
                    sessions
                })
            })
            .collect();
        let mut known = 0;
        for _ in 0..2 {
            // Requests go on, with a broker and without one.
            wait::until("some logins with a broker", || {
                (daemon.lines().with("POST").len() > known + 20).then_some(())
            });
            broker.kill();
            known = daemon.lines().with("POST").len();
            wait::until("some logins without a broker", || {
                (daemon.lines().with("POST").len() > known + 20).then_some(())
            });
            broker.up();
            known = daemon.lines().with("POST").len();
        }
        over.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    drained(&store);
    assert!(daemon.lines().with("lapin").is_empty());
    let ends = daemon.lines().with("the broker takes events again").len();
    assert_eq!(
        daemon.lines().with("events wait, since the broker").len(),
        ends
    );
    let mut subscriber = Subscriber::to(&broker, &binding);
    let mut seen: HashSet<String> = HashSet::new();
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    while seen.len() < 2 * sessions.len() {
        let message = subscriber.receive();
        // A broker that dies may have taken what it could not confirm: such a message comes twice.
        if seen.insert(message.id()) {
            let session = message.data()["uuid"].as_str().unwrap().to_owned();
            told.entry(session).or_default().push(message.name());
        }
    }
    assert_eq!(told.len(), sessions.len());
    for session in sessions {
        assert_eq!(
            told[&session],
            ["auth_session_created", "auth_session_deleted"]
        );
    }
}

#[test]
fn a_broker_that_falls_silent_holds_nobody_up() {
    let (broker, exchange) = (Broker::start(), bus::exchange_name());
    let mut subscriber = Subscriber::to(&broker, &Binding::all(&exchange));
    let start = || {
        Daemon::builder()
            .config(&bus::configuration(&broker.uri(), &exchange))
            .start()
    };
    let (daemon, other) = (start(), start());
    let _ = daemon.admin();
    let _ = other.admin();
    let _ = subscriber.take(2);
    broker.freeze();
    let begun: HashSet<String> = (0..10)
        .map(|_| daemon.admin().data["session_uuid"].to_string())
        .collect();
    let _ = other.admin();
    let (other, ended) = other.stop();
    assert!(ended.status.success() && ended.took < SOON, "{ended:#?}");
    assert_eq!(Store::of(&other).events().len(), 1);
    assert_eq!(Store::of(daemon.installation()).events().len(), 10);
    broker.thaw();
    let mut told = HashSet::new();
    while !begun.is_subset(&told) {
        told.insert(subscriber.receive().data()["uuid"].to_string());
    }
    drained(&Store::of(daemon.installation()));
}

#[test]
fn what_waits_is_published_after_a_kill() {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let nowhere = Broker::stopped();
    let daemon = Daemon::builder()
        .config(&bus::configuration(&nowhere.uri(), &exchange))
        .start();
    let login = daemon.admin();
    let (server, installation) = daemon.into_parts();
    drop(server.stop_by("KILL"));
    let mut subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let file = installation.path("conf.d").join("01-test.yml");
    std::fs::write(file, bus::configuration(&broker.uri(), &exchange)).unwrap();
    let daemon = installation.start();
    assert_eq!(
        subscriber.receive().data()["uuid"],
        login.data["session_uuid"]
    );
    drained(&Store::of(daemon.installation()));
}

#[test]
fn what_was_committed_before_the_end_is_published_before_it() {
    let (daemon, mut subscriber) = daemon();
    // The connection is there.
    let _ = daemon.admin();
    let _ = subscriber.receive();
    let logins: Vec<Value> = (0..20)
        .map(|_| daemon.admin().data["session_uuid"].clone())
        .collect();
    let (installation, ended) = daemon.stop();
    assert!(ended.status.success());
    assert_eq!(Store::of(&installation).events(), []);
    let told: Vec<Value> = subscriber
        .take(logins.len())
        .iter()
        .map(|message| message.data()["uuid"].clone())
        .collect();
    assert_eq!(
        told.iter().map(Value::to_string).collect::<HashSet<_>>(),
        logins.iter().map(Value::to_string).collect::<HashSet<_>>()
    );
}

#[test]
fn an_event_that_no_message_has_room_for_holds_up_nothing() {
    let (daemon, mut subscriber) = daemon();
    let store = Store::of(daemon.installation());
    let _ = store.user(None, "alice", &["auth.users.me.#"]);
    let long = "x".repeat(1024);
    offline_request(&daemon, "alice", &long).send().is(200);
    let said = daemon.lines().wait_for("is set aside");
    assert!(
        said.contains("auth_refresh_token_created") && said.contains("255"),
        "{said}"
    );
    let _ = offline(&daemon, "alice", "short");
    let mut names: Vec<String> = subscriber.take(3).iter().map(Message::name).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "auth_refresh_token_created",
            "auth_session_created",
            "auth_session_created"
        ]
    );
    drained(&store);
    let aside = store.set_aside();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].event.payload["client_id"], json!(long));
    let tasks = |args: [&str; 2]| daemon.installation().run("wazo-auth", args).ok();
    let listed = tasks(["tasks", "list"]);
    assert!(
        listed.starts_with("no event waits\nset aside: ") && listed.contains("255"),
        "{listed}"
    );
    let retried = tasks(["tasks", "retry"]);
    assert!(
        retried.contains("1 events wait for the broker again"),
        "{retried}"
    );
    wait::until("the event to be set aside again", || {
        (daemon.lines().with("is set aside").len() == 2).then_some(())
    });
    let json = daemon
        .installation()
        .run("wazo-auth", ["tasks", "list", "--json"])
        .ok();
    let listed: Value = serde_json::from_str(&json).unwrap();
    let events = &listed["events"];
    assert_eq!(
        (&events["waiting"], &events["oldest"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(events["set_aside"][0]["name"], "auth_refresh_token_created");
    assert_eq!(events["set_aside"][0]["data"]["client_id"], json!(long));
    // Nor after a restart.
    let daemon = daemon.stop().0.start();
    let _ = daemon.admin();
    assert_eq!(subscriber.receive().name(), "auth_session_created");
    assert_eq!(Store::of(daemon.installation()).set_aside().len(), 1);
}

#[test]
fn what_is_wrong_with_the_configuration_of_the_broker_is_said_with_what_to_do() {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let _headers = Subscriber::to(
        broker,
        &Binding {
            kind: ExchangeKind::Headers,
            ..Binding::all(&exchange)
        },
    );
    for (uri, advice) in [
        (broker.uri(), "amqp.exchange_type"),
        (
            broker.uri_as("guest", "wrong-secret", ""),
            "the name and the password in amqp.uri",
        ),
        (
            broker.uri_as("guest", "guest", "nowhere"),
            "the virtual host in amqp.uri",
        ),
    ] {
        let daemon = Daemon::builder()
            .config(&bus::configuration(&uri, &exchange))
            .start();
        let _ = daemon.admin();
        let said = daemon.lines().wait_for("events wait, since the broker");
        assert!(said.contains(advice), "{said}");
        let (installation, ended) = daemon.stop();
        assert_eq!(Store::of(&installation).events().len(), 1, "{uri}");
        assert!(!ended.says("wrong-secret"), "{ended:#?}");
    }
}

#[test]
fn a_broker_that_is_nonsense_stops_the_start() {
    for (amqp, key) in [
        ("{enabled: true, uri: 'http://me:hunter2@h/'}", "amqp.uri"),
        ("{enabled: true, uri: 'amqps://me:hunter2@h/'}", "amqp.uri"),
        ("{enabled: true, exchange_name: ''}", "amqp.exchange_name"),
    ] {
        let installation = Daemon::builder()
            .config(&format!("amqp: {amqp}\n"))
            .install();
        let (_, refused) = installation.refuse();
        assert!(refused.says(key), "{amqp}: {refused:#?}");
        assert!(!refused.says("hunter2"), "{refused:#?}");
    }
}

#[test]
fn events_are_at_the_broker_about_when_the_answer_is_at_the_client() {
    let (daemon, mut subscriber) = daemon();
    let _ = daemon.admin();
    let _ = subscriber.receive();
    // Far less than any timer would take; how much less, a busy machine does not tell.
    let late = (0..50)
        .filter(|_| {
            let _ = daemon.admin();
            let answered = Instant::now();
            let arrived = subscriber.receive().arrived;
            arrived.saturating_duration_since(answered) > Duration::from_millis(200)
        })
        .count();
    assert!(late <= 10, "{late} of 50 events came late");
}
