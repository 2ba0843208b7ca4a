//! Users: what is stored of them, and what they are linked to.

mod list;
mod login;
mod page;
mod password;
mod search;
mod text;

use diesel::{dsl::exists, prelude::*, select};
use wazo_auth_model::{
    ids::{GroupId, PolicyId, TenantId, UserId},
    password::StoredPassword,
};

use crate::{
    connection::{Connection, Each},
    constraint::Constraint,
    error::DatabaseResult,
    queries::{
        parent::{Parent, name_missing},
        scope::Scope,
    },
    schema::{auth_tenant, auth_user, auth_user_group, auth_user_policy},
};

pub use list::{Filter, Order, count, list, page};
pub use login::{find_by_login, is_login_of_other, lock_login, owns_login};
pub use password::{clear_password, find_password, replace_password, set_password};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub uuid: UserId,
    /// The name that it logs in with, besides its confirmed e-mail addresses.
    pub username: Option<String>,
    /// The given name.
    pub firstname: Option<String>,
    /// The family name.
    pub lastname: Option<String>,
    /// Whether it may log in. Old rows say nothing: that is a no.
    pub enabled: Option<bool>,
    /// The tenant that it belongs to.
    pub tenant_uuid: TenantId,
    /// `user`, `internal` or `external_api`.
    pub purpose: String,
    /// Its own authentication method, or the tenant's where its own is `default`.
    pub authentication_method: String,
    /// Its own authentication method, as stored.
    pub own_authentication_method: String,
}

/// What can be said about a user, at its creation and later.
#[derive(Debug, Clone, PartialEq, Eq, AsChangeset, Insertable)]
#[diesel(table_name = auth_user, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Profile {
    /// The name that it logs in with.
    pub username: Option<String>,
    /// The given name.
    pub firstname: Option<String>,
    /// The family name.
    pub lastname: Option<String>,
    /// `user`, `internal` or `external_api`.
    pub purpose: String,
    /// Its own authentication method; `default` is the tenant's.
    pub authentication_method: String,
    /// Whether it may log in.
    pub enabled: bool,
}

/// A user, and the authentication method of its tenant.
type Row = (Own, String);

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_user)]
struct Own {
    uuid: String,
    username: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    enabled: Option<bool>,
    tenant_uuid: String,
    purpose: String,
    authentication_method: String,
}

fn user((own, method_of_tenant): Row) -> User {
    let method = own.authentication_method.clone();
    User {
        uuid: UserId::from_database(own.uuid),
        username: own.username,
        firstname: own.firstname,
        lastname: own.lastname,
        enabled: own.enabled,
        tenant_uuid: TenantId::from_database(own.tenant_uuid),
        purpose: own.purpose,
        authentication_method: if method == "default" {
            method_of_tenant
        } else {
            method
        },
        own_authentication_method: own.authentication_method,
    }
}

/// A query of users, with what [`user`] needs.
macro_rules! with_tenant {
    ($users:expr) => {
        $users
            .inner_join(auth_tenant::table.on(auth_tenant::uuid.eq(auth_user::tenant_uuid)))
            .select((Own::as_select(), auth_tenant::default_authentication_method))
    };
}
use with_tenant;

/// The user with this id, enabled or not.
pub fn find(db: &mut Connection, uuid: &str) -> DatabaseResult<Option<User>> {
    Ok(with_tenant!(auth_user::table)
        .filter(auth_user::uuid.eq(uuid))
        .first::<Row>(db)
        .optional()?
        .map(user))
}

/// The user with this id, enabled or not, if its tenant is in `scope`.
pub fn find_within(
    db: &mut Connection,
    scope: &Scope,
    uuid: &UserId,
) -> DatabaseResult<Option<User>> {
    Ok(with_tenant!(auth_user::table)
        .filter(auth_user::uuid.eq(uuid.as_str()))
        .filter(scope.covers(auth_user::tenant_uuid))
        .first::<Row>(db)
        .optional()?
        .map(user))
}

/// Whether a user has this id.
pub fn is_known(db: &mut Connection, uuid: &str) -> DatabaseResult<bool> {
    Ok(select(exists(auth_user::table.find(uuid))).get_result(db)?)
}

/// Keeps others from changing a user, and from locking it, until the transaction ends. Answers whether
/// it is there. What was read of it before may be out of date.
pub fn lock(db: &mut Connection, uuid: &UserId) -> DatabaseResult<bool> {
    let row = auth_user::table.find(uuid.as_str()).select(auth_user::uuid);
    let found: Option<String> = match db {
        // Rows that refer to the user may still come.
        Connection::Postgres(db) => row.for_no_key_update().first(db).optional()?,
        // Its transactions that write are one after the other.
        Connection::Sqlite(db) => row.first(db).optional()?,
    };
    Ok(found.is_some())
}

