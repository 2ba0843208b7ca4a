//! Tokens.

use std::collections::HashSet;

use diesel::prelude::*;
use serde_json::{Map, Value};
use wazo_auth_model::{
    ids::{RefreshTokenId, SessionId, TenantId, TokenId},
    token::Token,
};

use crate::{
    connection::Connection,
    error::DatabaseResult,
    queries::list::MANY,
    schema::{auth_session, auth_token},
    types::Texts,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_token, treat_none_as_default_value = false)]
struct Row {
    uuid: String,
    auth_id: String,
    pbx_user_uuid: Option<String>,
    xivo_uuid: Option<String>,
    issued_t: Option<i32>,
    expire_t: Option<i32>,
    metadata: Option<String>,
    session_uuid: String,
    user_agent: Option<String>,
    remote_addr: Option<String>,
    acl: Texts,
}

/// What of a token has to be known at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The token.
    pub uuid: TokenId,
    /// Its session.
    pub session_uuid: SessionId,
    /// Who logged in.
    pub auth_id: String,
    /// The tenant that its metadata names.
    pub tenant_uuid: Option<TenantId>,
    /// When it was made, in seconds since the Unix epoch.
    pub issued_t: Option<i64>,
    /// The last second in which it lives, in seconds since the Unix epoch.
    pub expire_t: i64,
}

type ExpiryRow = (
    String,
    String,
    String,
    Option<String>,
    Option<i32>,
    Option<i32>,
);

fn expiry((uuid, session_uuid, auth_id, text, issued_t, expire_t): ExpiryRow) -> Expiry {
    Expiry {
        uuid: TokenId::from_database(uuid),
        session_uuid: SessionId::from_database(session_uuid),
        auth_id,
        tenant_uuid: metadata(text.as_deref())
            .get("tenant_uuid")
            .and_then(Value::as_str)
            .map(|tenant| TenantId::from_database(tenant.to_owned())),
        issued_t: issued_t.map(i64::from),
        expire_t: expire_t.map_or(0, i64::from),
    }
}

/// The token with this id, alive or not.
pub fn find(db: &mut Connection, uuid: &TokenId) -> DatabaseResult<Option<Token>> {
    Ok(auth_token::table
        .find(uuid.expose())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(token))
}

/// The refresh token that a token was made with, if both are still there.
pub fn find_refresh_token(
    db: &mut Connection,
    uuid: &TokenId,
) -> DatabaseResult<Option<RefreshTokenId>> {
    Ok(auth_token::table
        .find(uuid.expose())
        .select(auth_token::refresh_token_uuid)
        .first::<Option<String>>(db)
        .optional()?
        .flatten()
        .map(RefreshTokenId::from_database))
}

/// Adds a token to a session.
pub fn insert(db: &mut Connection, token: &Token) -> DatabaseResult<()> {
    diesel::insert_into(auth_token::table)
        .values(row(token))
        .execute(db)?;
    Ok(())
}

/// Adds a token to a session, and notes the refresh token that it was made with.
pub fn insert_with_refresh_token(
    db: &mut Connection,
    token: &Token,
    refresh_token: &RefreshTokenId,
) -> DatabaseResult<()> {
    diesel::insert_into(auth_token::table)
        .values((
            row(token),
            auth_token::refresh_token_uuid.eq(refresh_token.expose()),
        ))
        .execute(db)?;
    Ok(())
}

/// Deletes a token; its session stays. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &TokenId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_token::table.find(uuid.expose())).execute(db)? > 0)
}

/// The tokens that died before `now`, longest dead first, at most `limit` of them. They are nobody
/// else's until the end of the transaction: another daemon gets others, or none.
pub fn list_expired(db: &mut Connection, now: i64, limit: i64) -> DatabaseResult<Vec<Expiry>> {
    // The session is taken along: who ends it at the same time has it locked before its token, and
    // would wait for us while we wait for them.
    let dead = auth_token::table
        .inner_join(auth_session::table.on(auth_session::uuid.eq(auth_token::session_uuid)))
        // 0 is for ever.
        .filter(auth_token::expire_t.gt(0))
        .filter(auth_token::expire_t.lt(seconds(now)))
        .order(auth_token::expire_t)
        .limit(limit)
        .select((
            auth_token::uuid,
            auth_token::session_uuid,
            auth_token::auth_id,
            auth_token::metadata,
            auth_token::issued_t,
            auth_token::expire_t,
        ));
    let rows: Vec<ExpiryRow> = match db {
        Connection::Postgres(db) => dead.for_update().skip_locked().load(db)?,
        // Whoever writes is alone.
        Connection::Sqlite(db) => dead.load(db)?,
    };
    Ok(rows.into_iter().map(expiry).collect())
}

