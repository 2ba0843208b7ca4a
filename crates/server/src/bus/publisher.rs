//! Publishes the events that wait, one of each object at a time, and takes away what the broker has.
//!
//! Everything that happens arrives as a [`Signal`]; nothing here waits but for the next one. What talks to
//! the database or to the broker runs beside, and sends a signal when it is done.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::sleep,
};
use wazo_auth_database::DatabaseResult;
use wazo_auth_services::event::outbox::{Outbox, Waiting};

use super::{
    broker::{Broker, Settings},
    message::message,
    trouble::{Cause, Trouble},
    turn::Keeper,
};

/// How many events are with the broker and not confirmed yet, at most.
const MOST_UNDER_WAY: usize = 1000;
/// How many events are looked at, at a time.
const LOOK_AT: i64 = 500;
/// Before the second try to connect; each later one waits twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Before the database, or an event that the broker refused, is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked for what nobody told of, such as events of a daemon that died.
const TICK: Duration = Duration::from_secs(1);
/// A broker that confirms nothing for so long is in trouble.
const SLOW: Duration = Duration::from_secs(10);

/// Something that happened.
pub enum Signal {
    /// Events may have been committed.
    News,
    /// Whether the turn to publish is ours.
    Turn(bool),
    /// What became of connecting.
    Connected(Result<Arc<Broker>, Cause>),
    /// Events that wait, and whether there may be more.
    Found(DatabaseResult<(Vec<Waiting>, bool)>),
    /// What became of an event that was published.
    Published(Told, Outcome),
    /// What became of taking events away that were told.
    Removed(DatabaseResult<()>, Vec<Told>),
    /// Nothing of this object is under way any more.
    Free(String),
    /// Whether too many events wait.
    TooMany(bool),
    /// It is time to connect again.
    Reconnect,
    /// Some time has gone by.
    Tick,
    /// The daemon ends: publish what is there, and no more.
    Stop,
}

/// An event that is, or was, under way.
pub struct Told {
    id: i64,
    object: String,
    /// The connection that it went to.
    connection: u64,
}

/// What the broker did with an event.
pub enum Outcome {
    /// It has it safe.
    Taken,
    /// It refused it.
    Refused,
    /// Nobody knows, since channel or connection are gone.
    Lost(lapin::Error),
}

/// What publishes.
pub struct Publisher {
    outbox: Outbox,
    settings: Arc<Settings>,
    zone: TimeZone,
    signals: UnboundedSender<Signal>,
    keeper: Keeper,
    ours: bool,
    broker: Option<Arc<Broker>>,
    connecting: bool,
    connections: u64,
    /// Connections that failed since the broker took an event last.
    failures: u32,
    /// What ended the last connection.
    lost: Option<Cause>,
    trouble: Trouble,
    /// Objects of which an event is under way, up to its removal.
    busy: HashMap<String, i64>,
    told: Vec<Told>,
    news: bool,
    looking: bool,
    removing: bool,
    too_many: bool,
    last_taken: Instant,
    stopping: bool,
}

impl Publisher {
    /// One that does nothing yet.
    pub fn new(
        outbox: Outbox,
        settings: Settings,
        keeper: Keeper,
        signals: UnboundedSender<Signal>,
    ) -> Self {
        Self {
            outbox,
            settings: Arc::new(settings),
            zone: TimeZone::system(),
            signals,
            keeper,
            ours: false,
            broker: None,
            connecting: false,
            connections: 0,
            failures: 0,
            lost: None,
            trouble: Trouble::default(),
            busy: HashMap::new(),
            told: Vec::new(),
            news: true,
            looking: false,
            removing: false,
            too_many: false,
            last_taken: Instant::now(),
            stopping: false,
        }
    }

    /// Publishes until it is told to stop and nothing is left that could be published.
    pub async fn run(mut self, mut incoming: UnboundedReceiver<Signal>) {
        let (news, signals) = (self.outbox.news(), self.signals.clone());
        let forward = tokio::spawn(async move {
            loop {
                news.notified().await;
                drop(signals.send(Signal::News));
            }
        });
        self.later(TICK, Signal::Tick);
        while let Some(signal) = incoming.recv().await {
            self.take(signal);
            self.go_on();
            if self.stopping && self.is_finished() {
                break;
            }
        }
        forward.abort();
        if let Some(broker) = &self.broker {
            broker.close().await;
        }
    }

