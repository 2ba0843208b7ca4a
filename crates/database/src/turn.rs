//! Whose turn it is, of several daemons on one database, to do what only one may do.
//!
//! On PostgreSQL it is a lock that belongs to a connection: when the daemon dies, the server lets go of it
//! at once. On the same connection the others call the one whose turn it is. SQLite has one daemon for each
//! file, and it is always that one's turn.

use diesel::{
    connection::SimpleConnection,
    prelude::*,
    sql_types::{BigInt, Bool},
};

use crate::{
    connection::{Connection, Opened, open},
    error::DatabaseResult,
    uri::Uri,
};

/// Which turn: the same number in every daemon, "wazobus1" in ASCII.
const LOCK: i64 = 0x7761_7a6f_6275_7331;

/// A machine that falls silent has lost its turn after some seconds, where the connection is over TCP.
const KEEPALIVE: &str = "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1;
     SET tcp_keepalives_count = 3; SET tcp_user_timeout = 5000";

/// A daemon's claim to its turn. Dropping it lets go.
pub struct Turn {
    uri: Uri,
    opened: Option<Opened>,
    held: bool,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl Turn {
    pub(crate) fn new(uri: Uri) -> Self {
        Self {
            uri,
            opened: None,
            held: false,
        }
    }

    /// Whether there can be other daemons at all.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.uri.is_postgres()
    }

    /// Takes the turn, if nobody has it. Answers whether it is ours.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached; then it is not ours.
    pub fn take(&mut self) -> DatabaseResult<bool> {
        if !self.is_shared() {
            return Ok(true);
        }
        if self.held {
            return Ok(true);
        }
        self.held = self.with(|connection| {
            let answer: Taken = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS taken")
                .bind::<BigInt, _>(LOCK)
                .get_result(connection)?;
            if answer.taken {
                connection.batch_execute("LISTEN wazo_auth_rs_event")?;
            }
            Ok(answer.taken)
        })?;
        Ok(self.held)
    }

    /// Whether another daemon has called since this was asked last. Asks nobody but the own connection.
    ///
    /// # Errors
    ///
    /// When the connection is gone, and the turn with it.
    pub fn was_called(&mut self) -> DatabaseResult<bool> {
        self.with(|connection| {
            let mut called = false;
            for notification in connection.notifications_iter() {
                notification?;
                called = true;
            }
            Ok(called)
        })
    }

    /// Calls whoever's turn it is.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached.
    pub fn call(&mut self) -> DatabaseResult<()> {
        self.with(|connection| connection.batch_execute("NOTIFY wazo_auth_rs_event"))
    }

    /// On a connection that failed nothing is ours any more.
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> DatabaseResult<T>
    where
        T: Default,
    {
        if self.opened.is_none() {
            self.held = false;
            let mut opened = open(&self.uri)?;
            if let Connection::Postgres(connection) = &mut opened.connection {
                connection.batch_execute(KEEPALIVE)?;
            }
            self.opened = Some(opened);
        }
        let done = match self.opened.as_mut().map(|opened| &mut opened.connection) {
            Some(Connection::Postgres(connection)) => work(connection),
            Some(Connection::Sqlite(_)) | None => Ok(T::default()),
        };
        if done.is_err() {
            self.opened = None;
            self.held = false;
        }
        Ok(done?)
    }
}
