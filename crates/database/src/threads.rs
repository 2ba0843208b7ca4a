//! Threads that own a connection each, and the queues in front of them.
//!
//! A few threads, not a large pool: SQLite has one writer anyway, and readers beyond the cores only
//! make the slowest answers slower.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    thread,
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::{
    connection::{Connection, Mode, open, path_of, transaction},
    error::{DatabaseError, DatabaseResult},
    migrate::{self, Migrated},
};

/// How many closures may wait for a thread.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// How to reach the database.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite:///path/to/file`.
    pub uri: String,
    /// Threads that read.
    pub readers: usize,
}

/// The database: hands closures to its threads. Dropping it ends them, after what they have begun.
pub struct Database {
    reads: Sender<Job>,
    writes: Sender<Job>,
}

/// The answer of a closure that runs elsewhere: `wait` for it on a thread, or `.await` it.
#[must_use]
pub struct Pending<T, E>(Result<oneshot::Receiver<Result<T, E>>, DatabaseError>);

impl Database {
    /// Migrates the schema where it is out of date, making the file if it is missing.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or comes from a newer program, and when a migration fails.
    pub fn migrate(uri: &str) -> DatabaseResult<Migrated> {
        migrate::migrate(&mut open(&path_of(uri)?)?)
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, or its schema is out of date.
    pub fn open(settings: &Settings) -> DatabaseResult<Self> {
        let path = path_of(&settings.uri)?;
        let mut connection = open(&path)?;
        if migrate::is_pending(&mut connection)? {
            return Err(DatabaseError::Uri(
                "the database's schema is missing or out of date; run wazo-auth-upgrade-db, or start with --db-upgrade-on-startup"
                    .to_owned(),
            ));
        }
        drop(connection);
        let (reads, read_jobs) = bounded(QUEUE);
        let (writes, write_jobs) = bounded(QUEUE);
        start_thread("db-write", path.clone(), write_jobs)?;
        for number in 0..settings.readers.max(1) {
            start_thread(
                &format!("db-read-{number}"),
                path.clone(),
                read_jobs.clone(),
            )?;
        }
        Ok(Self { reads, writes })
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
        submit(&self.reads, Mode::Read, work)
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
        submit(&self.writes, Mode::Write, work)
    }
}

impl<T, E: From<DatabaseError>> Pending<T, E> {
    /// Blocks until the answer is there; for threads outside an async runtime.
    ///
    /// # Errors
    ///
    /// What the closure answered, or that the database is overloaded or gone.
    pub fn wait(self) -> Result<T, E> {
        match self.0 {
            Ok(receiver) => receiver
                .blocking_recv()
                .unwrap_or_else(|_| Err(DatabaseError::Unavailable.into())),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the answer without blocking the thread.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub async fn answer(self) -> Result<T, E> {
        match self.0 {
            Ok(receiver) => receiver
                .await
                .unwrap_or_else(|_| Err(DatabaseError::Unavailable.into())),
            Err(error) => Err(error.into()),
        }
    }
}

fn submit<T, E>(
    queue: &Sender<Job>,
    mode: Mode,
    mut work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
) -> Pending<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        // Nobody waits any more: a read for a client that has gone is not worth doing.
        if mode == Mode::Read && answer.is_closed() {
            return;
        }
        // The answer leaves after the commit; a receiver that has gone by then is no failure.
        drop(answer.send(transaction(connection, mode, &mut work)));
    });
    Pending(match queue.try_send(job) {
        Ok(()) => Ok(receiver),
        Err(TrySendError::Full(_)) => Err(DatabaseError::Overloaded),
        Err(TrySendError::Disconnected(_)) => Err(DatabaseError::Unavailable),
    })
}

fn start_thread(name: &str, path: PathBuf, jobs: Receiver<Job>) -> DatabaseResult<()> {
    let mut connection = open(&path)?;
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            for job in jobs {
                // A panic leaves the connection in an unknown state: the next job gets a new one.
                if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
                    match open(&path) {
                        Ok(new) => connection = new,
                        Err(error) => log::error!("cannot reopen the database: {error}"),
                    }
                }
            }
        })
        .map_err(|error| DatabaseError::Open {
            path: "its thread".to_owned(),
            source: Box::new(error),
        })?;
    Ok(())
}
