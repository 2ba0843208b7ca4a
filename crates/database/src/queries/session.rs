//! Sessions. Whose a session is, its token says.

use std::{collections::HashMap, slice};

use diesel::{dsl, prelude::*};
use wazo_auth_model::ids::{RefreshTokenId, SessionId, TenantId, TokenId};

use crate::{
    connection::{Connection, MultiBackend},
    error::DatabaseResult,
    queries::{
        list::{MANY, Paging},
        scope::Scope,
    },
    schema::{auth_session, auth_token, auth_user},
    types::Texts,
};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub uuid: SessionId,
    /// Whether a mobile telephone began it.
    pub mobile: bool,
    /// The tenant of whoever logged in.
    pub tenant_uuid: TenantId,
    /// Who logged in; none where the token is gone.
    pub auth_id: Option<String>,
}

/// What sessions can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Their id.
    #[default]
    Uuid,
    /// Whether they are mobile.
    Mobile,
}

type Row = (String, bool, String, Option<String>);

fn session((uuid, mobile, tenant_uuid, auth_id): Row) -> Session {
    Session {
        uuid: SessionId::from_database(uuid),
        mobile,
        tenant_uuid: TenantId::from_database(tenant_uuid),
        auth_id,
    }
}

/// The columns of [`Row`]. Two tokens of one session, which nobody makes, do not show it twice.
macro_rules! columns {
    () => {
        (
            auth_session::uuid,
            auth_session::mobile,
            auth_session::tenant_uuid,
            auth_token::table
                .filter(auth_token::session_uuid.eq(auth_session::uuid))
                .select(dsl::max(auth_token::auth_id))
                .single_value(),
        )
    };
}

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

/// The session with this id, if its tenant is in `scope`.
pub fn find(
    db: &mut Connection,
    scope: &Scope,
    uuid: &SessionId,
) -> DatabaseResult<Option<Session>> {
    Ok(auth_session::table
        .find(uuid.as_str())
        .filter(scope.covers(auth_session::tenant_uuid))
        .select(columns!())
        .first(db)
        .optional()?
        .map(session))
}

/// The sessions of the tenants in `scope`, all of them or those of one identity.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    auth_id: Option<&str>,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<Session>> {
    let wanted = wanted(scope, auth_id);
    let ordered = match paging.order {
        Order::Uuid => wanted.order(paging.by(auth_session::uuid)),
        Order::Mobile => wanted
            .order(paging.by(auth_session::mobile))
            .then_order_by(auth_session::uuid),
    };
    let rows: Vec<Row> = ordered
        .limit(paging.limit())
        .offset(paging.offset())
        .select(columns!())
        .load(db)?;
    Ok(rows.into_iter().map(session).collect())
}

/// How many sessions [`list`] would find without paging.
pub fn count(db: &mut Connection, scope: &Scope, auth_id: Option<&str>) -> DatabaseResult<i64> {
    Ok(wanted(scope, auth_id).count().get_result(db)?)
}

fn wanted<'a>(
    scope: &Scope,
    auth_id: Option<&'a str>,
) -> auth_session::BoxedQuery<'a, MultiBackend> {
    let wanted = auth_session::table
        .filter(scope.covers(auth_session::tenant_uuid))
        .into_boxed();
    match auth_id {
        Some(auth_id) => wanted.filter(
            auth_session::uuid.eq_any(
                auth_token::table
                    .filter(auth_token::auth_id.eq(auth_id))
                    .select(auth_token::session_uuid),
            ),
        ),
        None => wanted,
    }
}

/// How many sessions have a token of this identity. One that is dead counts until it is purged.
pub fn count_by_auth_id(db: &mut Connection, auth_id: &str) -> DatabaseResult<i64> {
    Ok(auth_token::table
        .filter(auth_token::auth_id.eq(auth_id))
        .select(dsl::count(auth_token::session_uuid).aggregate_distinct())
        .get_result(db)?)
}

/// Ends a session, and with it its token, if its tenant is in `scope`. Answers the session if there
/// was one.
pub fn delete(
    db: &mut Connection,
    scope: &Scope,
    uuid: &SessionId,
) -> DatabaseResult<Option<Session>> {
    // The session is asked first whose it is: with it goes its token, which says so.
    let Some(found) = find(db, scope, uuid)? else {
        return Ok(None);
    };
    Ok((delete_many(db, slice::from_ref(&found.uuid))? > 0).then_some(found))
}

