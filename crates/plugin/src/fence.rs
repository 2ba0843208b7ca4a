//! Fences: where a panic in a plugin ends.
//!
//! A panic that leaves an `extern "C"` function aborts the daemon. So each way into a plugin goes
//! through [`run`] or [`catch`], which turn it into an error that says where it happened.

use std::{
    any::Any,
    cell::Cell,
    mem,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
};

use wazo_auth_core::AbiResult;

use crate::{PluginError, PluginResult, error::one_line};

thread_local! {
    /// How many fences surround the running code.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where this thread panicked last, noted by the hook since the payload does not say.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Runs the body of a function that the daemon calls.
pub(crate) fn run<T>(work: impl FnOnce() -> PluginResult<T>) -> AbiResult<T> {
    catch(work)
        .unwrap_or_else(|message| Err(PluginError::panic(message)))
        .map_err(PluginError::into_abi)
        .into()
}

/// Runs `work`; if it panics, answers one line with the place and the message.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let inside = Inside::enter();
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let result = result.map_err(|payload| {
        // First the place: the payload's own destructor may panic too, somewhere else.
        let place = PLACE.try_with(Cell::take).ok().flatten();
        let message = describe(place.as_deref(), payload.as_ref());
        discard(payload);
        message
    });
    drop(inside);
    result
}

/// Makes panics note their place. Once is enough for a plugin file, whose standard library, hook
/// included, is its own.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info
                .location()
                .map(|at| format!("{}:{}", at.file(), at.line()));
            if DEPTH.try_with(Cell::get).unwrap_or(0) > 0 {
                let _ = PLACE.try_with(|noted| noted.set(place));
            } else {
                // A thread of the plugin's own: no caller will hear of it otherwise.
                log::error!("{}", describe(place.as_deref(), payload_of(info)));
                previous(info);
            }
        }));
    });
}

fn payload_of<'a>(info: &'a PanicHookInfo<'_>) -> &'a (dyn Any + Send) {
    info.payload()
}

fn describe(place: Option<&str>, payload: &(dyn Any + Send)) -> String {
    let place = place.unwrap_or("an unknown place");
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    match message {
        Some(message) => format!("the plugin panicked at {place}: {}", one_line(message)),
        None => format!("the plugin panicked at {place}"),
    }
}

/// Drops what a panic carried, which may panic in turn, and so may what that one carries.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        mem::forget(second);
    }
}

/// Marks the running code as fenced, until dropped.
struct Inside;

impl Inside {
    fn enter() -> Self {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_add(1)));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}
