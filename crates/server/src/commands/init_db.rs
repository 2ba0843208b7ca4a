//! `wazo-auth-init-db`: makes role, database and extension on a PostgreSQL server.

use std::{process::ExitCode, thread, time::Duration};

use clap::Parser;
use wazo_auth_database::{
    DatabaseError, Uri,
    init::{Preparation, Prepared, add_extension, prepare},
};

use super::fail;
use crate::privileges;
use wazo_auth_model::report::chain;

/// How often to try to connect, and how long to wait in between.
const TRIES: u32 = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// Makes the role, the database and the extension that wazo-auth needs on a PostgreSQL server
///
/// What is there already stays as it is. The schema is made by wazo-auth-upgrade-db.
#[derive(Debug, Parser)]
#[command(name = "wazo-auth-init-db", version)]
struct Arguments {
    /// System user to become first, such as the server's own
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Database to connect to as a superuser
    #[arg(
        long = "pg_db_uri",
        value_name = "URI",
        default_value = "postgresql:///postgres"
    )]
    server: String,
    /// The same server, with the database of wazo-auth
    #[arg(
        long = "auth_db_uri",
        value_name = "URI",
        default_value = "postgresql:///asterisk"
    )]
    database_uri: String,
    /// Database to make
    #[arg(long = "db", value_name = "NAME", default_value = "asterisk")]
    database: String,
    /// Role that owns it
    #[arg(long, value_name = "NAME", default_value = "asterisk")]
    owner: String,
    /// Password of that role, where it is made
    #[arg(long, value_name = "PASSWORD", default_value = "proformatique")]
    password: String,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(user) = &arguments.user
        && let Err(error) = privileges::become_user(user)
    {
        return fail(error);
    }
    match init(arguments) {
        Ok(done) => {
            report("role", done.role);
            report("database", done.database);
            ExitCode::SUCCESS
        }
        Err(error @ DatabaseError::Open { .. }) => {
            fail(format!("Failed to connect to postgres: {}", chain(&error)))
        }
        Err(error) => fail(chain(&error)),
    }
}

fn init(arguments: Arguments) -> Result<Prepared, DatabaseError> {
    let server = Uri::parse(&arguments.server)?;
    let database = Uri::parse(&arguments.database_uri)?;
    let wanted = Preparation {
        owner: arguments.owner,
        password: arguments.password,
        database: arguments.database,
    };
    let mut tries = 1;
    let done = loop {
        match prepare(&server, &wanted) {
            Err(DatabaseError::Open { .. }) if tries < TRIES => {
                tries += 1;
                thread::sleep(BETWEEN_TRIES);
            }
            answer => break answer?,
        }
    };
    add_extension(&database)?;
    Ok(done)
}

fn report(what: &str, made: bool) {
    println!("{what}: {}", if made { "made" } else { "was there" });
}
