//! A throwaway PostgreSQL: a server of its own on a socket in a temporary folder, and any number of
//! empty databases on it.
//!
//! The server refuses to run as root, so for root it runs as another user. It is stopped and its folder
//! removed when the test process ends, in whatever way.

use std::{
    env, fs,
    fs::File,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    command, home, process,
    users::{self, User},
    wait,
};

/// How long any command of PostgreSQL's may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The superuser of the server.
pub const SUPERUSER: &str = "tests";

/// The server that the tests of a process share.
static SHARED: LazyLock<Server> = LazyLock::new(Server::start);

/// A server with nothing in it yet.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    running: Mutex<Option<Child>>,
    databases: AtomicU32,
    /// Closed by the kernel when this process ends; the remover waits for that.
    _alive: ChildStdin,
}

impl Server {
    /// The server that all tests of this process share. Databases on it are nobody else's.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A server of one's own, to stop and start: it writes to the disk as one in production does.
    ///
    /// # Panics
    ///
    /// When there is no PostgreSQL on this machine, or it does not start.
    #[must_use]
    pub fn durable() -> Self {
        Self::make(true)
    }

    fn start() -> Self {
        Self::make(false)
    }

    fn make(durable: bool) -> Self {
        let programs = programs();
        let user = users::unprivileged("postgres");
        // The path of a socket may have 108 bytes: short, whatever TMPDIR is.
        let folder = home::short_folder("wazo-auth-pg");
        if let Some(user) = user {
            chown(&folder, Some(user.uid), Some(user.gid)).expect("root may give folders away");
        }
        let alive = remover(&folder);
        let server = Self {
            programs,
            folder,
            user,
            running: Mutex::new(None),
            databases: AtomicU32::new(0),
            _alive: alive,
        };
        let mut initdb = server.program("initdb");
        initdb
            .args([
                "--username",
                SUPERUSER,
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
            ])
            .args([
                "--locale",
                "C.UTF-8",
                "--no-sync",
                "--no-instructions",
                "--pgdata",
            ])
            .arg(server.data());
        command::run(initdb, LIMIT).ok();
        let mut settings = String::from(
            "listen_addresses = ''\nmax_connections = 200\ndynamic_shared_memory_type = mmap\n\
             lc_messages = 'C'\nlog_timezone = 'UTC'\ntimezone = 'UTC'\n",
        );
        settings.push_str(&format!(
            "unix_socket_directories = '{}'\n",
            server.folder.display()
        ));
        if !durable {
            settings.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        }
        server.configure(&settings);
        server.up();
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn configure(&self, settings: &str) {
        let path = self.data().join("postgresql.auto.conf");
        fs::write(&path, settings).expect("the server's settings can be written");
        if let Some(user) = self.user {
            chown(&path, Some(user.uid), Some(user.gid)).expect("root may give files away");
        }
    }

    fn program(&self, name: &str) -> Command {
        let mut command = users::command(self.programs.join(name), self.user);
        command.current_dir(&self.folder).env("LC_ALL", "C.UTF-8");
        for name in [
            "PGHOST",
            "PGPORT",
            "PGDATABASE",
            "PGUSER",
            "PGPASSWORD",
            "PGSERVICE",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Starts the server and waits until it lets clients in.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn up(&self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .expect("a log can be written");
        let mut postgres = self.program("postgres");
        postgres
            .arg("-D")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            // An interrupt from the terminal is meant for the tests alone.
            .process_group(0);
        let mut child = process::spawn(postgres);
        wait::until("PostgreSQL to start", || {
            let status = child.try_wait().expect("a child can be asked");
            assert!(
                status.is_none(),
                "PostgreSQL ended ({status:?}):\n{}",
                self.log()
            );
            // Its eighth line says whether clients are let in.
            let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            (file.lines().nth(7).map(str::trim) == Some("ready")).then_some(())
        });
        *self.lock() = Some(child);
    }

    /// Ends the server at once, with all its processes, as when the machine loses its power.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn kill(&self) {
        let mut child = self.lock().take().expect("the server runs");
        process::signal(child.id(), "QUIT");
        drop(child.wait());
    }

    /// Stops all processes of the server where they are: it accepts connections, and answers nothing.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn freeze(&self) {
        self.signal_all("STOP");
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn thaw(&self) {
        self.signal_all("CONT");
    }

    fn signal_all(&self, name: &str) {
        let server = self
            .lock()
            .as_ref()
            .map(Child::id)
            .expect("the server runs");
        // Each of its processes leads a session of its own; they are told by their parent.
        let mut tree = Command::new("sh");
        tree.args([
            "-c",
            "kill -s \"$1\" \"$0\" $(cat /proc/\"$0\"/task/\"$0\"/children)",
            &server.to_string(),
            name,
        ]);
        command::run(tree, LIMIT).ok();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The URI of a database, as its superuser.
    #[must_use]
    pub fn uri(&self, database: &str) -> String {
        self.uri_as(SUPERUSER, database)
    }

    /// The URI of a database as another role.
    #[must_use]
    pub fn uri_as(&self, role: &str, database: &str) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://{role}@{host}/{database}")
    }

    /// An empty database of one's own. Answers its name.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database(&self) -> String {
        self.database_like("template1")
    }

    /// A database with what another one holds, to which nobody is connected. Answers its name.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database_like(&self, template: &str) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        );
        name
    }

