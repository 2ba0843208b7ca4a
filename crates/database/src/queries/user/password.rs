//! The stored passwords of users.

use diesel::prelude::*;
use wazo_auth_model::{ids::UserId, password::StoredPassword};

use crate::{connection::Connection, error::DatabaseResult, schema::auth_user};

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

/// Sets a user's password, whatever it was. Answers whether the user is there.
pub fn set_password(
    db: &mut Connection,
    uuid: &UserId,
    new: &StoredPassword,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_user::table.find(uuid.as_str()))
        .set((
            auth_user::password_hash.eq(&new.hash),
            auth_user::password_salt.eq(&new.salt),
        ))
        .execute(db)?;
    Ok(changed > 0)
}

/// Takes a user's password away. Answers whether the user is there.
pub fn clear_password(db: &mut Connection, uuid: &UserId) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_user::table.find(uuid.as_str()))
        .set((
            auth_user::password_hash.eq(None::<String>),
            auth_user::password_salt.eq(None::<Vec<u8>>),
        ))
        .execute(db)?;
    Ok(changed > 0)
}
