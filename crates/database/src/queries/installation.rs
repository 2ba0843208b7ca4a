//! What belongs to the installation as a whole.

use diesel::{OptionalExtension, prelude::*};

use crate::{
    connection::{Connection, Each},
    error::DatabaseResult,
    schema::wazo_auth_rs_installation,
};

/// The name of the installation's identity, for what has none from its environment.
const UUID: &str = "uuid";

/// The identity that was kept for the installation; the first one that is proposed stays.
pub fn find_or_insert_uuid(db: &mut Connection, proposed: &str) -> DatabaseResult<String> {
    use wazo_auth_rs_installation::{name, table, value};
    // Not every role may write it.
    let kept = table
        .find(UUID)
        .select(value)
        .first::<String>(db)
        .optional()?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    Each(
        diesel::insert_into(table)
            .values((name.eq(UUID), value.eq(proposed)))
            .on_conflict(name)
            .do_nothing(),
    )
    .execute(db)?;
    Ok(table
        .find(UUID)
        .select(value)
        .first::<String>(db)
        .optional()?
        .unwrap_or_else(|| proposed.to_owned()))
}

/// Keeps other daemons that start from bringing the same rows to their configuration until the
/// transaction ends. On SQLite, whoever writes is alone anyway.
pub fn lock_synchronisation(db: &mut Connection) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        diesel::sql_query(
            "SELECT pg_advisory_xact_lock(hashtextextended('wazo-auth synchronisation', 0))",
        )
        .execute(db)?;
    }
    Ok(())
}
