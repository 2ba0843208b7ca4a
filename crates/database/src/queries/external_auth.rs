//! Types of external authentication, and what users stored for them.

use diesel::prelude::*;
use wazo_auth_model::ids::UserId;

use crate::{
    connection::{Connection, Each},
    constraint::Constraint,
    error::{DatabaseError, DatabaseResult},
    queries::{
        list::Paging,
        parent::{Parent, name_missing},
        scope::Scope,
    },
    schema::{auth_external_auth_type, auth_user, auth_user_external_auth},
};

/// A type, and what one user stored for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserType {
    /// Name of the type.
    pub name: String,
    /// The stored JSON document.
    pub data: Option<String>,
}

/// The users of a scope who stored something for a type that is enabled.
macro_rules! connected {
    ($scope:expr, $type_uuid:expr) => {
        auth_user_external_auth::table
            .inner_join(auth_user::table.on(auth_user::uuid.eq(auth_user_external_auth::user_uuid)))
            .inner_join(auth_external_auth_type::table.on(
                auth_external_auth_type::uuid.eq(auth_user_external_auth::external_auth_type_uuid),
            ))
            .filter(auth_user_external_auth::external_auth_type_uuid.eq($type_uuid))
            .filter(auth_external_auth_type::enabled.eq(true))
            .filter($scope.covers(auth_user::tenant_uuid))
    };
}

/// The enabled types by name, each with what the user stored for it.
pub fn list_enabled_of(db: &mut Connection, user: &UserId) -> DatabaseResult<Vec<UserType>> {
    let rows: Vec<(String, Option<String>)> = auth_external_auth_type::table
        .left_join(
            auth_user_external_auth::table.on(auth_user_external_auth::external_auth_type_uuid
                .eq(auth_external_auth_type::uuid)
                .and(auth_user_external_auth::user_uuid.eq(user.as_str()))),
        )
        .filter(auth_external_auth_type::enabled.eq(true))
        .order(auth_external_auth_type::name)
        .select((
            auth_external_auth_type::name,
            auth_user_external_auth::data.nullable(),
        ))
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(|(name, data)| UserType { name, data })
        .collect())
}

/// Enables exactly the types of these names, adding those that are missing.
pub fn synchronise_types(db: &mut Connection, names: &[String]) -> DatabaseResult<()> {
    use auth_external_auth_type::{enabled, name, table};
    diesel::update(table.filter(enabled.eq(true)).filter(name.ne_all(names)))
        .set(enabled.eq(false))
        .execute(db)?;
    for wanted in names {
        Each(
            diesel::insert_into(table)
                .values((name.eq(wanted), enabled.eq(true)))
                .on_conflict(name)
                .do_update()
                .set(enabled.eq(true)),
        )
        .execute(db)?;
    }
    Ok(())
}

/// The id of a type.
pub fn find_type(db: &mut Connection, wanted: &str) -> DatabaseResult<Option<String>> {
    use auth_external_auth_type::{name, table, uuid};
    Ok(table
        .filter(name.eq(wanted))
        .select(uuid)
        .first(db)
        .optional()?)
}

/// The id of a type, which is added, neither enabled nor disabled, where it is missing.
pub fn find_or_insert_type(db: &mut Connection, wanted: &str) -> DatabaseResult<String> {
    use auth_external_auth_type::{name, table};
    if let Some(found) = find_type(db, wanted)? {
        return Ok(found);
    }
    // Somebody else may add it at the same time.
    Each(
        diesel::insert_into(table)
            .values(name.eq(wanted))
            .on_conflict(name)
            .do_nothing(),
    )
    .execute(db)?;
    find_type(db, wanted)?
        .ok_or_else(|| DatabaseError::Damaged(format!("the type {wanted:?} was not kept")))
}

