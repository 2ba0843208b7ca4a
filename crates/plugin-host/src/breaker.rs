//! Leaves an entry alone for a while that failed repeatedly.
//!
//! Each call to a plugin that hangs costs its caller the whole deadline; when that happens again and
//! again, callers had better be refused at once. After the pause one call is let through as a trial.
//! An entry is never unlisted.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::sync::lock;

/// How many failures in a row open the breaker.
const THRESHOLD: u32 = 10;
/// The first pause; each failed trial doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Counts failures in a row.
#[derive(Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    /// When the pause ends, while there is one.
    pause: Option<(Instant, Duration)>,
    /// Whether a trial is on its way.
    trial: bool,
}

/// Leave to make a call. Dropped without a verdict it counts neither way.
pub(crate) struct Admission<'a> {
    breaker: Option<&'a Breaker>,
    /// Whether this is the call that decides on the end of a pause.
    trial: bool,
}

impl Breaker {
    /// Lets a call through; `None` during a pause.
    pub(crate) fn admit(&self, now: Instant) -> Option<Admission<'_>> {
        let mut state = lock(&self.0);
        let trial = state.pause.is_some();
        if let Some((end, _)) = state.pause {
            if now < end || state.trial {
                return None;
            }
            state.trial = true;
        }
        Some(Admission {
            breaker: Some(self),
            trial,
        })
    }
}

impl Admission<'_> {
    /// The call was answered. Whether that ended a series of failures.
    pub(crate) fn succeeded(mut self) -> bool {
        let Some(breaker) = self.breaker.take() else {
            return false;
        };
        let mut state = lock(&breaker.0);
        let paused = state.pause.is_some();
        *state = State::default();
        paused
    }

    /// The call failed. The pause that begins, if one does.
    pub(crate) fn failed(mut self, now: Instant) -> Option<Duration> {
        let breaker = self.breaker.take()?;
        let mut state = lock(&breaker.0);
        state.failures = state.failures.saturating_add(1);
        let length = match state.pause {
            // Calls that began before the pause add nothing to it, whenever they end.
            Some(_) if !self.trial => return None,
            Some((_, last)) => last.saturating_mul(2).min(LONGEST_PAUSE),
            None if state.failures < THRESHOLD => return None,
            None => FIRST_PAUSE,
        };
        state.trial = false;
        state.pause = Some((now + length, length));
        Some(length)
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(breaker) = self.breaker
            && self.trial
        {
            lock(&breaker.0).trial = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, now: Instant) -> Option<Duration> {
        breaker.admit(now).and_then(|call| call.failed(now))
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not_let_it() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 1..THRESHOLD {
            assert_eq!(fail(&breaker, now), None);
        }
        assert!(breaker.admit(now).is_some_and(|call| !call.succeeded()));
        for _ in 1..THRESHOLD {
            assert_eq!(fail(&breaker, now), None);
        }
        assert_eq!(fail(&breaker, now), Some(FIRST_PAUSE));
        assert!(breaker.admit(now).is_none());
    }

    #[test]
    fn after_the_pause_one_trial_decides() {
        let (breaker, mut now) = (Breaker::default(), Instant::now());
        while fail(&breaker, now).is_none() {}
        let mut pause = FIRST_PAUSE;
        for _ in 0..6 {
            now += pause;
            let trial = breaker.admit(now).unwrap();
            assert!(breaker.admit(now).is_none(), "one trial at a time");
            pause = (pause * 2).min(LONGEST_PAUSE);
            assert_eq!(trial.failed(now), Some(pause));
            assert!(breaker.admit(now).is_none());
        }
        assert_eq!(pause, LONGEST_PAUSE);
        now += pause;
        assert!(breaker.admit(now).is_some_and(Admission::succeeded));
        assert_eq!(fail(&breaker, now), None);
    }

    #[test]
    fn a_trial_without_a_verdict_is_tried_again() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        while fail(&breaker, now).is_none() {}
        let later = now + FIRST_PAUSE;
        drop(breaker.admit(later).unwrap());
        assert!(breaker.admit(later).is_some());
    }

    #[test]
    fn late_failures_of_earlier_calls_do_not_lengthen_the_pause() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        let mut early = [0; 3].map(|_| breaker.admit(now)).into_iter().flatten();
        while fail(&breaker, now).is_none() {}
        assert_eq!(early.next().unwrap().failed(now), None);
        // Also when they end while the trial is on: it alone decides.
        let later = now + FIRST_PAUSE;
        let trial = breaker.admit(later).unwrap();
        assert_eq!(early.next().unwrap().failed(later), None);
        drop(early);
        assert!(breaker.admit(later).is_none(), "one trial at a time");
        assert!(trial.succeeded());
    }
}
