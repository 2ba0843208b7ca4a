//! `make bench-scale`: how long a page of users or tenants and a search take on a large installation, on
//! both engines, with what we added for lists and without it, and what that costs whoever adds users.
//! Never shipped.

#[path = "../tests/support/fill.rs"]
mod fill;
#[path = "../tests/support/lists.rs"]
mod lists;
#[path = "../tests/support/own.rs"]
mod own;
#[path = "../tests/support/write_cost.rs"]
mod write_cost;

use std::{
    env,
    error::Error,
    process::ExitCode,
    time::{Duration, Instant},
};

use fill::{LARGE, Numbers};
use lists::{Kind, Timed};
use wazo_auth_database::{Database, DatabaseError, Settings, Uri};
use wazo_auth_test_support::{Home, postgres::Server};

const USAGE: &str = "usage: bench_scale [DIVISOR]";
/// The tables whose rows are listed.
const LISTED: [&str; 2] = ["auth_user", "auth_email"];

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let divisor: u64 = match arguments.as_slice() {
        [] => 1,
        [divisor] => divisor.parse().map_err(|_| USAGE)?,
        _ => return Err(USAGE.into()),
    };
    if !(1..=1000).contains(&divisor) {
        return Err(USAGE.into());
    }
    let numbers = Numbers {
        tenants: LARGE.tenants / divisor,
        users: LARGE.users / divisor,
        // Lists read none.
        tokens: 100,
    };
    let mut last_lines = Vec::new();

    let home = Home::new();
    let uri = format!("sqlite://{}", home.join("scale.sqlite").display());
    last_lines.push(bench("sqlite", &uri, numbers, || {})?);

    let server = Server::shared();
    let name = server.database();
    // What the server does by itself within a minute.
    let vacuum = || {
        // The first time is for what was written, the second for what everybody sees then.
        for _ in 0..2 {
            server.sql(&name, "VACUUM ANALYZE");
        }
    };
    last_lines.push(bench("postgresql", &server.uri(&name), numbers, vacuum)?);

    for line in last_lines {
        println!("{line}");
    }
    Ok(())
}

/// Measures one engine, prints what came of it, and answers it in one line.
fn bench(
    engine: &str,
    uri: &str,
    numbers: Numbers,
    settle: impl FnOnce(),
) -> Result<String, Failure> {
    let uri = Uri::parse(uri)?;
    Database::migrate(&uri)?;
    let database = Database::open(&Settings {
        patience: Duration::from_secs(600),
        ..Settings::new(uri, 1)
    })?;
    let start = Instant::now();
    fill::fill(&database, numbers, |what, made, count| {
        eprint!("\r{engine}: {what:<24} {made:>9} of {count:>9}");
        if made == count {
            eprintln!();
        }
    })?;
    settle();
    eprintln!("{engine}: filled in {:.1} s", start.elapsed().as_secs_f64());

    let with = time(&database, engine, true)?;
    let without = time(&database, engine, false)?;
    println!(
        "{engine}: {} users, {} tenants",
        numbers.users, numbers.tenants
    );
    println!(
        "{:<58} {:>8} {:>9} {:>9} {:>6}",
        "a page of 100, with its totals", "found", "ms", "without", "ratio"
    );
    for (one, other) in with.iter().zip(&without) {
        println!(
            "{:<58} {:>8} {:>9.2} {:>9.2} {:>6.2}",
            one.name,
            one.filtered,
            ms(one.took),
            ms(other.took),
            ms(other.took) / ms(one.took)
        );
    }
    let more = (numbers.users / 50).max(100);
    let (slow, fast) = write_cost::time_inserts(
        &database,
        numbers.users,
        more,
        &[fill::user(numbers.tenants), fill::email()],
        &LISTED,
    )?;
    let write_ratio = slow.as_secs_f64() / fast.as_secs_f64();
    println!(
        "{engine}: adding {more} users with an e-mail address takes {write_ratio:.2} times as long with what we added as without ({:.1} ms, {:.1} ms)\n",
        ms(slow),
        ms(fast)
    );
    let max = |times: &[Timed], kind| {
        let of_kind = times.iter().filter(|timed| timed.kind == kind);
        of_kind.map(|timed| ms(timed.took)).fold(0.0, f64::max)
    };
    Ok(format!(
        "bench-scale: engine={engine} scale_page_ms_max={:.2} scale_search_ms_max={:.2} page_ms_max_without={:.2} search_ms_max_without={:.2} write_ratio={write_ratio:.2}",
        max(&with, Kind::Page),
        max(&with, Kind::Search),
        max(&without, Kind::Page),
        max(&without, Kind::Search),
    ))
}

/// What ends a transaction that is to leave nothing behind.
enum Undone {
    Timed(Vec<Timed>),
    Failed(DatabaseError),
}

impl From<DatabaseError> for Undone {
    fn from(error: DatabaseError) -> Self {
        Self::Failed(error)
    }
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn time(database: &Database, engine: &str, with: bool) -> Result<Vec<Timed>, Failure> {
    let engine = engine.to_owned();
    let undone = database.write(move |db| -> Result<(), Undone> {
        if !with {
            own::drop(db, &LISTED)?;
        }
        let beside = if with { "with" } else { "without" };
        let timed = lists::time(db, |name| {
            eprint!("\r{engine}, {beside} what we added: {name:<60}");
        })?;
        eprintln!();
        Err(Undone::Timed(timed))
    });
    match undone.wait() {
        Err(Undone::Timed(timed)) => Ok(timed),
        Err(Undone::Failed(error)) => Err(error.into()),
        Ok(()) => Ok(Vec::new()),
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
