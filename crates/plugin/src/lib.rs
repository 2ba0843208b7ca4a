//! Write plugins for the wazo-auth daemon.
//!
//! A plugin is a `.so` file that the daemon loads from its plugin directory. Its author implements
//! one plain Rust trait for each thing that the plugin adds, and names them in [`export!`]:
//!
//! | kind | trait | what it adds |
//! |---|---|---|
//! | `backend` | [`Backend`] | a source of logins |
//! | `external_auth` | [`ExternalAuth`] | credentials of users for an external service |
//! | `metadata` | [`Metadata`] | what the tokens of users say of them |
//!
//! ```standalone_crate
//! use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict, json};
//!
//! struct Doorman {
//!     password: Secret,
//! }
//!
//! impl Backend for Doorman {
//!     fn start(_call: &Call, config: Config) -> PluginResult<Self> {
//!         Ok(Self { password: config.get("password")? })
//!     }
//!
//!     fn verify_password(&self, _: &Call, login: &str, password: &Secret) -> PluginResult<Verdict> {
//!         if login != "guest" {
//!             return Ok(Verdict::UnknownLogin);
//!         }
//!         if *password == self.password {
//!             Ok(Verdict::accepted())
//!         } else {
//!             Ok(Verdict::Refused)
//!         }
//!     }
//!
//!     fn get_metadata(&self, call: &Call, _login: &str) -> PluginResult<Map> {
//!         Ok(Map::from_iter([
//!             ("auth_id".to_owned(), json!("5f0d3f0a-8a0c-4b52-9d0e-3c1f5a6b7c8d")),
//!             ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
//!         ]))
//!     }
//! }
//!
//! wazo_auth_plugin::export! { backend "doorman" => Doorman }
//! # fn main() {}
//! ```
//!
//! # What holds for every plugin
//!
//! - One object serves all requests, from several threads at once, hence `Sync`.
//! - Every method runs for a [`Call`]. It carries who asks and how much time is left, and is the
//!   way to the daemon's own operations. For work outside of calls there is [`host()`].
//! - A panic fails one call and nothing else: the daemon gets an error that says file and line.
//! - What is written with the macros of [`log`] ends in the daemon's log.
//! - The compiler need not be the daemon's, nor the versions of any library.
//!
//! [`mock::MockHost`] runs a plugin in an ordinary test, without a daemon.

mod adapter;
mod args;
mod backend;
mod call;
mod config;
mod document;
mod error;
mod export;
mod external_auth;
mod fence;
mod host;
mod http;
mod logger;
mod manifest;
mod metadata;
pub mod mock;
mod secret;
pub mod services;
mod verdict;

pub use log;
pub use serde_json::{self, Value, json};

pub use args::Args;
pub use backend::Backend;
pub use call::{Call, Principal};
pub use config::Config;
pub use error::{ErrorKind, PluginError, PluginResult};
pub use external_auth::{Description, ExternalAuth};
pub use host::{Host, host};
pub use http::{Request, Response, Route};
pub use metadata::Metadata;
pub use secret::Secret;
pub use verdict::Verdict;

/// A JSON object; its members keep their order.
pub type Map = serde_json::Map<String, Value>;

#[doc(hidden)]
pub mod __private {
    //! What [`export!`](crate::export) writes into a plugin. Not for use by hand.

    pub use crate::export::{Entries, LibHeader, Start, Started, lib_header};
    pub use crate::manifest::{
        Field, PANIC, RUSTC, TARGET, is_name, is_operation, length, unique, write,
    };
    pub use wazo_auth_core::manifest::{field, kind};
    pub use wazo_auth_core::{ABI_VERSION, BackendObject, MetadataObject, RoutesObject};
}
