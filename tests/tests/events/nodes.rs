//! Several daemons on one database: each event is published once, and in order.

use std::{
    collections::{HashMap, HashSet},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use wazo_auth_model::{
    event::{Client, Event},
    ids::{TenantId, UserId},
};
use wazo_auth_test_support::{
    Credentials, Daemon, daemon::Login, http, lines::Lines, postgres::Server, process,
    rabbitmq::Broker, wait,
};
use wazo_auth_tests::{
    bus::{self, Binding, Message, Subscriber},
    store::Store,
};

/// Daemons on one database that publish to one exchange, and who listens to it.
struct Cluster {
    daemons: Vec<Daemon>,
    admin: Credentials,
    subscriber: Subscriber,
}

impl Cluster {
    /// So many daemons. The first one is there before the others, so it is its turn.
    fn start(daemons: usize) -> Self {
        let (server, broker, exchange) = (Server::shared(), Broker::shared(), bus::exchange_name());
        let uri = server.uri(&server.database());
        let subscriber = Subscriber::to(broker, &Binding::all(&exchange));
        let builder = || {
            Daemon::builder()
                .database(&uri)
                .config(&bus::configuration(&broker.uri(), &exchange))
        };
        let mut all = vec![builder().start()];
        let admin = all[0].installation().credentials();
        let mut cluster_subscriber = subscriber;
        let _ = all[0].admin();
        let _ = cluster_subscriber.receive();
        for _ in 1..daemons {
            all.push(builder().without_database().start());
        }
        Self {
            daemons: all,
            admin,
            subscriber: cluster_subscriber,
        }
    }

    fn login(&self, daemon: &Daemon) -> Login {
        daemon.login(&self.admin.username, &self.admin.password)
    }
}

fn session(login: &Login) -> String {
    login.data["session_uuid"].as_str().unwrap().to_owned()
}

/// The session that a message is about.
fn told_of(message: &Message) -> String {
    message.data()["uuid"].as_str().unwrap().to_owned()
}

#[test]
fn events_of_every_daemon_are_published_once_and_at_once() {
    let mut cluster = Cluster::start(3);
    let mut late = 0;
    for _ in 0..20 {
        for number in 0..cluster.daemons.len() {
            let login = cluster.login(&cluster.daemons[number]);
            let answered = Instant::now();
            let message = cluster.subscriber.receive();
            assert_eq!(told_of(&message), session(&login));
            if message.arrived.saturating_duration_since(answered) > Duration::from_millis(200) {
                late += 1;
            }
        }
    }
    assert!(late <= 10, "{late} of 60 events came late");
    assert!(cluster.subscriber.within(Duration::from_secs(1)).is_none());
}

#[test]
fn another_daemon_takes_over_when_the_one_that_publishes_dies() {
    let mut cluster = Cluster::start(2);
    let first = cluster.daemons.remove(0);
    let (server, _installation) = first.into_parts();
    drop(server.stop_by("KILL"));
    let login = cluster.login(&cluster.daemons[0]);
    assert_eq!(told_of(&cluster.subscriber.receive()), session(&login));
}

#[test]
fn another_daemon_takes_over_when_the_one_that_publishes_is_stopped() {
    let mut cluster = Cluster::start(2);
    let first = cluster.daemons.remove(0);
    let before = cluster.login(&first);
    let (_installation, ended) = first.stop();
    assert!(ended.status.success());
    let after = cluster.login(&cluster.daemons[0]);
    let told = cluster.subscriber.take(2);
    let told: Vec<String> = told.iter().map(told_of).collect();
    assert_eq!(told, [session(&before), session(&after)]);
    assert!(cluster.subscriber.within(Duration::from_secs(1)).is_none());
}

#[test]
fn nothing_is_lost_and_nothing_out_of_order_while_daemons_die() {
    let mut cluster = Cluster::start(3);
    let over = AtomicBool::new(false);
    let (mut begun, mut ended) = (HashSet::new(), HashSet::new());
    thread::scope(|scope| {
        let over = &over;
        let workers: Vec<_> = cluster
            .daemons
            .iter()
            .map(|daemon| {
                let (base, admin) = (daemon.client().base().to_owned(), cluster.admin.clone());
                scope.spawn(move || {
                    let client = http::Client::new(&base);
                    let (mut begun, mut ended) = (Vec::new(), Vec::new());
                    while !over.load(Ordering::Relaxed) {
                        let post = client
                            .post("/token")
                            .basic(&admin.username, &admin.password);
                        let Ok(answer) = post.json(&serde_json::json!({})).try_send() else {
                            break;
                        };
                        let login = Login::read(&answer);
                        begun.push(session(&login));
                        let delete = client.delete(&format!("/token/{}", login.token));
                        if delete.try_send().is_ok_and(|answer| answer.status == 200) {
                            ended.push(session(&login));
                        } else {
                            break;
                        }
                    }
                    (begun, ended)
                })
            })
            .collect();
        for daemon in &cluster.daemons[..2] {
            let known = daemon.lines().with("POST").len();
            wait::until("some logins", || {
                (daemon.lines().with("POST").len() > known + 40).then_some(())
            });
            process::signal(daemon.pid(), "KILL");
        }
        let last = &cluster.daemons[2];
        let known = last.lines().with("POST").len();
        wait::until("some logins", || {
            (last.lines().with("POST").len() > known + 40).then_some(())
        });
        over.store(true, Ordering::Relaxed);
        for worker in workers {
            let (some_begun, some_ended) = worker.join().unwrap();
            begun.extend(some_begun);
            ended.extend(some_ended);
        }
    });
    let store = Store::of(cluster.daemons[2].installation());
    wait::until("the events to be published", || {
        store.events().is_empty().then_some(())
    });
    // A last one, behind all others.
    let last = session(&cluster.login(&cluster.daemons[2]));
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    let mut seen = HashMap::new();
    while !told.contains_key(&last) {
        let message = cluster.subscriber.receive();
        *seen.entry(message.id()).or_insert(0) += 1;
        let names = told.entry(told_of(&message)).or_default();
        if names.last() != Some(&message.name()) {
            names.push(message.name());
        }
    }
    // A daemon that dies has told at most what was under way at that moment.
    let twice = seen.values().filter(|count| **count > 1).count();
    assert!(twice <= 20, "{twice} events came twice");
    for session in &begun {
        let names = told.get(session).map(Vec::as_slice).unwrap_or_default();
        if ended.contains(session) {
            assert_eq!(names, ["auth_session_created", "auth_session_deleted"]);
        } else {
            assert_eq!(
                names.first().map(String::as_str),
                Some("auth_session_created")
            );
        }
    }
}

#[test]
fn what_is_committed_late_is_published_too() {
    let mut cluster = Cluster::start(1);
    let store = Store::of(cluster.daemons[0].installation());
    let (began, has_begun) = std::sync::mpsc::channel();
    let (commit, may_commit) = std::sync::mpsc::channel::<()>();
    let late = thread::spawn(move || {
        store.write(move |db| {
            let event = Event::RefreshTokenCreated(Client {
                client_id: "late".to_owned(),
                mobile: false,
                user: UserId::random(),
                tenant: TenantId::random(),
            });
            wazo_auth_database::queries::event::insert(
                db,
                &event,
                std::time::SystemTime::UNIX_EPOCH.into(),
            )?;
            began.send(()).unwrap();
            may_commit.recv().unwrap();
            Ok(())
        });
    });
    has_begun.recv().unwrap();
    // Its number is smaller than that of what is published now.
    let login = cluster.login(&cluster.daemons[0]);
    assert_eq!(told_of(&cluster.subscriber.receive()), session(&login));
    commit.send(()).unwrap();
    late.join().unwrap();
    let message = cluster.subscriber.receive();
    assert_eq!(message.data()["client_id"], "late");
}

#[test]
fn who_only_serves_requests_leaves_publishing_to_who_works() {
    let (server, broker, exchange) = (Server::shared(), Broker::shared(), bus::exchange_name());
    let uri = server.uri(&server.database());
    let mut subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let builder = || {
        Daemon::builder()
            .database(&uri)
            .config(&bus::configuration(&broker.uri(), &exchange))
    };
    let daemon = builder().arg("--role").arg("http").start();
    let before = daemon.admin();
    let installation = builder()
        .without_database()
        .arg("--role")
        .arg("worker")
        .install();
    let mut command = installation.daemon_command();
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    assert!(subscriber.within(Duration::from_millis(300)).is_none());
    let mut worker = process::spawn(command);
    let lines = Lines::default();
    lines.collect(worker.stdout.take().unwrap());
    lines.wait_for("working, without serving requests").clear();
    assert_eq!(told_of(&subscriber.receive()), session(&before));
    let login = daemon.admin();
    assert_eq!(told_of(&subscriber.receive()), session(&login));
    process::signal(worker.id(), "TERM");
    assert!(worker.wait().unwrap().success());
}
