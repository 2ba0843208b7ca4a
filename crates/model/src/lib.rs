//! What wazo-auth is about, as values and rules: tokens, access lists, passwords, ids.
//!
//! Everything here is computed from its arguments alone. Nothing reads a file, asks a network or a
//! database, or looks at a clock: time and random bytes are handed in. So a rule can be tested
//! without a daemon, and every crate of the daemon may use it.

pub mod access;
pub mod domain_name;
pub mod email;
pub mod event;
pub mod ids;
pub mod network;
pub mod password;
pub mod report;
pub mod search;
pub mod secret;
pub mod slug;
pub mod token;
