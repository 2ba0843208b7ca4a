//! Sessions.

use diesel::{dsl::count, prelude::*};
use wazo_auth_model::ids::{SessionId, TenantId, TokenId};

use crate::{
    connection::Connection,
    error::DatabaseResult,
    schema::{auth_session, auth_token},
};

/// Adds a session.
pub fn insert(
    db: &mut Connection,
    uuid: &SessionId,
    tenant: &TenantId,
    mobile: bool,
) -> DatabaseResult<()> {
    diesel::insert_into(auth_session::table)
        .values((
            auth_session::uuid.eq(uuid.as_str()),
            auth_session::mobile.eq(mobile),
            auth_session::tenant_uuid.eq(tenant.as_str()),
        ))
        .execute(db)?;
    Ok(())
}

/// How many sessions have a token of this identity, dead ones that are not purged yet included.
pub fn count_by_auth_id(db: &mut Connection, auth_id: &str) -> DatabaseResult<i64> {
    Ok(auth_token::table
        .filter(auth_token::auth_id.eq(auth_id))
        .select(count(auth_token::session_uuid).aggregate_distinct())
        .get_result(db)?)
}

/// Ends the session of a token, and with it the token. Answers the session's id if there was one.
pub fn delete_by_token(db: &mut Connection, token: &TokenId) -> DatabaseResult<Option<SessionId>> {
    let Some(session) = auth_token::table
        .find(token.expose())
        .select(auth_token::session_uuid)
        .first::<String>(db)
        .optional()?
    else {
        return Ok(None);
    };
    diesel::delete(auth_session::table.find(&session)).execute(db)?;
    Ok(Some(SessionId::from_database(session)))
}

/// Ends all sessions of an identity. Answers how many there were.
pub fn delete_by_auth_id(db: &mut Connection, auth_id: &str) -> DatabaseResult<usize> {
    let sessions = auth_token::table
        .filter(auth_token::auth_id.eq(auth_id))
        .select(auth_token::session_uuid);
    Ok(
        diesel::delete(auth_session::table.filter(auth_session::uuid.eq_any(sessions)))
            .execute(db)?,
    )
}
