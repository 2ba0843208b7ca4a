//! What identity providers said of users: needed to tell them of a logout.

use diesel::prelude::*;

use crate::{
    connection::{Connection, Each},
    error::DatabaseResult,
    schema::auth_saml_pysaml2_cache::{entity_id, info, name_id, not_on_or_after, table},
};

/// What one identity provider said of one user.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Cached {
    /// What it calls the user, as a list of `number=value`.
    pub name_id: String,
    /// Who it is.
    pub entity_id: String,
    /// What it said, a JSON document.
    pub info: String,
    /// When that ends, in seconds since the Unix epoch.
    pub not_on_or_after: i32,
}

/// What an identity provider said of a user.
pub fn find(db: &mut Connection, name: &str, entity: &str) -> DatabaseResult<Option<Cached>> {
    Ok(table.find((name, entity)).first(db).optional()?)
}

/// What all identity providers said of a user.
pub fn list(db: &mut Connection, name: &str) -> DatabaseResult<Vec<Cached>> {
    Ok(table.filter(name_id.eq(name)).order(entity_id).load(db)?)
}

/// Stores what an identity provider said of a user, instead of what it said before.
pub fn upsert(db: &mut Connection, said: &Cached) -> DatabaseResult<()> {
    Each(
        diesel::insert_into(table)
            .values((
                name_id.eq(&said.name_id),
                entity_id.eq(&said.entity_id),
                info.eq(&said.info),
                not_on_or_after.eq(said.not_on_or_after),
            ))
            .on_conflict((name_id, entity_id))
            .do_update()
            .set((
                info.eq(&said.info),
                not_on_or_after.eq(said.not_on_or_after),
            )),
    )
    .execute(db)?;
    Ok(())
}

/// Forgets what an identity provider said of a user. Answers whether it had said anything.
pub fn delete(db: &mut Connection, name: &str, entity: &str) -> DatabaseResult<bool> {
    Ok(diesel::delete(table.find((name, entity))).execute(db)? > 0)
}

/// Forgets what ended before `time`, in seconds since the Unix epoch. Answers how much that was.
pub fn delete_expired(db: &mut Connection, time: i64) -> DatabaseResult<usize> {
    // The column's 32 bits end in 2038.
    let time = i32::try_from(time).unwrap_or(if time < 0 { i32::MIN } else { i32::MAX });
    Ok(diesel::delete(table.filter(not_on_or_after.lt(time))).execute(db)?)
}
