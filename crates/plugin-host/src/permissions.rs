//! Who may change a plugin: code in these files runs with all the daemon's rights.
//!
//! Files and directories belong to root or to the user that the daemon runs as, and nobody else may
//! write to them. Members of the owning group are tolerated with a warning, as a umask of 002 lets
//! them write to every working copy, but not for a daemon that runs as root and not in the
//! directories of the system.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf, absolute},
};

/// No plugin is larger.
const MAX_FILE: u64 = 256 * 1024 * 1024;

const GROUP_WRITABLE: u32 = 0o020;
const WORLD_WRITABLE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Where packages put files: nothing there is anybody's own.
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/sbin", "/srv", "/usr", "/var",
];

/// Something that passed, perhaps with a warning.
#[derive(Debug)]
pub(crate) struct Passed<T> {
    pub value: T,
    pub warning: Option<String>,
}

/// The rules for one directory of plugins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    user: u32,
    system: bool,
}

impl Rules {
    fn of(directory: &Path) -> Self {
        // SAFETY: the call has no arguments and cannot fail.
        let user = unsafe { libc::geteuid() };
        Self {
            user,
            system: SYSTEM.iter().any(|system| directory.starts_with(system)),
        }
    }

    /// Checks the owner and the mode of something. `parent`: it lies above the directory.
    fn check(self, path: &Path, found: &Metadata, parent: bool) -> Result<Option<String>, String> {
        let path = path.display();
        if found.uid() != 0 && found.uid() != self.user {
            return Err(format!(
                "{path} belongs to user {}; it has to belong to root or to user {}",
                found.uid(),
                self.user
            ));
        }
        // The mode of a symbolic link means nothing; in a sticky directory only owners replace
        // things.
        if found.is_symlink() || (parent && found.mode() & STICKY != 0) {
            return Ok(None);
        }
        if found.mode() & WORLD_WRITABLE != 0 {
            return Err(format!(
                "everybody may write to {path}; run \"chmod go-w {path}\""
            ));
        }
        if found.mode() & GROUP_WRITABLE == 0 {
            return Ok(None);
        }
        // The group of root is as good as root above a directory that it may not write to.
        let roots_own = parent && found.gid() == 0;
        if self.system || (self.user == 0 && !roots_own) {
            return Err(format!(
                "the group {} may write to {path}; run \"chmod g-w {path}\"",
                found.gid()
            ));
        }
        Ok(Some(format!(
            "the group {} may write to {path}; better run \"chmod g-w {path}\"",
            found.gid()
        )))
    }
}

/// Checks a directory of plugins and everything above it, along the path as written and along the
/// one that it leads to. Answers the latter.
pub(crate) fn check_directory(directory: &Path) -> Result<Passed<(PathBuf, Rules)>, String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            "it does not exist; create it, or take it out of the configuration".to_owned()
        }
        _ => format!("it cannot be read: {error}"),
    };
    let written = absolute(directory).map_err(failed)?;
    let real = fs::canonicalize(&written).map_err(failed)?;
    let rules = Rules::of(&real);
    let mut warnings = Vec::new();
    for path in real.ancestors().chain(written.ancestors()) {
        let found = fs::symlink_metadata(path).map_err(failed)?;
        if path == real && !found.is_dir() {
            return Err("it is no directory".to_owned());
        }
        let parent = path != real && path != written;
        if let Some(warning) = rules.check(path, &found, parent)?
            && !warnings.contains(&warning)
        {
            warnings.push(warning);
        }
    }
    Ok(Passed {
        value: (real, rules),
        warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
    })
}

/// Reads a plugin file. What is checked is the file that is read: it is opened once.
pub(crate) fn read_file(path: &Path, rules: Rules) -> Result<Passed<Vec<u8>>, String> {
    let (mut file, found) = open(path)?;
    let warning = rules.check(path, &found, false)?;
    let value = read_opened(&mut file, &found)?;
    Ok(Passed { value, warning })
}

/// Reads a plugin file, whoever may change it.
pub(crate) fn read_any_file(path: &Path) -> Result<Vec<u8>, String> {
    let (mut file, found) = open(path)?;
    read_opened(&mut file, &found)
}

fn unreadable(error: io::Error) -> String {
    format!("it cannot be read: {error}")
}

/// Opens a regular file.
fn open(path: &Path) -> Result<(File, Metadata), String> {
    let file = OpenOptions::new()
        .read(true)
        // A pipe must not make us wait, and no child process inherits the file.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::ELOOP) => "it is a symbolic link; put the file itself here".to_owned(),
            _ => format!("it cannot be opened: {error}"),
        })?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err("it is no regular file; remove it".to_owned());
    }
    Ok((file, found))
}

fn read_opened(file: &mut File, found: &Metadata) -> Result<Vec<u8>, String> {
    read_bounded(file, found.len())
        .map_err(unreadable)?
        .ok_or_else(|| {
            format!(
                "it is larger than {} MiB; strip it",
                MAX_FILE / (1024 * 1024)
            )
        })
}

fn read_bounded(file: &mut File, length: u64) -> io::Result<Option<Vec<u8>>> {
    if length > MAX_FILE {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // The file may grow while it is read.
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok((read as u64 <= MAX_FILE).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn rules(user: u32, system: bool) -> Rules {
        Rules { user, system }
    }

    /// Checks a file of our own with that mode.
    fn check(rules: Rules, mode: u32, parent: bool) -> Result<Option<String>, String> {
        let path = std::env::temp_dir().join(format!(
            "wazo-auth-permissions-{}-{mode:o}-{parent}",
            std::process::id()
        ));
        fs::write(&path, b"").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = fs::metadata(&path).unwrap();
        fs::remove_file(&path).unwrap();
        rules.check(&path, &found, parent)
    }

    fn me() -> u32 {
        Rules::of(Path::new("/")).user
    }

    #[test]
    fn nobody_else_may_write() {
        assert_eq!(check(rules(me(), true), 0o755, false), Ok(None));
        assert!(check(rules(me(), false), 0o757, false).is_err());
        assert!(check(rules(me(), false), 0o757, true).is_err());
        assert_eq!(check(rules(me(), false), 0o1777, true), Ok(None));
        assert!(check(rules(me(), false), 0o1777, false).is_err());
    }

    #[test]
    fn the_group_may_write_to_a_users_own_files_only() {
        if me() == 0 {
            // Files of root pass for every user.
            assert!(check(rules(1000, false), 0o775, false).is_ok_and(|warning| warning.is_some()));
            assert!(check(rules(0, false), 0o775, false).is_err());
        } else {
            assert!(check(rules(me(), false), 0o775, false).is_ok_and(|warning| warning.is_some()));
        }
        assert!(check(rules(me(), true), 0o775, false).is_err());
    }

    #[test]
    fn a_stranger_owns_no_plugin() {
        let found = fs::metadata("/proc/self").unwrap();
        let stranger = rules(me() + 1, false);
        if me() != 0 {
            assert!(
                stranger
                    .check(Path::new("/x"), &found, false)
                    .is_err_and(|reason| reason.contains("belongs to user"))
            );
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting() {
        for path in ["/proc/self", "/dev/null"] {
            let reason = read_file(Path::new(path), rules(me(), false)).err();
            assert!(
                reason.is_some_and(
                    |reason| reason.contains("regular file") || reason.contains("link")
                )
            );
        }
    }
}
