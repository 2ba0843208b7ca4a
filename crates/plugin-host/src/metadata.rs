//! A started metadata plugin.

use serde_json::Value;
use wazo_auth_core::MetadataObject;

use crate::{CallContext, CallError, Map, document::object, entry::Entry};

/// A source of metadata that has been started.
pub struct MetadataEntry(pub(crate) Entry<MetadataObject>);

impl MetadataEntry {
    /// The name that the configuration knows it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What goes into the metadata of the token to be made for `user`, a JSON object.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers no JSON object.
    pub fn get_token_metadata(
        &self,
        context: &CallContext,
        login: &str,
        user: &Value,
    ) -> Result<Map, CallError> {
        const METHOD: &str = "get_token_metadata";
        let (login, user) = (login.to_owned(), user.to_string());
        let text = self.0.call(context, METHOD, move |plugin, call| {
            plugin.get_token_metadata(call, login.as_str().into(), user.as_str().into())
        })?;
        self.read(METHOD, text.as_str())
    }

    /// What is kept with a refresh token of `user`.
    ///
    /// # Errors
    ///
    /// As for [`get_token_metadata`](Self::get_token_metadata).
    pub fn get_persistent_metadata(
        &self,
        context: &CallContext,
        login: &str,
        user: &Value,
    ) -> Result<Map, CallError> {
        const METHOD: &str = "get_persistent_metadata";
        let (login, user) = (login.to_owned(), user.to_string());
        let text = self.0.call(context, METHOD, move |plugin, call| {
            plugin.get_persistent_metadata(call, login.as_str().into(), user.as_str().into())
        })?;
        self.read(METHOD, text.as_str())
    }

    fn read(&self, method: &str, text: &str) -> Result<Map, CallError> {
        object(text).map_err(|problem| {
            self.0
                .malformed(method, &format!("answered what {problem}"))
        })
    }
}
