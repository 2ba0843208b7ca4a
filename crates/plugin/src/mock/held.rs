//! An ABI object in the hands of the mock.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use wazo_auth_core::{self as abi, AbiResult};

use super::{
    MockCall,
    daemon::{self, Daemon},
};
use crate::{PluginError, PluginResult, host};

/// Runs a function of the plugin for `call`, which ends with it.
pub(super) fn run<R>(
    daemon: &Arc<Daemon>,
    call: &MockCall,
    function: impl FnOnce(abi::Call) -> AbiResult<R>,
) -> PluginResult<R> {
    let over = Arc::new(AtomicBool::new(false));
    let call = call.to_abi(&over);
    let answer = instead_of_daemon(daemon, || function(call));
    over.store(true, Ordering::SeqCst);
    answer.into_result().map_err(PluginError::from_abi)
}

/// Runs `work` on this thread with the mock in the daemon's place.
fn instead_of_daemon<R>(daemon: &Arc<Daemon>, work: impl FnOnce() -> R) -> R {
    let host = daemon::host(daemon, Arc::new(AtomicBool::new(false)));
    host::substitute(&host, work)
}

/// An object of the plugin and the daemon that runs it.
pub(super) struct Held<O> {
    daemon: Arc<Daemon>,
    /// There until it is dropped.
    object: Option<O>,
}

impl<O> Held<O> {
    pub(super) fn new(daemon: &Arc<Daemon>, object: O) -> Self {
        Self {
            daemon: Arc::clone(daemon),
            object: Some(object),
        }
    }

    /// Calls a method of the object.
    pub(super) fn run<R>(
        &self,
        call: &MockCall,
        method: impl FnOnce(&O, abi::Call) -> AbiResult<R>,
    ) -> PluginResult<R> {
        let object = self
            .object
            .as_ref()
            .ok_or_else(|| PluginError::internal("the object has been dropped"))?;
        run(&self.daemon, call, |call| method(object, call))
    }
}

impl<O> Drop for Held<O> {
    fn drop(&mut self) {
        let object = self.object.take();
        instead_of_daemon(&self.daemon, || drop(object));
    }
}
