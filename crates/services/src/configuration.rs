//! The configuration as administrators see it, and what of it they may change while the daemon runs.

use std::sync::{PoisonError, RwLock};

use serde_json::{Map, Value};

/// What can be switched without a restart. A restart forgets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// `debug`: whether everything is logged.
    Debug,
    /// `profiling_enabled`.
    Profiling,
}

impl Switch {
    /// The key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Profiling => "profiling_enabled",
        }
    }
}

/// The configuration, without its secrets.
pub struct Configuration {
    document: RwLock<Map<String, Value>>,
    on_debug: Box<dyn Fn(bool) + Send + Sync>,
}

impl Configuration {
    /// A configuration that shows `document`, from which the secrets have been taken; `on_debug`
    /// carries out a change of [`Switch::Debug`].
    #[must_use]
    pub fn new(
        document: Map<String, Value>,
        on_debug: impl Fn(bool) + Send + Sync + 'static,
    ) -> Self {
        Self {
            document: RwLock::new(document),
            on_debug: Box::new(on_debug),
        }
    }

    /// The whole configuration, as it is now.
    #[must_use]
    pub fn document(&self) -> Map<String, Value> {
        self.document
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Switches, in order.
    pub fn switch(&self, changes: &[(Switch, bool)]) {
        // Held to the end, so that of two requests one wins in both places.
        let mut document = self
            .document
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (switch, on) in changes {
            document.insert(switch.key().to_owned(), Value::Bool(*on));
            match switch {
                Switch::Debug => (self.on_debug)(*on),
                Switch::Profiling => {}
            }
        }
    }
}
