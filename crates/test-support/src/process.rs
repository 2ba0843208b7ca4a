//! Child processes that do not outlive the test process.

use std::{
    ffi::OsStr,
    io,
    process::{Child, Command},
    sync::{
        LazyLock, Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
};

use crate::wait::within;

type Order = (Command, Sender<io::Result<Child>>);

/// Starts all children. The kernel kills a child of [`bound`] when the *thread* that started it ends,
/// and the thread of a test ends long before a daemon that several tests share.
static SPAWNER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
    let (orders, incoming) = channel::<Order>();
    thread::Builder::new()
        .name("spawner".to_owned())
        .spawn(move || {
            for (mut command, answer) in incoming {
                drop(answer.send(spawn_here(&mut command)));
            }
        })
        .expect("a thread can be started");
    Mutex::new(orders)
});

/// A command that the kernel kills as soon as the test process is gone, even by SIGKILL.
///
/// `setpriv` asks the kernel for that, then becomes the program: the process id is the program's.
/// It is part of util-linux, which every Debian has; the call itself would need unsafe code.
pub fn bound(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Starts a child, from a thread that lives as long as the test process.
///
/// # Panics
///
/// When it cannot be started.
pub fn spawn(command: Command) -> Child {
    let shown = format!("{command:?}");
    let (answer, started) = channel();
    SPAWNER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, answer))
        .expect("the spawner runs");
    started
        .recv()
        .expect("the spawner answers")
        .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"))
}

/// Sends a signal, such as `TERM`, to a process.
///
/// # Panics
///
/// When that fails.
pub fn signal(pid: u32, name: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]);
    let status = spawn(kill).wait().expect("a shell can be waited for");
    assert!(status.success(), "cannot send SIG{name} to {pid}");
}

fn spawn_here(command: &mut Command) -> io::Result<Child> {
    let mut last = None;
    // A program that was just copied counts as open for writing while any other thread is between
    // fork and exec.
    within(std::time::Duration::from_secs(5), || {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                last = Some(error);
                None
            }
            answer => Some(answer),
        }
    })
    .unwrap_or_else(|| Err(last.unwrap_or_else(|| io::ErrorKind::ExecutableFileBusy.into())))
}