    fn take(&mut self, signal: Signal) {
        match signal {
            Signal::News if self.ours => self.news = true,
            Signal::News => self.keeper.call(),
            Signal::Turn(ours) => {
                self.ours = ours;
                self.news = true;
            }
            Signal::Connected(Ok(broker)) => {
                self.connecting = false;
                self.connections += 1;
                self.broker = Some(broker);
                self.news = true;
            }
            Signal::Connected(Err(cause)) => {
                self.trouble.begin(&cause, &self.settings);
                self.connect_later();
            }
            Signal::Reconnect => self.connecting = false,
            Signal::Found(found) => {
                self.looking = false;
                match found {
                    Ok((events, more)) => self.publish_all(events, more),
                    Err(_) => self.later(PAUSE, Signal::News),
                }
            }
            Signal::Published(told, outcome) => self.published(told, outcome),
            Signal::Removed(done, told) => {
                self.removing = false;
                self.removed(done, told);
            }
            Signal::Free(object) => {
                self.busy.remove(&object);
                self.news = true;
            }
            Signal::TooMany(too_many) => self.warn_of_many(too_many),
            Signal::Tick => self.tick(),
            Signal::Stop => {
                self.stopping = true;
                self.news = true;
                if !self.ours {
                    self.keeper.call();
                }
            }
        }
    }

    /// Does what can be done now.
    fn go_on(&mut self) {
        if self.ours && self.broker.is_none() && !self.connecting && !self.stopping {
            self.connecting = true;
            let (settings, signals) = (Arc::clone(&self.settings), self.signals.clone());
            tokio::spawn(async move {
                let done = Broker::connect(&settings).await;
                drop(signals.send(Signal::Connected(done.map(Arc::new))));
            });
        }
        if self.ours
            && self.news
            && !self.looking
            && self.broker.is_some()
            && self.busy.len() < MOST_UNDER_WAY
        {
            (self.news, self.looking) = (false, true);
            let (outbox, signals) = (self.outbox.clone(), self.signals.clone());
            let busy = self.busy.keys().cloned().collect();
            tokio::spawn(async move {
                let found = outbox.next(busy, LOOK_AT).await;
                drop(signals.send(Signal::Found(found)));
            });
        }
        if !self.told.is_empty() && !self.removing {
            self.removing = true;
            let told = std::mem::take(&mut self.told);
            let (outbox, signals) = (self.outbox.clone(), self.signals.clone());
            tokio::spawn(async move {
                let done = outbox
                    .remove(told.iter().map(|told| told.id).collect())
                    .await;
                drop(signals.send(Signal::Removed(done, told)));
            });
        }
    }

    fn publish_all(&mut self, events: Vec<Waiting>, more: bool) {
        if events.is_empty() && self.busy.is_empty() {
            // A broker to which there is nothing to say has done all that it can.
            self.good();
        }
        self.news |= more;
        if !self.ours {
            return;
        }
        let Some(broker) = self.broker.clone() else {
            self.news = true;
            return;
        };
        if self.busy.is_empty() {
            self.last_taken = Instant::now();
        }
        for event in events {
            self.busy.insert(event.object.clone(), event.id);
            match message(&event, self.outbox.origin(), &self.zone) {
                Ok(message) => {
                    let told = Told {
                        id: event.id,
                        object: event.object,
                        connection: self.connections,
                    };
                    let (signals, published) = (self.signals.clone(), broker.publish(message));
                    tokio::spawn(async move {
                        let outcome = match published.await {
                            Ok(confirmation) if confirmation.is_nack() => Outcome::Refused,
                            Ok(_) => Outcome::Taken,
                            Err(error) => Outcome::Lost(error),
                        };
                        drop(signals.send(Signal::Published(told, outcome)));
                    });
                }
                Err(reason) => self.set_aside(event, reason),
            }
        }
    }

