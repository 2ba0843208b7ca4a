//! `wazo-auth plugin`: for those who write plugins, and those who run them.

mod create;
mod inspect;
mod list;
mod sign;
mod state;
mod test;
mod verify;

use std::{path::PathBuf, process::ExitCode};

pub use state::keep_state;

use super::ConfigurationFile;

/// Commands about plugins.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Writes the crate of a new plugin, with tests, that builds wherever Rust is
    ///
    /// Nothing of the daemon's sources is needed: those of the SDK are written into the crate.
    New(create::Arguments),
    /// Lists the files in the plugin directories, what they offer, their state and its reason
    ///
    /// Every file is checked afresh. For files that a running daemon has loaded, its state is shown.
    List {
        #[command(flatten)]
        configuration: ConfigurationFile,
        /// Directory to list, in place of the configured one; may be given several times
        #[arg(long, value_name = "DIR")]
        plugin_dir: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows what a plugin file says of itself, without running it
    Inspect(inspect::Arguments),
    /// Makes every check that the daemon makes before it starts a plugin, that of its types included
    ///
    /// The files are opened, so their initialisers run, but nothing of them is started. The exit status is 0
    /// when all files pass.
    Verify(verify::Arguments),
    /// Tries whether a plugin keeps to the contract of its kinds: odd input, many threads, failures of the
    /// daemon, losses, starts and stops
    ///
    /// The file is loaded into this process, wherever it lies, with a stand-in for the daemon behind it;
    /// neither a database nor a running daemon is touched. What the plugin itself reaches, such as a
    /// directory server, it does reach. The exit status is 0 when all checks pass.
    Test(test::Arguments),
    /// Makes a key to sign plugins with, and prints what daemons that trust it are configured with
    Keygen(sign::KeygenArguments),
    /// Signs plugin files, for daemons that load nothing without a signature they trust
    Sign(sign::SignArguments),
}

/// Runs a command.
pub fn run(command: Command) -> ExitCode {
    match command {
        Command::New(arguments) => create::run(&arguments),
        Command::List {
            configuration,
            plugin_dir,
            json,
        } => list::list(configuration, plugin_dir, json),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Keygen(arguments) => sign::keygen(&arguments),
        Command::Sign(arguments) => sign::sign(&arguments),
    }
}
