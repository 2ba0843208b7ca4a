//! Builds what `cargo test` does not: programs and shared libraries of other packages.
//!
//! Tests of several processes ask at the same time, so each build holds a file lock. Cargo's own lock
//! is free while tests run.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use serde_json::Value;

use crate::command;

/// How long a build may take; the first one compiles all dependencies.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// The checkout whose tests run. Cargo tells them where their package is; where this was compiled may be
/// another checkout, which shares the folder that cargo builds in.
pub(crate) static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file() && folder.join("crates").is_dir())
        .unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR")));
    fs::canonicalize(root).unwrap_or_else(|_| root.to_owned())
});

/// Where the running tests lie: `TARGET/PROFILE/deps/NAME`.
static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let program = env::current_exe().expect("a process knows its program");
    let mut above = program.ancestors().skip(1);
    if above
        .clone()
        .next()
        .is_some_and(|folder| folder.ends_with("deps"))
    {
        above.next();
    }
    let profile = above.next().expect("tests lie in a folder of cargo's");
    Place {
        profile: profile
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        target: profile.parent().unwrap_or(profile).to_owned(),
    }
});

struct Place {
    target: PathBuf,
    profile: String,
}

/// The folder below which cargo builds for these tests.
pub(crate) fn target() -> &'static Path {
    &PLACE.target
}

/// Where plugins that only tests know are built.
pub(crate) fn plugins_target() -> PathBuf {
    target().join("test-plugins")
}

/// Something that cargo has built.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    /// Name of the target, with `_`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
}

/// Holds other test processes off from building, until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "dropping it unlocks")] File);

/// Waits until no other test process builds.
pub(crate) fn lock() -> Lock {
    let path = target().join(".test-support.lock");
    let file = File::create(&path)
        .and_then(|file| file.lock().map(|()| file))
        .unwrap_or_else(|error| panic!("cannot lock {}: {error}", path.display()));
    Lock(file)
}

/// Builds this workspace as these tests were built. The whole of it: chosen packages would be built with
/// other features of their dependencies, and hence with all of these anew.
pub(crate) fn build_ours(_held: &Lock) -> Vec<Artifact> {
    let mut cargo = cargo();
    cargo
        .current_dir(&*WORKSPACE)
        .args(["--locked", "--workspace", "--target-dir"])
        .arg(target());
    run(cargo)
}

/// Builds a package that is a workspace of its own, with the versions of this one's lock file and
/// without the network.
pub(crate) fn build_foreign(_held: &Lock, root: &Path, package: Option<&str>) -> Vec<Artifact> {
    let lock = root.join("Cargo.lock");
    fs::copy(WORKSPACE.join("Cargo.lock"), &lock)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", lock.display()));
    let mut cargo = cargo();
    cargo
        .current_dir(root)
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .args(["--offline", "--target-dir"])
        .arg(plugins_target());
    if let Some(package) = package {
        cargo.args(["--package", package]);
    }
    run(cargo)
}

/// Runs the tests of a package that [`build_foreign`] has built.
pub(crate) fn test_foreign(_held: &Lock, root: &Path) {
    let mut cargo = clean();
    cargo
        .current_dir(root)
        .args(["test", "--quiet", "--offline", "--target-dir"])
        .arg(plugins_target());
    let output = command::run(cargo, LIMIT);
    assert!(output.status.success(), "tests failed: {output:#?}");
}

fn cargo() -> Command {
    let mut cargo = clean();
    cargo.args([
        "build",
        "--quiet",
        "--message-format",
        "json-render-diagnostics",
    ]);
    match PLACE.profile.as_str() {
        "debug" => {}
        profile => {
            cargo.args(["--profile", profile]);
        }
    }
    cargo
}

fn clean() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells tests about their own package is nothing for another build.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|start| text.starts_with(start))
        {
            cargo.env_remove(&name);
        }
    }
    cargo.env("CARGO_TERM_COLOR", "never").stdin(Stdio::null());
    cargo
}

fn run(cargo: Command) -> Vec<Artifact> {
    let output = command::run(cargo, LIMIT);
    assert!(
        output.status.success(),
        "a build failed:\n{}",
        output.stderr
    );
    output
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|message: Value| artifact(&message))
        .collect()
}

/// The file that a message of cargo's announces, if it is a program or a shared library.
fn artifact(message: &Value) -> Option<Artifact> {
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let target = message.get("target")?;
    let file = match message.get("executable").and_then(Value::as_str) {
        Some(program) => program,
        None => message
            .get("filenames")?
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .find(|file| file.ends_with(".so"))?,
    };
    let cdylib = Value::from("cdylib");
    let is_ours = message.get("executable").is_some_and(Value::is_string)
        || target.get("kind")?.as_array()?.contains(&cdylib);
    is_ours.then(|| Artifact {
        name: target
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .replace('-', "_"),
        path: file.into(),
    })
}
