//! Throws events away where there is no broker, so that they do not fill the database.

use std::{
    io,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use wazo_auth_services::event::outbox::Outbox;

/// How often old events are thrown away.
const EVERY: Duration = Duration::from_secs(60);

/// The thread that does it, until this is dropped.
pub struct Discarder {
    _alive: Sender<()>,
}

impl Discarder {
    /// Starts it.
    pub fn start(outbox: Outbox) -> io::Result<Self> {
        let (alive, ended) = channel::<()>();
        thread::Builder::new()
            .name("bus".to_owned())
            .spawn(move || {
                loop {
                    discard(&outbox);
                    if ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected) {
                        return;
                    }
                }
            })?;
        Ok(Self { _alive: alive })
    }
}

/// Another daemon on this database that has a broker keeps the turn, and then all are its business.
fn discard(outbox: &Outbox) {
    let mut turn = outbox.turn();
    if !matches!(turn.take(), Ok(true)) {
        return;
    }
    match outbox.discard() {
        Ok(0) => {}
        Ok(discarded) => log::debug!(
            "threw {discarded} events away that nobody wants, since amqp.enabled is false"
        ),
        Err(error) => log::warn!("events that nobody wants could not be thrown away: {error}"),
    }
}
