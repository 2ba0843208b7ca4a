//! The arguments of a login.

use serde_json::Value;

use crate::Map;

/// The arguments of the login that a call belongs to; empty where there is none.
///
/// Always among them: `backend`, `mobile`, `user_agent` and `remote_addr`. Where the client sent them:
/// `login`, `expiration`, `access_type`, `client_id`, `saml_session_id`, `tenant_id` and
/// `domain_name`. At a login by refresh token, `persistent_metadata`: what
/// [`get_persistent_metadata`](crate::Backend::get_persistent_metadata) gave when that was made.
/// Besides, what a [`Verdict`](crate::Verdict::with) added and, from
/// [`get_acl`](crate::Backend::get_acl) on, `acl`. Never a password.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args(Map);

impl Args {
    pub(crate) fn new(map: Map) -> Self {
        Self(map)
    }

    /// An argument.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// An argument that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// An argument that is yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// The texts of an argument that is a list; none when it is anything else.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// All of them.
    pub fn as_map(&self) -> &Map {
        &self.0
    }
}
