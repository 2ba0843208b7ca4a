//! A connection and its settings.

use std::{
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use diesel::{
    Connection as _, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};

use crate::{
    error::{DatabaseError, DatabaseResult, is_locked},
    functions,
};

/// What query modules run on.
pub type Connection = SqliteConnection;

/// The file that a `db_uri` names.
pub fn path_of(uri: &str) -> DatabaseResult<PathBuf> {
    if let Some(path) = uri.strip_prefix("sqlite://") {
        if path.is_empty() {
            return Err(DatabaseError::Uri(
                "names no file; write sqlite:///path/to/file".to_owned(),
            ));
        }
        return Ok(PathBuf::from(path));
    }
    // The rest may hold a password: name the scheme alone.
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    Err(DatabaseError::Uri(match scheme {
        "postgres" | "postgresql" | "postgresql+psycopg2" => {
            "this build serves SQLite only; write sqlite:///path/to/file".to_owned()
        }
        _ => format!("unknown scheme {scheme:?}; write sqlite:///path/to/file"),
    }))
}

/// Opens the file, making it if it is missing.
pub fn open(path: &Path) -> DatabaseResult<Connection> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Open {
        path: path.display().to_string(),
        source,
    };
    let text = path
        .to_str()
        .ok_or_else(|| failed("the path is not UTF-8".into()))?;
    // The database is in this file, and tokens are in it. SQLite gives its other files the same mode.
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| failed(Box::new(error)))?;
    let mut connection =
        SqliteConnection::establish(text).map_err(|error| failed(Box::new(error)))?;
    // busy_timeout first: the switch to WAL needs the lock. FULL: what was answered stays.
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = ON;",
        )
        .map_err(|error| failed(Box::new(error)))?;
    functions::register(&mut connection).map_err(|error| failed(Box::new(error)))?;
    Ok(connection)
}

/// What a closure does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads, from one snapshot.
    Read,
    /// Writes.
    Write,
}

/// Runs `work` in a transaction, committed when it succeeds.
pub fn transaction<T, E>(
    connection: &mut Connection,
    mode: Mode,
    work: &mut dyn FnMut(&mut Connection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<DatabaseError>,
{
    // IMMEDIATE: a deferred transaction that reads and then writes fails as soon as somebody else
    // has written in between, whatever the busy timeout is.
    let begin = match mode {
        Mode::Read => "BEGIN",
        Mode::Write => "BEGIN IMMEDIATE",
    };
    let mut tries = 0;
    loop {
        match AnsiTransactionManager::begin_transaction_sql(connection, begin) {
            Ok(()) => break,
            Err(error) if is_locked(&error) && tries < 3 => tries += 1,
            Err(error) => return Err(DatabaseError::from(error).into()),
        }
    }
    match work(connection) {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(connection).map_err(DatabaseError::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(connection) {
                log::error!("a transaction could not be rolled back: {rollback}");
            }
            Err(error)
        }
    }
}
