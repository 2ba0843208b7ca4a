//! Storage: the one crate that speaks SQL.
//!
//! Callers hand closures to [`Database`]; a thread that owns a connection runs them. Query modules
//! take a connection, so the caller owns the transaction. No rule of the domain stands here, and
//! nothing slow happens inside a closure: no hash, no plugin, no network.

mod connection;
mod constraint;
mod engine;
mod error;
mod functions;
pub mod init;
mod migrate;
mod news;
pub mod queries;
mod remove;
mod schema;
mod threads;
mod transaction;
mod turn;
mod types;
mod uri;
mod watch;

pub use connection::Connection;
pub use constraint::Constraint;
pub use error::{DatabaseError, DatabaseResult, Violation};
pub use migrate::{Migrated, Plan};
pub use remove::Removed;
pub use threads::{Database, Pending, Settings};
pub use turn::Turn;
pub use uri::Uri;
