//! One entry of a plugin file, and how it is called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use wazo_auth_core::{AbiResult, Call};

use crate::{
    CallContext, CallError, Settings,
    breaker::Breaker,
    bridge::Plugin,
    nesting::{self, Allowance},
    slots::{Closing, Refusal, Slots},
};

/// A started entry: `T` is its object.
pub(crate) struct Entry<T> {
    /// The name that the configuration knows it by.
    pub name: String,
    /// Kind and name, for the log.
    pub label: String,
    object: Arc<T>,
    plugin: Arc<Plugin>,
    slots: Slots,
    breaker: Breaker,
    timeout: Duration,
}

impl<T: Send + Sync + 'static> Entry<T> {
    pub(crate) fn new(
        kind: &str,
        name: &str,
        object: T,
        plugin: Arc<Plugin>,
        settings: &Settings,
        closing: Closing,
    ) -> Self {
        Self {
            name: name.to_owned(),
            label: format!("{kind} {name:?}"),
            object: Arc::new(object),
            plugin,
            slots: Slots::new(
                format!("plugin-{name}"),
                settings.max_concurrent_calls,
                settings.queue,
                closing,
            ),
            breaker: Breaker::default(),
            timeout: settings.call_timeout,
        }
    }

    /// Calls a method. What fails is logged here, with the entry and the request.
    pub(crate) fn call<R: Send + 'static>(
        &self,
        context: &CallContext,
        method: &str,
        work: impl FnOnce(&T, Call) -> AbiResult<R> + Send + 'static,
    ) -> Result<R, CallError> {
        let answer = self.call_unlogged(context, work);
        let trace = &context.trace;
        match &answer {
            Ok(_) => {}
            // A refusal, or an answer for the client: nothing failed.
            Err(CallError::Plugin(error)) => {
                log::debug!(
                    "{}: {method} answered {:?}: {error} (request {trace})",
                    self.label,
                    error.kind
                );
            }
            Err(CallError::Panicked(message)) => {
                log::error!("{message} (in {method}, request {trace})")
            }
            Err(error) => log::error!("{}: {method}: {error} (request {trace})", self.label),
        }
        answer
    }

    fn call_unlogged<R: Send + 'static>(
        &self,
        context: &CallContext,
        work: impl FnOnce(&T, Call) -> AbiResult<R> + Send + 'static,
    ) -> Result<R, CallError> {
        let now = Instant::now();
        let allowed = nesting::allow(now, self.timeout).ok_or(CallError::Nested)?;
        let admission = self.breaker.admit(now).ok_or(CallError::BreakerOpen)?;
        let hurried = allowed.deadline.saturating_duration_since(now) < self.timeout / 2;
        let over = Arc::new(AtomicBool::new(false));
        let call = self.plugin.call(context, allowed, &over);
        let object = Arc::clone(&self.object);
        let answer = self
            .slots
            .run(allowed.deadline, move || work(&object, call));
        // A call that the client has been told the failure of changes nothing any more.
        over.store(true, Ordering::SeqCst);
        let answer = answer
            .map_err(|refusal| self.explain(refusal))
            .and_then(|answer| {
                answer
                    .into_result()
                    .map_err(|error| CallError::from_abi(&self.label, error))
            });
        match &answer {
            // Too many callers at once, or the end of the daemon: that says nothing of the plugin.
            Err(CallError::QueueFull | CallError::ShuttingDown) => {}
            // The outer call left it too little time: neither does that.
            Err(CallError::Deadline | CallError::Busy) if hurried => {}
            Err(CallError::Deadline | CallError::Busy | CallError::Panicked(_)) => {
                if let Some(pause) = admission.failed(Instant::now()) {
                    log::error!(
                        "{} has failed repeatedly and is not called for {} s",
                        self.label,
                        pause.as_secs()
                    );
                }
            }
            Ok(_) | Err(_) => {
                if admission.succeeded() {
                    log::info!("{} answers again", self.label);
                }
            }
        }
        answer
    }

    /// Says goodbye, within `patience`. No call may follow. Answers what went wrong, in one line.
    pub(crate) fn stop(
        &self,
        patience: Duration,
        stop: impl FnOnce(&T, Call) -> AbiResult<()> + Send + 'static,
    ) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        let over = Arc::new(AtomicBool::new(false));
        let allowed = Allowance {
            deadline,
            inner: false,
        };
        let call = self
            .plugin
            .call(&self.plugin.background_context(), allowed, &over);
        let object = Arc::clone(&self.object);
        // Not on the slots: calls that hang may have taken them all.
        let answer = crate::slots::run_apart("plugin-stop", deadline, move || stop(&object, call));
        over.store(true, Ordering::SeqCst);
        match answer.map(AbiResult::into_result) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!(
                "{}: stop: {}",
                self.label,
                CallError::from_abi(&self.label, error)
            )),
            Err(_) => Err(format!(
                "{} did not stop in time and is left behind",
                self.label
            )),
        }
    }

    /// An error for an answer that breaks the rules; `problem` follows the method's name.
    pub(crate) fn malformed(&self, method: &str, problem: &str) -> CallError {
        let error = CallError::Malformed(format!("{}: {method} {problem}", self.label));
        log::error!("{error}");
        error
    }

    fn explain(&self, refusal: Refusal) -> CallError {
        match refusal {
            Refusal::QueueFull => CallError::QueueFull,
            Refusal::NoSlot => CallError::Busy,
            Refusal::Deadline => CallError::Deadline,
            Refusal::Closing => CallError::ShuttingDown,
            Refusal::Panicked => CallError::Panicked(format!("{}: the call panicked", self.label)),
        }
    }
}
