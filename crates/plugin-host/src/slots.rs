//! The threads of one entry: a call runs on one of them, and nobody waits longer than the deadline.
//!
//! A thread that hangs in a plugin cannot be ended; it keeps its slot, so that there are never more
//! than the configured number. Threads start when they are needed and are kept.

use std::{
    collections::VecDeque,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Instant,
};

use crossbeam_channel::{Receiver, after, bounded, never, select_biased};

use crate::sync::lock;

/// Work, and the delivery of its result.
type Work = Box<dyn FnOnce() -> Delivery + Send>;
type Delivery = Box<dyn FnOnce()>;

/// Ends waiting when it disconnects; nothing is ever sent.
pub(crate) type Closing = Receiver<Infallible>;

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many callers wait already.
    QueueFull,
    /// No slot became free before the deadline; the work was never begun.
    NoSlot,
    /// The work was begun, and did not end before the deadline.
    Deadline,
    /// The daemon stops.
    Closing,
    /// The work panicked.
    Panicked,
}

/// Threads, and the queue in front of them.
pub(crate) struct Slots {
    name: String,
    max: usize,
    queue: usize,
    closing: Closing,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Ticket>,
    next_ticket: u64,
    idle: usize,
    threads: usize,
    closed: bool,
}

struct Ticket {
    number: u64,
    work: Work,
}

impl Slots {
    /// Slots for `max` calls at a time, before which `queue` callers may wait.
    pub(crate) fn new(name: String, max: usize, queue: usize, closing: Closing) -> Self {
        Self {
            name,
            max: max.max(1),
            queue,
            closing,
            shared: Arc::new(Shared {
                state: Mutex::default(),
                wake: Condvar::new(),
            }),
        }
    }

    /// Runs `work` on a thread and waits for its result until `deadline`.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (answer, answered) = bounded(1);
        let ticket = self.submit(Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(work));
            // Whoever waited may have gone.
            Box::new(move || drop(answer.send(result)))
        }))?;
        let refusal = select_biased! {
            recv(answered) -> result => {
                return match result {
                    Ok(Ok(value)) => Ok(value),
                    Ok(Err(_)) | Err(_) => Err(Refusal::Panicked),
                };
            }
            recv(self.closing) -> _ => Refusal::Closing,
            recv(after(deadline.saturating_duration_since(Instant::now()))) -> _ => Refusal::Deadline,
        };
        // What has not been begun never will be.
        let mut state = lock(&self.shared.state);
        let waited = state.waiting.len();
        state.waiting.retain(|waiting| waiting.number != ticket);
        Err(match refusal {
            Refusal::Deadline if state.waiting.len() < waited => Refusal::NoSlot,
            refusal => refusal,
        })
    }

    /// Hands work to an idle thread, a new one, or the queue.
    fn submit(&self, work: Work) -> Result<u64, Refusal> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err(Refusal::Closing);
        }
        let spoken_for = state.waiting.len();
        if spoken_for >= state.idle && state.threads < self.max && self.spawn() {
            state.threads += 1;
            // The new thread looks for work as soon as it gets the lock.
            state.idle += 1;
        }
        if spoken_for >= state.idle.saturating_add(self.queue) {
            return Err(Refusal::QueueFull);
        }
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push_back(Ticket { number, work });
        drop(state);
        self.shared.wake.notify_one();
        Ok(number)
    }

    fn spawn(&self) -> bool {
        let shared = Arc::clone(&self.shared);
        thread::Builder::new()
            .name(self.name.clone())
            .spawn(move || shared.serve())
            .inspect_err(|error| log::error!("no thread for {}: {error}", self.name))
            .is_ok()
    }
}

impl Shared {
    /// What each thread does. It counts as idle when it begins.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(ticket) = state.waiting.pop_front() {
                state.idle -= 1;
                drop(state);
                let deliver = (ticket.work)();
                // Before the answer: whoever gets it may call again at once, and finds the slot free.
                lock(&self.state).idle += 1;
                deliver();
                state = lock(&self.state);
            } else if state.closed {
                return;
            } else {
                state = self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        lock(&self.shared.state).closed = true;
        self.shared.wake.notify_all();
    }
}