/// What a user stored for a type.
pub fn find_data(
    db: &mut Connection,
    user: &UserId,
    type_uuid: &str,
) -> DatabaseResult<Option<String>> {
    use auth_user_external_auth::{data, external_auth_type_uuid, table, user_uuid};
    Ok(table
        .filter(user_uuid.eq(user.as_str()))
        .filter(external_auth_type_uuid.eq(type_uuid))
        .select(data)
        .first(db)
        .optional()?)
}

/// Stores a user's data for a type that it has none for yet.
///
/// # Errors
///
/// Breaks [`Constraint::ExternalAuthData`] when it has some, [`Constraint::ExternalAuthDataUser`] when
/// there is no such user.
pub fn insert_data(
    db: &mut Connection,
    user: &UserId,
    type_uuid: &str,
    document: &str,
) -> DatabaseResult<()> {
    use auth_user_external_auth::{data, external_auth_type_uuid, table, user_uuid};
    let inserted = diesel::insert_into(table)
        .values((
            user_uuid.eq(user.as_str()),
            external_auth_type_uuid.eq(type_uuid),
            data.eq(document),
        ))
        .execute(db);
    name_missing(db, inserted, &owner(user))?;
    Ok(())
}

fn owner(user: &UserId) -> [(Parent<'_>, Constraint); 1] {
    [(
        Parent::User(user.as_str()),
        Constraint::ExternalAuthDataUser,
    )]
}

/// Replaces a user's data for a type. Answers whether there was any.
pub fn update_data(
    db: &mut Connection,
    user: &UserId,
    type_uuid: &str,
    document: &str,
) -> DatabaseResult<bool> {
    use auth_user_external_auth::{data, external_auth_type_uuid, table, user_uuid};
    let changed = diesel::update(
        table
            .filter(user_uuid.eq(user.as_str()))
            .filter(external_auth_type_uuid.eq(type_uuid)),
    )
    .set(data.eq(document))
    .execute(db)?;
    Ok(changed > 0)
}

/// Stores a user's data for a type, whether it had any or not.
///
/// # Errors
///
/// Breaks [`Constraint::ExternalAuthDataUser`] when there is no such user.
pub fn upsert_data(
    db: &mut Connection,
    user: &UserId,
    type_uuid: &str,
    document: &str,
) -> DatabaseResult<()> {
    use auth_user_external_auth::{data, external_auth_type_uuid, table, user_uuid};
    let stored = Each(
        diesel::insert_into(table)
            .values((
                user_uuid.eq(user.as_str()),
                external_auth_type_uuid.eq(type_uuid),
                data.eq(document),
            ))
            .on_conflict((user_uuid, external_auth_type_uuid))
            .do_update()
            .set(data.eq(document)),
    )
    .execute(db);
    name_missing(db, stored, &owner(user))?;
    Ok(())
}

/// The users of `scope` who stored something for a type, by id; none while the type is not enabled.
pub fn list_users(
    db: &mut Connection,
    scope: &Scope,
    type_uuid: &str,
    paging: &Paging<()>,
) -> DatabaseResult<Vec<UserId>> {
    let ids: Vec<String> = connected!(scope, type_uuid)
        .order(auth_user::uuid)
        .limit(paging.limit())
        .offset(paging.offset())
        .select(auth_user::uuid)
        .load(db)?;
    Ok(ids.into_iter().map(UserId::from_database).collect())
}

/// How many users [`list_users`] would find without paging.
pub fn count_users(db: &mut Connection, scope: &Scope, type_uuid: &str) -> DatabaseResult<i64> {
    Ok(connected!(scope, type_uuid).count().get_result(db)?)
}

/// Deletes a user's data for a type. Answers whether there was any.
pub fn delete_data(db: &mut Connection, user: &UserId, type_uuid: &str) -> DatabaseResult<bool> {
    use auth_user_external_auth::{external_auth_type_uuid, table, user_uuid};
    let deleted = diesel::delete(
        table
            .filter(user_uuid.eq(user.as_str()))
            .filter(external_auth_type_uuid.eq(type_uuid)),
    )
    .execute(db)?;
    Ok(deleted > 0)
}
