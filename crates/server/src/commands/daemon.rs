//! `wazo-auth`: the daemon, and the commands about plugins and tasks.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use super::{ConfigurationFile, plugin, tasks};
use crate::{config::Overrides, daemon::Role};

/// Authentication daemon of the Wazo platform
#[derive(Debug, Parser)]
#[command(name = "wazo-auth", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,

    /// System user to run as
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,

    /// Log at level debug, whatever the configuration says
    #[arg(short, long)]
    debug: bool,

    /// Level to log at: debug, info, warning, error or critical
    #[arg(short, long, value_name = "NAME")]
    log_level: Option<String>,

    /// Migrate the database before serving
    #[arg(long)]
    db_upgrade_on_startup: bool,

    /// Port to listen on
    #[arg(long, value_name = "PORT")]
    listen_port: Option<u16>,

    /// File to log to
    #[arg(long, value_name = "PATH")]
    log_file: Option<PathBuf>,

    /// Directory of plugins, in place of the configured one; may be given several times
    #[arg(long, value_name = "DIR")]
    plugin_dir: Vec<PathBuf>,

    /// What this daemon does: all, http (requests alone) or worker (everything else)
    #[arg(long, value_name = "ROLE", default_value = "all")]
    role: Role,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Looks after plugins
    Plugin {
        #[command(subcommand)]
        command: plugin::Command,
    },
    /// Looks after work that outlives the daemon: events that wait
    Tasks {
        #[command(subcommand)]
        command: tasks::Command,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Plugin { command }) => plugin::run(command),
        Some(Command::Tasks { command }) => tasks::run(command),
        None => crate::daemon::run(
            arguments.role,
            &Overrides {
                config_file: arguments.configuration.config_file,
                user: arguments.user,
                debug: arguments.debug,
                log_level: arguments.log_level,
                db_upgrade_on_startup: arguments.db_upgrade_on_startup,
                listen_port: arguments.listen_port,
                log_file: arguments.log_file,
                plugin_dirs: arguments.plugin_dir,
            },
        ),
    }
}
