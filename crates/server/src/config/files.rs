//! Reads the configuration files.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::FileTypeExt},
    path::Path,
    sync::Arc,
};

use super::{
    tree::{Mapping, Value},
    yaml,
};

/// No file is longer, in bytes.
const MAX_FILE: usize = 1024 * 1024;

/// What happens on the way that is not a value.
#[derive(Default)]
pub struct Notes {
    /// What was left out, and why: the start goes on.
    pub warnings: Vec<String>,
    /// What stops the start, each with its place.
    pub problems: Vec<String>,
}

enum Fault {
    /// The file is not there, or may not be read.
    Unreadable(io::Error),
    /// It holds something else than a mapping. The text has the place.
    Malformed(String),
}

/// Reads the main file. One that cannot be read has no keys; the error of one that can be read and
/// is no configuration has its place.
pub fn main_file(path: &Path, notes: &mut Notes) -> Result<Mapping, String> {
    match read(path, &mut notes.problems) {
        Ok(mapping) => Ok(mapping),
        Err(Fault::Unreadable(error)) => {
            notes.warnings.push(unreadable("file", path, &error));
            Ok(Mapping::default())
        }
        Err(Fault::Malformed(line)) => Err(line),
    }
}

/// Reads the files of a directory, those with the highest rank first: their names end in `.yml`, do
/// not begin with a dot, and are ordered by their bytes. Files that are no configuration are skipped.
pub fn directory(path: &Path, notes: &mut Notes) -> Vec<Mapping> {
    let mut names: Vec<OsString> = Vec::new();
    let listing = fs::read_dir(path).and_then(|entries| {
        for entry in entries {
            names.push(entry?.file_name());
        }
        Ok(())
    });
    if let Err(error) = listing {
        notes.warnings.push(unreadable("dir", path, &error));
    }
    names.retain(|name| {
        let name = name.as_bytes();
        name.ends_with(b".yml") && !name.starts_with(b".")
    });
    names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));

    let mut mappings = Vec::new();
    for name in names {
        let path = path.join(name);
        match refuse_pipe(&path).and_then(|()| read(&path, &mut notes.problems)) {
            Ok(mapping) => mappings.push(mapping),
            Err(Fault::Unreadable(error)) => {
                notes.warnings.push(unreadable("file", &path, &error));
            }
            Err(Fault::Malformed(line)) => notes
                .warnings
                .push(format!("{line}; the whole file is skipped")),
        }
    }
    mappings
}

fn unreadable(what: &str, path: &Path, error: &io::Error) -> String {
    format!("Could not read config {what} {}: {error}", path.display())
}

/// Opening a pipe that nobody writes to would wait for ever. The main file may be one: who names it
/// on the command line means it.
fn refuse_pipe(path: &Path) -> Result<(), Fault> {
    let kind = fs::metadata(path).map_err(Fault::Unreadable)?.file_type();
    if kind.is_fifo() {
        return Err(Fault::Unreadable(io::Error::other("it is a pipe")));
    }
    Ok(())
}

fn read(path: &Path, problems: &mut Vec<String>) -> Result<Mapping, Fault> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let bound = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(bound.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(Fault::Unreadable)?;
    if bytes.len() > MAX_FILE {
        let line = format!("{name}:1: has more than {MAX_FILE} bytes");
        return Err(Fault::Malformed(line));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Fault::Malformed(format!("{name}:{line}: is not UTF-8"))
    })?;
    let mut parsed = yaml::parse(&text, &Arc::from(name)).map_err(Fault::Malformed)?;
    let mapping = match parsed.root {
        None => Mapping::default(),
        Some(node) => match node.value {
            Value::Map(mapping) => mapping,
            Value::Broken => Mapping::default(),
            Value::List(_) | Value::Scalar(_) => {
                return Err(Fault::Malformed(format!(
                    "{}: a mapping of keys to values is wanted at the top",
                    node.at
                )));
            }
        },
    };
    // Only of a file that counts: those of one that is skipped hurt nobody.
    problems.append(&mut parsed.problems);
    Ok(mapping)
}
