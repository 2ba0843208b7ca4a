//! Events between the transaction that wrote them and the broker that takes them.
//!
//! An event waits until somebody says that it was told; nothing else takes it away while there is
//! somebody to tell it. Of one object, one event is told at a time, in the order in which they happened.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use wazo_auth_database::{DatabaseError, DatabaseResult, Turn, queries};

use wazo_auth_database::queries::event::Which;
pub use wazo_auth_database::queries::event::{SetAside, Waiting};

use crate::context::Services;

/// How long an event waits where this daemon has no broker: for a while, since another daemon may have
/// one.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// How many events are thrown away in one transaction.
const BATCH: i64 = 1000;

/// The events that wait.
#[derive(Clone)]
pub struct Outbox(Arc<Services>);

impl Outbox {
    /// Those of a database; `None` where it has no place for events.
    #[must_use]
    pub fn of(services: &Arc<Services>) -> Option<Self> {
        services
            .database()
            .has_events()
            .then(|| Self(Arc::clone(services)))
    }

    /// Told of each transaction of this daemon that committed events, before its answer leaves.
    #[must_use]
    pub fn news(&self) -> Arc<Notify> {
        self.0.database().news()
    }

    /// A claim to the turn to tell events, of which there is one for each database.
    #[must_use]
    pub fn turn(&self) -> Turn {
        self.0.database().turn()
    }

    /// The identity of the platform, which events name as their origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.xivo_uuid()
    }

    /// The first event of each object that is not among `busy`, oldest first. Looks at `limit` events;
    /// the second answer is whether there may be more.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn next(
        &self,
        busy: Vec<String>,
        limit: i64,
    ) -> DatabaseResult<(Vec<Waiting>, bool)> {
        let found = self
            .0
            .database()
            .read_in_background(move |db| queries::event::list_of_others(db, &busy, limit))
            .answer()
            .await?;
        let more = i64::try_from(found.len()).is_ok_and(|found| found >= limit);
        Ok((first_of_each(found), more))
    }

    /// Whether more events wait than so many.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn exceeds(&self, most: i64) -> DatabaseResult<bool> {
        self.0
            .database()
            .read_in_background(move |db| queries::event::are_more_than(db, most))
            .answer()
            .await
    }

    /// Takes events away that were told.
    ///
    /// # Errors
    ///
    /// When the database fails; then they wait as before.
    pub async fn remove(&self, ids: Vec<i64>) -> DatabaseResult<()> {
        self.0
            .database()
            .write_in_background(move |db| queries::event::delete_many(db, &ids))
            .answer()
            .await
    }

    /// Sets an event aside that can never be told.
    ///
    /// # Errors
    ///
    /// When the database fails; then it waits as before.
    pub async fn set_aside(&self, id: i64, reason: String) -> DatabaseResult<()> {
        self.0
            .database()
            .write_in_background(move |db| queries::event::set_aside(db, id, &reason))
            .answer()
            .await
    }

    /// What there is, with at most `most` of the events that are set aside.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn overview(&self, most: i64) -> DatabaseResult<Overview> {
        self.0
            .database()
            .read(move |db| {
                Ok(Overview {
                    waiting: queries::event::count(db)?,
                    oldest: queries::event::list(db, 0, 1)?
                        .first()
                        .map(|event| event.created_at),
                    set_aside: queries::event::list_set_aside(db, most)?,
                })
            })
            .wait()
    }

    /// Lets the events that are set aside wait again. Answers how many there were.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn retry(&self) -> DatabaseResult<usize> {
        let database = self.0.database();
        database.write(queries::event::retry_set_aside).wait()
    }

    /// Throws events away that have waited for an hour, for a daemon that has no broker while no other
    /// daemon tells them. Answers how many there were.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn discard(&self) -> DatabaseResult<usize> {
        let time = self.0.now() - KEPT;
        let mut discarded = 0;
        loop {
            let some = self
                .0
                .database()
                .write_in_background::<_, DatabaseError>(move |db| {
                    queries::event::delete_older(db, time, Which::Waiting, BATCH)
                })
                .wait()?;
            discarded += some;
            if i64::try_from(some).is_ok_and(|some| some < BATCH) {
                return Ok(discarded);
            }
        }
    }
}

/// The events that wait, and those that are set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// How many wait.
    pub waiting: i64,
    /// Since when the first of them does.
    pub oldest: Option<DateTime<Utc>>,
    /// Those that can never be published as they are, oldest first.
    pub set_aside: Vec<SetAside>,
}

/// The others wait until the first one was told.
fn first_of_each(found: Vec<Waiting>) -> Vec<Waiting> {
    let mut objects = std::collections::HashSet::new();
    found
        .into_iter()
        .filter(|event| objects.insert(event.object.clone()))
        .collect()
}
