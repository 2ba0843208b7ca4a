//! Opening connections.

use std::{fs, os::unix::fs::OpenOptionsExt, sync::Arc};

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::{
    error::{DatabaseError, DatabaseResult},
    functions,
    uri::Uri,
    watch::{Watch, Watcher},
};

pub use crate::engine::AnyConnection as Connection;
pub(crate) use crate::engine::{Each, MultiBackend, MultiRawValue, per_engine};

/// What is said to PostgreSQL on each new connection. No statement of a request takes longer than the
/// client would wait; times are shown in UTC.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '30s'; SET TIME ZONE 'UTC'";

/// What is said to SQLite on each new connection. `busy_timeout` comes first, since the switch to WAL
/// needs the lock. FULL: what was answered stays, whatever happens to the machine.
const SQLITE_SETTINGS: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = ON;";

/// A connection, and what is known of its failures.
pub struct Opened {
    /// The connection.
    pub connection: Connection,
    /// Which kind of failure its statements met.
    pub watch: Arc<Watch>,
}

/// Connects; an SQLite file that is missing is made.
pub fn open(uri: &Uri) -> DatabaseResult<Opened> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Open {
        path: uri.to_string(),
        source,
    };
    let watch = Arc::new(Watch::default());
    let watcher = Watcher(Arc::clone(&watch));
    let connection = match uri {
        Uri::Postgres(text) => {
            let mut connection =
                PgConnection::establish(text).map_err(|error| failed(Box::new(error)))?;
            connection
                .batch_execute(POSTGRES_SETTINGS)
                .map_err(|error| failed(Box::new(error)))?;
            connection.set_instrumentation(watcher);
            Connection::Postgres(connection)
        }
        Uri::Sqlite(path) => {
            let text = path
                .to_str()
                .ok_or_else(|| failed("the path is not UTF-8".into()))?;
            // The database is in this file, and tokens are in it. SQLite gives its other files the same
            // mode.
            fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)
                .map_err(|error| failed(Box::new(error)))?;
            let mut connection =
                SqliteConnection::establish(text).map_err(|error| failed(Box::new(error)))?;
            connection
                .batch_execute(SQLITE_SETTINGS)
                .map_err(|error| failed(Box::new(error)))?;
            functions::register(&mut connection).map_err(|error| failed(Box::new(error)))?;
            connection.set_instrumentation(watcher);
            Connection::Sqlite(connection)
        }
    };
    Ok(Opened { connection, watch })
}
