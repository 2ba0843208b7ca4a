//! A backend that the mock has started.

use std::sync::Arc;

use serde_json::Value;
use wazo_auth_core::BackendObject;

use super::{MockCall, daemon::Daemon, held::Held};
use crate::{Map, PluginResult, Secret, Verdict, document};

/// A backend behind the ABI, with the methods of [`Backend`](crate::Backend).
pub struct MockBackend(Held<BackendObject>);

impl MockBackend {
    pub(super) fn new(daemon: &Arc<Daemon>, object: BackendObject) -> Self {
        Self(Held::new(daemon, object))
    }

    /// Calls [`Backend::verify_password`](crate::Backend::verify_password).
    pub fn verify_password(
        &self,
        call: &MockCall,
        login: &str,
        password: &Secret,
    ) -> PluginResult<Verdict> {
        let answer = self.0.run(call, |object, call| {
            object.verify_password(call, login.into(), password.expose().into())
        })?;
        Verdict::from_abi(&answer)
    }

    /// Calls [`Backend::get_metadata`](crate::Backend::get_metadata).
    pub fn get_metadata(&self, call: &MockCall, login: &str) -> PluginResult<Map> {
        let answer = self
            .0
            .run(call, |object, call| object.get_metadata(call, login.into()))?;
        document::read("metadata", answer.as_str())
    }

    /// Calls [`Backend::get_acl`](crate::Backend::get_acl).
    pub fn get_acl(&self, call: &MockCall, login: &str) -> PluginResult<Vec<String>> {
        let answer = self
            .0
            .run(call, |object, call| object.get_acl(call, login.into()))?;
        Ok(answer.into_iter().map(String::from).collect())
    }

    /// Calls [`Backend::get_persistent_metadata`](crate::Backend::get_persistent_metadata).
    pub fn get_persistent_metadata(&self, call: &MockCall, login: &str) -> PluginResult<Map> {
        let answer = self.0.run(call, |object, call| {
            object.get_persistent_metadata(call, login.into())
        })?;
        document::read("metadata", answer.as_str())
    }

    /// Calls [`Backend::stop`](crate::Backend::stop).
    pub fn stop(&self, call: &MockCall) -> PluginResult<()> {
        self.0.run(call, |object, call| object.stop(call))
    }

    /// Calls [`Backend::check`](crate::Backend::check).
    pub fn check(&self, call: &MockCall) -> PluginResult<Value> {
        let answer = self.0.run(call, |object, call| object.check(call))?;
        document::read("answer", answer.as_str())
    }

    /// Calls [`Backend::call`](crate::Backend::call).
    pub fn call(&self, call: &MockCall, method: &str, args: &Value) -> PluginResult<Value> {
        let args = args.to_string();
        let answer = self.0.run(call, |object, call| {
            object.call(call, method.into(), args.as_str().into())
        })?;
        document::read("answer", answer.as_str())
    }
}

impl std::fmt::Debug for MockBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MockBackend")
    }
}
