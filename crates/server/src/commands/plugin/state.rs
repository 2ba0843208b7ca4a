//! What the running daemon knows of its plugins, for those who ask beside it.

use std::{collections::HashMap, fs, io, os::unix::fs::MetadataExt, path::Path};

use serde_json::{Value, json};
use wazo_auth_plugin_host::Report;

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
pub fn running_state(path: &Path) -> Option<(u32, Report)> {
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
