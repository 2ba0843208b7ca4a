//! `wazo-auth plugin list`: what lies in the plugin directories, and why something does not run.

use std::{path::PathBuf, process::ExitCode};

use serde_json::json;
use wazo_auth_plugin_host::{EntryReport, FileReport, Report, State, inspect};
use wazo_auth_services::OPERATIONS;

use super::state::running_state;
use crate::{
    commands::{ConfigurationFile, load},
    config::Overrides,
    wiring,
};

/// Lists the files.
pub fn list(configuration: ConfigurationFile, plugin_dirs: Vec<PathBuf>, json: bool) -> ExitCode {
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
