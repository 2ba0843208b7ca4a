//! The wazo-auth daemon and its commands: one program under five names.

mod bus;
mod commands;
mod config;
mod credentials;
mod daemon;
mod expiry;
mod logging;
mod privileges;
mod wiring;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let name = std::env::args_os()
        .next()
        .and_then(|path| Path::new(&path).file_name().map(ToOwned::to_owned))
        .unwrap_or_default();
    match name.to_str() {
        Some("wazo-auth-bootstrap") => commands::bootstrap::main(),
        Some("wazo-auth-upgrade-db") => commands::upgrade_db::main(),
        Some("wazo-auth-init-db") => commands::init_db::main(),
        Some("wazo-auth-wait") => commands::wait::main(),
        _ => commands::daemon::main(),
    }
}
