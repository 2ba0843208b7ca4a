//! `wazo-auth plugin`: what lies in the plugin directories, and why something does not run.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::{Value, json};
use wazo_auth_plugin_host::{EntryReport, FileReport, Report, State, inspect};
use wazo_auth_services::OPERATIONS;

use super::{ConfigurationFile, load};
use crate::{config::Overrides, wiring};

/// Commands about plugins.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
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
}

/// Runs a command.
pub fn run(command: Command) -> ExitCode {
    match command {
        Command::List {
            configuration,
            plugin_dir,
            json,
        } => list(configuration, plugin_dir, json),
    }
}

fn list(configuration: ConfigurationFile, plugin_dirs: Vec<PathBuf>, json: bool) -> ExitCode {
    let config = match load(&Overrides {
        config_file: configuration.config_file,
        plugin_dirs,
        ..Overrides::default()
    }) {
        Ok(config) => config,
        Err(status) => return status,
    };
    let mut report = inspect(&wiring::plugin_settings(&config), OPERATIONS);
    let running = running_state(&config.plugins.state_file);
    if let Some((_, running)) = &running {
        adopt(&mut report, running);
    }
    if json {
        let text = serde_json::to_value(&report).unwrap_or_default();
        let pid = running.as_ref().map(|(pid, _)| *pid);
        println!("{}", json!({ "daemon_pid": pid, "report": text }));
    } else {
        print!("{}", render(&report, running.map(|(pid, _)| pid)));
    }
    if report
        .directories
        .iter()
        .any(|directory| directory.problem.is_some())
    {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Keeps what the daemon knows of its plugins where `plugin list` finds it.
pub fn keep_state(path: &Path, report: &Report) {
    if let Err(error) = write_state(path, report) {
        log::info!(
            "cannot write {}: {error}; \"wazo-auth plugin list\" will not know what runs (key plugins.state_file)",
            path.display()
        );
    }
}

fn write_state(path: &Path, report: &Report) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let files: HashMap<String, Value> = report
        .files
        .iter()
        .filter_map(|file| Some((file.path.display().to_string(), identity(&file.path)?)))
        .collect();
    let document = json!({
        "pid": std::process::id(),
        "start": start_time(std::process::id()),
        "files": files,
        "report": serde_json::to_value(report)?,
    });
    let draft = path.with_extension("new");
    fs::write(&draft, document.to_string())?;
    fs::rename(&draft, path)
}

/// What tells whether a file is still the one that was loaded.
fn identity(path: &Path) -> Option<Value> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some(json!([
        metadata.ino(),
        metadata.size(),
        metadata.mtime(),
        metadata.mtime_nsec()
    ]))
}

/// When a process started, in the kernel's ticks: a pid alone may be another's by now.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold blanks; the start time is the twentieth field behind it.
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(19).map(str::to_owned)
}

/// The report of the running daemon, for the files that are as it loaded them.
fn running_state(path: &Path) -> Option<(u32, Report)> {
    let document: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let pid = u32::try_from(document.get("pid")?.as_u64()?).ok()?;
    if document.get("start")?.as_str() != start_time(pid).as_deref() {
        return None;
    }
    let mut report: Report = serde_json::from_value(document.get("report")?.clone()).ok()?;
    let known = document.get("files")?.as_object()?.clone();
    report.files.retain(|file| {
        known.get(&file.path.display().to_string()) == identity(&file.path).as_ref()
    });
    Some((pid, report))
}

/// Takes over the states that the daemon knows.
fn adopt(report: &mut Report, running: &Report) {
    for file in &mut report.files {
        if let Some(known) = running.files.iter().find(|known| known.path == file.path) {
            *file = known.clone();
        }
    }
}

fn render(report: &Report, pid: Option<u32>) -> String {
    let mut lines = Vec::new();
    lines.push(match pid {
        Some(pid) => format!("states as in the running daemon (pid {pid})"),
        None => {
            "no daemon runs with this configuration: states tell what a start would find".to_owned()
        }
    });
    for directory in &report.directories {
        lines.push(format!("directory {}", directory.path.display()));
        for (word, text) in [
            ("problem", &directory.problem),
            ("warning", &directory.warning),
        ] {
            if let Some(text) = text {
                lines.push(format!("  {word}: {text}"));
            }
        }
        for file in &report.files {
            if file.path.parent() == Some(directory.path.as_path()) {
                render_file(&mut lines, file);
            }
        }
    }
    for missing in &report.missing {
        lines.push(format!(
            "enabled, but no file offers it: {} {}",
            missing.kind, missing.name
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn render_file(lines: &mut Vec<String>, file: &FileReport) {
    let name = file
        .path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut line = format!("  {name}");
    if let Some(plugin) = &file.name {
        line.push_str(&format!(": {plugin}"));
        if let Some(version) = &file.version {
            line.push_str(&format!(" {version}"));
        }
        if let Some(abi) = &file.abi {
            line.push_str(&format!(" (ABI {abi})"));
        }
    }
    line.push_str(&format!(" - {}", file.state));
    if let Some(reason) = &file.reason {
        line.push_str(&format!(": {reason}"));
    }
    lines.push(line);
    for entry in &file.entries {
        render_entry(lines, entry, file.state);
    }
}

fn render_entry(lines: &mut Vec<String>, entry: &EntryReport, file: State) {
    let mut line = format!("    {} {} - {}", entry.kind, entry.name, entry.state);
    if let Some(reason) = &entry.reason {
        line.push_str(&format!(": {reason}"));
    }
    lines.push(line);
    if let Some(hint) = &entry.hint
        && file != State::Refused
    {
        lines.push(format!(
            "      not enabled; add to the configuration: {hint}"
        ));
    }
}
