//! Logging in: credentials or a refresh token become a session with its token.

mod admission;
mod default_acl;
mod offline;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use wazo_auth_model::{
    ids::{RefreshTokenId, SessionId, TokenId},
    token::Token,
};
use wazo_auth_plugin_host::CallContext;

use crate::{
    authentication::{self, AuthenticationError, Credentials, Verified},
    context::Context,
    event::Recorder,
    token::TokenError,
    user,
};
use admission::{Admission, Entrant, Outcome};
use offline::Offline;

/// Why a login is refused whose password was taken away meanwhile.
const NO_PASSWORD: &str = "the password was taken away during the login";

/// Whether a client stays logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessType {
    /// As long as its token lives.
    Online,
    /// With a refresh token, which makes further tokens.
    Offline,
}

impl AccessType {
    /// As clients and backends know it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }
}

/// What a client asks for when it logs in.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// Login and password, if it sent some.
    pub credentials: Option<Credentials>,
    /// The refresh token that it sent in place of them. It needs a `client_id`.
    pub refresh_token: Option<RefreshTokenId>,
    /// What it calls itself where it stays logged in.
    pub client_id: Option<String>,
    /// Whether it wants to stay logged in, if it said so. To do that it needs a `client_id`.
    pub access_type: Option<AccessType>,
    /// The finished SAML exchange that it names.
    pub saml_session_id: Option<String>,
    /// The tenant that it names, by UUID or slug.
    pub tenant_id: Option<String>,
    /// The tenant that it names, by a domain.
    pub domain_name: Option<String>,
    /// The backend that it named. It selects the default policy (`backend_policies`) and no backend.
    pub backend: String,
    /// The lifetime that it asked for, in seconds.
    pub expiration: Option<i64>,
    /// Whether the session is a mobile one.
    pub mobile: bool,
    /// What its program calls itself.
    pub user_agent: String,
    /// Its address.
    pub remote_addr: String,
}

/// A token that was just made.
pub struct NewToken {
    /// The token.
    pub token: Token,
    /// The login that it was made for.
    pub login: String,
    /// When it was made.
    pub issued: DateTime<Utc>,
    /// When it ends.
    pub expires: DateTime<Utc>,
    /// The client's refresh token, if it asked for one.
    pub refresh_token: Option<RefreshTokenId>,
    /// How many sessions of other mobile telephones were ended for it.
    pub sessions_revoked: usize,
}

/// Logs in: verifies the credentials, lets the backend describe who logged in, makes the token.
///
/// # Errors
///
/// See [`TokenError`]; nothing was made then.
pub fn create(cx: &Context, request: LoginRequest) -> Result<NewToken, TokenError> {
    let mut args = arguments(&request);
    let verified = match (&request.refresh_token, &request.client_id) {
        (Some(refresh_token), Some(client_id)) => {
            authentication::verify_refresh_token(cx, refresh_token, client_id)?
        }
        _ => authentication::verify(cx, request.credentials.as_ref(), &args)?,
    };
    let client_id = request
        .client_id
        .clone()
        .filter(|_| request.access_type == Some(AccessType::Offline));
    if client_id.is_some() && verified.user.is_none() {
        return Err(TokenError::OfflineUnknownUser);
    }
    let mut persistent = match verified.refresh_token.as_ref().map(|kept| &kept.metadata) {
        Some(Value::Object(kept)) => kept.clone(),
        _ => Map::new(),
    };
    args.insert("login".to_owned(), json!(verified.login));
    args.extend(verified.args_patch.clone());
    if verified.refresh_token.is_some() {
        args.insert("persistent_metadata".to_owned(), json!(persistent));
    }
    let mut call = CallContext {
        args,
        ..cx.call().clone()
    };
    let fresh = verified.backend.get_metadata(&call, &verified.login)?;
    let given = default_acl::find(cx, &request.backend)?;
    call.args.insert("acl".to_owned(), json!(given));
    let acl = verified.backend.get_acl(&call, &verified.login)?;
    let issued = cx.services().now();
    let offline = match client_id {
        Some(client_id) => {
            persistent = verified
                .backend
                .get_persistent_metadata(&call, &verified.login)?;
            Some(Offline {
                client_id,
                backend: request.backend,
                login: verified.login.clone(),
                user_agent: request.user_agent.clone(),
                remote_addr: request.remote_addr.clone(),
                mobile: request.mobile,
                metadata: Value::Object(persistent.clone()),
                now: issued,
            })
        }
        None => None,
    };
    // What is fresh wins.
    persistent.extend(fresh);
    let description = describe(&verified, persistent)?;

    let lifetime = request
        .expiration
        .unwrap_or(cx.services().settings.default_token_lifetime);
    // Some millennia from now: as good as never, and chrono can hold it.
    let expires = TimeDelta::try_seconds(lifetime)
        .and_then(|lifetime| issued.checked_add_signed(lifetime))
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let token = Token {
        uuid: TokenId::random(),
        auth_id: description.auth_id,
        pbx_user_uuid: description.pbx_user_uuid,
        xivo_uuid: description.xivo_uuid,
        issued_t: Some(issued.timestamp()),
        expire_t: Some(expires.timestamp()),
        metadata: description.metadata,
        session_uuid: SessionId::random(),
        user_agent: Some(request.user_agent),
        remote_addr: Some(request.remote_addr),
        acl,
    };
    let login = verified.login.clone();
    let mut password = verified.password.clone();
    let admission = Arc::new(Admission {
        token,
        entrant: Entrant::of(verified),
        offline,
        top_tenant: cx.services().top_tenant().clone(),
        max_sessions: cx.services().settings.max_user_concurrent_sessions,
        mobile: request.mobile,
        recorder: Recorder::new(cx),
    });
    let admitted = loop {
        let (attempt, checked) = (Arc::clone(&admission), password.clone());
        match cx.transaction(move |db| attempt.admit(db, checked.as_ref()))? {
            Outcome::Admitted(admitted) => break admitted,
            Outcome::PasswordReplaced(now) => {
                // By another form of the same one, or by another one?
                let now = now.zip(request.credentials.as_ref());
                let (now, credentials) = now.ok_or_else(|| refused(NO_PASSWORD.to_owned()))?;
                if !user::is_password(cx, &now, &credentials.password)? {
                    return Err(authentication::unknown(credentials).into());
                }
                password = Some(now);
            }
        }
    };
    Ok(NewToken {
        token: admitted.token,
        login,
        issued,
        expires,
        refresh_token: admitted.refresh_token,
        sessions_revoked: admitted.sessions_revoked,
    })
}

