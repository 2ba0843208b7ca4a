//! The wrapper that turns a plugin's object into one that the daemon can hold.

use std::mem::ManuallyDrop;

use wazo_auth_core as abi;
use wazo_auth_core::AbiResult;

use crate::{Call, PluginResult, fence};

/// A plugin's object behind a fence. The traits of the ABI are implemented beside the plain ones.
pub(crate) struct Adapter<T>(ManuallyDrop<T>);

impl<T> Adapter<T> {
    pub(crate) fn new(plugin: T) -> Self {
        Self(ManuallyDrop::new(plugin))
    }

    /// Runs a method of the plugin for a call of the daemon.
    pub(crate) fn enter<R>(
        &self,
        call: abi::Call,
        method: impl FnOnce(&T, &Call) -> PluginResult<R>,
    ) -> AbiResult<R> {
        fence::run(|| method(&self.0, &Call::from_abi(call)?))
    }
}

impl<T> Drop for Adapter<T> {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "the destructor has to run inside the fence")]
        let dropped = fence::catch(|| {
            // SAFETY: this is the only place that drops the value, it runs once, and nothing can
            // reach the value afterwards.
            unsafe { ManuallyDrop::drop(&mut self.0) }
        });
        if let Err(message) = dropped {
            log::error!("while it was dropped, {message}");
        }
    }
}
