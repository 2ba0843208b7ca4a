//! Runs the commands of `!exec`.

use std::{
    io::Read,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// How long a command may take, and how much it may print.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From its start to the end of its output and of itself.
    pub time: Duration,
    /// In bytes.
    pub output: usize,
}

/// What commands in configuration files get.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    output: 1024 * 1024,
};

/// How long to rest between two looks at a process that has closed its output but not ended.
const REST: Duration = Duration::from_millis(10);

/// Runs a command line, split on blanks, without a shell; gives what it printed.
///
/// The error is a sentence about the program, which it names; arguments may be secret.
pub fn run(command: &str, limits: Limits) -> Result<String, String> {
    let mut words = command.split_whitespace();
    let program = words.next().ok_or("the command is empty")?;
    let end = Instant::now() + limits.time;
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let late = || {
        format!(
            "{program} took longer than {:?} and was stopped",
            limits.time
        )
    };

    // The output is read on a thread of its own: who holds it open cannot hold up the start.
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        let bound = u64::try_from(limits.output).unwrap_or(u64::MAX);
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let result = output
                .take(bound.saturating_add(1))
                .read_to_end(&mut bytes)
                .map(|_| bytes);
            // Nobody waits any more when the time is up.
            drop(sender.send(result));
        });
    }
    let outcome = match receiver.recv_timeout(limits.time) {
        Err(_) => Err(late()),
        Ok(Err(error)) => Err(format!("the output of {program} cannot be read: {error}")),
        Ok(Ok(bytes)) if bytes.len() > limits.output => Err(format!(
            "{program} printed more than {} bytes",
            limits.output
        )),
        Ok(Ok(bytes)) => String::from_utf8(bytes)
            .map_err(|_| format!("{program} printed something that is not UTF-8")),
    };
    let outcome = outcome.and_then(|text| {
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(text),
                Ok(Some(status)) => return Err(format!("{program} failed: {status}")),
                Err(error) => return Err(format!("{program} cannot be waited for: {error}")),
                Ok(None) if Instant::now() >= end => return Err(late()),
                Ok(None) => thread::sleep(REST),
            }
        }
    });
    if outcome.is_err() {
        // Whether it could be stopped changes nothing for the caller; one that has ended is reaped.
        drop(child.kill());
        drop(child.wait());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Limits = Limits {
        time: Duration::from_millis(200),
        output: 100,
    };

    #[test]
    fn what_a_command_prints_is_its_result() {
        assert_eq!(run("  echo  a   b ", LIMITS), Ok("a b\n".to_owned()));
    }

    #[test]
    fn no_shell_looks_at_the_command() {
        assert_eq!(
            run("echo $HOME ; id", LIMITS),
            Ok("$HOME ; id\n".to_owned())
        );
    }

    #[test]
    fn a_command_that_hangs_is_stopped() {
        let error = run("sleep 600", SHORT).unwrap_err();
        assert_eq!(error, "sleep took longer than 200ms and was stopped");
    }

    #[test]
    fn a_command_that_leaves_a_child_behind_holds_up_nothing() {
        let directory = crate::config::tests::Directory::new();
        let script = directory.write("script", "#!/bin/sh\nsleep 3 &\n");
        let error = run(&format!("sh {}", script.display()), SHORT).unwrap_err();
        assert!(error.contains("took longer"), "{error}");
    }

    #[test]
    fn a_command_that_prints_without_end_is_stopped() {
        let error = run("yes", LIMITS).unwrap_err();
        assert_eq!(error, "yes printed more than 1048576 bytes");
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_an_error_without_its_arguments() {
        let error = run("false secret", LIMITS).unwrap_err();
        assert_eq!(error, "false failed: exit status: 1");
        let error = run("/no/such/program secret", LIMITS).unwrap_err();
        assert!(
            error.starts_with("/no/such/program cannot be started: "),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
        assert_eq!(run("  ", LIMITS).unwrap_err(), "the command is empty");
    }
}
