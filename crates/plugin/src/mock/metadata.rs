//! A metadata plugin that the mock has started.

use std::sync::Arc;

use serde_json::Value;
use wazo_auth_core::MetadataObject;

use super::{MockCall, daemon::Daemon, held::Held};
use crate::{Map, PluginResult, document};

/// A metadata plugin behind the ABI, with the methods of [`Metadata`](crate::Metadata). A user is the
/// JSON object that the daemon would send: at least `uuid`, `tenant_uuid` and `purpose`.
pub struct MockMetadata(Held<MetadataObject>);

impl MockMetadata {
    pub(super) fn new(daemon: &Arc<Daemon>, object: MetadataObject) -> Self {
        Self(Held::new(daemon, object))
    }

    /// Calls [`Metadata::get_token_metadata`](crate::Metadata::get_token_metadata).
    pub fn get_token_metadata(
        &self,
        call: &MockCall,
        login: &str,
        user: &Value,
    ) -> PluginResult<Map> {
        let user = user.to_string();
        let answer = self.0.run(call, |object, call| {
            object.get_token_metadata(call, login.into(), user.as_str().into())
        })?;
        document::read("metadata", answer.as_str())
    }

    /// Calls [`Metadata::get_persistent_metadata`](crate::Metadata::get_persistent_metadata).
    pub fn get_persistent_metadata(
        &self,
        call: &MockCall,
        login: &str,
        user: &Value,
    ) -> PluginResult<Map> {
        let user = user.to_string();
        let answer = self.0.run(call, |object, call| {
            object.get_persistent_metadata(call, login.into(), user.as_str().into())
        })?;
        document::read("metadata", answer.as_str())
    }

    /// Calls [`Metadata::stop`](crate::Metadata::stop).
    pub fn stop(&self, call: &MockCall) -> PluginResult<()> {
        self.0.run(call, |object, call| object.stop(call))
    }

    /// Calls [`Metadata::check`](crate::Metadata::check).
    pub fn check(&self, call: &MockCall) -> PluginResult<Value> {
        let answer = self.0.run(call, |object, call| object.check(call))?;
        document::read("answer", answer.as_str())
    }

    /// Calls [`Metadata::call`](crate::Metadata::call).
    pub fn call(&self, call: &MockCall, method: &str, args: &Value) -> PluginResult<Value> {
        let args = args.to_string();
        let answer = self.0.run(call, |object, call| {
            object.call(call, method.into(), args.as_str().into())
        })?;
        document::read("answer", answer.as_str())
    }
}

impl std::fmt::Debug for MockMetadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MockMetadata")
    }
}
