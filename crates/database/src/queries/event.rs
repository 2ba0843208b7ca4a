//! Events that wait to be told on the bus. They are written with the change that they are about.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use wazo_auth_model::event::Event;

use crate::{
    connection::Connection,
    error::DatabaseResult,
    schema::wazo_auth_rs_event,
    types::{Document, Time},
};

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
    /// The tenant that it happened in.
    pub tenant_uuid: String,
    /// Whom it is about, if anybody.
    pub user_uuid: Option<String>,
    /// What subscribers are told.
    pub payload: Value,
}

type Row = (i64, Time, String, String, String, Option<String>, Document);

/// Adds an event.
pub fn insert(db: &mut Connection, event: &Event, now: DateTime<Utc>) -> DatabaseResult<()> {
    use wazo_auth_rs_event::{created_at, name, object, payload, table, tenant_uuid, user_uuid};
    diesel::insert_into(table)
        .values((
            created_at.eq(Time(now)),
            object.eq(event.object()),
            name.eq(event.name()),
            tenant_uuid.eq(event.tenant().as_str()),
            user_uuid.eq(event.user()),
            payload.eq(Document(event.payload())),
        ))
        .execute(db)?;
    Ok(())
}

/// The events with numbers after `after`, in the order of their numbers, at most `limit` of them.
pub fn list(db: &mut Connection, after: i64, limit: i64) -> DatabaseResult<Vec<Waiting>> {
    let rows: Vec<Row> = wazo_auth_rs_event::table
        .filter(wazo_auth_rs_event::id.gt(after))
        .order(wazo_auth_rs_event::id)
        .limit(limit)
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(
            |(id, created_at, object, name, tenant_uuid, user_uuid, payload)| Waiting {
                id,
                created_at: created_at.0,
                object,
                name,
                tenant_uuid,
                user_uuid,
                payload: payload.0,
            },
        )
        .collect())
}

/// Takes an event away, once it was told. Answers whether it was there.
pub fn delete(db: &mut Connection, id: i64) -> DatabaseResult<bool> {
    Ok(diesel::delete(wazo_auth_rs_event::table.find(id)).execute(db)? > 0)
}
