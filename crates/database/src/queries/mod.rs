//! One module per subject; functions over a connection, named verb and key.

pub mod access;
pub mod external_auth;
pub mod group;
pub mod policy;
pub mod session;
pub mod tenant;
pub mod token;
pub mod user;
