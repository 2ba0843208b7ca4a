//! Waiting for a condition. Nothing here sleeps in the hope that something has happened by then.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what should come soon. Far more than it takes, since a machine may be
/// busy; a test that fails takes this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks `condition` until it gives something, for [`PATIENCE`] at most.
///
/// # Panics
///
/// When the time is up; the message says `what` was waited for.
pub fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, condition).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// Asks `condition` until it gives something; `None` when the time is up.
pub fn within<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = condition() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
