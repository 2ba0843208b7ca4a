//! A throwaway RabbitMQ: a broker of its own in a temporary folder, with an epmd of its own, on free ports
//! of 127.0.0.1.
//!
//! For root it runs as another user. It is stopped and its folder removed when the test process ends, in
//! whatever way.

use std::{
    fs::{self, File},
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    home, process,
    users::{self, User},
    wait,
};

/// How long a broker may take to start: two virtual machines of Erlang, on a machine that may be busy.
const START: Duration = Duration::from_secs(120);

/// The broker that the tests of a process share.
static SHARED: LazyLock<Broker> = LazyLock::new(Broker::start);

/// A broker with nothing in it but the virtual host `/` and the user `guest`.
pub struct Broker {
    folder: PathBuf,
    user: Option<User>,
    ports: Ports,
    running: Mutex<Option<Child>>,
    epmd: Mutex<Child>,
    /// Tells the remover which process groups to end; closed by the kernel when this process ends.
    alive: Mutex<ChildStdin>,
}

struct Ports {
    amqp: u16,
    distribution: u16,
    epmd: u16,
}

impl Broker {
    /// The broker that all tests of this process share. Exchanges on it need names of their own.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A broker of one's own, to stop and start.
    ///
    /// # Panics
    ///
    /// When there is no RabbitMQ on this machine, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        let broker = Self::stopped();
        broker.up();
        broker
    }

    /// The same, which does not run yet.
    ///
    /// # Panics
    ///
    /// When there is no RabbitMQ on this machine.
    #[must_use]
    pub fn stopped() -> Self {
        let user = users::unprivileged("rabbitmq");
        let folder = home::short_folder("wazo-auth-mq");
        if let Some(user) = user {
            chown(&folder, Some(user.uid), Some(user.gid)).expect("root may give folders away");
        }
        // Held until all are chosen, so that they differ.
        let free: Vec<TcpListener> = (0..3)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free"))
            .collect();
        let port = |number: usize| {
            free.get(number)
                .and_then(|listener| listener.local_addr().ok())
                .expect("a listener has a port")
                .port()
        };
        let ports = Ports {
            amqp: port(0),
            distribution: port(1),
            epmd: port(2),
        };
        drop(free);
        fs::write(
            folder.join("rabbitmq.conf"),
            "log.file.level = warning\ndisk_free_limit.absolute = 1MB\n",
        )
        .expect("a folder of ours can be written to");
        fs::write(folder.join("enabled_plugins"), "[].\n")
            .expect("a folder of ours can be written to");
        let alive = remover(&folder);
        let mut epmd = users::command("epmd", user);
        epmd.args(["-address", "127.0.0.1", "-port", &ports.epmd.to_string()])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let broker = Self {
            folder,
            user,
            ports,
            running: Mutex::new(None),
            epmd: Mutex::new(process::spawn(epmd)),
            alive: Mutex::new(alive),
        };
        let epmd = lock(&broker.epmd).id();
        broker.remember(epmd);
        broker
    }

    /// Starts the broker and waits until it lets clients in.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn up(&self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("output"))
            .expect("a log can be written");
        let path = |name: &str| self.folder.join(name);
        let mut server = users::command(program(), self.user);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RABBITMQ_") {
                server.env_remove(&name);
            }
        }
        server
            .current_dir(&self.folder)
            .env("HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .env("ERL_EPMD_PORT", self.ports.epmd.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env(
                "RABBITMQ_NODENAME",
                format!("t{}@localhost", self.ports.amqp),
            )
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.ports.amqp.to_string())
            .env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", path("generated"))
            // One scheduler is enough, and leaves the processors to the tests.
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            .process_group(0);
        let mut child = process::spawn(server);
        self.remember(child.id());
        let until = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.amqp)).is_err() {
            let status = child.try_wait().expect("a child can be asked");
            assert!(
                status.is_none() && Instant::now() < until,
                "RabbitMQ does not start ({status:?}):\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        *lock(&self.running) = Some(child);
    }

    /// Ends the broker at once, as when the machine loses its power. It can be started again, with what it
    /// had promised to keep.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn kill(&self) {
        let mut child = lock(&self.running).take().expect("the broker runs");
        signal_group(child.id(), "KILL");
        drop(child.wait());
        // The kernel takes a moment to close its sockets.
        wait::until("the broker's port to be closed", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.amqp))
                .is_err()
                .then_some(())
        });
    }

    /// Stops all processes of the broker where they are: it accepts connections, and answers nothing.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen broker go on.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let group = lock(&self.running).as_ref().map(Child::id);
        signal_group(group.expect("the broker runs"), name);
    }

    /// The URI of the virtual host `/`, as `guest`.
    #[must_use]
    pub fn uri(&self) -> String {
        self.uri_as("guest", "guest", "")
    }

    /// The URI of a virtual host, as somebody else.
    #[must_use]
    pub fn uri_as(&self, user: &str, password: &str, vhost: &str) -> String {
        format!(
            "amqp://{user}:{password}@127.0.0.1:{}/{vhost}",
            self.ports.amqp
        )
    }

    /// What the broker printed.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("output")).unwrap_or_default()
    }

    /// Tells the remover of a process group.
    fn remember(&self, group: u32) {
        writeln!(lock(&self.alive), "{group}").expect("the remover listens");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let running = lock(&self.running).take();
        if let Some(mut child) = running {
            signal_group(child.id(), "KILL");
            drop(child.wait());
        }
        let mut epmd = lock(&self.epmd);
        drop(epmd.kill());
        drop(epmd.wait());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal_group(leader: u32, name: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$1\" -- \"-$0\"", &leader.to_string(), name]);
    drop(process::spawn(kill).wait());
}

/// Waits for the end of this process, then ends the process groups that it was told of, and removes the
/// folder.
fn remover(folder: &Path) -> ChildStdin {
    let mut remover = Command::new("sh");
    remover
        .args([
            "-c",
            "for group in $(cat); do kill -s KILL -- \"-$group\"; done
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

/// The server itself: Debian's command before it would become another user and use other folders.
fn program() -> PathBuf {
    let packaged = fs::read_dir("/usr/lib/rabbitmq/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("sbin/rabbitmq-server"))
        .find(|path| path.is_file());
    packaged
        .or_else(|| {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .map(|folder| folder.join("rabbitmq-server"))
                .find(|path| path.is_file())
        })
        .expect("no RabbitMQ: apt-get install rabbitmq-server (the tests start it themselves)")
}
