//! Which authentication method a login goes through, and whether it succeeds.

use std::sync::Arc;

use serde_json::{Map, Value};
use wazo_auth_database::{
    Connection, DatabaseError, DatabaseResult,
    queries::{self, refresh_token::RefreshToken, user::User},
};
use wazo_auth_model::{ids::RefreshTokenId, password::StoredPassword, secret::Secret};
use wazo_auth_plugin_host::{BackendEntry, CallContext, CallError, ErrorKind, Registry, Verdict};

use crate::{context::Context, settings::IdpBackend};

/// The name that operators and their tools know the lines about logins by.
const LOGGER: &str = "wazo_auth.services.authentication";

/// The backend of the method `native`.
pub const NATIVE_BACKEND: &str = "wazo_user";
/// The method of users whose passwords are kept here.
pub const NATIVE_METHOD: &str = "native";

/// A login and its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The login, as typed.
    pub login: String,
    /// The password.
    pub password: Secret,
}

/// A login that succeeded.
pub struct Verified {
    /// The backend that describes who logged in.
    pub backend: Arc<BackendEntry>,
    /// The login, as typed.
    pub login: String,
    /// The method that was used.
    pub method: String,
    /// The user who owns the login; `None` for a login that only the backend knows.
    pub user: Option<User>,
    /// The tenant of a login that only the backend knows, a UUID or a slug.
    pub foreign_tenant: Option<String>,
    /// What the backend learnt while it checked.
    pub args_patch: Map<String, Value>,
    /// What is stored of the password that was checked, as it was before the check.
    pub password: Option<StoredPassword>,
    /// The refresh token that stood in for a password, if one did.
    pub refresh_token: Option<RefreshToken>,
}

