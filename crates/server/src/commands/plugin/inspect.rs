//! `wazo-auth plugin inspect`: what a file says of itself.

use std::{path::PathBuf, process::ExitCode};

use serde_json::to_value;
use wazo_auth_model::report::printable;
use wazo_auth_plugin_host::{Manifest, read_manifest};

use crate::commands::fail;

/// What `wazo-auth plugin inspect` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The plugin file
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows the manifest.
pub fn run(arguments: &Arguments) -> ExitCode {
    match read_manifest(&arguments.file) {
        Ok(manifest) => {
            if arguments.json {
                println!("{}", to_value(&manifest).unwrap_or_default());
            } else {
                print!("{}", render(&manifest));
            }
            ExitCode::SUCCESS
        }
        Err(reason) => fail(format!("{}: {reason}", arguments.file.display())),
    }
}

fn render(manifest: &Manifest) -> String {
    let unknown = || "not said".to_owned();
    let of = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
    let mut lines = vec![
        ("name", manifest.name.clone()),
        ("version", of(&manifest.version)),
        ("description", of(&manifest.description)),
        ("authors", of(&manifest.authors)),
        ("license", of(&manifest.license)),
        ("ABI", manifest.abi.clone()),
        ("rustc", of(&manifest.rustc)),
        ("target", of(&manifest.target)),
        ("panic", of(&manifest.panic)),
    ];
    for (kind, name) in &manifest.entries {
        lines.push(("entry", format!("{kind} {name}")));
    }
    for need in &manifest.needs {
        lines.push(("needs", need.clone()));
    }
    lines
        .into_iter()
        // The words are the author's.
        .map(|(word, text)| format!("{word:<12} {}\n", printable(&text)))
        .collect()
}
