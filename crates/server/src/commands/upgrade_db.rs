//! `wazo-auth-upgrade-db`: migrates the database.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use wazo_auth_database::{Database, DatabaseError, Uri};

use super::{ConfigurationFile, fail, load};
use crate::{config::Overrides, wiring};
use wazo_auth_model::report::chain;

/// How long to wait for a server that does not let us in yet.
const PATIENCE: Duration = Duration::from_secs(300);

/// Migrates the database of wazo-auth to the schema of this version
///
/// A database of the program that wazo-auth replaces is taken over as it is: nothing of it is changed,
/// and what is added can be taken away again. A server that does not answer is waited for, for five minutes
/// at most.
#[derive(Debug, Parser)]
#[command(name = "wazo-auth-upgrade-db", version)]
struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Say what would be done, and do nothing
    #[arg(long)]
    check: bool,
    /// Take away everything that was added to the other program's database, so that it can be put back
    #[arg(long, conflicts_with = "check")]
    remove_own: bool,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match load(&Overrides {
        config_file: arguments.configuration.config_file,
        ..Overrides::default()
    }) {
        Ok(config) => config,
        Err(status) => return status,
    };
    let done = wiring::database_uri(&config).and_then(|uri| {
        Database::wait_for(&uri, PATIENCE, |reason| eprintln!("{reason}"))?;
        if arguments.check {
            check(&uri)
        } else if arguments.remove_own {
            remove_own(&uri)
        } else {
            migrate(&uri)
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(chain(&error)),
    }
}

fn migrate(uri: &Uri) -> Result<(), DatabaseError> {
    let done = Database::migrate_with(uri, |number, all, version| {
        println!("applying migration {version} ({number} of {all})");
    })?;
    if done.adopted {
        println!("took over the database as it is");
    }
    for version in &done.applied {
        println!("applied migration {version}");
    }
    match done.left_out {
        Some(reason) => println!("nothing was added: {reason}"),
        None if done.applied.is_empty() && !done.adopted => println!("the database is up to date"),
        None => {}
    }
    Ok(())
}

fn check(uri: &Uri) -> Result<(), DatabaseError> {
    let plan = Database::plan(uri)?;
    if plan.adopts {
        println!("would take over the database as it is");
    }
    for version in &plan.pending {
        println!("would apply migration {version}");
    }
    match plan.left_out {
        Some(reason) => println!("would add nothing: {reason}"),
        None if plan.pending.is_empty() && !plan.adopts => println!("the database is up to date"),
        None => {}
    }
    Ok(())
}

fn remove_own(uri: &Uri) -> Result<(), DatabaseError> {
    let removed = Database::remove_own(uri)?;
    for object in &removed.objects {
        println!("removed {object}");
    }
    if removed.objects.is_empty() {
        println!("there was nothing of ours");
    }
    Ok(())
}
