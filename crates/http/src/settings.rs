//! What the configuration says about HTTP.

use crate::{cors::Cors, proxies::Proxies};

/// Settings of the HTTP side.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What pages of other origins may do; `None`: browsers are told nothing, and so let them do
    /// nothing.
    pub cors: Option<Cors>,
    /// The proxies in front of the daemon.
    pub proxies: Proxies,
    /// Families of endpoints that are not there, by their names in `enabled_http_plugins`.
    pub disabled_families: Vec<String>,
}
