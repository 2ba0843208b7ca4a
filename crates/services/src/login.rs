//! Logging in: credentials or a refresh token become a session with its token.

mod default_acl;
mod offline;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use wazo_auth_database::{
    Connection,
    queries::{self, user::User},
};
use wazo_auth_model::{
    event::Event,
    ids::{RefreshTokenId, SessionId, TenantId, TokenId, UserId, is_uuid_v4, looks_like_uuid},
    token::Token,
};
use wazo_auth_plugin_host::CallContext;

use crate::{
    authentication::{self, AuthenticationError, Credentials, Verified},
    context::Context,
    event::Recorder,
    token::TokenError,
};
use offline::Offline;

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
    /// The backend that it named. It selects nothing.
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
    let admission = Admission {
        token,
        entrant: Entrant::of(verified),
        offline,
        top_tenant: cx.services().top_tenant().clone(),
        max_sessions: cx.services().settings.max_user_concurrent_sessions,
        mobile: request.mobile,
        recorder: Recorder::new(cx),
    };
    let admitted = cx.transaction(move |db| admission.admit(db))?;
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

/// What a login must still satisfy when its token is written: time has passed since the check.
struct Admission {
    token: Token,
    entrant: Entrant,
    offline: Option<Offline>,
    top_tenant: TenantId,
    max_sessions: i64,
    mobile: bool,
    recorder: Recorder,
}

/// Who wants to be let in, and by what.
enum Entrant {
    /// A user, by a password.
    User {
        uuid: UserId,
        method: String,
        login: String,
    },
    /// A user, by the refresh token of a client.
    Client {
        uuid: UserId,
        method: String,
        refresh_token: RefreshTokenId,
        client_id: String,
    },
    /// A login that only a backend knows.
    Foreign {
        login: String,
        backend: String,
        tenant: Option<String>,
    },
}

/// What was written for a login.
struct Admitted {
    token: Token,
    refresh_token: Option<RefreshTokenId>,
    sessions_revoked: usize,
}

impl Admission {
    fn admit(&self, db: &mut Connection) -> Result<Admitted, TokenError> {
        let mut token = self.token.clone();
        let user = self.entrant.recheck(db, &mut token)?;
        let limited = matches!(
            token.metadata.get("purpose").and_then(Value::as_str),
            Some("user" | "external_api")
        );
        if limited
            && is_uuid_v4(&token.auth_id)
            && queries::session::count_by_auth_id(db, &token.auth_id, token.issued_t.unwrap_or(0))?
                >= self.max_sessions
        {
            return Err(TokenError::TooManySessions(token.auth_id.clone()));
        }
        let tenant = token
            .metadata
            .get("tenant_uuid")
            .and_then(Value::as_str)
            .map_or_else(
                || self.top_tenant.clone(),
                |uuid| TenantId::from_database(uuid.to_owned()),
            );
        let kept = match (&self.offline, &user) {
            (Some(offline), Some(user)) => Some(offline.keep(db, user, self.recorder)?),
            _ => None,
        };
        queries::session::insert(db, &token.session_uuid, &tenant, self.mobile)?;
        let used = match &self.entrant {
            Entrant::Client { refresh_token, .. } => Some(refresh_token),
            _ => kept.as_ref().map(|kept| &kept.uuid),
        };
        match used {
            Some(used) => queries::token::insert_with_refresh_token(db, &token, used)?,
            None => queries::token::insert(db, &token)?,
        }
        self.recorder.record(
            db,
            &Event::SessionCreated {
                session: token.session_uuid.clone(),
                tenant,
                user: Some(token.auth_id.clone()).filter(|auth_id| is_uuid_v4(auth_id)),
                mobile: self.mobile,
            },
        )?;
        let (refresh_token, sessions_revoked) =
            kept.map_or((None, 0), |kept| (Some(kept.uuid), kept.sessions_revoked));
        Ok(Admitted {
            token,
            refresh_token,
            sessions_revoked,
        })
    }
}

impl Entrant {
    fn of(verified: Verified) -> Self {
        let Some(user) = verified.user else {
            return Self::Foreign {
                login: verified.login,
                backend: verified.backend.name().to_owned(),
                tenant: verified.foreign_tenant,
            };
        };
        match verified.refresh_token {
            Some(kept) => Self::Client {
                uuid: user.uuid,
                method: verified.method,
                refresh_token: kept.uuid,
                client_id: kept.client_id.unwrap_or_default(),
            },
            None => Self::User {
                uuid: user.uuid,
                method: verified.method,
                login: verified.login,
            },
        }
    }

    /// A user that was disabled, renamed or moved to another method meanwhile gets no token, nor does a
    /// client whose refresh token was taken away. Answers the user, if it is one. From here on the logins of one user come one after the
    /// other: each sees the sessions and refresh tokens that the one before left.
    fn recheck(&self, db: &mut Connection, token: &mut Token) -> Result<Option<User>, TokenError> {
        match self {
            Self::User {
                uuid,
                method,
                login,
            } => {
                queries::user::lock(db, uuid)?;
                queries::user::find_by_login(db, login)?
                    .filter(|now| now.uuid == *uuid && now.authentication_method == *method)
                    .map(Some)
                    .ok_or_else(|| refused(format!("No such user: \"{login}\"")))
            }
            Self::Client {
                uuid,
                method,
                refresh_token,
                client_id,
            } => {
                queries::user::lock(db, uuid)?;
                let user = queries::user::find(db, uuid.as_str())?
                    .filter(|now| now.enabled == Some(true))
                    .filter(|now| now.authentication_method == *method)
                    .ok_or_else(|| refused(format!("No such user: \"{uuid}\"")))?;
                queries::refresh_token::find_and_hold(db, refresh_token, client_id)?
                    .ok_or_else(|| authentication::unknown_refresh_token(client_id))?;
                Ok(Some(user))
            }
            Self::Foreign {
                login,
                backend,
                tenant,
            } => {
                queries::session::lock_identity(db, &token.auth_id)?;
                place(db, token, login, backend, tenant.as_deref())?;
                Ok(None)
            }
        }
    }
}

/// Puts a login that only a backend knows into its configured tenant.
fn place(
    db: &mut Connection,
    token: &mut Token,
    login: &str,
    backend: &str,
    tenant: Option<&str>,
) -> Result<(), TokenError> {
    if !looks_like_uuid(&token.auth_id) {
        return Err(refused(format!(
            "backend {backend:?} identifies login {login} by a text that is no UUID"
        )));
    }
    if queries::user::is_known(db, &token.auth_id.to_lowercase())?
        || queries::user::owns_login(db, login)?
    {
        return Err(refused(format!(
            "backend {backend:?} identifies login {login} as a user that is known here"
        )));
    }
    let name = tenant.unwrap_or_default();
    let tenant = queries::tenant::find_by_uuid_or_slug(db, name)?.ok_or_else(|| {
        TokenError::Backend {
            backend: backend.to_owned(),
            problem: format!(
                "is configured for an unknown tenant: idp_plugins.backend.backends.{backend}.tenant is {name:?}"
            ),
        }
    })?;
    token
        .metadata
        .insert("tenant_uuid".to_owned(), json!(tenant.uuid.as_str()));
    Ok(())
}

fn refused(reason: String) -> TokenError {
    AuthenticationError::Refused(reason).into()
}
