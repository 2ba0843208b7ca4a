//! Threads that own a connection each, and the queues in front of them.
//!
//! A few threads, not a large pool: SQLite has one writer anyway, and on PostgreSQL connections beyond
//! a few for each core only make the slowest answers slower.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::{Notify, oneshot};
use wazo_auth_model::report::chain;

use crate::{
    connection::{Connection, open},
    error::{DatabaseError, DatabaseResult},
    migrate::{self, Migrated, Plan},
    remove::{self, Removed},
    transaction::{Mode, Worker},
    turn::Turn,
    uri::Uri,
};

/// How many closures may wait for a thread.
const QUEUE: usize = 1024;
/// How long to wait before a database that does not answer yet is tried again.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// Connections to PostgreSQL for work that no request waits for: one for events, and one for what may
/// take longer.
const BACKGROUND_THREADS: usize = 2;

/// A statement may take 30 s.
const USUAL_PATIENCE: Duration = Duration::from_secs(35);

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is.
    pub uri: Uri,
    /// Threads: for PostgreSQL all of them, for SQLite those that read, beside the one that writes.
    pub threads: usize,
    /// How long anybody waits for an answer. Longer than a statement may take, and not for ever,
    /// whatever has become of the server.
    pub patience: Duration,
}

impl Settings {
    /// Settings with the usual patience.
    #[must_use]
    pub fn new(uri: Uri, threads: usize) -> Self {
        Self {
            uri,
            threads,
            patience: USUAL_PATIENCE,
        }
    }
}

/// The database: hands closures to its threads. Dropping it ends them, after what they have begun.
pub struct Database {
    reads: Sender<Job>,
    writes: Sender<Job>,
    background: Sender<Job>,
    uri: Uri,
    news: Arc<Notify>,
    adopted: bool,
    events: bool,
    patience: Duration,
}

/// The answer of a closure that runs elsewhere: `wait` for it on a thread, or `.await` it.
#[must_use]
pub struct Pending<T, E> {
    receiver: Result<oneshot::Receiver<Result<T, E>>, DatabaseError>,
    patience: Duration,
}

impl Database {
    /// Waits until the database lets us in, for `patience` at most. `tell` gets each reason why it does
    /// not, once: some go away by themselves, and others never will.
    ///
    /// # Errors
    ///
    /// The last failure, when the time is up.
    pub fn wait_for(
        uri: &Uri,
        patience: Duration,
        mut tell: impl FnMut(&str),
    ) -> DatabaseResult<()> {
        let end = Instant::now() + patience;
        let mut told = String::new();
        loop {
            let failure = match open(uri) {
                Ok(_) => return Ok(()),
                Err(failure) => failure,
            };
            // A file does not come into being by waiting.
            if !uri.is_postgres() || Instant::now() >= end {
                return Err(failure);
            }
            let reason = chain(&failure);
            if reason != told {
                tell(&format!("waiting for the database: {reason}"));
                told = reason;
            }
            thread::sleep(BETWEEN_TRIES);
        }
    }

    /// Brings the schema up to date: all that is missing, or nothing. A database of the program that
    /// we replace is taken over as it is.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or is none that we may touch, and when a migration fails.
    pub fn migrate(uri: &Uri) -> DatabaseResult<Migrated> {
        Self::migrate_with(uri, |number, all, version| {
            log::info!("applying migration {version} ({number} of {all})");
        })
    }

    /// The same, telling `progress` of each migration before it begins: its number, how many there
    /// are, and its version. A large database keeps some of them busy for minutes.
    ///
    /// # Errors
    ///
    /// As for [`migrate`](Self::migrate).
    pub fn migrate_with(
        uri: &Uri,
        mut progress: impl FnMut(usize, usize, &str),
    ) -> DatabaseResult<Migrated> {
        migrate::migrate(&mut open(uri)?.connection, &mut progress)
    }

    /// What [`migrate`](Self::migrate) would do.
    ///
    /// # Errors
    ///
    /// As for `migrate`.
    pub fn plan(uri: &Uri) -> DatabaseResult<Plan> {
        migrate::plan(&mut open(uri)?.connection)
    }

