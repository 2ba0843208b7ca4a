//! The lines that a running process prints.

use std::{
    io::{BufRead, BufReader, Read},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::wait::PATIENCE;

/// Lines as they come, from any number of pipes. Clones show the same lines.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
    /// Pipes that are still read.
    open: AtomicUsize,
}

impl Lines {
    /// Collects the lines of a pipe from now on.
    pub fn collect(&self, pipe: impl Read + Send + 'static) {
        let lines = self.clone();
        lines.0.open.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                lines.push(text.trim_end_matches('\n').to_owned());
                line.clear();
            }
            lines.0.open.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Whether all pipes have been read to their ends.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.open.load(Ordering::SeqCst) == 0
    }

    /// All lines so far.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// The lines so far that hold `text`.
    #[must_use]
    pub fn with(&self, text: &str) -> Vec<String> {
        let lines = self.lock();
        lines
            .iter()
            .filter(|line| line.contains(text))
            .cloned()
            .collect()
    }

    /// The first line that holds `text`, as soon as it is there; `None` once `limit` is over.
    #[must_use]
    pub fn within(&self, limit: Duration, text: &str) -> Option<String> {
        let end = Instant::now() + limit;
        let mut lines = self.lock();
        loop {
            if let Some(line) = lines.iter().find(|line| line.contains(text)) {
                return Some(line.clone());
            }
            let left = end.checked_duration_since(Instant::now())?;
            let woken = self.0.changed.wait_timeout(lines, left);
            lines = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The first line that holds `text`, as soon as it is there.
    ///
    /// # Panics
    ///
    /// When none comes.
    #[must_use]
    pub fn wait_for(&self, text: &str) -> String {
        self.within(PATIENCE, text)
            .unwrap_or_else(|| panic!("no line with {text:?} among\n{}", self.all().join("\n")))
    }

    fn push(&self, line: String) {
        self.lock().push(line);
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
