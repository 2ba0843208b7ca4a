//! What kind of failures the statements of a connection met.
//!
//! A closure that works with the database answers errors of its own kind, and whether a deadlock is
//! behind one cannot be read from it. So the connection itself notes it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use diesel::{
    connection::{Instrumentation, InstrumentationEvent},
    result::{DatabaseErrorKind, Error},
};

/// Whether a statement failed for a reason that goes away when the transaction is run again.
#[derive(Debug, Default)]
pub struct Watch(AtomicBool);

impl Watch {
    /// Forgets what was.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether running the transaction again may succeed.
    pub fn may_run_again(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Notes failures in a [`Watch`].
pub struct Watcher(pub Arc<Watch>);

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::FinishQuery {
            error: Some(error), ..
        } = event
            && is_transient(error)
        {
            self.0.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A conflict with another transaction: a serialisation failure, a deadlock, or SQLite's lock. For the
/// last two diesel has no kind, so their texts tell.
pub fn is_transient(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message();
            message.starts_with("deadlock detected") || message.starts_with("database is locked")
        }
        _ => false,
    }
}
