//! Tokens: made by a login, looked up by everybody, revoked by whoever knows them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use wazo_auth_database::{Connection, DatabaseError, Pending, queries};
use wazo_auth_model::{
    access::AccessList,
    ids::{SessionId, TenantId, TokenId, UserId, looks_like_uuid},
    token::Token,
};
use wazo_auth_plugin_host::{CallContext, CallError};

use crate::{
    authentication::{self, AuthenticationError, Credentials, Verified},
    context::{Context, Services, read, read_one},
};

/// `auth_id` of tokens that the daemon makes for itself; they act in every tenant.
const INTERNAL_AUTH_ID: &str = "wazo-auth";

/// What a client asks for when it logs in.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// Login and password, if it sent some.
    pub credentials: Option<Credentials>,
    /// The backend that it named. It selects nothing.
    pub backend: String,
    /// The lifetime that it asked for, in seconds.
    pub expiration: Option<i64>,
    /// Whether the session is a mobile one.
    pub mobile: bool,
    /// What it calls itself.
    pub user_agent: String,
    /// Its address.
    pub remote_addr: String,
}

/// A token that was just made.
pub struct NewToken {
    /// The token.
    pub token: Token,
    /// When it was made.
    pub issued: DateTime<Utc>,
    /// When it ends.
    pub expires: DateTime<Utc>,
}

