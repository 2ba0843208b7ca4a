//! The daemon's side of the boundary, as the mock has it.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use log::Level;
use serde_json::Value;
use wazo_auth_core::{
    self as abi, AbiResult, HostObject,
    abi_stable::{
        sabi_trait::TD_Opaque,
        std_types::{RArc, RStr, RString},
    },
    host::Host_TO,
};

use crate::{Host, PluginError, PluginResult, document, fence, mock::store::Store};

/// What an operation answers to its arguments.
pub(super) type Answer = Arc<dyn Fn(&Value) -> PluginResult<Value> + Send + Sync>;

/// A record that the plugin logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogRecord {
    /// How bad it is.
    pub level: Level,
    /// Where it belongs, usually a module.
    pub target: String,
    /// What it says.
    pub message: String,
    /// The source file.
    pub file: String,
    /// The line there.
    pub line: u32,
}

/// What all calls share.
#[derive(Default)]
pub(super) struct Daemon {
    script: Mutex<HashMap<String, Answer>>,
    needs: Mutex<Option<HashSet<String>>>,
    store: Mutex<Store>,
    operations: Mutex<Vec<(String, Value)>>,
    logs: Mutex<Vec<LogRecord>>,
}

impl Daemon {
    pub(super) fn script(&self, operation: &str, answer: Answer) {
        lock(&self.script).insert(operation.to_owned(), answer);
    }

    pub(super) fn restrict(&self, operations: HashSet<String>) {
        *lock(&self.needs) = Some(operations);
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(super) fn operations(&self) -> Vec<(String, Value)> {
        lock(&self.operations).clone()
    }

    pub(super) fn logs(&self) -> Vec<LogRecord> {
        lock(&self.logs).clone()
    }

    fn operation(&self, operation: &str, arguments: Value) -> PluginResult<Value> {
        let refused = lock(&self.needs)
            .as_ref()
            .is_some_and(|needs| !needs.contains(operation));
        if refused {
            return Err(PluginError::undeclared(operation));
        }
        let scripted = lock(&self.script).get(operation).cloned();
        let answer = match (scripted, operation.strip_prefix("external_auth_service.")) {
            (Some(answer), _) => answer(&arguments),
            (None, Some(name)) => self.store().run(name, &arguments),
            (None, None) => Err(PluginError::unsupported(format!(
                "this daemon does not know the operation `{operation}`"
            ))),
        };
        lock(&self.operations).push((operation.to_owned(), arguments));
        answer
    }
}

/// A daemon as a plugin holds it, until `over` is set.
pub(super) fn object(daemon: &Arc<Daemon>, over: Arc<AtomicBool>) -> HostObject {
    let line = Line {
        daemon: Arc::clone(daemon),
        over,
    };
    Host_TO::from_ptr(RArc::new(line), TD_Opaque)
}

/// The same with the author's view.
pub(super) fn host(daemon: &Arc<Daemon>, over: Arc<AtomicBool>) -> Host {
    Host::new(object(daemon, over))
}

/// The connection of one call.
struct Line {
    daemon: Arc<Daemon>,
    over: Arc<AtomicBool>,
}

impl abi::Host for Line {
    fn log_enabled(&self, level: u32, _target: RStr<'_>) -> bool {
        level_of(level).is_some()
    }

    fn log(&self, level: u32, target: RStr<'_>, message: RStr<'_>, file: RStr<'_>, line: u32) {
        let Some(level) = level_of(level) else { return };
        lock(&self.daemon.logs).push(LogRecord {
            level,
            target: target.into(),
            message: message.into(),
            file: file.into(),
            line,
        });
    }

    fn call(&self, operation: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString> {
        // What an operation answers was written by the author of the test, and may panic.
        fence::run(|| {
            if self.over.load(Ordering::SeqCst) {
                return Err(PluginError::call_over());
            }
            let arguments = document::read("arguments", arguments.as_str())?;
            let answer = self.daemon.operation(operation.as_str(), arguments)?;
            Ok(answer.to_string().into())
        })
    }
}

fn level_of(level: u32) -> Option<Level> {
    Level::iter().find(|candidate| *candidate as u32 == level)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
