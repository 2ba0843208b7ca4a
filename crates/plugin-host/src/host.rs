//! What the daemon offers to plugins, as the rest of the daemon implements it.

use std::time::Instant;

use serde_json::Value;

use crate::{Map, PluginError};

/// The operations that plugins may ask for.
pub trait HostServices: Send + Sync + 'static {
    /// The names of all operations. A plugin that needs another one is refused.
    fn operations(&self) -> &'static [&'static str];

    /// What plugins are told while no request is on: when they start, stop, or work on their own.
    fn background(&self) -> CallContext;

    /// Runs an operation for a plugin, on the plugin's thread.
    ///
    /// `deadline` is when the call that the plugin runs for ends; background work has none.
    fn call(
        &self,
        context: &CallContext,
        deadline: Option<Instant>,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, PluginError>;
}

/// The request that a plugin is called for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallContext {
    /// The tenant that the request acts in.
    pub tenant_uuid: Option<String>,
    /// The tenant above all others.
    pub top_tenant_uuid: Option<String>,
    /// The identifier of this installation.
    pub xivo_uuid: Option<String>,
    /// Who sent the request.
    pub principal: Option<Principal>,
    /// What finds the request in the log.
    pub trace: String,
    /// The arguments of a login. Never a password.
    pub args: Map,
    /// Whether there is no request: the plugin works on its own, starts or stops.
    pub background: bool,
}

/// Who sent a request: the owner of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's `auth_id`, for users their UUID.
    pub auth_id: String,
    /// The session that the token belongs to.
    pub session_uuid: Option<String>,
}
