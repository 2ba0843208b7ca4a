//! Finds, checks, loads and calls plugins.
//!
//! A plugin is a `.so` file in one of the plugin directories. Whoever may write there runs code as
//! the daemon, so that comes first: owner and permissions, then what the file is, what its manifest
//! says, and at last, once it is open, whether its types have our layout. One bad plugin never
//! stops the others, nor the daemon.
//!
//! What passes and is enabled is started, and then called on threads of its own entry, each call with
//! a deadline. This is the one crate that opens libraries; none is ever closed again. It knows
//! nothing of databases or of the rules of the domain: what plugins ask of the daemon goes through
//! [`HostServices`].

mod backend;
mod breaker;
mod bridge;
mod document;
mod elf;
mod entry;
mod error;
mod external_auth;
mod host;
mod layout;
mod library;
mod manifest;
mod metadata;
mod nesting;
mod permissions;
mod registry;
mod report;
mod route;
mod scan;
mod settings;
mod signature;
mod slots;
mod sync;
mod verify;

pub use backend::{BackendEntry, Verdict};
pub use error::{Answer, CallError, ErrorKind, PluginError};
pub use external_auth::{ExternalAuthEntry, Request, Response};
pub use host::{CallContext, HostServices, Principal};
pub use manifest::Manifest;
pub use metadata::MetadataEntry;
pub use registry::Registry;
pub use report::{DirectoryReport, EntryReport, FileReport, MissingEntry, Report, State};
pub use route::RouteInfo;
pub use scan::inspect;
pub use settings::Settings;
pub use signature::{KeyError, PublicKey, SecretKey, signature_file};
pub use verify::{read_manifest, verify};
pub use wazo_auth_core::ABI_VERSION;

/// A JSON object; its members keep their order.
pub type Map = serde_json::Map<String, serde_json::Value>;
