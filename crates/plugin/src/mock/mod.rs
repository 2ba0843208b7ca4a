//! A daemon for tests: runs a plugin through the real ABI objects, in an ordinary `#[test]`.
//!
//! ```
//! # use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult};
//! use wazo_auth_plugin::{Secret, Verdict, json, mock::MockHost};
//! # struct Doorman;
//! # impl Backend for Doorman {
//! #     fn start(_: &Call, _: Config) -> PluginResult<Self> { Ok(Self) }
//! #     fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
//! #         Ok(Verdict::Refused)
//! #     }
//! #     fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> { Ok(Map::new()) }
//! # }
//!
//! # fn main() -> PluginResult<()> {
//! let daemon = MockHost::new();
//! let doorman = daemon.backend::<Doorman>(json!({ "password": "swordfish" }))?;
//! let call = daemon.call();
//! assert_eq!(
//!     doorman.verify_password(&call, "guest", &Secret::new("wrong"))?,
//!     Verdict::Refused
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Panics become errors here just as they do in the daemon, documents cross as text, and a
//! [`Host`](crate::Host) kept from an ended call answers errors.
//!
//! The operations of `external_auth_service` work on a store in memory. All others answer
//! [`Unsupported`](crate::ErrorKind::Unsupported) until [`MockHost::on`] says what they answer.

mod backend;
mod call;
mod daemon;
mod external_auth;
mod held;
mod loaded;
mod metadata;
mod store;

pub use backend::MockBackend;
pub use call::MockCall;
pub use daemon::LogRecord;
pub use external_auth::{MockExternalAuth, MockRequest};
pub use loaded::{LoadedPlugin, build_plugin};
pub use metadata::MockMetadata;

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use serde_json::Value;

use crate::{
    Backend, ExternalAuth, Metadata, PluginResult, backend as backend_kind,
    external_auth as external_auth_kind, fence, logger, metadata as metadata_kind,
    mock::daemon::Daemon,
};

/// The tenant that calls run in, unless they say otherwise.
pub const TENANT: &str = "5f4c7a0e-3a52-4c55-9d55-0b1a3c0f7a11";
/// The tenant above all others.
pub const TOP_TENANT: &str = "2c34c282-433e-4bb8-8d56-fec14ff7e1e9";
/// The identifier of the installation.
pub const XIVO_UUID: &str = "08c56466-8f29-45c7-9856-92bf1ba89b92";

/// A daemon for tests. Clones are the same daemon.
#[derive(Clone)]
pub struct MockHost {
    daemon: Arc<Daemon>,
}

impl MockHost {
    /// A daemon with nothing stored.
    pub fn new() -> Self {
        fence::install_hook();
        logger::install();
        Self {
            daemon: Arc::new(Daemon::default()),
        }
    }

    /// Starts a backend with its section of the configuration; null for none.
    pub fn backend<T: Backend>(&self, config: Value) -> PluginResult<MockBackend> {
        self.backend_for::<T>(&self.call(), config)
    }

    /// Starts a backend for a call of your making.
    pub fn backend_for<T: Backend>(
        &self,
        call: &MockCall,
        config: Value,
    ) -> PluginResult<MockBackend> {
        let object = held::run(&self.daemon, call, |call| {
            backend_kind::start::<T>(call, config.to_string().as_str().into())
        })?;
        Ok(MockBackend::new(&self.daemon, object))
    }

    /// Starts an external authentication type with its section of the configuration; null for none.
    pub fn external_auth<T: ExternalAuth>(&self, config: Value) -> PluginResult<MockExternalAuth> {
        let object = held::run(&self.daemon, &self.call(), |call| {
            external_auth_kind::start::<T>(call, config.to_string().as_str().into())
        })?;
        MockExternalAuth::new(&self.daemon, object, &self.call())
    }

    /// Starts a metadata plugin with its section of the configuration; null for none.
    pub fn metadata<T: Metadata>(&self, config: Value) -> PluginResult<MockMetadata> {
        let object = held::run(&self.daemon, &self.call(), |call| {
            metadata_kind::start::<T>(call, config.to_string().as_str().into())
        })?;
        Ok(MockMetadata::new(&self.daemon, object))
    }

    /// Loads a plugin file, such as [`build_plugin`] makes, to start what it exports.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, exports no plugin, or was built with another SDK.
    pub fn load(&self, file: &Path) -> PluginResult<LoadedPlugin> {
        LoadedPlugin::open(&self.daemon, file)
    }

    /// A call to run methods for: in [`TENANT`], of nobody, without arguments, with ten seconds
    /// left. It can be used again; each use is a call of its own.
    pub fn call(&self) -> MockCall {
        MockCall::new(&self.daemon)
    }

    /// The daemon for work outside of calls, as [`host()`](crate::host()) answers it to a plugin.
    pub fn host(&self) -> crate::Host {
        daemon::host(&self.daemon, Arc::new(AtomicBool::new(false)))
    }

    /// Says what an operation answers from now on.
    pub fn on(
        &self,
        operation: &str,
        answer: impl Fn(&Value) -> PluginResult<Value> + Send + Sync + 'static,
    ) -> &Self {
        self.daemon.script(operation, Arc::new(answer));
        self
    }

    /// Refuses operations other than these, as the daemon refuses what a plugin does not list
    /// under `needs`.
    pub fn needs(&self, operations: &[&str]) -> &Self {
        let operations: HashSet<String> = operations.iter().map(|&name| name.to_owned()).collect();
        self.daemon.restrict(operations);
        self
    }

    /// Makes `external_auth_service` answer that there is no such user. All others exist.
    pub fn without_user(&self, user_uuid: &str) -> &Self {
        self.daemon.store().forget_user(user_uuid);
        self
    }

    /// Stores external data of a user, as if the plugin had done so earlier.
    pub fn store(&self, user_uuid: &str, kind: &str, data: Value) -> &Self {
        self.daemon.store().put(user_uuid, kind, data);
        self
    }

    /// The external data stored for a user.
    pub fn stored(&self, user_uuid: &str, kind: &str) -> Option<Value> {
        self.daemon.store().peek(user_uuid, kind)
    }

    /// The operations that were called so far, with their arguments.
    pub fn operations(&self) -> Vec<(String, Value)> {
        self.daemon.operations()
    }

    /// What was logged so far, by calls and by whoever uses [`host`](Self::host).
    pub fn logs(&self) -> Vec<LogRecord> {
        self.daemon.logs()
    }
}

impl Default for MockHost {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MockHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MockHost")
    }
}
