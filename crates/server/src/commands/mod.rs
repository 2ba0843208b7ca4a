//! The command lines.

pub mod bootstrap;
pub mod daemon;
pub mod init_db;
pub mod plugin;
pub mod tasks;
pub mod upgrade_db;
pub mod wait;

use std::{fmt::Display, path::PathBuf, process::ExitCode};

use crate::config::{Config, Overrides};

/// Options that every program takes.
#[derive(Debug, Clone, clap::Args)]
pub struct ConfigurationFile {
    /// Configuration file to read [default: /etc/wazo-auth/config.yml]
    #[arg(short, long, value_name = "PATH")]
    pub config_file: Option<PathBuf>,
}

/// Says on stderr what went wrong, with its causes, and gives the exit status of a failure.
pub fn fail(error: impl Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// Reads the configuration for a command; warnings go to stderr.
pub fn load(overrides: &Overrides) -> Result<Config, ExitCode> {
    match Config::load(overrides) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                eprintln!("{warning}");
            }
            Ok(loaded.config)
        }
        Err(error) => Err(fail(error)),
    }
}
