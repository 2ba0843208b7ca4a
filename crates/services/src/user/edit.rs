//! Making, changing and deleting users.

use wazo_auth_database::{
    Connection, Constraint, DatabaseError,
    queries::{self, email::Email},
};
use wazo_auth_model::{
    ids::{EmailId, TenantId, UserId},
    password::StoredPassword,
    secret::Secret,
};

use super::{
    Described, LoginField, UserError, describe, hash_password, lock_visible,
    revocation::{RefreshTokens, revoke},
};
use crate::{authentication_method, context::Context, event::Recorder, list::subtree};

pub use wazo_auth_database::queries::user::Profile;

/// A user that is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id that it is to have, if not a random one.
    pub uuid: Option<UserId>,
    /// What is said about it.
    pub profile: Profile,
    /// Its password; without one it cannot log in with a password.
    pub password: Option<Secret>,
    /// Its e-mail address: the main one, and confirmed.
    pub email_address: Option<String>,
}

/// Makes a user in the caller's tenant, as a member of the group of all its users.
///
/// # Errors
///
/// When the authentication method is none, when somebody has the name, the address or the id already;
/// nothing is made then.
pub fn create(cx: &Context, new: NewUser) -> Result<Described, UserError> {
    check_method(cx, &new.profile)?;
    let tenant = cx.scope().ok_or(UserError::NoTenant)?;
    let password = match &new.password {
        Some(password) => Some(hash_password(cx, password)?),
        None => None,
    };
    let uuid = new.uuid.clone().unwrap_or_else(UserId::random);
    let described =
        cx.transaction(move |db| insert(db, &uuid, &tenant, &new, password.as_ref()))?;
    log::info!("made user {}", described.user.uuid);
    Ok(described)
}

fn check_method(cx: &Context, profile: &Profile) -> Result<(), UserError> {
    let method = &profile.authentication_method;
    if authentication_method::is_valid(&cx.services().settings, method) {
        return Ok(());
    }
    Err(UserError::UnknownMethod(method.clone()))
}

fn insert(
    db: &mut Connection,
    uuid: &UserId,
    tenant: &TenantId,
    new: &NewUser,
    password: Option<&StoredPassword>,
) -> Result<Described, UserError> {
    if let Some(name) = &new.profile.username {
        claim(db, uuid, name, LoginField::Username)?;
    }
    if let Some(address) = &new.email_address {
        claim(db, uuid, address, LoginField::EmailAddress)?;
    }
    if queries::user::is_known(db, uuid.as_str())? {
        return Err(UserError::IdTaken(uuid.clone()));
    }
    queries::user::insert(db, uuid, tenant, &new.profile, password)
        .map_err(|error| taken(error, uuid, &new.profile))?;
    if let Some(address) = &new.email_address {
        let email = Email {
            uuid: EmailId::random(),
            address: address.clone(),
            confirmed: true,
            main: true,
            user_uuid: uuid.clone(),
        };
        queries::email::insert(db, &email).map_err(|error| address_taken(error, address))?;
    }
    let group = queries::group::find_or_insert_all_users(db, tenant)
        .map_err(|error| taken(error, uuid, &new.profile))?;
    queries::user::join_group(db, uuid, &group)?;
    let user = queries::user::find(db, uuid.as_str())?
        .ok_or_else(|| UserError::Unknown(uuid.to_string()))?;
    Ok(describe(db, user)?)
}

/// Makes sure that nobody else has a login, until the transaction ends.
pub(super) fn claim(
    db: &mut Connection,
    user: &UserId,
    login: &str,
    field: LoginField,
) -> Result<(), UserError> {
    queries::user::lock_login(db, login)?;
    if queries::user::is_login_of_other(db, login, user)? {
        return Err(UserError::LoginTaken {
            login: login.to_owned(),
            field,
        });
    }
    Ok(())
}

/// What it means that an address cannot be written: another program may write beside us.
pub(super) fn address_taken(error: DatabaseError, address: &str) -> UserError {
    match error.constraint() {
        Some(Constraint::EmailAddress) => UserError::LoginTaken {
            login: address.to_owned(),
            field: LoginField::EmailAddress,
        },
        _ => error.into(),
    }
}

/// What a broken rule of the schema means: another program may write beside us.
fn taken(error: DatabaseError, uuid: &UserId, profile: &Profile) -> UserError {
    match error.constraint() {
        Some(Constraint::User) => UserError::IdTaken(uuid.clone()),
        Some(Constraint::UserName) => UserError::LoginTaken {
            login: profile.username.clone().unwrap_or_default(),
            field: LoginField::Username,
        },
        // The tenant went away meanwhile.
        Some(Constraint::UserTenant | Constraint::GroupTenant) => UserError::NoTenant,
        _ => error.into(),
    }
}

/// Replaces all that is said about a user. One that is disabled loses its sessions and refresh tokens.
///
/// # Errors
///
/// When the authentication method is none, when the caller may not see the user, when somebody else has
/// the name; nothing is changed then.
pub fn update(cx: &Context, uuid: &UserId, profile: Profile) -> Result<Described, UserError> {
    check_method(cx, &profile)?;
    let (visible, recorder, uuid) = (subtree(cx), Recorder::new(cx), uuid.clone());
    cx.transaction(move |db| {
        let user = lock_visible(db, &visible, &uuid)?;
        if let Some(name) = &profile.username {
            claim(db, &uuid, name, LoginField::Username)?;
        }
        queries::user::update(db, &uuid, &profile)
            .map_err(|error| taken(error, &uuid, &profile))?;
        if !profile.enabled {
            revoke(db, &user, RefreshTokens::Revoke, recorder)?;
        }
        let user = queries::user::find(db, uuid.as_str())?
            .ok_or_else(|| UserError::Unknown(uuid.to_string()))?;
        Ok(describe(db, user)?)
    })
}

/// Deletes a user, with its sessions, refresh tokens and everything else that is its own.
///
/// # Errors
///
/// When the caller may not see the user.
pub fn delete(cx: &Context, uuid: &UserId) -> Result<(), UserError> {
    let (visible, recorder, gone) = (subtree(cx), Recorder::new(cx), uuid.clone());
    cx.transaction(move |db| {
        let user = lock_visible(db, &visible, &gone)?;
        revoke(db, &user, RefreshTokens::Revoke, recorder)?;
        queries::user::delete(db, &gone)?;
        Ok::<_, UserError>(())
    })?;
    log::info!("deleted user {uuid}");
    Ok(())
}
