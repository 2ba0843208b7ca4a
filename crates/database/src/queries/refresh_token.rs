//! Refresh tokens. A client has one for each user at most.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::Value;
use wazo_auth_model::ids::{RefreshTokenId, TenantId, UserId};

use crate::{
    connection::{Connection, Each, MultiBackend},
    constraint::Constraint,
    error::DatabaseResult,
    functions::ILikeMethod,
    queries::{
        list::Paging,
        parent::{Parent, name_missing},
        scope::Scope,
    },
    schema::{auth_refresh_token, auth_user},
    types::{Document, Time},
};

/// What a refresh token knows of the login that made it.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshToken {
    /// The refresh token itself.
    pub uuid: RefreshTokenId,
    /// What the client calls itself.
    pub client_id: Option<String>,
    /// Whom it logs in.
    pub user_uuid: Option<UserId>,
    /// The backend that checked the login.
    pub backend: Option<String>,
    /// The login as it was typed.
    pub login: Option<String>,
    /// The client's program.
    pub user_agent: Option<String>,
    /// The client's address.
    pub remote_addr: Option<String>,
    /// When it was made, to the microsecond.
    pub created_at: Option<DateTime<Utc>>,
    /// Whether a mobile telephone made it.
    pub mobile: bool,
    /// What the plugins added, a JSON object.
    pub metadata: Value,
}

/// A refresh token as lists show it: without the token.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What the client calls itself.
    pub client_id: Option<String>,
    /// Whom it logs in.
    pub user_uuid: UserId,
    /// The tenant of that user.
    pub tenant_uuid: TenantId,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// Whether a mobile telephone made it.
    pub mobile: bool,
    /// What the plugins added.
    pub metadata: Value,
}

/// Which refresh tokens of a scope are wanted; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this user.
    pub user_uuid: Option<UserId>,
    /// Those of this client.
    pub client_id: Option<String>,
    /// Those made at this moment.
    pub created_at: Option<DateTime<Utc>>,
    /// Those that are mobile, or that are not.
    pub mobile: Option<bool>,
}

/// What refresh tokens can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// When they were made.
    #[default]
    CreatedAt,
    /// Their client.
    ClientId,
    /// Whether they are mobile.
    Mobile,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_refresh_token, treat_none_as_default_value = false)]
struct Row {
    uuid: String,
    client_id: Option<String>,
    user_uuid: Option<String>,
    backend: Option<String>,
    login: Option<String>,
    user_agent: Option<String>,
    remote_addr: Option<String>,
    created_at: Option<Time>,
    mobile: bool,
    metadata: Document,
}

impl From<Row> for RefreshToken {
    fn from(row: Row) -> Self {
        Self {
            uuid: RefreshTokenId::from_database(row.uuid),
            client_id: row.client_id,
            user_uuid: row.user_uuid.map(UserId::from_database),
            backend: row.backend,
            login: row.login,
            user_agent: row.user_agent,
            remote_addr: row.remote_addr,
            created_at: row.created_at.map(|time| time.0),
            mobile: row.mobile,
            metadata: row.metadata.0,
        }
    }
}

/// The refresh tokens of users of a scope that are wanted.
macro_rules! wanted {
    ($scope:expr, $filter:expr, $search:expr) => {{
        let mut wanted = auth_refresh_token::table
            .inner_join(
                auth_user::table.on(auth_refresh_token::user_uuid.eq(auth_user::uuid.nullable())),
            )
            .filter($scope.covers(auth_user::tenant_uuid))
            .into_boxed::<MultiBackend>();
        if let Some(user) = &$filter.user_uuid {
            wanted = wanted.filter(auth_refresh_token::user_uuid.eq(user.as_str()));
        }
        if let Some(client_id) = &$filter.client_id {
            wanted = wanted.filter(auth_refresh_token::client_id.eq(client_id));
        }
        if let Some(time) = $filter.created_at {
            wanted = wanted.filter(auth_refresh_token::created_at.eq(Time(time)));
        }
        if let Some(mobile) = $filter.mobile {
            wanted = wanted.filter(auth_refresh_token::mobile.eq(mobile));
        }
        if let Some(search) = $search {
            wanted = wanted.filter(
                auth_refresh_token::client_id.matches(&wazo_auth_model::search::pattern(search)),
            );
        }
        wanted
    }};
}

