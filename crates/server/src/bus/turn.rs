//! Keeps asking for the turn to publish among the daemons on this database, on a thread of its own.

use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::mpsc::UnboundedSender;
use wazo_auth_database::Turn;

use super::publisher::Signal;

/// How often who has not the turn asks for it: so long a daemon that dies leaves its events waiting.
const BETWEEN_TRIES: Duration = Duration::from_millis(300);
/// How often who has it looks whether others have called. Nothing but a look at the own socket, and so
/// long an event of another daemon waits at most.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// The thread that keeps asking. Dropping it lets go of the turn, after the calls that were asked for.
pub struct Keeper {
    calls: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts asking, or only calling others where this daemon does not want it. The turn is always ours
    /// where nobody else can have it.
    pub fn start(turn: Turn, wanted: bool, signals: UnboundedSender<Signal>) -> io::Result<Self> {
        if !turn.is_shared() {
            if wanted {
                drop(signals.send(Signal::Turn(true)));
            }
            return Ok(Self {
                calls: None,
                thread: None,
            });
        }
        let (calls, asked) = channel();
        let thread = thread::Builder::new()
            .name("bus-turn".to_owned())
            .spawn(move || keep(turn, wanted, &asked, &signals))?;
        Ok(Self {
            calls: Some(calls),
            thread: Some(thread),
        })
    }

    /// Tells whoever has the turn that there are events.
    pub fn call(&self) {
        if let Some(calls) = &self.calls {
            // A thread that has ended has nothing to tell.
            let _ = calls.send(());
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.calls = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn keep(mut turn: Turn, wanted: bool, asked: &Receiver<()>, signals: &UnboundedSender<Signal>) {
    let mut ours = false;
    loop {
        if ours {
            match turn.was_called() {
                Ok(true) => drop(signals.send(Signal::News)),
                Ok(false) => {}
                Err(_) => {
                    ours = false;
                    drop(signals.send(Signal::Turn(false)));
                }
            }
        } else if wanted && matches!(turn.take(), Ok(true)) {
            ours = true;
            drop(signals.send(Signal::Turn(true)));
        }
        let wait = if ours { BETWEEN_LOOKS } else { BETWEEN_TRIES };
        match asked.recv_timeout(wait) {
            Ok(()) => {
                // One call is enough for all that was committed before it.
                while asked.try_recv().is_ok() {}
                if !ours {
                    // Whoever is not reached now looks again by itself before long.
                    drop(turn.call());
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
