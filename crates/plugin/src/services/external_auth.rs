//! `external_auth_service`: what users store for external services.

use serde::Serialize;
use serde_json::Value;

use crate::{Host, PluginResult};

/// Operations on stored external credentials, named `external_auth_service.…`.
///
/// `kind` is the name that the plugin exports. The data is any JSON document. Errors for the client
/// come ready made, so `?` is all they need: 404 for an unknown user, for a kind that nothing was ever
/// stored for, and for data that is not there; 409 for data that already is.
#[derive(Debug, Clone, Copy)]
pub struct ExternalAuthService<'h> {
    host: &'h Host,
}

#[derive(Serialize)]
struct Arguments<'a> {
    user_uuid: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

impl<'h> ExternalAuthService<'h> {
    pub(crate) fn new(host: &'h Host) -> Self {
        Self { host }
    }

    /// `external_auth_service.create`: stores the data, of which there must be none yet.
    pub fn create(&self, user_uuid: &str, kind: &str, data: &Value) -> PluginResult<Value> {
        self.run("create", user_uuid, kind, Some(data))
    }

    /// `external_auth_service.get`: the stored data.
    pub fn get(&self, user_uuid: &str, kind: &str) -> PluginResult<Value> {
        self.run("get", user_uuid, kind, None)
    }

    /// `external_auth_service.update`: replaces the data, of which there must be some.
    pub fn update(&self, user_uuid: &str, kind: &str, data: &Value) -> PluginResult<Value> {
        self.run("update", user_uuid, kind, Some(data))
    }

    /// `external_auth_service.update_or_create`: stores the data, whether there is some or not.
    pub fn update_or_create(
        &self,
        user_uuid: &str,
        kind: &str,
        data: &Value,
    ) -> PluginResult<Value> {
        self.run("update_or_create", user_uuid, kind, Some(data))
    }

    /// `external_auth_service.delete`: forgets the data.
    pub fn delete(&self, user_uuid: &str, kind: &str) -> PluginResult<()> {
        self.run("delete", user_uuid, kind, None).map(drop)
    }

    fn run(
        &self,
        operation: &str,
        user_uuid: &str,
        kind: &str,
        data: Option<&Value>,
    ) -> PluginResult<Value> {
        self.host.operation(
            &format!("external_auth_service.{operation}"),
            &Arguments {
                user_uuid,
                r#type: kind,
                data,
            },
        )
    }
}