/// Why a login fails.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The credentials are refused. The text is for the log; the client learns nothing of it.
    #[error("{0}")]
    Refused(String),
    /// The backend of the method is not loaded.
    #[error("the backend {0:?} is not loaded; see \"wazo-auth plugin list\"")]
    NoBackend(String),
    /// The plugin failed.
    #[error(transparent)]
    Plugin(#[from] CallError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Checks a login.
///
/// A user known here is shown to the backend of its own method and to no other; a login that nobody
/// here owns is shown to the configured backends that take unknown logins, in their order.
///
/// # Errors
///
/// [`AuthenticationError::Refused`] for bad credentials; the others for what is not the client's fault.
pub fn verify(
    cx: &Context,
    credentials: Option<&Credentials>,
    args: &Map<String, Value>,
) -> Result<Verified, AuthenticationError> {
    log::info!(target: LOGGER, "Attempting to find idp plugin for login request");
    let Some(credentials) = credentials else {
        log::info!(target: LOGGER, "Cannot authenticate login request with native idp");
        return Err(no_method(args));
    };
    let plugins = cx.services().plugins().ok_or(CallError::ShuttingDown)?;
    let call = CallContext {
        args: args.clone(),
        ..cx.call().clone()
    };
    let login = credentials.login.clone();
    let (user, password, owned) = cx.read(move |db| -> DatabaseResult<_> {
        let user = queries::user::find_by_login(db, &login)?;
        let password = match &user {
            Some(user) => queries::user::find_password(db, &user.uuid)?,
            None => None,
        };
        // Somebody disabled, or an address not confirmed, is not unknown: its password is nobody's
        // business.
        let owned = user.is_some() || queries::user::owns_login(db, &login)?;
        Ok((user, password, owned))
    })?;
    let offered = &cx.services().settings.idp_backends;
    let verified = match &user {
        Some(known) => match offered
            .iter()
            .find(|offer| offer.method == known.authentication_method)
        {
            Some(offer) => by_method(&plugins, &call, credentials, offer)?,
            None => by_native(&plugins, &call, credentials)?,
        },
        None if owned => by_native(&plugins, &call, credentials)?,
        None => by_unknown_login(&plugins, &call, credentials, offered)?,
    };
    log::info!(
        target: LOGGER,
        "Successfully authenticated login {} through authentication method {}",
        verified.login,
        verified.method
    );
    let Some(user) = user else {
        return Ok(verified);
    };
    if user.authentication_method != verified.method {
        return Err(AuthenticationError::Refused(format!(
            "Unauthorized authentication method {} for login {}: should use {}",
            verified.method, verified.login, user.authentication_method
        )));
    }
    Ok(Verified {
        user: Some(user),
        password: password.filter(|_| verified.method == NATIVE_METHOD),
        ..verified
    })
}

fn by_native(
    plugins: &Registry,
    call: &CallContext,
    credentials: &Credentials,
) -> Result<Verified, AuthenticationError> {
    ask(plugins, call, credentials, NATIVE_BACKEND, NATIVE_METHOD)?
        .ok_or_else(|| unknown(credentials))
}

fn by_method(
    plugins: &Registry,
    call: &CallContext,
    credentials: &Credentials,
    offer: &IdpBackend,
) -> Result<Verified, AuthenticationError> {
    ask(plugins, call, credentials, &offer.backend, &offer.method)?
        .ok_or_else(|| unknown(credentials))
}

fn by_unknown_login(
    plugins: &Registry,
    call: &CallContext,
    credentials: &Credentials,
    offered: &[IdpBackend],
) -> Result<Verified, AuthenticationError> {
    let mut failure = None;
    for offer in offered.iter().filter(|offer| offer.unknown_logins) {
        match ask(plugins, call, credentials, &offer.backend, &offer.method) {
            Ok(Some(mut verified)) => {
                verified.foreign_tenant.clone_from(&offer.tenant);
                return Ok(verified);
            }
            // Not loaded: the start has said so.
            Ok(None) | Err(AuthenticationError::NoBackend(_)) => {}
            Err(error) => {
                log::error!(
                    "backend {:?} could not check a login: {error}",
                    offer.backend
                );
                failure = Some(error);
            }
        }
    }
    // The native backend is asked last, for the time that it takes: an unknown login must not be
    // told from a wrong password.
    match (by_native(plugins, call, credentials), failure) {
        // One of them might have known the login: that is no wrong password.
        (Err(AuthenticationError::Refused(_)), Some(failure)) => Err(failure),
        (answer, _) => answer,
    }
}

/// Checks a login by a refresh token, in place of a password. It is good for its user, whatever the
/// user is called now and whatever method the user has, as long as a backend speaks for that method.
///
/// # Errors
///
/// [`AuthenticationError::Refused`] for a refresh token that is not this client's, or whose user may not
/// log in; the others for what is not the client's fault.
pub fn verify_refresh_token(
    cx: &Context,
    refresh_token: &RefreshTokenId,
    client_id: &str,
) -> Result<Verified, AuthenticationError> {
    let plugins = cx.services().plugins().ok_or(CallError::ShuttingDown)?;
    let (wanted, client) = (refresh_token.clone(), client_id.to_owned());
    let found = cx.read(move |db| -> DatabaseResult<_> {
        let Some(kept) = queries::refresh_token::find(db, &wanted, &client)? else {
            return Ok(None);
        };
        let owner = owner(db, &kept)?;
        Ok(Some((kept, owner)))
    })?;
    let (kept, owner) = found.ok_or_else(|| unknown_refresh_token(client_id))?;
    let Some((user, login)) = owner else {
        return Err(AuthenticationError::Refused(format!(
            "No such user: {:?}",
            kept.login.unwrap_or_default()
        )));
    };
    let method = user.authentication_method.clone();
    let offered = &cx.services().settings.idp_backends;
    let name = match offered.iter().find(|offer| offer.method == method) {
        Some(offer) => Some(offer.backend.as_str()),
        None => (method == NATIVE_METHOD).then_some(NATIVE_BACKEND),
    };
    let backend = name.and_then(|name| plugins.backend(name)).ok_or_else(|| {
        AuthenticationError::Refused(format!(
            "no backend speaks for the authentication method {method} of login {login}"
        ))
    })?;
    Ok(Verified {
        backend,
        login,
        method,
        user: Some(user),
        foreign_tenant: None,
        args_patch: Map::new(),
        password: None,
        refresh_token: Some(kept),
    })
}

/// The refusal of a refresh token that is not this client's. The client is all that is known of who
/// sent it.
pub(crate) fn unknown_refresh_token(client_id: &str) -> AuthenticationError {
    AuthenticationError::Refused(client_id.to_owned())
}

/// The refusal of a request that no method is for, by what there was in it.
fn no_method(args: &Map<String, Value>) -> AuthenticationError {
    let keys: Vec<String> = args.keys().map(|key| format!("'{key}'")).collect();
    AuthenticationError::Refused(format!("({})", keys.join(", ")))
}

/// The enabled user of a refresh token, and a login of theirs: the one that it was made with if it
/// still is.
fn owner(db: &mut Connection, kept: &RefreshToken) -> DatabaseResult<Option<(User, String)>> {
    let Some(uuid) = &kept.user_uuid else {
        // Not one of ours: the login is all that is known.
        let login = kept.login.clone().unwrap_or_default();
        return Ok(queries::user::find_by_login(db, &login)?.map(|user| (user, login)));
    };
    let Some(user) = queries::user::find(db, uuid.as_str())? else {
        return Ok(None);
    };
    let addresses = queries::email::list_by_user(db, uuid)?
        .into_iter()
        .map(|email| email.address);
    let logins = kept.login.clone().into_iter();
    for login in logins.chain(user.username.clone()).chain(addresses) {
        // Only somebody enabled owns a login.
        if queries::user::find_by_login(db, &login)?.is_some_and(|owner| owner.uuid == *uuid) {
            return Ok(Some((user, login)));
        }
    }
    Ok(None)
}

/// Asks one backend; `None` is a refusal.
fn ask(
    plugins: &Registry,
    call: &CallContext,
    credentials: &Credentials,
    name: &str,
    method: &str,
) -> Result<Option<Verified>, AuthenticationError> {
    let backend = plugins
        .backend(name)
        .ok_or_else(|| AuthenticationError::NoBackend(name.to_owned()))?;
    let password = credentials.password.expose();
    let verdict = match backend.verify_password(call, &credentials.login, password) {
        Err(CallError::Plugin(error)) if error.kind == ErrorKind::Refused => Verdict::Refused,
        answer => answer?,
    };
    Ok(match verdict {
        Verdict::Accepted { args_patch, .. } => Some(Verified {
            backend,
            login: credentials.login.clone(),
            method: method.to_owned(),
            user: None,
            foreign_tenant: None,
            args_patch,
            password: None,
            refresh_token: None,
        }),
        Verdict::Refused | Verdict::UnknownLogin => None,
    })
}

/// The refusal of a password, or of a login that nobody has.
pub(crate) fn unknown(credentials: &Credentials) -> AuthenticationError {
    AuthenticationError::Refused(format!(
        "unknown username or password for login {}",
        credentials.login
    ))
}