/// The refresh token with this id, if it is this client's.
pub fn find(
    db: &mut Connection,
    uuid: &RefreshTokenId,
    client_id: &str,
) -> DatabaseResult<Option<RefreshToken>> {
    Ok(auth_refresh_token::table
        .find(uuid.expose())
        .filter(auth_refresh_token::client_id.eq(client_id))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(RefreshToken::from))
}

/// As [`find`], in a transaction that writes: until its end nobody else deletes the refresh token.
pub fn find_and_hold(
    db: &mut Connection,
    uuid: &RefreshTokenId,
    client_id: &str,
) -> DatabaseResult<Option<RefreshToken>> {
    if let Connection::Postgres(db) = db {
        auth_refresh_token::table
            .find(uuid.expose())
            .select(auth_refresh_token::uuid)
            .for_share()
            .load::<String>(db)?;
    }
    find(db, uuid, client_id)
}

/// The refresh token that a client has for a user.
pub fn find_by_client(
    db: &mut Connection,
    user: &UserId,
    client_id: &str,
) -> DatabaseResult<Option<RefreshToken>> {
    Ok(auth_refresh_token::table
        .filter(auth_refresh_token::client_id.eq(client_id))
        .filter(auth_refresh_token::user_uuid.eq(user.as_str()))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(RefreshToken::from))
}

/// The refresh tokens of the users of `scope` that are wanted. A search looks at the client.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<Listed>> {
    type ListedRow = (Option<String>, String, String, Option<Time>, bool, Document);
    let wanted = wanted!(scope, filter, paging.search.as_deref());
    let ordered = match paging.order {
        Order::CreatedAt => wanted.order(paging.by(auth_refresh_token::created_at)),
        Order::ClientId => wanted.order(paging.by(auth_refresh_token::client_id)),
        Order::Mobile => wanted.order(paging.by(auth_refresh_token::mobile)),
    };
    let rows: Vec<ListedRow> = ordered
        .then_order_by(auth_refresh_token::uuid)
        .limit(paging.limit())
        .offset(paging.offset())
        .select((
            auth_refresh_token::client_id,
            auth_user::uuid,
            auth_user::tenant_uuid,
            auth_refresh_token::created_at,
            auth_refresh_token::mobile,
            auth_refresh_token::metadata,
        ))
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(
            |(client_id, user, tenant, created_at, mobile, metadata)| Listed {
                client_id,
                user_uuid: UserId::from_database(user),
                tenant_uuid: TenantId::from_database(tenant),
                created_at: created_at.map(|time| time.0),
                mobile,
                metadata: metadata.0,
            },
        )
        .collect())
}

/// How many refresh tokens [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    Ok(wanted!(scope, filter, search).count().get_result(db)?)
}

/// The refresh tokens of a user's mobile telephones, apart from one.
pub fn list_other_mobile(
    db: &mut Connection,
    user: &UserId,
    kept: &RefreshTokenId,
) -> DatabaseResult<Vec<RefreshToken>> {
    let rows: Vec<Row> = auth_refresh_token::table
        .filter(auth_refresh_token::user_uuid.eq(user.as_str()))
        .filter(auth_refresh_token::mobile.eq(true))
        .filter(auth_refresh_token::uuid.ne(kept.expose()))
        .order((auth_refresh_token::created_at, auth_refresh_token::uuid))
        .select(Row::as_select())
        .load(db)?;
    Ok(rows.into_iter().map(RefreshToken::from).collect())
}

