//! What becomes of events while everything dies: daemons, the broker and the database are killed and started
//! again under load, and in the end what was published is held against what was answered.
//!
//! usage: `wazo-auth-chaos SECONDS`

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what cannot be measured should stop the measurement, loudly"
)]

mod load;
mod verdict;

use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use wazo_auth_test_support::{
    Daemon, Installation, home, postgres::Server, rabbitmq::Broker, wait,
};
use wazo_auth_tests::bus::{self, Binding, Subscriber};

use load::Load;

/// Daemons on the one database.
const NODES: usize = 3;
/// Between two misfortunes.
const PAUSE: Duration = Duration::from_secs(2);
/// How long the broker, or the database, stays away.
const AWAY: Duration = Duration::from_secs(1);
/// How long nothing has to arrive until everything has.
const QUIET: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).map_or(Ok(60), |text| text.parse());
    let duration = Duration::from_secs(seconds.expect("the argument is a number of seconds"));
    let (server, broker) = (Server::durable(), Broker::start());
    let database = server.database();
    let exchange = bus::exchange_name();
    let binding = Binding {
        queue: Some("chaos".to_owned()),
        ..Binding::all(&exchange)
    };
    bus::declare(&broker, &binding);
    let builder = || {
        Daemon::builder()
            .database(server.uri(&database))
            .config(&bus::configuration(&broker.uri(), &exchange))
            .config("token_cleanup_interval: 5\n")
            .config("db_connect_retry_timeout_seconds: 30\n")
    };
    let mut nodes = vec![Some(builder().start())];
    for _ in 1..NODES {
        nodes.push(Some(builder().without_database().start()));
    }
    let first = nodes
        .first()
        .and_then(Option::as_ref)
        .expect("there is one");
    let load = Load::start(first.installation().credentials(), NODES);
    for (number, node) in nodes.iter().enumerate() {
        load.serve(number, node.as_ref().map(|node| node.client().base()));
    }
    let until = Instant::now() + duration;
    let mut misfortunes = [0_u32; 4];
    for turn in 0_usize.. {
        if Instant::now() >= until {
            break;
        }
        thread::sleep(PAUSE);
        let victim = turn / 4 % NODES;
        match turn % 4 {
            kind @ (0 | 2) => {
                let signal = if kind == 0 { "KILL" } else { "TERM" };
                let node = nodes.get_mut(victim).expect("the number is in range");
                load.serve(victim, None);
                *node = node.take().map(|node| restart(node, signal));
                load.serve(victim, node.as_ref().map(|node| node.client().base()));
            }
            1 => {
                broker.kill();
                thread::sleep(AWAY);
                broker.up();
            }
            _ => {
                server.kill();
                thread::sleep(AWAY);
                server.up();
            }
        }
        if let Some(count) = misfortunes.get_mut(turn % 4) {
            *count += 1;
        }
    }
    let answered = load.stop();
    wait::until("all events to be published", || {
        (server.sql(&database, "SELECT count(*) FROM wazo_auth_rs_event") == "0").then_some(())
    });
    let mut subscriber = Subscriber::to(&broker, &binding);
    let mut messages = Vec::new();
    while let Some(message) = subscriber.within(QUIET) {
        messages.push(message);
    }
    let row = |what: &str, value: &str| println!("| {what:<44} | {value:>12} |");
    row("daemons killed", &misfortunes[0].to_string());
    row("broker killed", &misfortunes[1].to_string());
    row("daemons stopped", &misfortunes[2].to_string());
    row("database killed", &misfortunes[3].to_string());
    for (what, table) in [
        ("rows of auth_session", "auth_session"),
        ("rows of auth_token", "auth_token"),
        ("rows of wazo_auth_rs_event", "wazo_auth_rs_event"),
    ] {
        row(
            what,
            &server.sql(&database, &format!("SELECT count(*) FROM {table}")),
        );
    }
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        row(
            &format!("PostgreSQL: {setting}"),
            &server.sql(&database, &format!("SHOW {setting}")),
        );
    }
    row("RabbitMQ: exchange, queue and messages", "durable");
    let verdict = verdict::judge(&answered, &messages);
    row(
        "sessions begun, as answered",
        &answered.begun.len().to_string(),
    );
    row(
        "sessions ended, as answered",
        &answered.ended.len().to_string(),
    );
    row(
        "requests without an answer",
        &answered.unanswered.to_string(),
    );
    row("messages", &messages.len().to_string());
    println!("{verdict}");
    if verdict.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Ends a daemon and starts it again on what it had.
fn restart(node: Daemon, signal: &str) -> Daemon {
    let (server, installation): (_, Installation) = node.into_parts();
    drop(server.stop_by(signal));
    // Where it logs is of no use any more, and would only grow.
    home::write(&installation.path("wazo-auth.log"), "");
    installation.start()
}