/// What can go wrong with a token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is none, or it has expired.
    #[error("No such token")]
    Unknown,
    /// It does not grant the access.
    #[error("Unauthorized for {0}")]
    NotGranted(String),
    /// Its user's tenant is neither this one nor above it.
    #[error("Unauthorized for tenant {0}")]
    NotInTenant(String),
    /// Its user has been deleted.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The login failed.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The user has as many sessions as are allowed.
    #[error("User {0} has exceeded the maximum number of active sessions")]
    TooManySessions(String),
    /// A backend's description of the login cannot be used.
    #[error("backend {backend:?} {problem}")]
    Backend {
        /// The backend.
        backend: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A backend failed.
    #[error(transparent)]
    Plugin(#[from] CallError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Logs in: verifies the credentials, lets the backend describe who logged in, makes the token.
///
/// # Errors
///
/// See [`TokenError`]; nothing was made then.
pub fn create(cx: &Context, request: LoginRequest) -> Result<NewToken, TokenError> {
    let mut args = arguments(&request);
    let verified = authentication::verify(cx, request.credentials.as_ref(), &args)?;
    args.extend(verified.args_patch.clone());
    let mut call = CallContext {
        args,
        ..cx.call().clone()
    };
    let metadata = verified.backend.get_metadata(&call, &verified.login)?;
    call.args.insert("acl".to_owned(), json!([]));
    let acl = verified.backend.get_acl(&call, &verified.login)?;
    let description = describe(&verified, metadata)?;

    let issued = cx.services().now();
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
    let admission = Admission {
        user: verified.user.map(|user| user.uuid),
        method: verified.method,
        login: verified.login,
        foreign_tenant: verified.foreign_tenant,
        backend: verified.backend.name().to_owned(),
        top_tenant: cx.services().top_tenant().clone(),
        max_sessions: cx.services().settings.max_user_concurrent_sessions,
        now: issued.timestamp(),
        mobile: request.mobile,
    };
    let token = cx.transaction(move |db| {
        let mut token = token.clone();
        admission.admit(db, &mut token)?;
        Ok::<_, TokenError>(token)
    })?;
    Ok(NewToken {
        token,
        issued,
        expires,
    })
}

/// The login's arguments, as backends see them. Never with the password: that goes to
/// `verify_password` alone.
fn arguments(request: &LoginRequest) -> Map<String, Value> {
    let mut args = Map::new();
    args.insert("backend".to_owned(), json!(request.backend));
    if let Some(credentials) = &request.credentials {
        args.insert("login".to_owned(), json!(credentials.login));
    }
    if let Some(expiration) = request.expiration {
        args.insert("expiration".to_owned(), json!(expiration));
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
    user: Option<UserId>,
    method: String,
    login: String,
    foreign_tenant: Option<String>,
    backend: String,
    top_tenant: TenantId,
    max_sessions: i64,
    now: i64,
    mobile: bool,
}

impl Admission {
    fn admit(&self, db: &mut Connection, token: &mut Token) -> Result<(), TokenError> {
        match &self.user {
            Some(user) => self.recheck(db, user)?,
            None => self.place(db, token)?,
        }
        let limited = matches!(
            token.metadata.get("purpose").and_then(Value::as_str),
            Some("user" | "external_api")
        );
        if limited
            && is_uuid_v4(&token.auth_id)
            && queries::session::count_by_auth_id(db, &token.auth_id, self.now)?
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
        queries::session::insert(db, &token.session_uuid, &tenant, self.mobile)?;
        queries::token::insert(db, token)?;
        Ok(())
    }

    /// A user that was disabled, renamed or moved to another method meanwhile gets no token.
    fn recheck(&self, db: &mut Connection, user: &UserId) -> Result<(), TokenError> {
        // Until the end of the transaction nobody disables the user, and nobody else logs in as it.
        queries::user::lock(db, user)?;
        let now = queries::user::find_by_login(db, &self.login)?;
        if now.is_some_and(|now| now.uuid == *user && now.authentication_method == self.method) {
            return Ok(());
        }
        Err(refused(format!("No such user: \"{}\"", self.login)))
    }

    /// Puts a login that only a backend knows into its configured tenant.
    fn place(&self, db: &mut Connection, token: &mut Token) -> Result<(), TokenError> {
        if !looks_like_uuid(&token.auth_id) {
            return Err(refused(format!(
                "backend {:?} identifies login {} by a text that is no UUID",
                self.backend, self.login
            )));
        }
        if queries::user::is_known(db, &token.auth_id.to_lowercase())?
            || queries::user::owns_login(db, &self.login)?
        {
            return Err(refused(format!(
                "backend {:?} identifies login {} as a user that is known here",
                self.backend, self.login
            )));
        }
        let name = self.foreign_tenant.as_deref().unwrap_or_default();
        let tenant = queries::tenant::find_by_uuid_or_slug(db, name)?.ok_or_else(|| {
            TokenError::Backend {
                backend: self.backend.clone(),
                problem: format!(
                    "is configured for an unknown tenant: idp_plugins.backend.backends.{}.tenant is {name:?}",
                    self.backend
                ),
            }
        })?;
        token
            .metadata
            .insert("tenant_uuid".to_owned(), json!(tenant.uuid.as_str()));
        Ok(())
    }
}

fn refused(reason: String) -> TokenError {
    AuthenticationError::Refused(reason).into()
}

/// Whether a text is a UUID of version 4: the first digit of the third group says so.
fn is_uuid_v4(text: &str) -> bool {
    looks_like_uuid(text) && text.as_bytes().get(14) == Some(&b'4')
}

/// What the database knows of a token, not judged yet.
pub struct Lookup {
    token: Option<Token>,
    tenant: Result<(), TokenError>,
}

/// Looks a token up, and whether it acts in `tenant`, if one is given.
///
/// Every check of an access passes here, and reads the database: this is where a cache of tokens
/// would stand.
pub fn look_up(
    services: &Arc<Services>,
    id: TokenId,
    tenant: Option<String>,
) -> Pending<Lookup, TokenError> {
    let now = services.now();
    let Some(tenant) = tenant.filter(|tenant| !tenant.is_empty()) else {
        return read_one(services, move |db| {
            let token = queries::token::find(db, &id)?.filter(|token| token.is_alive(now));
            Ok(Lookup {
                token,
                tenant: Ok(()),
            })
        });
    };
    read(services, move |db| {
        let token = queries::token::find(db, &id)?.filter(|token| token.is_alive(now));
        let tenant = match &token {
            Some(token) => acts_in(db, token, &tenant),
            None => Ok(()),
        };
        match tenant {
            Err(TokenError::Database(error)) => Err(error.into()),
            tenant => Ok(Lookup { token, tenant }),
        }
    })
}

impl Lookup {
    /// The token, if it is alive and grants `access` (`None`: nothing is asked for) in the tenant.
    ///
    /// # Errors
    ///
    /// The first of [`TokenError`]'s reasons that holds.
    pub fn judge(self, access: Option<&str>) -> Result<Token, TokenError> {
        let token = self.token.ok_or(TokenError::Unknown)?;
        if let Some(access) = access
            && !AccessList::compile(&token.acl).grants(&token.identity(), access)
        {
            return Err(TokenError::NotGranted(access.to_owned()));
        }
        self.tenant?;
        Ok(token)
    }
}

fn acts_in(db: &mut Connection, token: &Token, tenant: &str) -> Result<(), TokenError> {
    if token.auth_id == INTERNAL_AUTH_ID {
        return Ok(());
    }
    let home = match queries::user::find(db, &token.auth_id)? {
        Some(user) => user.tenant_uuid,
        // A login that only a backend knows has no user: its token says which tenant it is in.
        None => match token.metadata.get("tenant_uuid").and_then(Value::as_str) {
            Some(uuid) if !token.metadata.contains_key("uuid") => {
                TenantId::from_database(uuid.to_owned())
            }
            _ => return Err(TokenError::UnknownUser(token.auth_id.clone())),
        },
    };
    if queries::tenant::is_visible_from(db, &home, tenant)? {
        Ok(())
    } else {
        Err(TokenError::NotInTenant(tenant.to_owned()))
    }
}

/// Revokes a token and its session. One that does not exist is no error.
///
/// # Errors
///
/// When the database fails.
pub fn delete(cx: &Context, id: TokenId) -> Result<(), TokenError> {
    cx.transaction(move |db| {
        queries::session::delete_by_token(db, &id)?;
        Ok(())
    })
}
