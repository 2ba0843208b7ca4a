//! Passwords of users: whether one is right, and how a new one is kept.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{self, user::User},
};
use wazo_auth_model::{
    ids::UserId,
    password::{Absent, HashSettings, StoredPassword, verify},
    secret::Secret,
};
use wazo_auth_plugin_host::Verdict;

use super::{
    UserError, find_visible, lock_visible,
    revocation::{RefreshTokens, revoke},
    visible_or_mailed,
};
use crate::{
    authentication_method, context::Context, event::Recorder, list::subtree, mailed,
    threads::Unserved,
};

/// Whether the password of a login is right. Takes as long for a login that nobody owns.
///
/// # Errors
///
/// When the database fails, or too many passwords wait.
pub fn verify_password(cx: &Context, login: &str, password: &Secret) -> Result<Verdict, UserError> {
    let wanted = login.to_owned();
    let found = cx.read(move |db| -> DatabaseResult<_> {
        let Some(user) = queries::user::find_by_login(db, &wanted)? else {
            return Ok(None);
        };
        let stored = queries::user::find_password(db, &user.uuid)?;
        Ok(Some((user, stored)))
    })?;
    let (user, stored) = match found {
        Some((user, stored)) => (Some(user), stored),
        None => (None, None),
    };
    let settings = cx.services().settings.hash.clone();
    let absent = absent(&settings);
    let (password, checked, salt) = (password.clone(), stored.clone(), random_salt()?);
    let (verification, renewed) = cx.hash(move || {
        let verification = verify(checked.as_ref(), &password, absent);
        let renewed = settings
            .wants_upgrade(&verification)
            .then(|| settings.hash(&password, salt));
        (verification, renewed)
    })?;
    let Some(user) = user else {
        return Ok(Verdict::UnknownLogin);
    };
    if verification.malformed {
        log::error!(
            "the stored password of user {} is malformed; set a new one",
            user.uuid
        );
    }
    if !verification.accepted {
        return Ok(Verdict::Refused);
    }
    match (stored, renewed) {
        (Some(old), Some(Ok(new))) => replace_password(cx, &user.uuid, old, new)?,
        (_, Some(Err(error))) => {
            log::warn!(
                "the password of user {} keeps its old form: {error}",
                user.uuid
            );
        }
        _ => {}
    }
    Ok(Verdict::Accepted {
        details: serde_json::Map::new(),
        args_patch: serde_json::Map::new(),
    })
}

/// Whether a password is the stored one.
///
/// # Errors
///
/// When too many passwords wait.
pub(crate) fn is_password(
    cx: &Context,
    stored: &StoredPassword,
    password: &Secret,
) -> Result<bool, Unserved> {
    let absent = absent(&cx.services().settings.hash);
    let (stored, password) = (stored.clone(), password.clone());
    cx.hash(move || verify(Some(&stored), &password, absent).accepted)
}

fn replace_password(
    cx: &Context,
    user: &UserId,
    old: StoredPassword,
    new: StoredPassword,
) -> Result<(), UserError> {
    let uuid = user.clone();
    let replaced = cx.transaction(move |db| {
        queries::user::replace_password(db, &uuid, &old, &new).map_err(UserError::from)
    })?;
    if replaced {
        log::info!("renewed the stored form of the password of user {user}");
    }
    Ok(())
}

/// Changes a password, for somebody who knows the old one. Whoever is logged in as the user has to log
/// in anew.
///
/// # Errors
///
/// When the caller may not see the user, when the old password is wrong, when the password is kept
/// elsewhere; nothing is changed then.
pub fn change_password(
    cx: &Context,
    uuid: &UserId,
    old: &Secret,
    new: &Secret,
) -> Result<(), UserError> {
    let (visible, wanted) = (subtree(cx), uuid.clone());
    let (user, stored, has_login) = cx.read(move |db| -> Result<_, UserError> {
        let user = find_visible(db, &visible, &wanted)?;
        let stored = queries::user::find_password(db, &wanted)?;
        let has_login = has_login(db, &user)?;
        Ok((user, stored, has_login))
    })?;
    let absent = absent(&cx.services().settings.hash);
    let (password, checked) = (old.clone(), stored.clone());
    let right = cx.hash(move || verify(checked.as_ref(), &password, absent).accepted)?;
    let Some(mut stored) = stored.filter(|_| right && has_login && user.enabled == Some(true))
    else {
        return Err(UserError::WrongPassword(uuid.clone()));
    };
    refuse_external(&user)?;
    let new = hash_password(cx, new)?;
    let (clients, recorder) = (of_clients(cx), Recorder::new(cx));
    loop {
        let (visible, uuid) = (subtree(cx), uuid.clone());
        let (checked, replacement) = (stored.clone(), new.clone());
        let now = cx.transaction(move |db| -> Result<_, UserError> {
            let user = lock_visible(db, &visible, &uuid)?;
            refuse_external(&user)?;
            if user.enabled != Some(true) {
                return Err(UserError::WrongPassword(uuid.clone()));
            }
            if !queries::user::replace_password(db, &uuid, &checked, &replacement)? {
                return Ok(Some(queries::user::find_password(db, &uuid)?));
            }
            revoke(db, &user, clients, recorder)?;
            Ok(None)
        })?;
        match now {
            None => return Ok(()),
            // A login has renewed its form meanwhile, or somebody has set another one.
            Some(Some(now)) if is_password(cx, &now, old)? => stored = now,
            Some(_) => return Err(UserError::WrongPassword(user.uuid)),
        }
    }
}

