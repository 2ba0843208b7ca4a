//! `token_service`: tokens that the daemon makes for a plugin.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Host, PluginResult, Secret, services::answer};

/// How long a token of a renewer lives.
const LIFETIME: Duration = Duration::from_secs(3600);
/// A token with less than this left is not handed out any more.
const MARGIN: Duration = Duration::from_secs(30);

/// Operations on tokens, named `token_service.…`.
#[derive(Debug, Clone, Copy)]
pub struct TokenService<'h> {
    host: &'h Host,
}

impl<'h> TokenService<'h> {
    pub(crate) fn new(host: &'h Host) -> Self {
        Self { host }
    }

    /// `token_service.new_token_internal`: a token of the daemon itself, in the tenant above all
    /// others, that grants `acl` for `lifetime` (whole seconds, at least one). It is good at once.
    pub fn new_token_internal(&self, lifetime: Duration, acl: &[&str]) -> PluginResult<Secret> {
        #[derive(Serialize)]
        struct Arguments<'a> {
            expiration: u64,
            acl: &'a [&'a str],
        }
        #[derive(Deserialize)]
        struct Answer {
            token: Secret,
        }
        const NAME: &str = "token_service.new_token_internal";
        let arguments = Arguments {
            expiration: lifetime.as_secs(),
            acl,
        };
        let made: Answer = answer(NAME, self.host.operation(NAME, &arguments)?)?;
        Ok(made.token)
    }

    /// `token_service.remove_token`: ends a token and its session. One that is gone is no error.
    pub fn remove_token(&self, token: &Secret) -> PluginResult<()> {
        const NAME: &str = "token_service.remove_token";
        let arguments = json!({ "token": token.expose() });
        self.host.operation(NAME, &arguments).map(drop)
    }
}

/// Keeps a token of the daemon itself, for calls to the platform's services that outlast a request.
///
/// It lives for an hour, and is replaced when less than half a minute of that is left. Needs the
/// operations `token_service.new_token_internal` and `token_service.remove_token`.
pub struct LocalTokenRenewer {
    acl: Vec<String>,
    current: Mutex<Option<Current>>,
}

struct Current {
    token: Secret,
    renew_at: Instant,
}

impl LocalTokenRenewer {
    /// A renewer of tokens that grant `acl`. None is made yet.
    pub fn new<A: Into<String>>(acl: impl IntoIterator<Item = A>) -> Self {
        Self {
            acl: acl.into_iter().map(Into::into).collect(),
            current: Mutex::new(None),
        }
    }

    /// A token that is good for half a minute at least.
    pub fn get_token(&self, host: &Host) -> PluginResult<Secret> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(kept) = current.as_ref().filter(|kept| now < kept.renew_at) {
            return Ok(kept.token.clone());
        }
        let acl: Vec<&str> = self.acl.iter().map(String::as_str).collect();
        let token = host.token_service().new_token_internal(LIFETIME, &acl)?;
        *current = Some(Current {
            token: token.clone(),
            renew_at: now + LIFETIME.saturating_sub(MARGIN),
        });
        Ok(token)
    }

    /// Ends the token, if there is one. The next [`get_token`](Self::get_token) makes another.
    pub fn revoke_token(&self, host: &Host) -> PluginResult<()> {
        let taken = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match taken {
            Some(kept) => host.token_service().remove_token(&kept.token),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for LocalTokenRenewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTokenRenewer")
            .field("acl", &self.acl)
            .finish_non_exhaustive()
    }
}
