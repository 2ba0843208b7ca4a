//! Users: who owns a login, and whether a password is right.

use wazo_auth_database::{
    DatabaseError, DatabaseResult,
    queries::{
        self,
        group::{self, Group},
        list::Paging,
        policy::{self, Policy},
        scope::Scope,
        user::User,
    },
};
use wazo_auth_model::{
    ids::UserId,
    password::{Absent, StoredPassword, verify},
    secret::Secret,
};
use wazo_auth_plugin_host::Verdict;

use crate::{context::Context, threads::Unserved};

/// What can go wrong with a user.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Nobody has this id or login, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    Unknown(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many passwords wait to be hashed.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// The system gave no random numbers, or the hash could not be made.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
}

/// The enabled user who owns a login.
///
/// # Errors
///
/// [`UserError::Unknown`] when nobody does.
pub fn get_by_login(cx: &Context, login: &str) -> Result<User, UserError> {
    let wanted = login.to_owned();
    cx.read(move |db| queries::user::find_by_login(db, &wanted).map_err(UserError::from))?
        .ok_or_else(|| UserError::Unknown(login.to_owned()))
}

/// The policies that a user has itself, not through a group, whatever tenant owns them; none for
/// nobody.
///
/// # Errors
///
/// When the database fails.
pub fn list_policies(cx: &Context, user: &UserId) -> Result<Vec<Policy>, UserError> {
    let filter = policy::Filter {
        user_uuid: Some(user.to_string()),
        ..policy::Filter::default()
    };
    cx.read(move |db| {
        let found = policy::list(db, &Scope::All, &filter, &Paging::default())?;
        Ok(found.into_iter().map(|found| found.policy).collect())
    })
}

/// The groups that a user is in, whatever tenant they belong to; none for nobody.
///
/// # Errors
///
/// When the database fails.
pub fn list_groups(cx: &Context, user: &UserId) -> Result<Vec<Group>, UserError> {
    let filter = group::Filter {
        user_uuid: Some(user.to_string()),
        ..group::Filter::default()
    };
    cx.read(move |db| Ok(group::list(db, &Scope::All, &filter, &Paging::default())?))
}

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
    let absent = Absent {
        scheme: settings.scheme,
        bcrypt_cost: settings.bcrypt_cost,
    };
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