/// Runs `work` once, on a thread of its own, and waits for its result until `deadline`: for what is
/// done once, such as starting.
pub(crate) fn run_apart<T: Send + 'static>(
    name: &str,
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    Slots::new(name.to_owned(), 1, 0, never()).run(deadline, work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    const LONG: Duration = Duration::from_secs(60);

    fn slots(max: usize, queue: usize) -> Arc<Slots> {
        Arc::new(Slots::new("test".to_owned(), max, queue, never()))
    }

    fn soon() -> Instant {
        Instant::now() + LONG
    }

    /// Occupies a slot until the sender is dropped; answers once it is occupied.
    fn occupy(slots: &Arc<Slots>) -> (mpsc::Sender<()>, thread::JoinHandle<Result<(), Refusal>>) {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let slots = Arc::clone(slots);
        let caller = thread::spawn(move || {
            slots.run(soon(), move || {
                begun.send(()).unwrap();
                released.recv().unwrap_err();
            })
        });
        begins.recv().unwrap();
        (release, caller)
    }

    #[test]
    fn as_many_calls_run_as_there_are_slots_and_threads_are_kept() {
        let slots = slots(2, 0);
        let (first, one) = occupy(&slots);
        let (second, two) = occupy(&slots);
        assert_eq!(slots.run(soon(), || ()), Err(Refusal::QueueFull));
        drop((first, second));
        assert_eq!(one.join().unwrap(), Ok(()));
        assert_eq!(two.join().unwrap(), Ok(()));
        for _ in 0..1000 {
            assert_eq!(slots.run(soon(), || ()), Ok(()));
        }
        assert_eq!(lock(&slots.shared.state).threads, 2);
    }

    #[test]
    fn a_caller_in_the_queue_gets_the_slot_that_becomes_free() {
        let slots = slots(1, 1);
        let (release, first) = occupy(&slots);
        let waiting = {
            let slots = Arc::clone(&slots);
            thread::spawn(move || slots.run(soon(), || 7))
        };
        while lock(&slots.shared.state).waiting.is_empty() {
            thread::yield_now();
        }
        assert_eq!(slots.run(soon(), || ()), Err(Refusal::QueueFull));
        drop(release);
        assert_eq!(waiting.join().unwrap(), Ok(7));
        assert_eq!(first.join().unwrap(), Ok(()));
    }

    #[test]
    fn the_deadline_tells_what_was_begun_from_what_was_not() {
        let slots = slots(1, 1);
        let (release, released) = mpsc::channel::<()>();
        let near = Instant::now() + Duration::from_millis(20);
        let hung = slots.run(near, move || released.recv().unwrap_err());
        assert_eq!(hung, Err(Refusal::Deadline));
        let ran = Arc::new(Mutex::new(false));
        let run = Arc::clone(&ran);
        let near = Instant::now() + Duration::from_millis(20);
        let waited = slots.run(near, move || *lock(&run) = true);
        assert_eq!(waited, Err(Refusal::NoSlot));
        drop(release);
        assert_eq!(slots.run(soon(), || 1), Ok(1));
        assert!(!*lock(&ran), "what nobody waits for is not begun");
    }

    #[test]
    fn closing_wakes_whoever_waits() {
        let (close, closing) = bounded(0);
        let slots = Arc::new(Slots::new("test".to_owned(), 1, 1, closing));
        let (release, caller) = occupy(&slots);
        drop::<crossbeam_channel::Sender<Infallible>>(close);
        assert_eq!(caller.join().unwrap(), Err(Refusal::Closing));
        drop(release);
    }

    #[test]
    fn work_that_panics_is_an_error_and_the_thread_stays() {
        let slots = slots(1, 0);
        assert_eq!(
            slots.run(soon(), || panic!("on purpose")),
            Err::<(), _>(Refusal::Panicked)
        );
        assert_eq!(slots.run(soon(), || ()), Ok(()));
        assert_eq!(lock(&slots.shared.state).threads, 1);
    }
}