    /// Sets an event aside that no broker can ever take, so that those behind it go on.
    fn set_aside(&self, event: Waiting, reason: String) {
        let (outbox, signals) = (self.outbox.clone(), self.signals.clone());
        tokio::spawn(async move {
            if outbox.set_aside(event.id, reason.clone()).await.is_ok() {
                log::error!(
                    "the event {} {} is set aside, since it can never be published: {reason}",
                    event.id,
                    event.name
                );
            } else {
                sleep(PAUSE).await;
            }
            drop(signals.send(Signal::Free(event.object)));
        });
    }

    fn published(&mut self, told: Told, outcome: Outcome) {
        match outcome {
            Outcome::Taken => {
                self.good();
                self.last_taken = Instant::now();
                self.told.push(told);
            }
            Outcome::Refused => {
                self.trouble.begin(&Cause::Refused, &self.settings);
                self.later(PAUSE, Signal::Free(told.object));
            }
            Outcome::Lost(error) => {
                if told.connection == self.connections {
                    self.lose(Cause::Failed(error));
                }
                self.busy.remove(&told.object);
                self.news = true;
            }
        }
    }

    fn removed(&mut self, done: DatabaseResult<()>, told: Vec<Told>) {
        if done.is_ok() {
            for told in told {
                self.busy.remove(&told.object);
            }
            // Further events of these objects may have waited for that.
            self.news = true;
            return;
        }
        // They were told, and will not be told again by us, however long this takes.
        let signals = self.signals.clone();
        tokio::spawn(async move {
            sleep(PAUSE).await;
            for told in told {
                drop(signals.send(Signal::Published(told, Outcome::Taken)));
            }
        });
    }

    /// The broker does what it should.
    fn good(&mut self) {
        self.failures = 0;
        self.lost = None;
        self.trouble.end();
    }

    /// The connection is gone: tries again at once, and in time if that helped nothing before.
    fn lose(&mut self, cause: Cause) {
        if self.broker.take().is_none() {
            return;
        }
        if self.lost.is_some() {
            self.trouble.begin(&cause, &self.settings);
        }
        self.lost = Some(cause);
        if self.failures == 0 {
            self.failures = 1;
        } else {
            self.connect_later();
        }
    }

    fn connect_later(&mut self) {
        self.connecting = true;
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10));
        self.failures += 1;
        self.later(pause.min(LONGEST_PAUSE), Signal::Reconnect);
    }

    fn tick(&mut self) {
        self.later(TICK, Signal::Tick);
        if let Some(broker) = &self.broker
            && !broker.is_connected()
        {
            self.lose(Cause::Silent);
        }
        if !self.ours {
            return;
        }
        self.news = true;
        if !self.busy.is_empty() && self.broker.is_some() && self.last_taken.elapsed() > SLOW {
            self.trouble.begin(&Cause::Stuck, &self.settings);
        }
        if self.trouble.is_there() || self.busy.len() >= MOST_UNDER_WAY || self.too_many {
            let (outbox, signals) = (self.outbox.clone(), self.signals.clone());
            // Once it was said, not again each time that one more or less waits.
            let most = self.settings.max_pending / if self.too_many { 2 } else { 1 };
            tokio::spawn(async move {
                if let Ok(too_many) = outbox.exceeds(most).await {
                    drop(signals.send(Signal::TooMany(too_many)));
                }
            });
        }
    }

    fn warn_of_many(&mut self, too_many: bool) {
        if too_many && !self.too_many {
            log::warn!(
                "more than {} events wait for the broker (events.max_pending); none is lost, and the database grows until the broker takes them",
                self.settings.max_pending
            );
        }
        self.too_many = too_many;
    }

    fn later(&self, pause: Duration, signal: Signal) {
        let signals = self.signals.clone();
        tokio::spawn(async move {
            sleep(pause).await;
            drop(signals.send(signal));
        });
    }

    /// Whether nothing is left that this daemon could do about events.
    fn is_finished(&self) -> bool {
        let published = match (&self.broker, self.ours) {
            (Some(_), true) => !self.news && !self.looking && self.busy.is_empty(),
            (Some(_), false) => self.busy.is_empty(),
            // The first try to connect is worth waiting for.
            (None, ours) => !(ours && self.connecting && self.failures == 0),
        };
        published && self.told.is_empty() && !self.removing
    }
}
