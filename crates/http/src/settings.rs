//! What the configuration says about HTTP.

use std::path::PathBuf;

use crate::{cors::Cors, proxies::Proxies};

/// Settings of the HTTP side.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What pages of other origins may do; `None`: browsers are told nothing, and so let them do
    /// nothing.
    pub cors: Option<Cors>,
    /// The proxies in front of the daemon.
    pub proxies: Proxies,
    /// The page that confirms an e-mail address.
    pub email_confirmation_page: Page,
    /// Families of endpoints that are not there, by their names in `enabled_http_plugins`.
    pub disabled_families: Vec<String>,
}

/// A page for browsers.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The file of its template.
    pub template: PathBuf,
    /// What it is, as a MIME type.
    pub mimetype: String,
}