/// Adds a refresh token, unless its client has one for the user already; answers whether it did. Lists
/// show them in the order in which they were made, so it gets a time of its own among the user's.
///
/// # Errors
///
/// Breaks [`Constraint::RefreshTokenUser`] when there is no such user.
pub fn insert(db: &mut Connection, new: &RefreshToken) -> DatabaseResult<bool> {
    let user = new.user_uuid.as_ref().map(UserId::as_str);
    let created_at = match new.created_at {
        Some(time) => Some(Time(free_time(db, user, time)?)),
        None => None,
    };
    let row = Row {
        uuid: new.uuid.expose().to_owned(),
        client_id: new.client_id.clone(),
        user_uuid: user.map(str::to_owned),
        backend: new.backend.clone(),
        login: new.login.clone(),
        user_agent: new.user_agent.clone(),
        remote_addr: new.remote_addr.clone(),
        created_at,
        mobile: new.mobile,
        metadata: Document(new.metadata.clone()),
    };
    let inserted = Each(
        diesel::insert_into(auth_refresh_token::table)
            .values(row)
            .on_conflict((auth_refresh_token::client_id, auth_refresh_token::user_uuid))
            .do_nothing(),
    )
    .execute(db);
    let parents: Vec<_> = user
        .map(|user| (Parent::User(user), Constraint::RefreshTokenUser))
        .into_iter()
        .collect();
    Ok(name_missing(db, inserted, &parents)? > 0)
}

/// The first moment from `wanted` on, by microseconds, that is after what the user's others of about
/// that time have.
fn free_time(
    db: &mut Connection,
    user: Option<&str>,
    wanted: DateTime<Utc>,
) -> DatabaseResult<DateTime<Utc>> {
    // Not after any later one: a clock that was wrong for a while must not be followed for ever.
    let soon = wanted + TimeDelta::seconds(1);
    let latest: Option<Time> = auth_refresh_token::table
        .filter(auth_refresh_token::user_uuid.eq(user))
        .filter(auth_refresh_token::created_at.ge(Time(wanted)))
        .filter(auth_refresh_token::created_at.lt(Time(soon)))
        .order(auth_refresh_token::created_at.desc())
        .select(auth_refresh_token::created_at)
        .first::<Option<Time>>(db)
        .optional()?
        .flatten();
    Ok(latest.map_or(wanted, |latest| latest.0 + TimeDelta::microseconds(1)))
}

/// Deletes the refresh token that a client has for a user, if the user's tenant is in `scope`. Answers
/// what was deleted. Tokens that were made with it live on.
pub fn delete_by_client(
    db: &mut Connection,
    scope: &Scope,
    user: &UserId,
    client_id: &str,
) -> DatabaseResult<Option<RefreshToken>> {
    let visible = auth_user::table
        .find(user.as_str())
        .filter(scope.covers(auth_user::tenant_uuid))
        .select(auth_user::uuid.nullable());
    Ok(diesel::delete(
        auth_refresh_token::table
            .filter(auth_refresh_token::client_id.eq(client_id))
            .filter(auth_refresh_token::user_uuid.eq(user.as_str()))
            .filter(auth_refresh_token::user_uuid.eq_any(visible)),
    )
    .returning(auth_refresh_token::all_columns)
    .get_result::<Row>(db)
    .optional()?
    .map(RefreshToken::from))
}

/// Deletes all refresh tokens of a user. Answers those that there were.
pub fn delete_by_user(db: &mut Connection, user: &UserId) -> DatabaseResult<Vec<RefreshToken>> {
    let rows: Vec<Row> = diesel::delete(
        auth_refresh_token::table.filter(auth_refresh_token::user_uuid.eq(user.as_str())),
    )
    .returning(auth_refresh_token::all_columns)
    .get_results(db)?;
    Ok(rows.into_iter().map(RefreshToken::from).collect())
}

/// Deletes a refresh token. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &RefreshTokenId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_refresh_token::table.find(uuid.expose())).execute(db)? > 0)
}
