//! The daemon, as a plugin sees it.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, OnceLock},
};

use log::{Level, Record};
use serde::Serialize;
use serde_json::Value;
use wazo_auth_core::HostObject;
use zeroize::Zeroizing;

use crate::{
    PluginError, PluginResult, document,
    services::{ExternalAuthService, GroupService, Purposes, TokenService, UserService},
};

/// The daemon of this plugin file, given to it before anything else.
static DAEMON: OnceLock<Host> = OnceLock::new();

thread_local! {
    /// What stands in for the daemon in a test.
    static SUBSTITUTE: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The daemon, for work outside of calls: timers, connections kept alive, threads of your own.
///
/// Within a call, take [`Call::host`](crate::Call::host) instead: the daemon then knows whose
/// request it works for. Threads should get theirs from whoever starts them.
pub fn host() -> Host {
    with_current(Clone::clone).unwrap_or(Host { object: None })
}

/// The daemon's operations.
///
/// Each operation is one transaction, done when it returns. One that the daemon does not have, or
/// that the plugin does not list among its `needs`, is an error.
#[derive(Clone)]
pub struct Host {
    object: Option<Arc<HostObject>>,
}

impl Host {
    pub(crate) fn new(object: HostObject) -> Self {
        Self {
            object: Some(Arc::new(object)),
        }
    }

    /// Operations on users.
    pub fn user_service(&self) -> UserService<'_> {
        UserService::new(self)
    }

    /// Operations on groups.
    pub fn group_service(&self) -> GroupService<'_> {
        GroupService::new(self)
    }

    /// Operations on what users store for external services.
    pub fn external_auth_service(&self) -> ExternalAuthService<'_> {
        ExternalAuthService::new(self)
    }

    /// What the metadata plugins of a user's purpose say.
    pub fn purposes(&self) -> Purposes<'_> {
        Purposes::new(self)
    }

    /// Operations on tokens of the daemon itself.
    pub fn token_service(&self) -> TokenService<'_> {
        TokenService::new(self)
    }

    /// Any operation by its name, for those that have no method here yet.
    pub fn call(&self, operation: &str, arguments: &Value) -> PluginResult<Value> {
        self.operation(operation, arguments)
    }

    /// Runs an operation. The text of the arguments, which may hold a password, is wiped.
    pub(crate) fn operation(
        &self,
        operation: &str,
        arguments: &impl Serialize,
    ) -> PluginResult<Value> {
        let arguments = Zeroizing::new(to_text(arguments)?);
        let Some(object) = &self.object else {
            return Err(PluginError::unavailable(
                "no daemon has started this plugin yet",
            ));
        };
        let answer = object
            .call(operation.into(), arguments.as_str().into())
            .into_result()
            .map_err(PluginError::from_abi)?;
        document::read(&format!("answer to `{operation}`"), answer.as_str())
    }

    pub(crate) fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.object
            .as_ref()
            .is_some_and(|object| object.log_enabled(level as u32, target.into()))
    }

    pub(crate) fn log(&self, record: &Record<'_>, message: &str) {
        if let Some(object) = &self.object {
            object.log(
                record.level() as u32,
                record.target().into(),
                message.into(),
                record.file().unwrap_or_default().into(),
                record.line().unwrap_or_default(),
            );
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

/// Keeps the daemon for [`host`]; the first one stays.
pub(crate) fn initialise(object: HostObject) {
    let _ = DAEMON.set(Host::new(object));
}

/// Runs `work` with the daemon, or with what stands in for it, if there is one.
pub(crate) fn with_current<R>(work: impl FnOnce(&Host) -> R) -> Option<R> {
    let substitute = SUBSTITUTE
        .try_with(|host| host.borrow().clone())
        .ok()
        .flatten();
    substitute.as_ref().or_else(|| DAEMON.get()).map(work)
}

/// Runs `work` with `host` in the daemon's place, on this thread.
pub(crate) fn substitute<R>(host: &Host, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `work` panics.
    struct Restore(Option<Host>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let previous = self.0.take();
            let _ = SUBSTITUTE.try_with(|current| current.replace(previous));
        }
    }
    let _restore = Restore(SUBSTITUTE.replace(Some(host.clone())));
    work()
}

/// The arguments as text. The buffer is as large as the text can get, since one that grows leaves
/// copies of its contents behind.
fn to_text(arguments: &impl Serialize) -> PluginResult<String> {
    let mut size = Counter(0);
    serde_json::to_writer(&mut size, arguments)?;
    let mut text = Vec::with_capacity(size.0);
    serde_json::to_writer(&mut text, arguments)?;
    Ok(String::from_utf8(text)?)
}

/// Counts what is written to it.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
