//! `external_auth_service` in memory, with the errors of the real one.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use crate::{PluginError, PluginResult};

/// Who stores something, and for which service.
type Key = (String, String);

#[derive(Default)]
pub(super) struct Store {
    data: HashMap<Key, Value>,
    /// Services that something was stored for, now or earlier.
    kinds: HashSet<String>,
    missing_users: HashSet<String>,
}

#[derive(Deserialize)]
struct Arguments {
    user_uuid: String,
    r#type: String,
}

impl Store {
    pub(super) fn forget_user(&mut self, user_uuid: &str) {
        self.missing_users.insert(user_uuid.to_owned());
        self.data.retain(|(user, _), _| user != user_uuid);
    }

    pub(super) fn put(&mut self, user_uuid: &str, kind: &str, data: Value) {
        self.kinds.insert(kind.to_owned());
        self.data
            .insert((user_uuid.to_owned(), kind.to_owned()), data);
    }

    pub(super) fn peek(&self, user_uuid: &str, kind: &str) -> Option<Value> {
        self.data
            .get(&(user_uuid.to_owned(), kind.to_owned()))
            .cloned()
    }

    /// Runs `external_auth_service.{operation}`.
    pub(super) fn run(&mut self, operation: &str, arguments: &Value) -> PluginResult<Value> {
        let Arguments {
            user_uuid: user,
            r#type: kind,
        } = Arguments::deserialize(arguments)
            .map_err(|error| PluginError::invalid_argument(error.to_string()))?;
        let data = || {
            let data = arguments.get("data").cloned();
            data.ok_or_else(|| PluginError::invalid_argument("argument \"data\" is missing"))
        };
        match operation {
            "create" => self.create(&user, &kind, data()?),
            "get" => self.get(&user, &kind),
            "update" => {
                let data = data()?;
                self.get(&user, &kind)?;
                self.put(&user, &kind, data.clone());
                Ok(data)
            }
            "update_or_create" => {
                let data = data()?;
                self.require_kind(&kind)?;
                self.require_user(&user)?;
                self.put(&user, &kind, data.clone());
                Ok(data)
            }
            "delete" => {
                self.get(&user, &kind)?;
                self.data.remove(&(user, kind));
                Ok(Value::Null)
            }
            _ => Err(PluginError::unsupported(format!(
                "this daemon does not know the operation `external_auth_service.{operation}`"
            ))),
        }
    }

    fn create(&mut self, user: &str, kind: &str, data: Value) -> PluginResult<Value> {
        self.require_user(user)?;
        if self.peek(user, kind).is_some() {
            let message =
                format!("This external authentication method has already been set: \"{kind}\"");
            return Err(about_kind(409, "conflict", message, kind).resource(kind));
        }
        self.put(user, kind, data.clone());
        Ok(data)
    }

    fn get(&self, user: &str, kind: &str) -> PluginResult<Value> {
        self.require_kind(kind)?;
        self.require_user(user)?;
        self.peek(user, kind).ok_or_else(|| {
            let message = format!("No such external auth: \"{kind}\"");
            about_kind(404, "unknown-external-auth", message, kind).resource(kind)
        })
    }

    fn require_kind(&self, kind: &str) -> PluginResult<()> {
        if self.kinds.contains(kind) {
            return Ok(());
        }
        let message = format!("No such auth type: \"{kind}\"");
        Err(about_kind(404, "unknown-external-auth-type", message, kind).resource("external"))
    }

    fn require_user(&self, user: &str) -> PluginResult<()> {
        if !self.missing_users.contains(user) {
            return Ok(());
        }
        Err(
            PluginError::api(404, "unknown-user", format!("No such user: \"{user}\""))
                .resource("users")
                .detail("uuid", user),
        )
    }
}

fn about_kind(status: u16, error_id: &str, message: String, kind: &str) -> PluginError {
    PluginError::api(status, error_id, message).detail("type", kind)
}
