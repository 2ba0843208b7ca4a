//! Who owns a login: a user name or an e-mail address, in any case of letters, of all tenants.

use diesel::prelude::*;
use wazo_auth_model::ids::UserId;

use super::{User, find};
use crate::{
    connection::Connection,
    error::DatabaseResult,
    functions::lower,
    schema::{auth_email, auth_user},
};

/// The enabled user who owns this login: a confirmed e-mail address, else a user name, in any case
/// of letters.
pub fn find_by_login(db: &mut Connection, login: &str) -> DatabaseResult<Option<User>> {
    if login.is_empty() {
        return Ok(None);
    }
    let by_address = auth_email::table
        .inner_join(auth_user::table.on(auth_user::uuid.eq(auth_email::user_uuid)))
        .filter(lower(auth_email::address.nullable()).eq(lower(login)))
        .filter(auth_email::confirmed.eq(true))
        .filter(auth_user::enabled.eq(true))
        .select(auth_user::uuid)
        .first::<String>(db)
        .optional()?;
    let uuid = match by_address {
        Some(uuid) => Some(uuid),
        None => auth_user::table
            .filter(lower(auth_user::username).eq(lower(login)))
            .filter(auth_user::enabled.eq(true))
            .select(auth_user::uuid)
            .first(db)
            .optional()?,
    };
    match uuid {
        Some(uuid) => find(db, &uuid),
        None => Ok(None),
    }
}

/// Whether any user, enabled or not, has this login as user name or e-mail address, confirmed or
/// not.
pub fn owns_login(db: &mut Connection, login: &str) -> DatabaseResult<bool> {
    Ok(!owners(db, login)?.is_empty())
}

/// Whether any user but this one has this login, as for [`owns_login`].
pub fn is_login_of_other(db: &mut Connection, login: &str, user: &UserId) -> DatabaseResult<bool> {
    Ok(owners(db, login)?
        .iter()
        .any(|owner| owner != user.as_str()))
}

/// The ids of those who have a login: one for the name, one for the address, often the same.
fn owners(db: &mut Connection, login: &str) -> DatabaseResult<Vec<String>> {
    if login.is_empty() {
        return Ok(Vec::new());
    }
    let mut owners: Vec<String> = auth_email::table
        .filter(lower(auth_email::address.nullable()).eq(lower(login)))
        .select(auth_email::user_uuid)
        .load(db)?;
    owners.extend(
        auth_user::table
            .filter(lower(auth_user::username).eq(lower(login)))
            .select(auth_user::uuid)
            .load::<String>(db)?,
    );
    Ok(owners)
}

/// Keeps others from giving somebody this login until the transaction ends: names and addresses stand
/// in two tables, so no rule of the schema does.
pub fn lock_login(db: &mut Connection, login: &str) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        // The database folds the letters, as it does where it compares them.
        diesel::sql_query(
            "SELECT pg_advisory_xact_lock(hashtextextended('login ' || lower($1), 0))",
        )
        .bind::<diesel::sql_types::Text, _>(login)
        .execute(db)?;
    }
    Ok(())
}
