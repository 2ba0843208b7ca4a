//! Plugin files: those of this workspace, deliberately bad ones, and what is no plugin at all.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    cargo::{self, Artifact, Lock},
    command, daemon, home,
};

/// How long a command of the daemon's may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What this workspace builds: programs and plugins, once per test process.
static OURS: LazyLock<Vec<Artifact>> = LazyLock::new(|| cargo::build_ours(&cargo::lock()));

/// The plugin with the backend `wazo_user`, without which no daemon starts.
pub fn native() -> &'static Path {
    ours("wazo_auth_plugin_native")
}

/// The plugin with the backend `example`.
pub fn backend_example() -> &'static Path {
    ours("wazo_auth_plugin_backend_example")
}

/// The plugin with the external authentication type `bar`.
pub fn external_bar() -> &'static Path {
    ours("wazo_auth_plugin_external_bar")
}

pub(crate) fn ours(name: &str) -> &'static Path {
    find(&OURS, name)
}

pub(crate) fn find<'a>(built: &'a [Artifact], name: &str) -> &'a Path {
    built
        .iter()
        .find(|artifact| artifact.name == name)
        .map(|artifact| artifact.path.as_path())
        .unwrap_or_else(|| panic!("cargo did not build {name}, only {built:?}"))
}

/// The plugin in `tests/plugins/NAME`, built once per test process.
///
/// # Panics
///
/// When it cannot be built.
pub fn bad(name: &str) -> PathBuf {
    once(name, |lock| {
        let root = cargo::WORKSPACE.join("tests/plugins").join(name);
        let built = cargo::build_foreign(lock, &root, None);
        find(
            &built,
            &format!("wazo_auth_test_plugin_{}", name.replace('-', "_")),
        )
        .to_owned()
    })
}

/// A plugin made from its `Cargo.toml` and `src/lib.rs`, as an author writes them beside a checkout: the
/// path `../wazo-auth` leads to this one. Its own tests have passed.
///
/// # Panics
///
/// When it cannot be built, or a test of its own fails.
pub fn from_source(name: &str, manifest: &str, source: &str) -> PathBuf {
    once(&format!("source-{name}"), |lock| {
        let root = cargo::plugins_target().join("source").join(name);
        let manifest = manifest.replace("../wazo-auth", &cargo::WORKSPACE.display().to_string());
        fs::create_dir_all(root.join("src")).expect("a folder of cargo's can be written");
        // Cargo looks for a workspace in the folders above, and must find this package's own.
        home::write(
            &root.join("Cargo.toml"),
            format!("{manifest}\n[workspace]\n"),
        );
        home::write(&root.join("src/lib.rs"), source);
        let built = cargo::build_foreign(lock, &root, None);
        cargo::test_foreign(lock, &root);
        find(&built, &name.replace('-', "_")).to_owned()
    })
}

/// A plugin as `wazo-auth plugin new` writes it, with the configuration that enables it. Its own tests,
/// that of its file among them, have passed, and nothing of this checkout was in reach.
///
/// # Panics
///
/// When it cannot be written or built, or a test of its own fails.
pub fn newly_written(name: &str, kind: &str) -> (PathBuf, String) {
    let place = cargo::plugins_target().join("new");
    let root = place.join(name);
    let file = once(&format!("new-{name}"), |lock| {
        drop(fs::remove_dir_all(&root));
        fs::create_dir_all(&place).expect("a folder of cargo's can be written");
        let mut command = Command::new(daemon::program());
        command
            .current_dir(&place)
            .args(["plugin", "new", name, "--kind", kind]);
        let told = command::run(command, LIMIT).ok();
        assert!(told.contains("cargo test"), "{told}");
        let built = cargo::build_foreign(lock, &root, None);
        cargo::test_foreign(lock, &root);
        find(&built, &name.replace('-', "_")).to_owned()
    });
    let configuration = fs::read_to_string(root.join(format!("50-{name}.yml")))
        .expect("a new plugin comes with its configuration");
    (file, configuration)
}

/// Builds a file once per test process and keeps it where no other build replaces it.
pub(crate) fn once(name: &str, build: impl FnOnce(&Lock) -> PathBuf) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(path) = built.get(name) {
        return path.clone();
    }
    let lock = cargo::lock();
    let fresh = build(&lock);
    let kept = cargo::plugins_target().join("kept");
    drop(fs::create_dir_all(&kept));
    let path = home::place(&fresh, &kept.join(format!("{name}.so")));
    built.insert(name.to_owned(), path.clone());
    path
}

/// A copy of a plugin whose manifest says that it was built for another major version of the ABI.
///
/// # Panics
///
/// When the plugin has no manifest.
pub fn with_other_major(plugin: &Path, to: &Path) {
    const FIELD: &[u8] = b"\0abi=0.";
    let mut bytes = fs::read(plugin).expect("a plugin can be read");
    let at: Vec<usize> = bytes
        .windows(FIELD.len())
        .enumerate()
        .filter_map(|(at, window)| (window == FIELD).then_some(at))
        .collect();
    assert!(!at.is_empty(), "{} has no manifest", plugin.display());
    for at in at {
        if let Some(major) = bytes.get_mut(at + FIELD.len() - 2) {
            *major = b'9';
        }
    }
    home::write(to, bytes);
}

/// A shared library of the system, which is no plugin.
///
/// # Panics
///
/// When this process has none open.
pub fn foreign_library() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").expect("a process can read its own maps");
    maps.lines()
        .filter_map(|line| line.split_once('/'))
        .map(|(_, path)| PathBuf::from(format!("/{path}")))
        .find(|path| path.to_string_lossy().contains("/libc."))
        .expect("the C library is a shared one")
}