/// Ends sessions, and with them their tokens. Answers how many of them there were.
pub fn delete_many(db: &mut Connection, uuids: &[SessionId]) -> DatabaseResult<usize> {
    let mut deleted = 0;
    for some in uuids.chunks(MANY) {
        deleted += diesel::delete(
            auth_session::table
                .filter(auth_session::uuid.eq_any(some.iter().map(SessionId::as_str))),
        )
        .execute(db)?;
    }
    Ok(deleted)
}

/// Ends the session of a token, and with it the token. Answers the session if there was one.
pub fn delete_by_token(db: &mut Connection, token: &TokenId) -> DatabaseResult<Option<Session>> {
    let Some(uuid) = auth_token::table
        .find(token.expose())
        .select(auth_token::session_uuid)
        .first::<String>(db)
        .optional()?
    else {
        return Ok(None);
    };
    delete(db, &Scope::All, &SessionId::from_database(uuid))
}

/// Keeps other logins of an identity that is no user waiting until the transaction ends: between
/// counting its sessions and adding one, none is added. For users, their row does that.
pub fn lock_identity(db: &mut Connection, auth_id: &str) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<diesel::sql_types::Text, _>(auth_id)
            .execute(db)?;
    }
    Ok(())
}

/// Ends all sessions of an identity. Answers those that there were.
pub fn delete_by_auth_id(db: &mut Connection, auth_id: &str) -> DatabaseResult<Vec<Session>> {
    let sessions = auth_token::table
        .filter(auth_token::auth_id.eq(auth_id))
        .select(auth_token::session_uuid);
    let rows: Vec<(String, bool, String)> =
        diesel::delete(auth_session::table.filter(auth_session::uuid.eq_any(sessions)))
            .returning(auth_session::all_columns)
            .get_results(db)?;
    Ok(rows
        .into_iter()
        .map(|(uuid, mobile, tenant)| session((uuid, mobile, tenant, Some(auth_id.to_owned()))))
        .collect())
}

/// Ends the sessions of an identity whose tokens are good for one access and no other. Answers those that
/// there were.
pub fn delete_by_access(
    db: &mut Connection,
    auth_id: &str,
    access: &str,
) -> DatabaseResult<Vec<Session>> {
    let sessions = auth_token::table
        .filter(auth_token::auth_id.eq(auth_id))
        .filter(auth_token::acl.eq(Texts(vec![access.to_owned()])))
        .select(auth_token::session_uuid);
    let rows: Vec<(String, bool, String)> =
        diesel::delete(auth_session::table.filter(auth_session::uuid.eq_any(sessions)))
            .returning(auth_session::all_columns)
            .get_results(db)?;
    Ok(rows
        .into_iter()
        .map(|(uuid, mobile, tenant)| session((uuid, mobile, tenant, Some(auth_id.to_owned()))))
        .collect())
}

/// Ends the sessions of all users of a tenant, also those that began when a user was in another one.
/// Answers how many of them there were.
pub fn delete_by_users_of(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<usize> {
    let users = auth_user::table
        .filter(auth_user::tenant_uuid.eq(tenant.as_str()))
        .select(auth_user::uuid);
    let sessions = auth_token::table
        .filter(auth_token::auth_id.eq_any(users))
        .select(auth_token::session_uuid);
    Ok(
        diesel::delete(auth_session::table.filter(auth_session::uuid.eq_any(sessions)))
            .execute(db)?,
    )
}

/// Ends the sessions whose tokens were made with a refresh token. Answers those that there were.
pub fn delete_by_refresh_token(
    db: &mut Connection,
    refresh_token: &RefreshTokenId,
) -> DatabaseResult<Vec<Session>> {
    let tokens =
        auth_token::table.filter(auth_token::refresh_token_uuid.eq(refresh_token.expose()));
    // With a session goes its token, which says whose it is.
    let mut owners: HashMap<String, String> = tokens
        .select((auth_token::session_uuid, auth_token::auth_id))
        .load(db)?
        .into_iter()
        .collect();
    let rows: Vec<(String, bool, String)> = diesel::delete(
        auth_session::table
            .filter(auth_session::uuid.eq_any(tokens.select(auth_token::session_uuid))),
    )
    .returning(auth_session::all_columns)
    .get_results(db)?;
    Ok(rows
        .into_iter()
        .map(|(uuid, mobile, tenant)| {
            let owner = owners.remove(&uuid);
            session((uuid, mobile, tenant, owner))
        })
        .collect())
}
