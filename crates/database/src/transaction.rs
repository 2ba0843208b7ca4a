//! Runs closures in transactions, and again where that may help.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use diesel::{
    QueryResult,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};

use tokio::sync::Notify;
use wazo_auth_model::report::chain;

use crate::{
    connection::{Connection, Opened, open},
    error::DatabaseError,
    news,
    uri::Uri,
};

/// How often a transaction is run again that lost against another one.
const MAX_CONFLICTS: u32 = 10;
/// PostgreSQL looks for deadlocks after its `deadlock_timeout`, a second by default.
const DEADLOCKS_ARE_FOUND: Duration = Duration::from_secs(5);
/// How often a transaction is begun on a new connection because the old one was found broken.
const MAX_BROKEN: u32 = 2;

/// What a closure does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads with one statement: that is one snapshot without a transaction around it.
    Statement,
    /// Reads, from one snapshot.
    Read,
    /// Writes.
    Write,
}

/// What came of running a closure once.
enum Attempt<T, E> {
    /// The answer, and the transaction is over.
    Done(Result<T, E>),
    /// The connection broke before anything was committed.
    Broken,
    /// The connection broke while the transaction was committed: nobody knows whether it was.
    Doubtful,
}

/// A connection that is replaced when it breaks.
pub struct Worker {
    uri: Uri,
    opened: Option<Opened>,
    news: Arc<Notify>,
}

impl Worker {
    /// A worker that connects when it gets its first closure. `news` is told of each transaction that
    /// committed events.
    pub fn new(uri: Uri, news: Arc<Notify>) -> Self {
        Self {
            uri,
            opened: None,
            news,
        }
    }

    /// Forgets the connection, whose state nobody knows.
    pub fn reset(&mut self) {
        self.opened = None;
    }

    /// Runs `work` as a transaction, committed when it succeeds.
    ///
    /// It is run again when it lost against another transaction, and on a new connection when the old
    /// one turns out to be broken. A commit whose outcome is unknown is an error: running it again
    /// could do everything twice.
    pub fn run<T, E>(
        &mut self,
        mode: Mode,
        work: &mut dyn FnMut(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<DatabaseError>,
    {
        let (mut conflicts, mut broken) = (0, 0);
        loop {
            let opened = match &mut self.opened {
                Some(opened) => opened,
                None => match open(&self.uri) {
                    Ok(opened) => self.opened.insert(opened),
                    Err(error) => {
                        log::error!("{}", chain(&error));
                        return Err(DatabaseError::Unavailable.into());
                    }
                },
            };
            opened.watch.reset();
            news::take();
            let begun = Instant::now();
            match attempt(opened, mode, work) {
                Attempt::Done(Err(_))
                    if opened.watch.may_run_again() && conflicts < MAX_CONFLICTS =>
                {
                    conflicts += 1;
                    thread::sleep(pause(conflicts));
                }
                // A server that says it in another language. Deadlocks are found within a second or
                // so; what took longer was none.
                Attempt::Done(Err(_))
                    if opened.watch.may_have_been_a_deadlock()
                        && conflicts == 0
                        && begun.elapsed() < DEADLOCKS_ARE_FOUND =>
                {
                    conflicts += 1;
                }
                Attempt::Done(answer) => {
                    if news::take() && answer.is_ok() {
                        self.news.notify_one();
                    }
                    return answer;
                }
                Attempt::Broken => {
                    self.opened = None;
                    broken += 1;
                    if broken > MAX_BROKEN {
                        return Err(DatabaseError::Unavailable.into());
                    }
                }
                Attempt::Doubtful => {
                    self.opened = None;
                    log::error!(
                        "the connection to the database broke while a transaction was committed"
                    );
                    return Err(DatabaseError::Unavailable.into());
                }
            }
        }
    }
}

fn attempt<T, E>(
    Opened { connection, watch }: &mut Opened,
    mode: Mode,
    work: &mut dyn FnMut(&mut Connection) -> Result<T, E>,
) -> Attempt<T, E>
where
    E: From<DatabaseError>,
{
    if mode == Mode::Statement {
        let answer = work(connection);
        return if answer.is_err() && !is_alive(connection) {
            Attempt::Broken
        } else {
            Attempt::Done(answer)
        };
    }
    if let Err(error) = begin(connection, mode) {
        return if is_alive(connection) {
            Attempt::Done(Err(DatabaseError::from(error).into()))
        } else {
            Attempt::Broken
        };
    }
    match work(connection) {
        // COMMIT would succeed, and keep nothing.
        Ok(_) if connection_is_postgres(connection) && watch.has_failed() => {
            drop(<Connection as TransactionManagerOf>::rollback(connection));
            let problem = "a statement failed and its transaction went on";
            Attempt::Done(Err(DatabaseError::Damaged(problem.to_owned()).into()))
        }
        Ok(value) => match <Connection as TransactionManagerOf>::commit(connection) {
            Ok(()) => Attempt::Done(Ok(value)),
            Err(error) if is_alive(connection) => {
                Attempt::Done(Err(DatabaseError::from(error).into()))
            }
            Err(_) => Attempt::Doubtful,
        },
        Err(error) => match <Connection as TransactionManagerOf>::rollback(connection) {
            Ok(()) => Attempt::Done(Err(error)),
            Err(_) => Attempt::Broken,
        },
    }
}

/// PostgreSQL's default for writes is READ COMMITTED. On SQLite a write begins IMMEDIATE: a deferred
/// transaction that reads and then writes fails as soon as somebody else has written in between,
/// whatever the busy timeout is.
fn begin(connection: &mut Connection, mode: Mode) -> QueryResult<()> {
    match connection {
        Connection::Postgres(connection) => AnsiTransactionManager::begin_transaction_sql(
            connection,
            match mode {
                Mode::Write => "BEGIN",
                Mode::Read | Mode::Statement => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            },
        ),
        Connection::Sqlite(connection) => AnsiTransactionManager::begin_transaction_sql(
            connection,
            match mode {
                Mode::Write => "BEGIN IMMEDIATE",
                Mode::Read | Mode::Statement => "BEGIN",
            },
        ),
    }
}

/// The ends of a transaction, in one word each.
trait TransactionManagerOf: Sized {
    fn commit(connection: &mut Self) -> QueryResult<()>;
    fn rollback(connection: &mut Self) -> QueryResult<()>;
}

impl TransactionManagerOf for Connection {
    fn commit(connection: &mut Self) -> QueryResult<()> {
        <<Self as diesel::Connection>::TransactionManager>::commit_transaction(connection)
    }

    fn rollback(connection: &mut Self) -> QueryResult<()> {
        <<Self as diesel::Connection>::TransactionManager>::rollback_transaction(connection)
    }
}

fn connection_is_postgres(connection: &Connection) -> bool {
    matches!(connection, Connection::Postgres(_))
}

fn is_alive(connection: &mut Connection) -> bool {
    connection.batch_execute("SELECT 1").is_ok()
}

/// Longer with every conflict, and never the same for two that collide.
fn pause(conflicts: u32) -> Duration {
    let most = 250_u64 << conflicts.min(7);
    let random = RandomState::new().build_hasher().finish();
    Duration::from_micros(most / 2 + random % most)
}
