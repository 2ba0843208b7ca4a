//! What can go wrong with the database.

use diesel::result::{DatabaseErrorKind, Error};

use crate::{constraint::Constraint, watch::is_transient};

/// Result of a query.
pub type DatabaseResult<T> = Result<T, DatabaseError>;

/// A failure of the storage; "not there" is none, queries answer that with `None`.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// `db_uri` cannot be used.
    #[error("db_uri: {0}")]
    Uri(String),
    /// The database could not be opened.
    #[error("cannot open the database {path}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More requests wait for the database than it can serve.
    #[error("too many requests wait for the database")]
    Overloaded,
    /// The database is gone or does not let us in, the connection broke at the end of a transaction,
    /// or a query panicked.
    #[error("the database is not available")]
    Unavailable,
    /// The database belongs to another program, or to another version of the one that we replace.
    #[error("{0}; nothing was changed")]
    Foreign(String),
    /// A newer program has changed the database.
    #[error(
        "the database was changed by a newer wazo-auth (migrations {0} are unknown here); run that version, or restore a backup; nothing was changed"
    )]
    Newer(String),
    /// A migration failed; nothing of it remains.
    #[error("migration {version} failed; nothing was changed")]
    Migration {
        /// The migration.
        version: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SQLite does not say which foreign key a statement broke; looking afterwards did.
    #[error("what {} refers to is not there", .0.name())]
    Missing(Constraint),
    /// The rows contradict what the program relies on.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A query failed.
    #[error("a database query failed")]
    Query(#[from] Error),
}

/// Which rule of the schema a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A unique constraint or index.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check.
    Check,
}

impl DatabaseError {
    /// The rule of the schema that was broken, if that is the failure.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        let kind = match self {
            Self::Query(Error::DatabaseError(kind, _)) => kind,
            Self::Missing(_) => return Some(Violation::ForeignKey),
            _ => return None,
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => Some(Violation::Unique),
            DatabaseErrorKind::ForeignKeyViolation => Some(Violation::ForeignKey),
            DatabaseErrorKind::CheckViolation => Some(Violation::Check),
            _ => None,
        }
    }

    /// The rule of the schema that was broken, by name, if it is one that a caller has an answer for.
    #[must_use]
    pub fn constraint(&self) -> Option<Constraint> {
        match self {
            Self::Query(Error::DatabaseError(_, information)) => {
                Constraint::in_message(information.as_ref())
            }
            Self::Missing(constraint) => Some(*constraint),
            _ => None,
        }
    }

    /// Whether trying again later may help, without anybody mending anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Overloaded | Self::Unavailable => true,
            Self::Query(error) => is_transient(error),
            _ => false,
        }
    }
}
