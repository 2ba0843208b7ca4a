//! Events that wait to be told on the bus. They are written with the change that they are about.

use std::slice;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use wazo_auth_model::{event::Event, ids::SessionId};

use crate::{
    connection::{Connection, MultiBackend, per_engine},
    error::DatabaseResult,
    news,
    queries::list::MANY,
    schema::wazo_auth_rs_event::{self, table},
    types::{Document, Time},
};

/// How many events are written with one statement.
const AT_ONCE: usize = 1000;

/// An event that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its number: of one object, a later event has a larger one.
    pub id: i64,
    /// When it happened, to the microsecond.
    pub created_at: DateTime<Utc>,
    /// What it is about.
    pub object: String,
    /// Its name.
    pub name: String,
    /// The tenant that it happened in, if in one.
    pub tenant_uuid: Option<String>,
    /// Whom it is about, if anybody.
    pub user_uuid: Option<String>,
    /// What subscribers are told.
    pub payload: Value,
    /// What subscribers bind to; none where an older version wrote the event.
    pub routing_key: Option<String>,
    /// The session that it is about, if it is about one.
    pub session_uuid: Option<String>,
}

/// An event that can never be told as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SetAside {
    /// The event.
    pub event: Waiting,
    /// Why it cannot.
    pub reason: String,
}

type Row = (
    i64,
    Time,
    String,
    String,
    Option<String>,
    Option<String>,
    Document,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn waiting(row: Row) -> Waiting {
    Waiting {
        id: row.0,
        created_at: row.1.0,
        object: row.2,
        name: row.3,
        tenant_uuid: row.4,
        user_uuid: row.5,
        payload: row.6.0,
        routing_key: row.7,
        session_uuid: row.8,
    }
}

/// Adds an event. Who waits for [`news`](crate::Database::news) is woken when it is committed.
pub fn insert(db: &mut Connection, event: &Event, now: DateTime<Utc>) -> DatabaseResult<()> {
    insert_many(db, slice::from_ref(event), now)
}

/// The same for many events, in their order.
pub fn insert_many(
    db: &mut Connection,
    events: &[Event],
    now: DateTime<Utc>,
) -> DatabaseResult<()> {
    use wazo_auth_rs_event::{
        created_at, name, object, payload, routing_key, session_uuid, tenant_uuid, user_uuid,
    };
    for some in events.chunks(AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|event| {
                (
                    created_at.eq(Time(now)),
                    object.eq(event.object()),
                    name.eq(event.name()),
                    tenant_uuid.eq(event.tenant().as_str()),
                    user_uuid.eq(event.user()),
                    payload.eq(Document(event.payload())),
                    routing_key.eq(event.routing_key()),
                    session_uuid.eq(event.session().map(SessionId::as_str)),
                )
            })
            .collect();
        per_engine!(db => diesel::insert_into(table).values(&rows).execute(db))?;
        news::note();
    }
    Ok(())
}

/// The events with numbers after `after`, in the order of their numbers, at most `limit` of them.
pub fn list(db: &mut Connection, after: i64, limit: i64) -> DatabaseResult<Vec<Waiting>> {
    let rows: Vec<Row> = table
        .filter(wazo_auth_rs_event::set_aside.is_null())
        .filter(wazo_auth_rs_event::id.gt(after))
        .order(wazo_auth_rs_event::id)
        .limit(limit)
        .load(db)?;
    Ok(rows.into_iter().map(waiting).collect())
}

/// The events of other objects than `busy`, in the order of their numbers, at most `limit` of them.
///
/// What was committed later may have a smaller number, if it is about another object. So nobody may go
/// on behind the last number that they have seen: what has been told is taken away instead.
pub fn list_of_others(
    db: &mut Connection,
    busy: &[String],
    limit: i64,
) -> DatabaseResult<Vec<Waiting>> {
    let rows: Vec<Row> = table
        .filter(wazo_auth_rs_event::set_aside.is_null())
        .filter(wazo_auth_rs_event::object.ne_all(busy))
        .order(wazo_auth_rs_event::id)
        .limit(limit)
        .load(db)?;
    Ok(rows.into_iter().map(waiting).collect())
}

