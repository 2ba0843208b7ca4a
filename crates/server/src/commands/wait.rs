//! `wazo-auth-wait`: waits until the daemon listens.

use std::{
    net::TcpStream,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;

use super::{ConfigurationFile, fail, load};
use crate::config::Overrides;

/// How long to wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until wazo-auth accepts connections, for a minute at most
#[derive(Debug, Parser)]
#[command(name = "wazo-auth-wait", version)]
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
    let port = config.rest_api.port;
    let end = Instant::now() + PATIENCE;
    loop {
        if TcpStream::connect(("localhost", port)).is_ok() {
            return ExitCode::SUCCESS;
        }
        if Instant::now() >= end {
            return fail(format!(
                "Could not connect to wazo-auth on localhost:{port}"
            ));
        }
        thread::sleep(Duration::from_secs(1));
    }
}