    /// Runs SQL on a database as the superuser. Answers the rows, columns separated by `|`.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.program("psql");
        psql.arg("--host")
            .arg(&self.folder)
            .args([
                "--username",
                SUPERUSER,
                "--no-psqlrc",
                "--no-align",
                "--tuples-only",
            ])
            .args([
                "--quiet",
                "--set",
                "ON_ERROR_STOP=1",
                "--dbname",
                database,
                "--command",
                sql,
            ]);
        command::run(psql, LIMIT).ok().trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.lock().take() {
            process::signal(child.id(), "QUIT");
            drop(child.wait());
        }
    }
}

/// The URI of an empty database on the shared server, when the tests are to run on PostgreSQL:
/// `WAZO_AUTH_TEST_DATABASE` is `postgresql` then. Without it, or when it is `sqlite`, they use files.
///
/// # Panics
///
/// When the variable says something else.
#[must_use]
pub fn chosen() -> Option<String> {
    match env::var("WAZO_AUTH_TEST_DATABASE").as_deref() {
        Ok("postgresql") => {
            let server = Server::shared();
            Some(server.uri(&server.database()))
        }
        Ok("sqlite") | Err(_) => None,
        Ok(other) => panic!("WAZO_AUTH_TEST_DATABASE is {other:?}, neither postgresql nor sqlite"),
    }
}

/// Waits for the end of this process, then stops the server and removes its folder.
fn remover(folder: &Path) -> ChildStdin {
    let mut remover = Command::new("sh");
    remover
        .args([
            "-c",
            "cat; p=$(head -n 1 \"$0/data/postmaster.pid\" 2>/dev/null) && kill -QUIT \"$p\" 2>/dev/null
             for i in 1 2 3 4 5; do rm -rf -- \"$0\" && exit; sleep 1; done",
        ])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    process::spawn(remover)
        .stdin
        .take()
        .expect("the pipe is there")
}

/// Where PostgreSQL's programs are: `PG_BINDIR`, or Debian's newest.
fn programs() -> PathBuf {
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "psql"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    let chosen = env::var_os("PG_BINDIR").map(PathBuf::from);
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    packaged.sort();
    let packaged = packaged.into_iter().rev().map(|(_, folder)| folder);
    let path = env::var_os("PATH").unwrap_or_default();
    chosen
        .into_iter()
        .chain(packaged)
        .chain(env::split_paths(&path))
        .find(complete)
        .expect(
            "no PostgreSQL server: apt-get install postgresql, or set PG_BINDIR to its programs",
        )
}
