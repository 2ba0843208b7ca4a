//! `wazo-auth plugin test`: whether a plugin keeps to the contract of its kinds, whatever comes.
//!
//! The file is loaded by the daemon's own loader, in this process, with a stand-in for the daemon behind
//! it. What is tried is the same for every plugin, so a plugin that passes has no fault that its author
//! could only have found with luck.

mod checks;
mod daemon;
mod entry;
mod input;

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use serde::Serialize;
use serde_json::{Map, Value, json};
use wazo_auth_model::{ids::SessionId, report::printable};
use wazo_auth_plugin_host::{Manifest, read_manifest};

use crate::{commands::fail, config};

/// What `wazo-auth plugin test` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The plugin file
    file: PathBuf,
    /// File with the sections of the plugin's entries, as the daemon's configuration has them
    #[arg(short, long, value_name = "PATH")]
    config_file: Option<PathBuf>,
    /// Login that a backend accepts, to try what comes after that; needs --password
    #[arg(long, requires = "password")]
    login: Option<String>,
    /// Password of that login; anybody on this machine can read it while the command runs
    #[arg(long, requires = "login")]
    password: Option<String>,
    /// Calls that are made to see whether memory, threads or descriptors are lost
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    calls: u32,
    /// Seconds that a call, and a start, may take, as plugins.call_timeout says for the daemon
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What came of one check.
#[derive(Debug, Serialize)]
struct Outcome {
    /// The kind and name of the entry; none for the file.
    entry: Option<String>,
    /// What was tried.
    check: &'static str,
    /// Whether the plugin passes.
    passed: bool,
    /// What was seen.
    detail: String,
}

/// What the checks of a file know.
struct Subject {
    /// A folder with the file alone, which the daemon's loader reads.
    folder: PathBuf,
    manifest: Manifest,
    sections: Map<String, Value>,
    /// A login and its password.
    credentials: Option<(String, String)>,
    calls: u32,
    timeout: Duration,
}

/// Runs the checks.
pub fn run(arguments: &Arguments) -> ExitCode {
    let manifest = match read_manifest(&arguments.file) {
        Ok(manifest) => manifest,
        Err(reason) => return fail(format!("{}: {reason}", arguments.file.display())),
    };
    let sections = match arguments.config_file.as_deref().map(config::sections) {
        None => Map::new(),
        Some(Ok(sections)) => sections,
        Some(Err(reason)) => return fail(reason),
    };
    let folder = match Folder::with(&arguments.file) {
        Ok(folder) => folder,
        Err(error) => {
            return fail(format!(
                "{} cannot be copied to a folder of its own: {error}",
                arguments.file.display()
            ));
        }
    };
    let subject = Subject {
        folder: folder.0.clone(),
        manifest,
        sections,
        credentials: arguments.login.clone().zip(arguments.password.clone()),
        calls: arguments.calls,
        timeout: Duration::from_secs(arguments.timeout),
    };
    let mut outcomes = Vec::new();
    checks::run(&subject, &mut |outcome: Outcome| {
        if !arguments.json {
            print!("{}", render(&outcome));
        }
        outcomes.push(outcome);
    });
    drop(folder);
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    if arguments.json {
        let document = json!({
            "file": arguments.file.display().to_string(),
            "passed": failed == 0,
            "checks": outcomes,
        });
        println!("{document}");
    } else {
        println!("{} checks, {failed} failed", outcomes.len());
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn render(outcome: &Outcome) -> String {
    let word = if outcome.passed { "ok    " } else { "FAILED" };
    let subject = outcome.entry.as_deref().unwrap_or("the file");
    let (check, detail) = (outcome.check, &outcome.detail);
    // A plugin's words are in it.
    let detail = printable(detail);
    format!("{word} {subject}: {check}: {detail}\n")
}

/// A folder of ours that goes with the value.
struct Folder(PathBuf);

impl Folder {
    /// With a copy of a file in it, which nobody else may write to.
    fn with(file: &Path) -> std::io::Result<Self> {
        let name = format!("wazo-auth-plugin-test-{}", SessionId::random());
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        let folder = Self(path);
        let copy = folder.0.join("plugin.so");
        fs::write(&copy, fs::read(file)?)?;
        fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // In a temporary folder: whoever cleans that up finds it.
        drop(fs::remove_dir_all(&self.0));
    }
}
