//! Whether the transaction of this thread has written events.
//!
//! Each thread of the database runs one transaction at a time, so what one has done is kept with its
//! thread until it is committed; query modules get a connection, and nothing else to note it on.

use std::cell::Cell;

thread_local! {
    static NEWS: Cell<bool> = const { Cell::new(false) };
}

/// Notes that the transaction has written an event.
pub fn note() {
    NEWS.set(true);
}

/// Whether it has, and forgets it.
pub fn take() -> bool {
    NEWS.take()
}
