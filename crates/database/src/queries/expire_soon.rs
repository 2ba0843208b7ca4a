//! Sessions of which it was told that they end soon, and whose business the ends of sessions are.

use diesel::{dsl::exists, prelude::*, sql_types::Bool};

use crate::{
    connection::{Connection, per_engine},
    error::DatabaseResult,
    queries::token::{Expiry, seconds},
    schema::{auth_token, wazo_auth_rs_expire_soon as soon},
};

/// Held by the daemon that deals with the ends of sessions: the same number in every daemon, "wazogone" in
/// ASCII.
const LOCK: i64 = 0x7761_7a6f_676f_6e65;

/// How many rows are written with one statement.
const AT_ONCE: usize = 1000;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Makes the ends of sessions the business of this transaction, if they are nobody else's. Answers whether
/// they are ours.
pub fn claim(db: &mut Connection) -> DatabaseResult<bool> {
    match db {
        Connection::Postgres(db) => {
            let answer: Taken = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken")
                .bind::<diesel::sql_types::BigInt, _>(LOCK)
                .get_result(db)?;
            Ok(answer.taken)
        }
        // Whoever writes is alone.
        Connection::Sqlite(_) => Ok(true),
    }
}

/// Notes that it was told of the ends of these tokens' sessions.
pub fn insert(db: &mut Connection, expiries: &[Expiry]) -> DatabaseResult<()> {
    for some in expiries.chunks(AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|expiry| {
                (
                    soon::session_uuid.eq(expiry.session_uuid.as_str()),
                    soon::expire_t.eq(seconds(expiry.expire_t)),
                )
            })
            .collect();
        per_engine!(db => diesel::insert_into(soon::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(db))?;
    }
    Ok(())
}

/// Those of these tokens' sessions of which it was told.
pub fn list(db: &mut Connection, expiries: &[Expiry]) -> DatabaseResult<Vec<String>> {
    let mut told = Vec::new();
    for some in expiries.chunks(super::list::MANY) {
        let sessions = some.iter().map(|expiry| expiry.session_uuid.as_str());
        let found: Vec<String> = soon::table
            .filter(soon::session_uuid.eq_any(sessions))
            .select(soon::session_uuid)
            .load(db)?;
        told.extend(found);
    }
    Ok(told)
}

/// Forgets the sessions that are over at `now`, and gone.
pub fn delete_past(db: &mut Connection, now: i64) -> DatabaseResult<usize> {
    let token = auth_token::table.filter(auth_token::session_uuid.eq(soon::session_uuid));
    Ok(diesel::delete(
        soon::table
            .filter(soon::expire_t.lt(seconds(now)))
            .filter(diesel::dsl::not(exists(token))),
    )
    .execute(db)?)
}
