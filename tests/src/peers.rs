//! Programs of others that talk to the daemon or judge what it says.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use wazo_auth_test_support::{daemon, process};

/// The folder that `make test` has installed a peer into.
///
/// # Panics
///
/// When it is not there.
pub fn folder(name: &str) -> PathBuf {
    let target = daemon::program()
        .parent()
        .and_then(Path::parent)
        .expect("programs are built into a folder of a folder");
    let folder = target.join("peers").join(name);
    assert!(
        folder.is_dir(),
        "{name} is not installed: scripts/need-test-peers {}",
        target.display()
    );
    folder
}

/// A script of `tests/peers/python`, with the packages that it needs.
pub fn python(script: &str) -> Command {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python");
    let folder = folder("python");
    let program = folder.join("bin/python").display().to_string();
    let mut command = process::bound(&program);
    command
        .arg("-I")
        .arg("-B")
        .arg(sources.join(script))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
