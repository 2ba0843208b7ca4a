//! Which authentication method a login goes through, and whether it succeeds.

use std::sync::Arc;

use serde_json::{Map, Value};
use wazo_auth_database::{
    DatabaseError, DatabaseResult,
    queries::{self, user::User},
};
use wazo_auth_model::secret::Secret;
use wazo_auth_plugin_host::{BackendEntry, CallContext, CallError, ErrorKind, Registry, Verdict};

use crate::{context::Context, settings::IdpBackend};

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
    let credentials = credentials.ok_or_else(|| {
        AuthenticationError::Refused("no authentication method for the request".to_owned())
    })?;
    let plugins = cx.services().plugins().ok_or(CallError::ShuttingDown)?;
    let call = CallContext {
        args: args.clone(),
        ..cx.call().clone()
    };
    let login = credentials.login.clone();
    let (user, owned) = cx.read(move |db| -> DatabaseResult<_> {
        let user = queries::user::find_by_login(db, &login)?;
        // Somebody disabled, or an address not confirmed, is not unknown: its password is nobody's
        // business.
        let owned = user.is_some() || queries::user::owns_login(db, &login)?;
        Ok((user, owned))
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
        "Successfully authenticated login {:?} through authentication method {}",
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
        }),
        Verdict::Refused | Verdict::UnknownLogin => None,
    })
}

fn unknown(credentials: &Credentials) -> AuthenticationError {
    AuthenticationError::Refused(format!(
        "unknown username or password for login {}",
        credentials.login
    ))
}
