//! `wazo-auth plugin verify`: would the daemon load these files?

use std::{path::PathBuf, process::ExitCode};

use serde_json::{Value, to_value};
use wazo_auth_plugin_host::{FileReport, PublicKey, State, verify};
use wazo_auth_services::OPERATIONS;

/// What `wazo-auth plugin verify` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The plugin files, where the daemon will find them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Public key that may have signed the files; may be given several times. Without one, no signature is
    /// asked for
    #[arg(long, value_name = "KEY")]
    trusted_key: Vec<PublicKey>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks the files.
pub fn run(arguments: &Arguments) -> ExitCode {
    let trusted = &arguments.trusted_key;
    let trusted = (!trusted.is_empty()).then_some(trusted.as_slice());
    let reports: Vec<FileReport> = arguments
        .files
        .iter()
        .map(|file| verify(file, OPERATIONS, trusted))
        .collect();
    if arguments.json {
        let reports: Vec<Value> = reports
            .iter()
            .map(|report| to_value(report).unwrap_or_default())
            .collect();
        println!("{}", Value::from(reports));
    } else {
        for report in &reports {
            print!("{}", render(report));
        }
    }
    let all_pass = reports.iter().all(passes);
    if all_pass {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the daemon could start all that is in a file.
fn passes(report: &FileReport) -> bool {
    report.state == State::Loaded
        && report
            .entries
            .iter()
            .all(|entry| entry.state == State::Loaded)
}

fn render(report: &FileReport) -> String {
    let path = report.path.display();
    let mut text = match (&report.state, &report.reason) {
        (State::Refused, reason) => {
            format!(
                "{path}: refused: {}\n",
                reason.as_deref().unwrap_or_default()
            )
        }
        (_, None) => format!("{path}: ok\n"),
        (_, Some(warning)) => format!("{path}: ok, but {warning}\n"),
    };
    if report.state != State::Refused {
        for entry in &report.entries {
            text.push_str(&format!("  {} {}", entry.kind, entry.name));
            if let Some(reason) = &entry.reason {
                text.push_str(&format!(": refused: {reason}"));
            }
            text.push('\n');
        }
    }
    text
}
