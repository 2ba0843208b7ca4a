//! Opens a plugin file that has passed the checks, and gets at its functions.
//!
//! A library is never closed: its code may still run, and what it handed out points into it.

use std::{
    ffi::CString,
    fs::File,
    io::{self, Write},
    mem,
    os::fd::{AsRawFd, FromRawFd},
    path::{Path, PathBuf},
};

use abi_stable::library::{LibraryError, lib_header_from_path};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use wazo_auth_core::PluginModuleRef;

use crate::layout;

/// Opens the library in `bytes`; `name` is what debuggers show. The error is one line.
pub(crate) fn open(name: &str, bytes: &[u8]) -> Result<PluginModuleRef, String> {
    let path = copy_to_memory(name, bytes)
        .map_err(|error| format!("it cannot be copied to memory: {error}"))?;
    // Everything that the library needs is looked for now: a function that is missing would
    // otherwise end the process when it is first called.
    // SAFETY: opening runs the library's initialisers. The file has passed the checks of its owner
    // and permissions, which is what makes its code as trusted as the daemon's.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| format!("it cannot be opened: {}", reason(&error, &path)))?;
    mem::forget(library);
    let header = lib_header_from_path(&path).map_err(|error| match error {
        LibraryError::GetSymbolError { .. } => {
            "it exports no functions of a plugin; export them with wazo_auth_plugin::export!"
                .to_owned()
        }
        LibraryError::InvalidAbiHeader(_) => {
            "it was built with another version of abi_stable; rebuild it with the SDK of this daemon"
                .to_owned()
        }
        _ => "its header cannot be read; rebuild it".to_owned(),
    })?;
    layout::check(header)?;
    // SAFETY: `layout::check` has found the library's layout of `PluginModuleRef`, and of all that it
    // reaches, compatible with ours.
    unsafe { header.unchecked_layout::<PluginModuleRef>() }
        .map_err(|error| format!("its functions cannot be reached: {error}"))
}

/// What the dynamic linker says, without the name of our copy.
fn reason(error: &libloading::Error, path: &Path) -> String {
    let text = match error {
        libloading::Error::DlOpen { desc } => format!("{desc:?}"),
        other => other.to_string(),
    };
    text.trim_matches('"')
        .replace(&format!("{}: ", path.display()), "")
}

/// A copy that nobody can change, under a path that no library ever had.
///
/// glibc knows open libraries by their path and inode: a file replaced under its old name would give
/// the old code again, and one overwritten in place would crash the process.
fn copy_to_memory(name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = CString::new(name.replace('\0', ""))?;
    let create = |flags: libc::c_uint| {
        // SAFETY: `name` is a C string that outlives the call.
        unsafe { libc::memfd_create(name.as_ptr(), flags) }
    };
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let mut descriptor = create(flags | libc::MFD_EXEC);
    if descriptor < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
        // Kernels before 6.3 do not know the flag, and do not need it.
        descriptor = create(flags);
    }
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, and ours alone.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(bytes)?;
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: the call takes a descriptor that is open and an integer.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    // The descriptor stays open, so that no later library gets the same path.
    mem::forget(file);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_cannot_be_changed_and_each_has_a_path_of_its_own() {
        let first = copy_to_memory("first", b"one").unwrap();
        let second = copy_to_memory("second", b"two").unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read(&first).unwrap(), b"one");
        assert!(
            std::fs::OpenOptions::new()
                .append(true)
                .open(&first)
                .is_ok_and(|mut file| file.write_all(b"more").is_err())
        );
    }

    #[test]
    fn what_the_linker_refuses_is_named_without_our_copy() {
        let error = open("torn", b"\x7fELF torn").err().unwrap_or_default();
        assert!(error.starts_with("it cannot be opened: "), "{error}");
        assert!(!error.contains("/proc/"), "{error}");
    }
}
