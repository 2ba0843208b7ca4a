//! The stable ABI between the wazo-auth daemon and its plugins.
//!
//! What stands here is a promise: a `.so` built against one version of this crate is loaded by
//! every daemon of the same major version, whatever compiler built either of them. Hence only
//! `#[repr(C)]` types with a checked layout, one trait per plugin kind, and one root module.
//! Documents whose members are open (login arguments, metadata, configuration) cross as JSON text.
//!
//! Nothing here is for plugin authors: they write against the crate `wazo-auth-plugin`.
//!
//! # How it may grow
//!
//! A minor version appends, nothing else: methods with a default body behind the last prefix field
//! of a trait, fields behind the last prefix field of [`PluginModule`]. A structure that crosses by
//! value never changes; what it gains goes into the JSON object `extra` that it ends in.

pub mod backend;
pub mod call;
pub mod error;
pub mod host;
pub mod manifest;
pub mod metadata;
pub mod root;
pub mod routes;

/// The library that the ABI is made of; part of the major version.
pub use abi_stable;

pub use backend::{Backend, BackendObject, Verdict};
pub use call::Call;
pub use error::{AbiError, AbiResult};
pub use host::{Host, HostObject};
pub use metadata::{Metadata, MetadataObject};
pub use root::{PluginModule, PluginModuleRef};
pub use routes::{Header, Pair, Request, Response, Route, Routes, RoutesObject};

/// Version of the ABI that this crate describes, `major.minor.patch`: what plugins and daemons compare.
///
/// It is not the version of this package, which layouts carry along. The layout checker reads that
/// one by the rules of Cargo, where 0.1 and 0.2 are strangers; so within one major of the ABI the
/// package stays within one range of compatible versions.
pub const ABI_VERSION: &str = "0.2.0";
