//! Telling the rest of the platform what has changed: events are written in the transaction of the
//! change, so that none tells of what never happened and none is missing.

pub mod outbox;

use chrono::{DateTime, Utc};
use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{self, session::Session},
};
use wazo_auth_model::event::Event;

use crate::context::{Context, Services};

/// Writes events, where the database has a place for them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorder {
    now: DateTime<Utc>,
    on: bool,
}

impl Recorder {
    /// One for an operation of now.
    pub fn new(cx: &Context) -> Self {
        Self::of(cx.services())
    }

    /// One for work of now that no request asks for.
    pub fn of(services: &Services) -> Self {
        Self {
            now: services.now(),
            on: services.database().has_events(),
        }
    }

    /// Writes an event.
    pub fn record(self, db: &mut Connection, event: &Event) -> DatabaseResult<()> {
        if !self.on {
            return Ok(());
        }
        queries::event::insert(db, event, self.now)
    }

    /// Writes events, in their order.
    pub fn record_many(self, db: &mut Connection, events: &[Event]) -> DatabaseResult<()> {
        if !self.on {
            return Ok(());
        }
        queries::event::insert_many(db, events, self.now)
    }

    /// Tells of sessions that were ended.
    pub fn sessions_deleted(self, db: &mut Connection, ended: &[Session]) -> DatabaseResult<()> {
        for session in ended {
            self.record(
                db,
                &Event::SessionDeleted {
                    session: session.uuid.clone(),
                    tenant: session.tenant_uuid.clone(),
                    auth_id: session.auth_id.clone(),
                },
            )?;
        }
        Ok(())
    }
}
