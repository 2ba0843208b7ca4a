//! Tells the platform on its message bus what has changed: publishes the events that services write.
//!
//! Of several daemons on one database one publishes for all ([`turn`]); [`publisher`] decides what is sent
//! when, [`broker`] speaks AMQP, [`message`] has the bytes. All of it runs on threads of its own, so that no
//! request ever waits for the broker.

mod address;
mod broker;
mod discarder;
mod message;
mod publisher;
mod trouble;
mod turn;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::Builder,
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use wazo_auth_services::{Services, event::outbox::Outbox};

use self::{
    broker::Settings,
    discarder::Discarder,
    publisher::{Publisher, Signal},
    turn::Keeper,
};
use crate::{config::Config, daemon::Role};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What publishes events, or throws them away where there is no broker.
pub enum Bus {
    /// Events are published.
    Published {
        /// Tells the publisher what happens.
        signals: UnboundedSender<Signal>,
        /// Closed when the publisher has ended.
        ended: Receiver<()>,
    },
    /// Nobody wants events.
    Discarded {
        /// Throws them away, until it is dropped.
        _discarder: Discarder,
    },
    /// There is nothing to do: the database has no place for events, or it is left to others.
    Nothing,
}

impl Bus {
    /// Starts publishing what waits, and what will.
    ///
    /// # Errors
    ///
    /// When the configuration names no broker, or the system gives no threads.
    pub fn start(config: &Config, role: Role, services: &Arc<Services>) -> Result<Self, Failure> {
        let settings = Settings::read(&config.amqp, config.events_max_pending)?;
        let Some(outbox) = Outbox::of(services) else {
            return Ok(Self::Nothing);
        };
        let Some(settings) = settings else {
            if !role.works() {
                return Ok(Self::Nothing);
            }
            let discarder = Discarder::start(outbox)?;
            return Ok(Self::Discarded {
                _discarder: discarder,
            });
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (signals, incoming) = unbounded_channel();
        let keeper = Keeper::start(outbox.turn(), role.works(), signals.clone())?;
        let publisher = Publisher::new(outbox, settings, keeper, signals.clone());
        let (end, ended) = sync_channel(0);
        thread::Builder::new()
            .name("bus".to_owned())
            .spawn(move || {
                runtime.block_on(publisher.run(incoming));
                drop(end);
            })?;
        Ok(Self::Published { signals, ended })
    }

    /// Stops when everything is published, and when the time is up at the latest. What is not published then
    /// waits for the next start.
    pub fn stop(self, budget: Duration) {
        if let Self::Published { signals, ended } = self
            && signals.send(Signal::Stop).is_ok()
        {
            // Late or not: the daemon ends now.
            let _ = ended.recv_timeout(budget);
        }
    }
}