/// Sets a password without knowing the old one, or takes it away. Whoever is logged in as the user has
/// to log in anew, and no token from a mail does it a second time.
///
/// # Errors
///
/// When the caller may not see the user or its token was used already; when a password is to be set of a
/// user who has no login, or whose password is kept elsewhere; nothing is changed then.
pub fn reset_password(cx: &Context, uuid: &UserId, new: Option<&Secret>) -> Result<(), UserError> {
    let visible = visible_or_mailed(cx);
    if new.is_some() {
        // Before the work that a hash is.
        let (visible, uuid) = (visible.clone(), uuid.clone());
        cx.read(move |db| {
            let user = find_visible(db, &visible, &uuid)?;
            may_have_password(db, &user)
        })?;
    }
    let new = match new {
        Some(new) => Some(hash_password(cx, new)?),
        None => None,
    };
    let mailed_session = cx
        .call()
        .principal
        .as_ref()
        .filter(|_| mailed::is_caller(cx))
        .and_then(|principal| principal.session_uuid.clone());
    let (clients, recorder, uuid) = (of_clients(cx), Recorder::new(cx), uuid.clone());
    cx.transaction(move |db| {
        let user = lock_visible(db, &visible, &uuid)?;
        match &new {
            Some(new) => {
                may_have_password(db, &user)?;
                queries::user::set_password(db, &uuid, new)?;
            }
            None => {
                queries::user::clear_password(db, &uuid)?;
            }
        }
        let ended = revoke(db, &user, clients, recorder)?;
        match &mailed_session {
            // Of two at once, the second waited for the first, which ended both.
            Some(own) if !ended.iter().any(|session| session.uuid.as_str() == own) => {
                Err(UserError::TokenUsed)
            }
            _ => Ok(()),
        }
    })
}

/// What becomes of logged-in clients when a password is no longer what it was.
fn of_clients(cx: &Context) -> RefreshTokens {
    if cx
        .services()
        .settings
        .keep_refresh_tokens_on_password_change
    {
        RefreshTokens::Keep
    } else {
        RefreshTokens::Revoke
    }
}

/// Whether there is anything that a user could log in with beside the password: a name, or a main address
/// that is confirmed.
fn has_login(db: &mut Connection, user: &User) -> DatabaseResult<bool> {
    if user.username.is_some() {
        return Ok(true);
    }
    let emails = queries::email::list_by_user(db, &user.uuid)?;
    Ok(emails.iter().any(|email| email.main && email.confirmed))
}

/// Makes sure that a password would let a user in.
fn may_have_password(db: &mut Connection, user: &User) -> Result<(), UserError> {
    if !has_login(db, user)? {
        return Err(UserError::WrongPassword(user.uuid.clone()));
    }
    refuse_external(user)
}

fn refuse_external(user: &User) -> Result<(), UserError> {
    if authentication_method::is_external(&user.authentication_method) {
        return Err(UserError::PasswordManagedExternally(user.uuid.clone()));
    }
    Ok(())
}

fn absent(settings: &HashSettings) -> Absent {
    Absent {
        scheme: settings.scheme,
        bcrypt_cost: settings.bcrypt_cost,
    }
}

/// Hashes a new password as the settings ask for.
///
/// # Errors
///
/// When too many passwords wait, or the hash cannot be made.
pub fn hash_password(cx: &Context, password: &Secret) -> Result<StoredPassword, UserError> {
    let settings = cx.services().settings.hash.clone();
    let (password, salt) = (password.clone(), random_salt()?);
    cx.hash(move || settings.hash(&password, salt))?
        .map_err(|error| UserError::Hash(error.to_string()))
}

/// 64 bytes for a salt, from the system's source of randomness.
fn random_salt() -> Result<[u8; 64], UserError> {
    let mut salt = [0; 64];
    getrandom::fill(&mut salt).map_err(|error| UserError::Hash(error.to_string()))?;
    Ok(salt)
}