/// Adds a user.
///
/// # Errors
///
/// Breaks [`Constraint::User`] when the id is taken, [`Constraint::UserName`] when the name is,
/// [`Constraint::UserPurpose`] when there is no such purpose, [`Constraint::UserTenant`] when there is
/// no such tenant.
pub fn insert(
    db: &mut Connection,
    uuid: &UserId,
    tenant: &TenantId,
    profile: &Profile,
    password: Option<&StoredPassword>,
) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_user::table)
        .values((
            auth_user::uuid.eq(uuid.as_str()),
            auth_user::tenant_uuid.eq(tenant.as_str()),
            profile,
            auth_user::password_hash.eq(password.map(|stored| &stored.hash)),
            auth_user::password_salt.eq(password.map(|stored| &stored.salt)),
        ))
        .execute(db);
    name_missing(
        db,
        inserted,
        &[(Parent::Tenant(tenant.as_str()), Constraint::UserTenant)],
    )?;
    Ok(())
}

/// Replaces all that is said about a user. Answers whether it is there.
///
/// # Errors
///
/// Breaks [`Constraint::UserName`] when somebody has the name, [`Constraint::UserPurpose`] when there
/// is no such purpose.
pub fn update(db: &mut Connection, uuid: &UserId, profile: &Profile) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_user::table.find(uuid.as_str()))
        .set(profile)
        .execute(db)?;
    Ok(changed > 0)
}

/// Sets a user's own authentication method. Answers whether the user is there.
pub fn set_authentication_method(
    db: &mut Connection,
    uuid: &UserId,
    method: &str,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_user::table.find(uuid.as_str()))
        .set(auth_user::authentication_method.eq(method))
        .execute(db)?;
    Ok(changed > 0)
}

/// Deletes a user with its e-mail addresses, links, external data and refresh tokens; sessions and
/// tokens know no user, and stay. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &UserId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_user::table.find(uuid.as_str())).execute(db)? > 0)
}

/// Makes a user a member of a group. Answers whether it was none before.
///
/// # Errors
///
/// Breaks [`Constraint::UserGroupGroup`] when there is no such group, [`Constraint::UserGroupUser`]
/// when there is no such user.
pub fn join_group(db: &mut Connection, user: &UserId, group: &GroupId) -> DatabaseResult<bool> {
    let inserted = Each(
        diesel::insert_into(auth_user_group::table)
            .values((
                auth_user_group::group_uuid.eq(group.as_str()),
                auth_user_group::user_uuid.eq(user.as_str()),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(db);
    let new = name_missing(
        db,
        inserted,
        &[
            (Parent::Group(group.as_str()), Constraint::UserGroupGroup),
            (Parent::User(user.as_str()), Constraint::UserGroupUser),
        ],
    )?;
    Ok(new > 0)
}

/// Takes a user out of a group. Answers whether it was a member.
pub fn leave_group(db: &mut Connection, user: &UserId, group: &GroupId) -> DatabaseResult<bool> {
    let link = auth_user_group::table.find((group.as_str(), user.as_str()));
    Ok(diesel::delete(link).execute(db)? > 0)
}

/// Gives a policy to a user. Answers whether it had it not.
///
/// # Errors
///
/// Breaks [`Constraint::UserPolicyUser`] when there is no such user, [`Constraint::UserPolicyPolicy`]
/// when there is no such policy.
pub fn add_policy(db: &mut Connection, user: &UserId, policy: &PolicyId) -> DatabaseResult<bool> {
    let inserted = Each(
        diesel::insert_into(auth_user_policy::table)
            .values((
                auth_user_policy::user_uuid.eq(user.as_str()),
                auth_user_policy::policy_uuid.eq(policy.as_str()),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(db);
    let new = name_missing(
        db,
        inserted,
        &[
            (Parent::User(user.as_str()), Constraint::UserPolicyUser),
            (
                Parent::Policy(policy.as_str()),
                Constraint::UserPolicyPolicy,
            ),
        ],
    )?;
    Ok(new > 0)
}

/// Takes a policy from a user, not from its groups. Answers whether it had it.
pub fn remove_policy(
    db: &mut Connection,
    user: &UserId,
    policy: &PolicyId,
) -> DatabaseResult<bool> {
    let link = auth_user_policy::table.find((user.as_str(), policy.as_str()));
    Ok(diesel::delete(link).execute(db)? > 0)
}