/// How many events wait.
pub fn count(db: &mut Connection) -> DatabaseResult<i64> {
    Ok(table
        .filter(wazo_auth_rs_event::set_aside.is_null())
        .count()
        .get_result(db)?)
}

/// Whether more events wait than so many. Counts no further than that.
pub fn are_more_than(db: &mut Connection, most: i64) -> DatabaseResult<bool> {
    let next: Option<i64> = table
        .filter(wazo_auth_rs_event::set_aside.is_null())
        .order(wazo_auth_rs_event::id)
        .select(wazo_auth_rs_event::id)
        .limit(1)
        .offset(most)
        .first(db)
        .optional()?;
    Ok(next.is_some())
}

/// Takes an event away, once it was told. Answers whether it was there.
pub fn delete(db: &mut Connection, id: i64) -> DatabaseResult<bool> {
    Ok(diesel::delete(table.find(id)).execute(db)? > 0)
}

/// Takes events away, once they were told.
pub fn delete_many(db: &mut Connection, ids: &[i64]) -> DatabaseResult<()> {
    for some in ids.chunks(MANY) {
        diesel::delete(table.filter(wazo_auth_rs_event::id.eq_any(some))).execute(db)?;
    }
    Ok(())
}

/// Takes events away that are older than `time`, waiting or set aside, oldest first and at most `limit`
/// of them. Answers how many there were.
pub fn delete_older(
    db: &mut Connection,
    time: DateTime<Utc>,
    which: Which,
    limit: i64,
) -> DatabaseResult<usize> {
    let old: Vec<i64> = which
        .filter()
        .filter(wazo_auth_rs_event::created_at.lt(Time(time)))
        .select(wazo_auth_rs_event::id)
        .order(wazo_auth_rs_event::id)
        .limit(limit)
        .load(db)?;
    delete_many(db, &old)?;
    Ok(old.len())
}

/// Events by whether they can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that wait.
    Waiting,
    /// Those that are set aside.
    SetAside,
}

impl Which {
    fn filter(self) -> wazo_auth_rs_event::BoxedQuery<'static, MultiBackend> {
        match self {
            Self::Waiting => table
                .filter(wazo_auth_rs_event::set_aside.is_null())
                .into_boxed(),
            Self::SetAside => table
                .filter(wazo_auth_rs_event::set_aside.is_not_null())
                .into_boxed(),
        }
    }
}

/// Sets an event aside that can never be told, and says why. It waits no longer, and holds up nothing.
pub fn set_aside(db: &mut Connection, id: i64, reason: &str) -> DatabaseResult<()> {
    diesel::update(table.find(id))
        .set(wazo_auth_rs_event::set_aside.eq(reason))
        .execute(db)?;
    Ok(())
}

/// The events that are set aside, in the order of their numbers, at most `limit` of them.
pub fn list_set_aside(db: &mut Connection, limit: i64) -> DatabaseResult<Vec<SetAside>> {
    let rows: Vec<Row> = table
        .filter(wazo_auth_rs_event::set_aside.is_not_null())
        .order(wazo_auth_rs_event::id)
        .limit(limit)
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(|mut row| SetAside {
            reason: row.9.take().unwrap_or_default(),
            event: waiting(row),
        })
        .collect())
}

/// Lets the events that are set aside wait again. Answers how many there were.
pub fn retry_set_aside(db: &mut Connection) -> DatabaseResult<usize> {
    let retried = diesel::update(table.filter(wazo_auth_rs_event::set_aside.is_not_null()))
        .set(wazo_auth_rs_event::set_aside.eq(None::<String>))
        .execute(db)?;
    news::note();
    Ok(retried)
}
