//! Looks through the plugin directories: every check that needs no loading.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use wazo_auth_core::manifest::kind;

use crate::{
    DirectoryReport, EntryReport, FileReport, MissingEntry, PublicKey, Report, Settings, State,
    elf::Library,
    manifest::Manifest,
    permissions::{Passed, Rules, check_directory, read_file},
    signature,
};

/// The kinds that this daemon has.
const KINDS: &[&str] = &[kind::BACKEND, kind::EXTERNAL_AUTH, kind::METADATA];

/// A file that passed.
pub(crate) struct Candidate {
    /// Where it stands in the report.
    pub position: usize,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What is to be loaded: the bytes that were checked.
    pub bytes: Vec<u8>,
}

/// Looks through the directories of `settings`; plugins may need `operations`.
pub(crate) fn scan(settings: &Settings, operations: &[&str]) -> (Report, Vec<Candidate>) {
    let mut report = Report::default();
    let mut candidates = Vec::new();
    let enabled = settings.enabled();
    let mut seen: Vec<PathBuf> = Vec::new();
    for directory in &settings.directories {
        let (real, rules, warning) = match check_directory(directory) {
            Ok(Passed {
                value: (real, rules),
                warning,
            }) => {
                if seen.contains(&real) {
                    continue;
                }
                seen.push(real.clone());
                (real, rules, warning)
            }
            Err(problem) => {
                report.directories.push(DirectoryReport {
                    path: directory.clone(),
                    problem: Some(problem),
                    warning: None,
                });
                continue;
            }
        };
        // What was checked is what is listed and read, wherever links in the written path lead to by now.
        let names = list(&real);
        report.directories.push(DirectoryReport {
            path: directory.clone(),
            problem: names
                .as_ref()
                .err()
                .map(|error| format!("it cannot be listed: {error}")),
            warning,
        });
        for found_at in names.unwrap_or_default() {
            let path = match found_at.file_name() {
                Some(name) => directory.join(name),
                None => continue,
            };
            match examine(
                &found_at,
                rules,
                &Demands {
                    operations,
                    trusted_keys: settings.trusted_keys.as_deref(),
                },
            ) {
                Ok((manifest, bytes, warning)) => {
                    candidates.push(Candidate {
                        position: report.files.len(),
                        bytes,
                        manifest: manifest.clone(),
                    });
                    report.files.push(found(&path, manifest, &enabled, warning));
                }
                Err(Refusal { manifest, reason }) => {
                    report.files.push(match manifest {
                        Some(manifest) => {
                            let mut file = found(&path, *manifest, &enabled, None);
                            file.refuse(reason);
                            file
                        }
                        None => FileReport::refused(&path, reason),
                    });
                }
            }
        }
    }
    (report, candidates)
}

/// The `.so` files of a directory, by name.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .filter(|path: &io::Result<PathBuf>| {
            path.as_ref()
                .map_or(true, |path| path.extension() == Some(OsStr::new("so")))
        })
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A file that did not pass.
pub(crate) struct Refusal {
    /// What it says of itself, if the checks got so far.
    pub manifest: Option<Box<Manifest>>,
    /// Why, in one line.
    pub reason: String,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self {
            manifest: None,
            reason,
        }
    }
}

/// What a file says of itself, its bytes, and a warning.
type Examined = (Manifest, Vec<u8>, Option<String>);

/// What is asked of files beside what is true of all.
pub(crate) struct Demands<'a> {
    /// What they may need.
    pub operations: &'a [&'a str],
    /// Who must have signed them, one of them.
    pub trusted_keys: Option<&'a [PublicKey]>,
}

/// Makes the checks of a file that need no loading. `rules` are those of its directory.
pub(crate) fn examine(
    path: &Path,
    rules: Rules,
    demands: &Demands<'_>,
) -> Result<Examined, Refusal> {
    let file = read_file(path, rules)?;
    if let Some(trusted) = demands.trusted_keys {
        // Before anything looks into the bytes.
        signature::check(path, &file.value, trusted)?;
    }
    let library = Library::parse(&file.value)?;
    let manifest = Manifest::parse(library.manifest()?)?;
    let checked = manifest
        .check_abi()
        .and_then(|()| manifest.check_panic(library.can_unwind()))
        .and_then(|()| manifest.check_needs(demands.operations));
    match checked {
        Ok(()) => Ok((manifest, file.value, file.warning)),
        Err(reason) => Err(Refusal {
            manifest: Some(Box::new(manifest)),
            reason,
        }),
    }
}

/// A file whose manifest was read. `enabled` has kinds and names.
pub(crate) fn found(
    path: &Path,
    manifest: Manifest,
    enabled: &[(&str, &str)],
    warning: Option<String>,
) -> FileReport {
    let entries = manifest
        .entries
        .iter()
        .map(|(kind, name)| {
            if KINDS.contains(&kind.as_str()) {
                let enabled = enabled.contains(&(kind.as_str(), name.as_str()));
                return EntryReport::new(kind, name, enabled);
            }
            let mut entry = EntryReport::new(kind, name, false);
            entry.refuse(format!(
                "this daemon has no plugins of the kind {kind:?}; use a newer one"
            ));
            entry
        })
        .collect();
    FileReport {
        path: path.to_owned(),
        name: Some(manifest.name),
        version: manifest.version,
        abi: Some(manifest.abi),
        license: manifest.license,
        authors: manifest.authors,
        description: manifest.description,
        rustc: manifest.rustc,
        entries,
        state: State::Found,
        reason: warning,
    }
}

/// Refuses what several files offer: none of them can be known to be the right one.
pub(crate) fn refuse_duplicates(report: &mut Report) {
    let mut places: Vec<(usize, String, String)> = Vec::new();
    for (position, file) in report.files.iter().enumerate() {
        if file.state != State::Refused {
            places.extend(
                file.entries
                    .iter()
                    .filter(|entry| entry.state != State::Refused)
                    .map(|entry| (position, entry.kind.clone(), entry.name.clone())),
            );
        }
    }
    for (position, kind, name) in &places {
        let others: Vec<String> = places
            .iter()
            .filter(|(other, other_kind, other_name)| {
                other != position && other_kind == kind && other_name == name
            })
            .filter_map(|(other, _, _)| report.files.get(*other))
            .map(|file| file.path.display().to_string())
            .collect();
        if others.is_empty() {
            continue;
        }
        let Some(file) = report.files.get_mut(*position) else {
            continue;
        };
        let reason = format!(
            "{} offers {kind} {name:?} too, and only one may; remove one of the files",
            others.join(" and ")
        );
        if let Some(entry) = file.entry_mut(kind, name) {
            entry.refuse(reason.clone());
        }
        if file
            .entries
            .iter()
            .all(|entry| entry.state == State::Refused)
        {
            file.refuse(reason);
        }
    }
}

/// Notes what is enabled and that no file offers.
pub(crate) fn note_missing(report: &mut Report, settings: &Settings) {
    report.missing = settings
        .enabled()
        .into_iter()
        .filter(|(kind, name)| {
            !report
                .files
                .iter()
                .any(|file| file.entry(kind, name).is_some())
        })
        .map(|(kind, name)| MissingEntry {
            kind: kind.to_owned(),
            name: name.to_owned(),
        })
        .collect();
}

/// Checks what lies in the plugin directories, without loading anything. Plugins may need
/// `operations`, those of [`HostServices::operations`](crate::HostServices::operations).
#[must_use]
pub fn inspect(settings: &Settings, operations: &[&str]) -> Report {
    let (mut report, _) = scan(settings, operations);
    refuse_duplicates(&mut report);
    note_missing(&mut report, settings);
    report
}
