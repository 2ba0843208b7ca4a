//! `wazo-auth-upgrade-db`: migrates the database.

use std::process::ExitCode;

use clap::Parser;
use wazo_auth_database::Database;

use super::{ConfigurationFile, chain, fail, load};
use crate::config::Overrides;

/// Migrates the database of wazo-auth to the schema of this version
#[derive(Debug, Parser)]
#[command(name = "wazo-auth-upgrade-db", version)]
struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
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
    match Database::migrate(&config.db_uri) {
        Ok(done) if done.applied.is_empty() => {
            println!("the database is up to date");
            ExitCode::SUCCESS
        }
        Ok(done) => {
            for version in done.applied {
                println!("applied migration {version}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => fail(chain(&error)),
    }
}
