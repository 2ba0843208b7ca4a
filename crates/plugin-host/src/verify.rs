//! Single files, for those who write them: what one says of itself, and whether a daemon would take it.

use std::{fs, path::Path};

use crate::{
    FileReport, Manifest, PublicKey, State,
    elf::Library,
    library,
    permissions::{check_directory, read_any_file},
    scan::{Demands, Refusal, examine, found},
};

/// Reads the manifest of a plugin file, whoever may write to it, and runs nothing of it.
///
/// # Errors
///
/// When it is no plugin for this machine, in one line.
pub fn read_manifest(path: &Path) -> Result<Manifest, String> {
    let bytes = read_any_file(path)?;
    Manifest::parse(Library::parse(&bytes)?.manifest()?)
}

/// Makes every check of a file that the daemon makes before it starts what is in it, those of its
/// directory included. To compare its types it is opened, which runs its initialisers. Plugins may need
/// `operations`; with `trusted_keys`, one of them must have signed the file.
///
/// What passes is [`State::Loaded`], with a warning as its reason if there is one.
#[must_use]
pub fn verify(path: &Path, operations: &[&str], trusted_keys: Option<&[PublicKey]>) -> FileReport {
    let (Some(name), Some(directory)) = (path.file_name(), path.parent()) else {
        return FileReport::refused(path, "it is no regular file".to_owned());
    };
    // Whoever mistyped the path reads so, and nothing of its directory.
    if let Err(error) = fs::symlink_metadata(path) {
        return FileReport::refused(path, format!("it cannot be opened: {error}"));
    }
    let directory = match directory {
        here if here == Path::new("") => Path::new("."),
        directory => directory,
    };
    let checked = match check_directory(directory) {
        Ok(checked) => checked,
        Err(problem) => {
            let reason = format!("the directory {}: {problem}", directory.display());
            return FileReport::refused(path, reason);
        }
    };
    let (real, rules) = checked.value;
    let demands = Demands {
        operations,
        trusted_keys,
    };
    match examine(&real.join(name), rules, &demands) {
        Ok((manifest, bytes, warning)) => {
            let warnings = [checked.warning, warning];
            let warnings: Vec<String> = warnings.into_iter().flatten().collect();
            let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
            let plugin = manifest.name.clone();
            let mut report = found(path, manifest, &[], warning);
            match library::open(&plugin, &bytes) {
                Ok(_) => report.advance(State::Loaded),
                Err(reason) => report.refuse(reason),
            }
            report
        }
        Err(Refusal { manifest, reason }) => match manifest {
            Some(manifest) => {
                let mut report = found(path, *manifest, &[], None);
                report.refuse(reason);
                report
            }
            None => FileReport::refused(path, reason),
        },
    }
}
