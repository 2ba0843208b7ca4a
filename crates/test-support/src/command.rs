//! Commands that run to their end, within a limit.

use std::{
    io::Read,
    process::{Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{process, wait};

/// What a command left.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Output {
    /// The standard output of a command that succeeded.
    ///
    /// # Panics
    ///
    /// When it failed.
    pub fn ok(self) -> String {
        assert!(self.status.success(), "the command failed: {self:#?}");
        self.stdout
    }

    /// The standard error of a command that failed with that status.
    ///
    /// # Panics
    ///
    /// When it ended in another way.
    #[must_use]
    pub fn failed(self, status: i32) -> String {
        assert_eq!(self.status.code(), Some(status), "{self:#?}");
        self.stderr
    }
}

/// Runs a command without input.
///
/// # Panics
///
/// When it cannot be started, or takes longer than `limit`; it is killed then.
pub fn run(mut command: Command, limit: Duration) -> Output {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let mut child = process::spawn(command);
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let ended = wait::within(limit, || child.try_wait().expect("a child can be asked"));
    let Some(status) = ended else {
        drop(child.kill());
        drop(child.wait());
        panic!("{shown} did not end within {limit:?}");
    };
    Output {
        status,
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn read<R: Read + Send + 'static>(pipe: Option<R>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before an error is still worth showing.
            drop(pipe.read_to_end(&mut bytes));
        }
        bytes
    })
}

fn text(reader: JoinHandle<Vec<u8>>) -> String {
    let bytes = reader.join().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
