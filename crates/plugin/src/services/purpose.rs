//! `purposes`: what the metadata plugins of a user's purpose say.

use serde_json::json;

use crate::{Host, Map, PluginResult, services::answer};

/// Operations on purposes, named `purposes.…`.
///
/// They call metadata plugins, so they are for backends and other plugins, not for metadata plugins
/// themselves: those are refused.
#[derive(Debug, Clone, Copy)]
pub struct Purposes<'h> {
    host: &'h Host,
}

impl<'h> Purposes<'h> {
    pub(crate) fn new(host: &'h Host) -> Self {
        Self { host }
    }

    /// `purposes.get_token_metadata`: what the metadata plugins of the purpose of the login's user
    /// answer, put together. Of a member that several give, the last one stays.
    ///
    /// An unknown login is an [`api`](crate::PluginError::api) error with status 404.
    pub fn get_token_metadata(&self, login: &str) -> PluginResult<Map> {
        const NAME: &str = "purposes.get_token_metadata";
        answer(NAME, self.host.operation(NAME, &json!({ "login": login }))?)
    }

    /// `purposes.get_persistent_metadata`: the same for what a refresh token keeps.
    pub fn get_persistent_metadata(&self, login: &str) -> PluginResult<Map> {
        const NAME: &str = "purposes.get_persistent_metadata";
        answer(NAME, self.host.operation(NAME, &json!({ "login": login }))?)
    }
}
