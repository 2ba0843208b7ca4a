//! The request that a method of a plugin runs for.

use std::time::{Duration, Instant};

use serde::Deserialize;
use wazo_auth_core as abi;

use crate::{
    Args, Host, PluginResult, document,
    services::{ExternalAuthService, GroupService, Purposes, TokenService, UserService},
};

/// The request that a method runs for: who asks, how long there is, and the way to the daemon.
///
/// It ends with the method. A [`Host`] taken from it answers errors afterwards.
#[derive(Debug)]
pub struct Call {
    host: Host,
    context: Context,
    args: Args,
    deadline: Option<Instant>,
}

/// Who sent the request: the owner of its token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Principal {
    auth_id: Option<String>,
    session_uuid: Option<String>,
}

/// What the daemon says of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    tenant_uuid: Option<String>,
    top_tenant_uuid: Option<String>,
    xivo_uuid: Option<String>,
    principal: Option<Principal>,
    deadline_ms: Option<u64>,
    trace: Option<String>,
}

impl Call {
    pub(crate) fn from_abi(call: abi::Call) -> PluginResult<Self> {
        let received = Instant::now();
        let context: Context = if call.context.is_empty() {
            Context::default()
        } else {
            document::read("context of the call", call.context.as_str())?
        };
        Ok(Self {
            host: Host::new(call.host),
            args: Args::new(document::read_object(
                "arguments of the login",
                call.args.as_str(),
            )?),
            deadline: context
                .deadline_ms
                .and_then(|left| received.checked_add(Duration::from_millis(left))),
            context,
        })
    }

    /// The arguments of the login; empty where there is none.
    pub fn args(&self) -> &Args {
        &self.args
    }

    /// The tenant that the request acts in.
    pub fn tenant(&self) -> Option<&str> {
        self.context.tenant_uuid.as_deref()
    }

    /// The tenant above all others. Unknown only while the daemon starts for the first time.
    pub fn top_tenant(&self) -> Option<&str> {
        self.context.top_tenant_uuid.as_deref()
    }

    /// The identifier of this installation, which belongs into the metadata of tokens.
    pub fn xivo_uuid(&self) -> Option<&str> {
        self.context.xivo_uuid.as_deref()
    }

    /// Who sent the request; nobody during a login, and on routes that are public.
    pub fn principal(&self) -> Option<&Principal> {
        self.context.principal.as_ref()
    }

    /// How long the daemon still waits for an answer; zero when it has stopped waiting.
    ///
    /// Give it to whatever may block: a daemon that stopped waiting has already told the client
    /// that the request failed, and the plugin occupies one of its slots until it returns.
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline?.saturating_duration_since(Instant::now()))
    }

    /// What finds the request in the daemon's log.
    pub fn trace(&self) -> &str {
        self.context.trace.as_deref().unwrap_or_default()
    }

    /// The daemon, working for this request.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Operations on users.
    pub fn user_service(&self) -> UserService<'_> {
        self.host.user_service()
    }

    /// Operations on groups.
    pub fn group_service(&self) -> GroupService<'_> {
        self.host.group_service()
    }

    /// Operations on what users store for external services.
    pub fn external_auth_service(&self) -> ExternalAuthService<'_> {
        self.host.external_auth_service()
    }

    /// What the metadata plugins of a user's purpose say.
    pub fn purposes(&self) -> Purposes<'_> {
        self.host.purposes()
    }

    /// Operations on tokens of the daemon itself.
    pub fn token_service(&self) -> TokenService<'_> {
        self.host.token_service()
    }
}

impl Principal {
    /// The token's `auth_id`, for users their UUID.
    pub fn auth_id(&self) -> Option<&str> {
        self.auth_id.as_deref()
    }

    /// The session that the token belongs to.
    pub fn session_uuid(&self) -> Option<&str> {
        self.session_uuid.as_deref()
    }
}
