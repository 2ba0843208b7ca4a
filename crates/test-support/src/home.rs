//! Temporary folders in which plugins may lie.
//!
//! A daemon refuses plugins below a folder that others may write to, so such a folder and what is made
//! in it have modes of their own, whatever the umask is, and it lies where everything above is safe
//! too.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::{BuildHasher, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, ChildStdin, Command, Stdio},
    sync::LazyLock,
};

use crate::process::spawn;

/// Everything that this process writes.
static ROOT: LazyLock<Root> = LazyLock::new(Root::make);

/// A folder of its own for one test, removed when dropped.
#[derive(Debug)]
pub struct Home(PathBuf);

impl Home {
    /// An empty folder that nobody else may enter.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let path = ROOT.path.join(random_name());
        make_dir(&path, 0o700).expect("a folder can be made in a temporary folder");
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a folder in it that only we may write to.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.join(name);
        make_dir(&path, 0o755).expect("a folder can be made in a home");
        path
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What a test has made read-only is left to whoever removes the root.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Copies a file so that only we may write to it, as a new file under `to`. Answers `to`.
///
/// # Panics
///
/// When that fails.
pub fn place(from: &Path, to: &Path) -> PathBuf {
    let draft = to.with_extension("new");
    let copied = fs::copy(from, &draft)
        .and_then(|_| set_mode(&draft, 0o755))
        .and_then(|()| fs::rename(&draft, to));
    if let Err(error) = copied {
        panic!(
            "cannot copy {} to {}: {error}",
            from.display(),
            to.display()
        );
    }
    to.to_owned()
}

/// Writes a file that only we may write to.
///
/// # Panics
///
/// When that fails.
pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    if let Err(error) = fs::write(path, content).and_then(|()| set_mode(path, 0o644)) {
        panic!("cannot write {}: {error}", path.display());
    }
}

/// Changes the mode of a file.
///
/// # Errors
///
/// The system's.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Makes an empty folder with a short path, which whoever asks for it removes.
pub(crate) fn short_folder(name: &str) -> PathBuf {
    let path = Path::new("/tmp").join(format!("{name}-{}", random_name()));
    make_dir(&path, 0o700).expect("a folder can be made in /tmp");
    path
}

/// The folder of this process, and who removes it.
struct Root {
    path: PathBuf,
    /// Closed by the kernel when the process ends, in whatever way; the remover waits for that.
    _alive: ChildStdin,
}

impl Root {
    fn make() -> Self {
        let name = format!("wazo-auth-tests-{}-{}", process::id(), random_name());
        let path = safe_parent().join(name);
        make_dir(&path, 0o700).expect("a folder can be made in a temporary folder");
        let mut remover = Command::new("sh");
        // What the process had started is killed with it, but may take a moment to be gone.
        remover
            .args([
                "-c",
                "cat; for i in 1 2 3 4 5; do rm -rf -- \"$0\" && exit; sleep 1; done",
            ])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // An interrupt from the terminal is meant for the tests alone.
            .process_group(0);
        let alive = spawn(remover).stdin.take().expect("the pipe is there");
        Self {
            path,
            _alive: alive,
        }
    }
}

/// A place for temporary folders below which plugins may lie.
fn safe_parent() -> PathBuf {
    let caches = env::home_dir().map(|home| home.join(".cache/wazo-auth/tests"));
    let wanted = [
        env::temp_dir(),
        PathBuf::from("/tmp"),
        PathBuf::from("/var/tmp"),
    ];
    let candidates: Vec<PathBuf> = wanted.into_iter().chain(caches).collect();
    candidates
        .iter()
        .filter_map(|path| {
            drop(make_dir(path, 0o700));
            fs::canonicalize(path).ok()
        })
        .find(|path| path.ancestors().all(is_safe))
        .unwrap_or_else(|| {
            panic!("others may write above each of {candidates:?}: set TMPDIR to a folder where they may not")
        })
}

/// Whether nobody but root and us can replace what is in a folder.
fn is_safe(path: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o022;
    // A process's own folder belongs to whoever runs it.
    let me = fs::metadata("/proc/self").map(|found| found.uid()).ok();
    fs::metadata(path).is_ok_and(|found| {
        (found.uid() == 0 || Some(found.uid()) == me)
            && (found.mode() & STICKY != 0 || found.mode() & OTHERS_WRITE == 0)
    })
}

fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(false)
        .mode(mode)
        .create(path)?;
    // The umask may have taken away what we ourselves need.
    set_mode(path, mode)
}

/// A name that nobody has guessed, without a crate for it.
fn random_name() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{random:016x}")
}