/// The login's arguments, as backends see them. Never with the password, which goes to
/// `verify_password` alone, nor with a refresh token.
fn arguments(request: &LoginRequest) -> Map<String, Value> {
    let mut args = Map::new();
    args.insert("backend".to_owned(), json!(request.backend));
    if let Some(credentials) = &request.credentials {
        args.insert("login".to_owned(), json!(credentials.login));
    }
    if let Some(expiration) = request.expiration {
        args.insert("expiration".to_owned(), json!(expiration));
    }
    let texts = [
        ("access_type", request.access_type.map(AccessType::as_str)),
        ("client_id", request.client_id.as_deref()),
        ("saml_session_id", request.saml_session_id.as_deref()),
        ("tenant_id", request.tenant_id.as_deref()),
        ("domain_name", request.domain_name.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            args.insert(name.to_owned(), json!(text));
        }
    }
    args.insert("mobile".to_owned(), json!(request.mobile));
    args.insert("user_agent".to_owned(), json!(request.user_agent));
    args.insert("remote_addr".to_owned(), json!(request.remote_addr));
    args
}

struct Description {
    auth_id: String,
    pbx_user_uuid: Option<String>,
    xivo_uuid: Option<String>,
    metadata: Map<String, Value>,
}

/// Takes from a backend's metadata what the token keeps of it.
fn describe(
    verified: &Verified,
    mut metadata: Map<String, Value>,
) -> Result<Description, TokenError> {
    let broken = |problem: &str| TokenError::Backend {
        backend: verified.backend.name().to_owned(),
        problem: problem.to_owned(),
    };
    let text = |metadata: &Map<String, Value>, key: &str| {
        metadata.get(key).and_then(Value::as_str).map(str::to_owned)
    };
    let auth_id = text(&metadata, "auth_id")
        .ok_or_else(|| broken("gave metadata without the text \"auth_id\""))?;
    if !metadata.contains_key("xivo_uuid") {
        return Err(broken("gave metadata without \"xivo_uuid\""));
    }
    let auth_id = match &verified.user {
        // Whoever revokes or limits the tokens of a user finds them by these.
        Some(user) => {
            metadata.insert("uuid".to_owned(), json!(user.uuid.as_str()));
            metadata.insert("tenant_uuid".to_owned(), json!(user.tenant_uuid.as_str()));
            metadata.insert("auth_id".to_owned(), json!(user.uuid.as_str()));
            user.uuid.to_string()
        }
        None => {
            // `uuid` says which user of ours it is: none.
            metadata.shift_remove("uuid");
            auth_id
        }
    };
    Ok(Description {
        auth_id,
        pbx_user_uuid: text(&metadata, "pbx_user_uuid"),
        xivo_uuid: text(&metadata, "xivo_uuid"),
        metadata,
    })
}

fn refused(reason: String) -> TokenError {
    AuthenticationError::Refused(reason).into()
}
