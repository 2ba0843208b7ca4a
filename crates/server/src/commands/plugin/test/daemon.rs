//! The daemon that plugins under test talk to.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Instant,
};

use serde_json::{Value, json};
use wazo_auth_plugin_host::{Answer, CallContext, ErrorKind, HostServices, PluginError};
use wazo_auth_services::OPERATIONS;

/// The tenant that everything happens in.
pub const TENANT: &str = "5f4c7a0e-3a52-4c55-9d55-0b1a3c0f7a11";
/// Who everybody is.
pub const USER: &str = "6a1c3f52-9d7b-4e0a-8c64-5b2f7e9d1a30";
const XIVO_UUID: &str = "08c56466-8f29-45c7-9856-92bf1ba89b92";

/// How operations are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    /// As the daemon would.
    Well,
    /// None can be done now.
    Failing,
    /// With documents of the wrong form: a later daemon may have others.
    Odd,
}

/// Answers operations, and stores what it is given in memory.
pub struct StandIn {
    mood: AtomicU8,
    stored: Mutex<HashMap<(String, String), Value>>,
}

impl StandIn {
    pub fn new() -> Self {
        Self {
            mood: AtomicU8::new(Mood::Well as u8),
            stored: Mutex::default(),
        }
    }

    /// Answers so from now on.
    pub fn be(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }

    fn external(&self, operation: &str, arguments: &Value) -> Result<Value, PluginError> {
        let text = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| {
                    PluginError::new(
                        ErrorKind::InvalidArgument,
                        format!("argument {name:?} is missing"),
                    )
                })
        };
        let key = (text("user_uuid")?, text("type")?);
        let data = arguments.get("data").cloned().unwrap_or_default();
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let there = stored.contains_key(&key);
        match (operation, there) {
            ("create", true) => Err(answer(
                409,
                "external-auth-already-exists",
                "it is there already",
            )),
            ("get" | "update" | "delete", false) => {
                Err(answer(404, "unknown-external-auth", "it is not there"))
            }
            ("get", true) => Ok(stored.get(&key).cloned().unwrap_or_default()),
            ("delete", true) => {
                stored.remove(&key);
                Ok(Value::Null)
            }
            _ => {
                stored.insert(key, data.clone());
                Ok(data)
            }
        }
    }
}

impl HostServices for StandIn {
    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn background(&self) -> CallContext {
        CallContext {
            background: true,
            tenant_uuid: None,
            ..context()
        }
    }

    fn call(
        &self,
        _context: &CallContext,
        _deadline: Option<Instant>,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, PluginError> {
        let mood = self.mood.load(Ordering::SeqCst);
        if mood == Mood::Failing as u8 {
            return Err(PluginError::new(
                ErrorKind::Unavailable,
                "the database cannot be reached",
            ));
        }
        if mood == Mood::Odd as u8 {
            return Ok(json!({ "of": ["another", { "form": null }] }));
        }
        let login = arguments.get("login").cloned().unwrap_or_default();
        match operation {
            "user_service.verify_password" => Ok(json!(false)),
            "user_service.get_user_by_login" => Ok(user(&login)),
            "user_service.get_acl" | "group_service.get_acl" => Ok(json!(["some.access.read"])),
            "user_service.list_policies" | "user_service.list_groups" => Ok(json!([])),
            "purposes.get_token_metadata" => Ok(json!({
                "uuid": USER, "tenant_uuid": TENANT, "auth_id": USER, "pbx_user_uuid": USER,
                "xivo_uuid": XIVO_UUID, "purpose": "user",
            })),
            "purposes.get_persistent_metadata" => Ok(json!({})),
            _ => match operation.strip_prefix("external_auth_service.") {
                Some(operation) => self.external(operation, &arguments),
                None => Err(PluginError::new(
                    ErrorKind::Unavailable,
                    format!("the operation {operation} is not to be had in a test"),
                )),
            },
        }
    }
}

/// The call of a login.
pub fn context() -> CallContext {
    CallContext {
        tenant_uuid: Some(TENANT.to_owned()),
        top_tenant_uuid: Some(TENANT.to_owned()),
        xivo_uuid: Some(XIVO_UUID.to_owned()),
        trace: "0".repeat(32),
        ..CallContext::default()
    }
}

/// A user, as plugins see it.
pub fn user(login: &Value) -> Value {
    json!({
        "uuid": USER, "tenant_uuid": TENANT, "purpose": "user", "username": login,
        "enabled": true, "authentication_method": "native",
    })
}

fn answer(status: u16, error_id: &str, message: &str) -> PluginError {
    PluginError::api(
        message,
        Answer {
            status: Some(status),
            error_id: Some(error_id.to_owned()),
            ..Answer::default()
        },
    )
}
