//! Tokens: looked up by everybody, revoked by whoever knows them. [`login`](crate::login) makes them.

use serde_json::Value;
use wazo_auth_database::{Connection, DatabaseError, Pending, queries};
use wazo_auth_model::{
    access::AccessList,
    ids::{TenantId, TokenId},
    token::Token,
};
use wazo_auth_plugin_host::CallError;

use crate::{
    authentication::AuthenticationError,
    context::{Context, Services, read, read_one},
    event::Recorder,
    threads::Unserved,
};

/// `auth_id` of tokens that the daemon makes for itself; they act in every tenant.
pub(crate) const INTERNAL_AUTH_ID: &str = "wazo-auth";

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
    /// A login that only a backend knows cannot stay logged in: there is no user to keep that for.
    #[error("\"access_type\" \"offline\" is for users that are known here")]
    OfflineUnknownUser,
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
    /// Too many passwords wait to be hashed.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
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
    services: &Services,
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

/// Tells for each access whether a token grants it, if the token is alive and acts in `tenant`.
///
/// # Errors
///
/// [`TokenError::Unknown`], [`TokenError::NotInTenant`] or [`TokenError::UnknownUser`], and when the
/// database fails.
pub fn check_accesses(
    cx: &Context,
    id: TokenId,
    tenant: Option<String>,
    accesses: Vec<String>,
) -> Result<Vec<(String, bool)>, TokenError> {
    let token = look_up(cx.services(), id, tenant).wait()?.judge(None)?;
    let list = AccessList::compile(&token.acl);
    Ok(accesses
        .into_iter()
        .map(|access| {
            let granted = list.grants(&token.identity(), access.as_str());
            (access, granted)
        })
        .collect())
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

/// Revokes a token and its session, and tells so. One that does not exist is no error.
///
/// # Errors
///
/// When the database fails.
pub fn delete(cx: &Context, id: TokenId) -> Result<(), TokenError> {
    let recorder = Recorder::new(cx);
    cx.transaction(move |db| {
        let ended = queries::session::delete_by_token(db, &id)?;
        recorder.sessions_deleted(db, ended.as_slice())?;
        Ok(())
    })
}
