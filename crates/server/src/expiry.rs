//! Removes dead tokens every so often, on a thread of its own.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use wazo_auth_model::report::chain;
use wazo_auth_services::{
    Services,
    expiry::{Rule, pass},
};

/// The thread, until this is dropped.
pub struct Expiry {
    _alive: Sender<()>,
}

impl Expiry {
    /// Starts it: the first pass is at once.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(services: Arc<Services>, rule: Rule) -> io::Result<Self> {
        let (alive, ended) = channel();
        thread::Builder::new()
            .name("expiry".to_owned())
            .spawn(move || work(&services, &rule, &ended))?;
        Ok(Self { _alive: alive })
    }
}

fn work(services: &Services, rule: &Rule, ended: &Receiver<()>) {
    loop {
        let begun = Instant::now();
        let is_over = || ended.try_recv() == Err(TryRecvError::Disconnected);
        let done = pass(services, rule, is_over, |done| {
            log::info!("removed {} dead sessions so far", done.ended);
        });
        let took = begun.elapsed();
        match done {
            Ok(done) => {
                if done.ended + done.saml + done.announced > 0 {
                    log::debug!(
                        "removed {} dead sessions, and {} of SAML; {} end soon",
                        done.ended,
                        done.saml,
                        done.announced
                    );
                }
            }
            Err(error) => log::warn!(
                "dead tokens could not be removed: {}; the next try is in {} s",
                chain(&error),
                rule.interval.as_secs_f64()
            ),
        }
        let text = format!("ExpiredTokenRemover took {:.3} seconds", took.as_secs_f64());
        let wait = rule.interval.saturating_sub(took);
        if wait == Duration::ZERO {
            log::warn!("{text}");
        } else {
            log::debug!("{text}");
        }
        if ended.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}
