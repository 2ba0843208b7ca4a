//! A fixed number of threads with a bounded queue.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::{Sender, bounded};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Threads for work that blocks. Dropping them lets each end what it has begun.
pub struct Threads {
    jobs: Sender<Job>,
}

/// Why a job has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unserved {
    /// The queue is full.
    #[error("too many requests wait")]
    Overloaded,
    /// It panicked; the log says where.
    #[error("a thread panicked while it served the request")]
    Panicked,
}

impl Threads {
    /// Starts `count` threads, before which up to `queue` jobs wait.
    ///
    /// # Errors
    ///
    /// When the system gives no more threads.
    pub fn start(name: &str, count: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, queued) = bounded::<Job>(queue);
        for number in 0..count.max(1) {
            let queued = queued.clone();
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || {
                    for job in queued {
                        // The panic hook has reported it; whoever waits is told by the dropped answer.
                        drop(catch_unwind(AssertUnwindSafe(job)));
                    }
                })?;
        }
        Ok(Self { jobs })
    }

    /// Hands over a job; the receiver gives its result, or an error when it panicked.
    ///
    /// # Errors
    ///
    /// When the queue is full.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Unserved> {
        let (answer, receiver) = oneshot::channel();
        self.jobs
            .try_send(Box::new(move || {
                // Nobody waits any more: what was not begun is not worth doing.
                if !answer.is_closed() {
                    drop(answer.send(job()));
                }
            }))
            .map_err(|_| Unserved::Overloaded)?;
        Ok(receiver)
    }

    /// Runs a job and blocks until it has ended; for threads outside an async runtime.
    ///
    /// # Errors
    ///
    /// When the queue is full, or the job panicked.
    pub fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unserved> {
        self.submit(job)?
            .blocking_recv()
            .map_err(|_| Unserved::Panicked)
    }
}