    /// Takes away everything that we added to a database of the program that we replace.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached, or is SQLite, which is ours as a whole.
    pub fn remove_own(uri: &Uri) -> DatabaseResult<Removed> {
        remove::remove_own(&mut open(uri)?.connection)
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached, or its schema is missing or out of date.
    pub fn open(settings: &Settings) -> DatabaseResult<Self> {
        let state = migrate::check(&mut open(&settings.uri)?.connection)?;
        let news = Arc::new(Notify::new());
        let start = |name: String, jobs: &Receiver<Job>| {
            let worker = Worker::new(settings.uri.clone(), Arc::clone(&news));
            start_thread(name, worker, jobs.clone())
        };
        let (writes, write_jobs) = bounded(QUEUE);
        let mut database = Self {
            reads: writes.clone(),
            background: writes.clone(),
            writes,
            uri: settings.uri.clone(),
            news: Arc::clone(&news),
            adopted: state.adopted,
            events: state.events,
            patience: settings.patience,
        };
        if settings.uri.is_postgres() {
            for number in 0..settings.threads.max(1) {
                start(format!("db-{number}"), &write_jobs)?;
            }
            let (background, background_jobs) = bounded(QUEUE);
            database.background = background;
            for number in 0..BACKGROUND_THREADS {
                start(format!("db-background-{number}"), &background_jobs)?;
            }
            return Ok(database);
        }
        let (reads, read_jobs) = bounded(QUEUE);
        database.reads = reads;
        start("db-write".to_owned(), &write_jobs)?;
        for number in 0..settings.threads.max(1) {
            start(format!("db-read-{number}"), &read_jobs)?;
        }
        Ok(database)
    }

    /// Whether the program that we replace made this database, and may be put back onto it.
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Whether events can be written: not where the database's role may not add our tables.
    #[must_use]
    pub fn has_events(&self) -> bool {
        self.events
    }

    /// Told of each transaction of this daemon that committed events, before its answer leaves.
    #[must_use]
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.news)
    }

    /// A claim to the turn among the daemons on this database.
    #[must_use]
    pub fn turn(&self) -> Turn {
        Turn::new(self.uri.clone())
    }

    /// Runs a closure in a transaction, as [`write`](Self::write) does, without standing in line with
    /// requests where the engine lets several write.
    pub fn write_in_background<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        submit(&self.background, self.patience, Mode::Write, work)
    }

    /// Reads with one statement, without standing in line with requests.
    pub fn read_in_background<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let queue = if self.uri.is_postgres() {
            &self.background
        } else {
            &self.reads
        };
        submit(queue, self.patience, Mode::Statement, work)
    }

    /// Runs one statement that reads. It may be run again.
    pub fn read_one<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        submit(&self.reads, self.patience, Mode::Statement, work)
    }

    /// Runs a closure on one snapshot of the database. It may be run again, so it has no other
    /// effect.
    pub fn read<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        submit(&self.reads, self.patience, Mode::Read, work)
    }

    /// Runs a closure in a transaction, committed when it succeeds. It may be run again, so it has
    /// no other effect.
    pub fn write<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        submit(&self.writes, self.patience, Mode::Write, work)
    }
}

impl<T, E: From<DatabaseError>> Pending<T, E> {
    /// Blocks until the answer is there; for threads outside an async runtime.
    ///
    /// # Errors
    ///
    /// What the closure answered, or that the database is overloaded or gone.
    pub fn wait(self) -> Result<T, E> {
        match self.receiver {
            Ok(receiver) => match wait_for_answer(receiver, Instant::now() + self.patience) {
                Some(Ok(answer)) => answer,
                Some(Err(_)) => Err(DatabaseError::Unavailable.into()),
                None => Err(silent(self.patience).into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the answer without blocking the thread, which has to be one of tokio's.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub async fn answer(self) -> Result<T, E> {
        match self.receiver {
            Ok(receiver) => match tokio::time::timeout(self.patience, receiver).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(DatabaseError::Unavailable.into()),
                Err(_) => Err(silent(self.patience).into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}

fn silent(patience: Duration) -> DatabaseError {
    log::error!(
        "the database has not answered for {} s",
        patience.as_secs_f64()
    );
    DatabaseError::Unavailable
}

/// Blocks this thread until the answer is there; `None` when it is not by the deadline.
fn wait_for_answer<T>(
    mut receiver: oneshot::Receiver<T>,
    deadline: Instant,
) -> Option<Result<T, oneshot::error::RecvError>> {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(answer) = Pin::new(&mut receiver).poll(&mut context) {
            return Some(answer);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::park_timeout(left);
    }
}

fn submit<T, E>(
    queue: &Sender<Job>,
    patience: Duration,
    mode: Mode,
    mut work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
) -> Pending<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    let job: Job = Box::new(move |worker| {
        // Nobody waits any more: a read for a client that has gone is not worth doing.
        if mode != Mode::Write && answer.is_closed() {
            return;
        }
        // The answer leaves after the commit; a receiver that has gone by then is no failure.
        drop(answer.send(worker.run(mode, &mut work)));
    });
    let receiver = match queue.try_send(job) {
        Ok(()) => Ok(receiver),
        Err(TrySendError::Full(_)) => Err(DatabaseError::Overloaded),
        Err(TrySendError::Disconnected(_)) => Err(DatabaseError::Unavailable),
    };
    Pending { receiver, patience }
}

fn start_thread(name: String, mut worker: Worker, jobs: Receiver<Job>) -> DatabaseResult<()> {
    thread::Builder::new()
        .name(name)
        .spawn(move || {
            for job in jobs {
                // A panic leaves the connection in an unknown state: the next job gets a new one.
                if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
                    worker.reset();
                }
            }
        })
        .map_err(|error| DatabaseError::Open {
            path: "its thread".to_owned(),
            source: Box::new(error),
        })?;
    Ok(())
}
