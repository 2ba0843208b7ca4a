//! What became of each plugin file, for administrators.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, Serializer};
use wazo_auth_core::manifest::kind;

/// What was found in the directories of plugins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The `.so` files, directory by directory, by name.
    pub files: Vec<FileReport>,
    /// What is enabled and has no plugin.
    pub missing: Vec<MissingEntry>,
    /// The directories themselves.
    pub directories: Vec<DirectoryReport>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// Where it lies.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// The plugin's name. This and what follows is what the file says of itself.
    pub name: Option<String>,
    /// The plugin's version.
    pub version: Option<String>,
    /// The version of the ABI it was built for.
    pub abi: Option<String>,
    /// Its licence.
    pub license: Option<String>,
    /// Its authors.
    pub authors: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The compiler that built it.
    pub rustc: Option<String>,
    /// What it holds.
    pub entries: Vec<EntryReport>,
    /// How far it got.
    pub state: State,
    /// Why not further, in one line.
    pub reason: Option<String>,
}

/// An entry of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryReport {
    /// `backend`, `external_auth` or `metadata`.
    pub kind: String,
    /// The name that the configuration knows it by.
    pub name: String,
    /// How far it got.
    pub state: State,
    /// Why not further, in one line.
    pub reason: Option<String>,
    /// Whether the configuration enables it.
    pub enabled: bool,
    /// The line of configuration that would enable it.
    pub hint: Option<String>,
}

/// An entry that is enabled and that no file has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingEntry {
    /// `backend`, `external_auth` or `metadata`.
    pub kind: String,
    /// The name in the configuration.
    pub name: String,
}

/// A directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryReport {
    /// Where it is, as configured.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// Why nothing of it was looked at.
    pub problem: Option<String>,
    /// What should be changed.
    pub warning: Option<String>,
}

/// How far a file or an entry got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It passed the checks that need no loading.
    Found,
    /// It did not pass a check.
    Refused,
    /// It passed all checks, and its code is in the process.
    Loaded,
    /// It works.
    Started,
    /// It could not be started.
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Found => "found",
            Self::Refused => "refused",
            Self::Loaded => "loaded",
            Self::Started => "started",
            Self::Failed => "failed",
        })
    }
}

impl FileReport {
    pub(crate) fn refused(path: &Path, reason: String) -> Self {
        Self {
            path: path.to_owned(),
            name: None,
            version: None,
            abi: None,
            license: None,
            authors: None,
            description: None,
            rustc: None,
            entries: Vec::new(),
            state: State::Refused,
            reason: Some(reason),
        }
    }

    /// Notes that the file, and with it all its entries, got no further.
    pub(crate) fn refuse(&mut self, reason: String) {
        self.reason = Some(reason);
        self.advance(State::Refused);
    }

    /// Sets the state of the file and of its entries, save those that were refused.
    pub(crate) fn advance(&mut self, state: State) {
        self.state = state;
        for entry in &mut self.entries {
            if entry.state != State::Refused {
                entry.state = state;
            }
        }
    }

    pub(crate) fn entry(&self, kind: &str, name: &str) -> Option<&EntryReport> {
        self.entries.iter().find(|entry| entry.is(kind, name))
    }

    pub(crate) fn entry_mut(&mut self, kind: &str, name: &str) -> Option<&mut EntryReport> {
        self.entries.iter_mut().find(|entry| entry.is(kind, name))
    }
}

impl EntryReport {
    pub(crate) fn new(kind: &str, name: &str, enabled: bool) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            state: State::Found,
            reason: None,
            enabled,
            hint: (!enabled).then(|| hint(kind, name)).flatten(),
        }
    }

    pub(crate) fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name == name
    }

    pub(crate) fn refuse(&mut self, reason: String) {
        self.state = State::Refused;
        self.reason = Some(reason);
    }
}

/// The line of configuration that enables an entry.
fn hint(kind: &str, name: &str) -> Option<String> {
    match kind {
        kind::BACKEND => Some(format!("enabled_backend_plugins: {{{name}: true}}")),
        kind::EXTERNAL_AUTH => Some(format!("enabled_external_auth_plugins: {{{name}: true}}")),
        kind::METADATA => Some(format!("enabled_metadata_plugins: {{{name}: true}}")),
        _ => None,
    }
}

/// A path as text, whatever its bytes are.
fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
