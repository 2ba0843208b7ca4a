//! `make fill`: a database of a large installation, how the engine means to run what matters there,
//! and what our indexes cost whoever writes. Never shipped.

#[path = "../tests/support/fill.rs"]
mod fill;
#[path = "../tests/support/own.rs"]
mod own;
#[path = "../tests/support/plan.rs"]
mod plan;
#[path = "../tests/support/write_cost.rs"]
mod write_cost;

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use fill::{LARGE, Numbers};
use wazo_auth_database::{
    Database, DatabaseError, Settings, Uri,
    queries::{scope::Scope, session, tenant},
};

const USAGE: &str = "usage: fill URI [--scale 0.01]";

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(inner) = cause {
                text.push_str(": ");
                text.push_str(&inner.to_string());
                cause = inner.source();
            }
            eprintln!("fill: {text}");
            ExitCode::FAILURE
        }
    }
}

/// Answers whether all plans are good.
fn run() -> Result<bool, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (uri, scale) = match arguments.as_slice() {
        [uri] => (uri, 1.0),
        [uri, option, scale] if option == "--scale" => (uri, scale.parse()?),
        _ => return Err(USAGE.into()),
    };
    let numbers = scaled(scale)?;
    let uri = Uri::parse(uri)?;
    Database::migrate(&uri)?;
    let database = Database::open(&Settings::new(uri, 2))?;
    refuse_used(&database)?;

    let start = Instant::now();
    fill::fill(&database, numbers, |what, made, count| {
        print!("\r{:<24} {made:>9} of {count:>9}", what);
        if made == count {
            println!();
        }
        // A progress that cannot be shown is no reason to stop.
        drop(io::stdout().flush());
    })?;
    println!("filled in {:.1} s", start.elapsed().as_secs_f64());

    let mut good = true;
    for walk in plan::walks(&database)? {
        if walk.faults.is_empty() {
            println!("index walk   {}", walk.name);
        } else {
            good = false;
            println!(
                "NOT SO GOOD  {}: {}\n{}\n{}",
                walk.name,
                walk.faults.join(", "),
                walk.statement,
                walk.plan
            );
        }
    }

    let more = (numbers.tokens / 50).max(100);
    let (with, without) = write_cost::time_inserts(
        &database,
        numbers.tokens,
        more,
        &[fill::session(numbers.tenants), fill::token(numbers.users)],
        &["auth_token"],
    )?;
    println!(
        "adding {more} sessions and tokens takes {:.2} times as long with our indexes as without ({:.2} s, {:.2} s)",
        with.as_secs_f64() / without.as_secs_f64(),
        with.as_secs_f64(),
        without.as_secs_f64()
    );
    Ok(good)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a number of rows need not be exact"
)]
fn scaled(scale: f64) -> Result<Numbers, Failure> {
    if !(scale > 0.0 && scale <= 100.0) {
        return Err(format!("--scale is a number above 0, at most 100; {USAGE}").into());
    }
    let by_scale = |number: u64| ((number as f64 * scale) as u64).max(20);
    Ok(Numbers {
        tenants: by_scale(LARGE.tenants),
        users: by_scale(LARGE.users),
        tokens: by_scale(LARGE.tokens),
    })
}

/// Nobody wants these rows in a database that is used.
fn refuse_used(database: &Database) -> Result<(), Failure> {
    let used = database
        .read(|db| {
            let top = tenant::find_top(db)?.uuid;
            Ok::<_, DatabaseError>(
                tenant::subtree(db, &top)?.len() > 1 || session::count(db, &Scope::All, None)? > 0,
            )
        })
        .wait()?;
    if used {
        return Err(
            "this database is in use: there are tenants or sessions in it; name an empty one"
                .into(),
        );
    }
    Ok(())
}