/// The tokens whose last second is in `from..until`, in the order of their ends, at most `limit` of
/// them; `after` is the last one that the batch before had.
pub fn list_expiring(
    db: &mut Connection,
    from: i64,
    until: i64,
    after: Option<&Expiry>,
    limit: i64,
) -> DatabaseResult<Vec<Expiry>> {
    let mut soon = auth_token::table
        .filter(auth_token::expire_t.gt(0))
        .filter(auth_token::expire_t.ge(seconds(from)))
        .filter(auth_token::expire_t.lt(seconds(until)))
        .into_boxed();
    if let Some(last) = after {
        let end = seconds(last.expire_t);
        soon = soon.filter(auth_token::expire_t.ge(end)).filter(
            auth_token::expire_t
                .ne(end)
                .or(auth_token::uuid.nullable().gt(last.uuid.expose())),
        );
    }
    let rows: Vec<ExpiryRow> = soon
        .order((auth_token::expire_t, auth_token::uuid))
        .limit(limit)
        .select((
            auth_token::uuid,
            auth_token::session_uuid,
            auth_token::auth_id,
            auth_token::metadata,
            auth_token::issued_t,
            auth_token::expire_t,
        ))
        .load(db)?;
    Ok(rows.into_iter().map(expiry).collect())
}

/// Those of these tokens that are still there and nobody else's until the end of the transaction: who ends
/// one of their sessions waits, and tells so later.
pub fn lock(db: &mut Connection, expiries: Vec<Expiry>) -> DatabaseResult<Vec<Expiry>> {
    let mut ours = HashSet::new();
    for some in expiries.chunks(MANY) {
        let wanted = auth_token::table
            .inner_join(auth_session::table.on(auth_session::uuid.eq(auth_token::session_uuid)))
            .filter(auth_token::uuid.eq_any(some.iter().map(|expiry| expiry.uuid.expose())))
            .select(auth_token::uuid);
        let found: Vec<String> = match db {
            Connection::Postgres(db) => wanted.for_update().skip_locked().load(db)?,
            Connection::Sqlite(db) => wanted.load(db)?,
        };
        ours.extend(found);
    }
    let ours = |expiry: &Expiry| ours.contains(expiry.uuid.expose());
    Ok(expiries.into_iter().filter(ours).collect())
}

/// The column's 32 bits end in 2038; what would lie beyond lives until then.
pub(super) fn seconds(time: i64) -> i32 {
    i32::try_from(time).unwrap_or(if time < 0 { i32::MIN } else { i32::MAX })
}

fn row(token: &Token) -> Row {
    Row {
        uuid: token.uuid.expose().to_owned(),
        auth_id: token.auth_id.clone(),
        pbx_user_uuid: token.pbx_user_uuid.clone(),
        xivo_uuid: token.xivo_uuid.clone(),
        issued_t: token.issued_t.map(seconds),
        expire_t: token.expire_t.map(seconds),
        metadata: Some(Value::Object(token.metadata.clone()).to_string()),
        session_uuid: token.session_uuid.as_str().to_owned(),
        user_agent: token.user_agent.clone(),
        remote_addr: token.remote_addr.clone(),
        acl: Texts(token.acl.clone()),
    }
}

fn token(row: Row) -> Token {
    Token {
        uuid: TokenId::from_database(row.uuid),
        auth_id: row.auth_id,
        pbx_user_uuid: row.pbx_user_uuid,
        xivo_uuid: row.xivo_uuid,
        issued_t: row.issued_t.map(i64::from),
        expire_t: row.expire_t.map(i64::from),
        metadata: metadata(row.metadata.as_deref()),
        session_uuid: SessionId::from_database(row.session_uuid),
        user_agent: row.user_agent,
        remote_addr: row.remote_addr,
        acl: row.acl.0,
    }
}

/// Rows written by other programs may hold no metadata; anything but an object counts as none.
fn metadata(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
