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

/// What is known of the statements since the last [`reset`](Self::reset).
#[derive(Debug, Default)]
pub struct Watch {
    transient: AtomicBool,
    unknown: AtomicBool,
    failed: AtomicBool,
}

impl Watch {
    /// Forgets what was.
    pub fn reset(&self) {
        for noted in [&self.transient, &self.unknown, &self.failed] {
            noted.store(false, Ordering::Relaxed);
        }
    }

    /// Whether a statement lost against another transaction: running this one again may succeed.
    pub fn may_run_again(&self) -> bool {
        self.transient.load(Ordering::Relaxed)
    }

    /// Whether a statement failed for a reason that diesel does not know. A deadlock is one of these, and
    /// its text may be in any language.
    pub fn may_have_been_a_deadlock(&self) -> bool {
        self.unknown.load(Ordering::Relaxed)
    }

    /// Whether any statement failed: PostgreSQL commits nothing of the transaction then.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

/// Notes failures in a [`Watch`].
pub struct Watcher(pub Arc<Watch>);

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::FinishQuery {
            error: Some(error), ..
        } = event
        {
            let watch = &self.0;
            watch.failed.store(true, Ordering::Relaxed);
            if is_transient(error) {
                watch.transient.store(true, Ordering::Relaxed);
            } else if matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, _)) {
                watch.unknown.store(true, Ordering::Relaxed);
            }
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
