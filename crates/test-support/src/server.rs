//! A running server: a process that says where it serves, and then does.

use std::{
    fmt,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::{
    http::Client,
    lines::Lines,
    process,
    wait::{self, PATIENCE},
};

/// What the daemon says when it serves, before the port.
const SERVING: &str = "serving on http://127.0.0.1:";

/// A process that serves. It is killed when dropped, and when the test process ends.
pub struct Server {
    child: Running,
    lines: Lines,
    port: u16,
    client: Client,
}

/// A process that ended by itself, or because it was told to.
#[derive(Debug)]
pub struct Exited {
    /// How it ended.
    pub status: ExitStatus,
    /// From the signal to the end, or from the start where there was no signal.
    pub took: Duration,
    /// What it printed, on either stream.
    pub lines: Vec<String>,
}

impl Exited {
    /// Whether a line holds `text`.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }
}

impl Server {
    /// Starts a command that becomes a daemon, best on port 0 of 127.0.0.1, and waits until it answers.
    ///
    /// # Errors
    ///
    /// What is left of a process that ends instead.
    ///
    /// # Panics
    ///
    /// When it cannot be started, or neither serves nor ends.
    pub fn start(mut command: Command) -> Result<Self, Exited> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = Running(process::spawn(command));
        let lines = Lines::default();
        if let Some(stdout) = child.0.stdout.take() {
            lines.collect(stdout);
        }
        if let Some(stderr) = child.0.stderr.take() {
            lines.collect(stderr);
        }
        // The port is the kernel's choice, so nobody can take it between choice and use.
        let port = loop {
            if let Some(line) = lines.within(Duration::from_millis(20), SERVING) {
                break port_in(&line);
            }
            if let Some(status) = child.status() {
                return Err(exited(status, started, &lines));
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the daemon neither serves nor ends; is it told to be quiet?\n{}",
                lines.all().join("\n")
            );
        };
        let client = Client::new(&format!("http://127.0.0.1:{port}/0.1"));
        let server = Self {
            child,
            lines,
            port,
            client,
        };
        wait::until("an answer to HEAD /status", || {
            (server.client.head("/status").try_send().ok()?.status == 200).then_some(())
        });
        Ok(server)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Speaks to the server; paths are those below the API's version.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What the process has printed so far, on either stream.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Whether the process is alive.
    ///
    /// # Panics
    ///
    /// When that cannot be told.
    pub fn is_alive(&mut self) -> bool {
        self.child.status().is_none()
    }

    /// Sends a signal, such as `TERM`, and waits for the end.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[must_use]
    pub fn stop_by(self, signal: &str) -> Exited {
        let asked = Instant::now();
        process::signal(self.pid(), signal);
        self.ended(asked)
    }

    /// Waits for the end of a process that was told to stop at the time `asked`.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[must_use]
    pub fn ended(mut self, asked: Instant) -> Exited {
        let status = wait::until("the end of a process", || self.child.status());
        exited(status, asked, &self.lines)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server(pid {}, port {})", self.pid(), self.port)
    }
}

/// A child that is killed when dropped.
struct Running(Child);

impl Running {
    fn status(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child can be asked")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn port_in(line: &str) -> u16 {
    line.split_once(SERVING)
        .and_then(|(_, behind)| behind.split_once('/'))
        .and_then(|(port, _)| port.parse().ok())
        .unwrap_or_else(|| panic!("no port in {line:?}"))
}

/// What is left of a process that has ended, once its pipes have been read to their ends.
fn exited(status: ExitStatus, since: Instant, lines: &Lines) -> Exited {
    let took = since.elapsed();
    let closed = wait::within(PATIENCE, || lines.is_closed().then_some(()));
    assert!(
        closed.is_some(),
        "somebody else holds the pipes of a process that has ended"
    );
    Exited {
        status,
        took,
        lines: lines.all(),
    }
}
