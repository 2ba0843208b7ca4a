//! A call of the mock's making.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use serde_json::{Value, json};
use wazo_auth_core as abi;

use super::{
    TENANT, TOP_TENANT, XIVO_UUID,
    daemon::{self, Daemon},
};

/// A call to run methods of a plugin for; made by [`MockHost::call`](super::MockHost::call).
#[derive(Clone)]
pub struct MockCall {
    daemon: Arc<Daemon>,
    tenant: Option<String>,
    principal: Value,
    args: Option<Value>,
    deadline: Duration,
    raw_context: Option<String>,
}

impl MockCall {
    pub(super) fn new(daemon: &Arc<Daemon>) -> Self {
        Self {
            daemon: Arc::clone(daemon),
            tenant: Some(TENANT.to_owned()),
            principal: Value::Null,
            args: None,
            deadline: Duration::from_secs(10),
            raw_context: None,
        }
    }

    /// Runs in this tenant.
    #[must_use]
    pub fn tenant(mut self, tenant_uuid: &str) -> Self {
        self.tenant = Some(tenant_uuid.to_owned());
        self
    }

    /// Runs in no tenant, as the start of a plugin does.
    #[must_use]
    pub fn without_tenant(mut self) -> Self {
        self.tenant = None;
        self
    }

    /// Runs for the owner of a token.
    #[must_use]
    pub fn principal(mut self, auth_id: &str, session_uuid: &str) -> Self {
        self.principal = json!({ "auth_id": auth_id, "session_uuid": session_uuid });
        self
    }

    /// Runs for a login with these arguments.
    #[must_use]
    pub fn args(mut self, args: Value) -> Self {
        self.args = Some(args);
        self
    }

    /// Leaves the plugin this long.
    #[must_use]
    pub fn deadline(mut self, left: Duration) -> Self {
        self.deadline = left;
        self
    }

    /// Sends this in place of the context, whatever it is.
    #[must_use]
    pub fn raw_context(mut self, context: &str) -> Self {
        self.raw_context = Some(context.to_owned());
        self
    }

    pub(super) fn to_abi(&self, over: &Arc<AtomicBool>) -> abi::Call {
        let context = self.raw_context.clone().unwrap_or_else(|| {
            json!({
                "tenant_uuid": self.tenant,
                "top_tenant_uuid": TOP_TENANT,
                "xivo_uuid": XIVO_UUID,
                "principal": self.principal,
                "deadline_ms": u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX),
                "trace": "mock",
            })
            .to_string()
        });
        abi::Call {
            host: daemon::object(&self.daemon, Arc::clone(over)),
            context: context.into(),
            args: self
                .args
                .as_ref()
                .map_or_else(String::new, Value::to_string)
                .into(),
            extra: String::new().into(),
        }
    }
}

impl std::fmt::Debug for MockCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockCall")
            .field("tenant", &self.tenant)
            .field("principal", &self.principal)
            .field("args", &self.args)
            .field("deadline", &self.deadline)
            .finish()
    }
}
