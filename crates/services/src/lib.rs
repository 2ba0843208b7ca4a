//! Use cases: one function for each operation, one transaction each.
//!
//! Functions are synchronous and run on request threads, with a [`Context`] that lends them the
//! database, the plugins, the hashing threads and the clock. The types keep these apart: a database
//! closure gets a connection and nothing else, so that no plugin, no hash and no network call ever
//! happens while a transaction is open.
//!
//! Nothing here knows HTTP: statuses and bodies are the business of `wazo-auth-http`.

pub mod authentication;
pub mod authentication_method;
pub mod authorization;
pub mod bootstrap;
mod clock;
pub mod configuration;
mod context;
pub mod escalation;
pub mod event;
pub mod expiry;
pub mod external_auth;
pub mod group;
mod host;
pub mod identity_provider;
pub mod internal_token;
pub mod list;
pub mod login;
mod mailed;
pub mod metadata;
pub mod policy;
pub mod refresh_token;
pub mod session;
mod settings;
mod slug;
pub mod startup;
pub mod template;
pub mod tenant;
mod threads;
pub mod token;
pub mod user;

pub use clock::{Clock, SystemClock};
pub use configuration::Configuration;
pub use context::{Context, Services};
pub use host::{Host, OPERATIONS};
pub use settings::{DefaultGroup, DefaultPolicy, IdpBackend, Settings};
pub use threads::{Threads, Unserved};
pub use wazo_auth_database::{DatabaseError, Pending};
