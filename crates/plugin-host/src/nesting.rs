//! Calls within calls: a plugin asks the daemon for something, and that calls another plugin.
//!
//! The inner call runs on the threads of its own entry, so that one that hangs takes none of the
//! outer entry's. It has less time than the outer one, so that the fault is laid at the right door. And
//! it may not lead to a further one: entries that wait for each other's threads could do so for ever.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

thread_local! {
    /// The operation of the daemon that this thread runs for a plugin.
    static CURRENT: Cell<Option<Operation>> = const { Cell::new(None) };
}

/// Where a plugin that asks the daemon for something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    /// When the call that the plugin works for ends; background work has no end.
    pub deadline: Option<Instant>,
    /// Whether that call is itself within another one.
    pub inner: bool,
}

impl Operation {
    /// Runs `work` as this operation, on this thread.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        /// Puts back what was there, also when `work` panics.
        struct Restore(Option<Operation>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self)));
        work()
    }
}

/// What a call that begins now is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// When it ends.
    pub deadline: Instant,
    /// Whether it is within another one.
    pub inner: bool,
}

/// What a call of an entry is allowed that begins on this thread at `now` and may take `timeout`;
/// `None`: it would be within a call that is within another one.
pub(crate) fn allow(now: Instant, timeout: Duration) -> Option<Allowance> {
    let own = now + timeout;
    let Some(outer) = CURRENT.get() else {
        return Some(Allowance {
            deadline: own,
            inner: false,
        });
    };
    if outer.inner {
        return None;
    }
    let deadline = outer.deadline.map_or(own, |outer| {
        // A tenth is for the outer plugin to say what went wrong.
        let left = outer.saturating_duration_since(now);
        own.min(now + left.saturating_sub(left / 10))
    });
    Some(Allowance {
        deadline,
        inner: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    #[test]
    fn a_call_outside_of_any_other_has_its_whole_time() {
        let now = Instant::now();
        let allowed = allow(now, TIMEOUT).unwrap();
        assert_eq!((allowed.deadline, allowed.inner), (now + TIMEOUT, false));
    }

    #[test]
    fn a_call_within_another_ends_before_it() {
        let now = Instant::now();
        let outer = |left| Operation {
            deadline: Some(now + Duration::from_secs(left)),
            inner: false,
        };
        let inner = |left| outer(left).run(|| allow(now, TIMEOUT).unwrap());
        assert_eq!(inner(5).deadline, now + Duration::from_millis(4500));
        assert_eq!(inner(60).deadline, now + TIMEOUT);
        assert_eq!(inner(0).deadline, now);
        assert!(inner(5).inner);
        assert!(
            !allow(now, TIMEOUT).unwrap().inner,
            "it is over with the operation"
        );
    }

    #[test]
    fn a_call_within_background_work_has_its_whole_time() {
        let now = Instant::now();
        let background = Operation {
            deadline: None,
            inner: false,
        };
        let allowed = background.run(|| allow(now, TIMEOUT)).unwrap();
        assert_eq!((allowed.deadline, allowed.inner), (now + TIMEOUT, true));
    }

    #[test]
    fn a_call_within_a_call_within_a_call_is_refused() {
        let now = Instant::now();
        let inner = Operation {
            deadline: Some(now + TIMEOUT),
            inner: true,
        };
        assert_eq!(inner.run(|| allow(now, TIMEOUT)), None);
    }
}
