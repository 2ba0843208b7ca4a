//! Users, as far as logins need them.

use diesel::{dsl::exists, prelude::*, select};
use wazo_auth_model::{
    ids::{GroupId, PolicyId, TenantId, UserId},
    password::StoredPassword,
};

use crate::{
    connection::Connection,
    error::DatabaseResult,
    functions::lower,
    schema::{auth_email, auth_tenant, auth_user, auth_user_group, auth_user_policy},
};

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub uuid: UserId,
    /// The name that it logs in with, besides its confirmed e-mail addresses.
    pub username: Option<String>,
    /// Whether it may log in.
    pub enabled: bool,
    /// The tenant that it belongs to.
    pub tenant_uuid: TenantId,
    /// `user`, `internal` or `external_api`.
    pub purpose: String,
    /// Its own authentication method, or the tenant's where its own is `default`.
    pub authentication_method: String,
}

/// What a new user starts with.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its id.
    pub uuid: UserId,
    /// The name that it logs in with.
    pub username: String,
    /// The password, if it has one.
    pub password: Option<StoredPassword>,
    /// The tenant that it belongs to.
    pub tenant_uuid: TenantId,
    /// `user`, `internal` or `external_api`.
    pub purpose: String,
    /// Its authentication method.
    pub authentication_method: String,
}

type Row = (
    String,
    Option<String>,
    Option<bool>,
    String,
    String,
    String,
    String,
);

fn user((uuid, username, enabled, tenant_uuid, purpose, method, tenant_method): Row) -> User {
    User {
        uuid: UserId::from_database(uuid),
        username,
        enabled: enabled == Some(true),
        tenant_uuid: TenantId::from_database(tenant_uuid),
        purpose,
        authentication_method: if method == "default" {
            tenant_method
        } else {
            method
        },
    }
}

macro_rules! users {
    () => {
        auth_user::table
            .inner_join(auth_tenant::table.on(auth_tenant::uuid.eq(auth_user::tenant_uuid)))
            .select((
                auth_user::uuid,
                auth_user::username,
                auth_user::enabled,
                auth_user::tenant_uuid,
                auth_user::purpose,
                auth_user::authentication_method,
                auth_tenant::default_authentication_method,
            ))
    };
}

/// The user with this id, enabled or not.
pub fn find(db: &mut Connection, uuid: &str) -> DatabaseResult<Option<User>> {
    Ok(users!()
        .filter(auth_user::uuid.eq(uuid))
        .first::<Row>(db)
        .optional()?
        .map(user))
}

/// The enabled user who owns this login: a confirmed e-mail address, else a user name, in any case
/// of letters.
pub fn find_by_login(db: &mut Connection, login: &str) -> DatabaseResult<Option<User>> {
    Ok(match find_uuid_by_login(db, login, true)? {
        Some(uuid) => find(db, &uuid)?,
        None => None,
    })
}

/// Whether any user, enabled or not, has this login as user name or e-mail address, confirmed or
/// not.
pub fn owns_login(db: &mut Connection, login: &str) -> DatabaseResult<bool> {
    Ok(find_uuid_by_login(db, login, false)?.is_some())
}

fn find_uuid_by_login(
    db: &mut Connection,
    login: &str,
    usable: bool,
) -> DatabaseResult<Option<String>> {
    if login.is_empty() {
        return Ok(None);
    }
    let mut by_address = auth_email::table
        .inner_join(auth_user::table.on(auth_user::uuid.eq(auth_email::user_uuid)))
        .filter(lower(auth_email::address.nullable()).eq(lower(login)))
        .select(auth_user::uuid)
        .into_boxed();
    let mut by_name = auth_user::table
        .filter(lower(auth_user::username).eq(lower(login)))
        .select(auth_user::uuid)
        .into_boxed();
    if usable {
        by_address = by_address
            .filter(auth_email::confirmed.eq(true))
            .filter(auth_user::enabled.eq(true));
        by_name = by_name.filter(auth_user::enabled.eq(true));
    }
    if let Some(uuid) = by_address.first::<String>(db).optional()? {
        return Ok(Some(uuid));
    }
    Ok(by_name.first::<String>(db).optional()?)
}

/// Whether a user has this id.
pub fn is_known(db: &mut Connection, uuid: &str) -> DatabaseResult<bool> {
    Ok(select(exists(auth_user::table.find(uuid))).get_result(db)?)
}

/// The stored password of a user, `None` where there is no user or no password.
pub fn find_password(db: &mut Connection, uuid: &UserId) -> DatabaseResult<Option<StoredPassword>> {
    let row = auth_user::table
        .find(uuid.as_str())
        .select((auth_user::password_hash, auth_user::password_salt))
        .first::<(Option<String>, Option<Vec<u8>>)>(db)
        .optional()?;
    Ok(match row {
        Some((Some(hash), Some(salt))) => Some(StoredPassword { hash, salt }),
        _ => None,
    })
}

/// Replaces a password by its `new` form, provided that it still is `old`.
pub fn replace_password(
    db: &mut Connection,
    uuid: &UserId,
    old: &StoredPassword,
    new: &StoredPassword,
) -> DatabaseResult<bool> {
    let changed = diesel::update(
        auth_user::table
            .find(uuid.as_str())
            .filter(auth_user::password_hash.eq(&old.hash)),
    )
    .set((
        auth_user::password_hash.eq(&new.hash),
        auth_user::password_salt.eq(&new.salt),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

/// Sets a user's password, whatever it was.
pub fn set_password(
    db: &mut Connection,
    uuid: &UserId,
    new: &StoredPassword,
) -> DatabaseResult<()> {
    diesel::update(auth_user::table.find(uuid.as_str()))
        .set((
            auth_user::password_hash.eq(&new.hash),
            auth_user::password_salt.eq(&new.salt),
        ))
        .execute(db)?;
    Ok(())
}

/// Adds a user, enabled.
pub fn insert(db: &mut Connection, new: &NewUser) -> DatabaseResult<()> {
    let (hash, salt) = match &new.password {
        Some(stored) => (Some(&stored.hash), Some(&stored.salt)),
        None => (None, None),
    };
    diesel::insert_into(auth_user::table)
        .values((
            auth_user::uuid.eq(new.uuid.as_str()),
            auth_user::username.eq(&new.username),
            auth_user::password_hash.eq(hash),
            auth_user::password_salt.eq(salt),
            auth_user::enabled.eq(true),
            auth_user::tenant_uuid.eq(new.tenant_uuid.as_str()),
            auth_user::purpose.eq(&new.purpose),
            auth_user::authentication_method.eq(&new.authentication_method),
        ))
        .execute(db)?;
    Ok(())
}

/// Makes a user a member of a group.
pub fn join_group(db: &mut Connection, user: &UserId, group: &GroupId) -> DatabaseResult<()> {
    diesel::insert_into(auth_user_group::table)
        .values((
            auth_user_group::group_uuid.eq(group.as_str()),
            auth_user_group::user_uuid.eq(user.as_str()),
        ))
        .execute(db)?;
    Ok(())
}

/// Gives a policy to a user.
pub fn add_policy(db: &mut Connection, user: &UserId, policy: &PolicyId) -> DatabaseResult<()> {
    diesel::insert_into(auth_user_policy::table)
        .values((
            auth_user_policy::user_uuid.eq(user.as_str()),
            auth_user_policy::policy_uuid.eq(policy.as_str()),
        ))
        .execute(db)?;
    Ok(())
}
