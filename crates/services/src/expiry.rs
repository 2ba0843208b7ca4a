//! Tokens that are dead: they are removed with their sessions, and that is told; and so it is that a session
//! ends soon.
//!
//! One daemon of several does this at a time. Each batch is a transaction that removes and tells, so that
//! whatever is killed, each end is told once, and so is each announcement of one.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use wazo_auth_database::{
    Connection, DatabaseError, DatabaseResult,
    queries::{self, event::Which, token::Expiry},
};
use wazo_auth_model::{event::Event, ids::TenantId};

use crate::{context::Services, event::Recorder};

/// How many tokens are removed in one transaction where the configuration names no number.
const USUAL_BATCH: i64 = 5000;
/// How long an event stays that is set aside.
const SET_ASIDE: TimeDelta = TimeDelta::days(30);

/// How dead tokens are removed.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// How often; and so long before its end a session ends soon.
    pub interval: Duration,
    /// How many tokens at a time; 0: the usual number.
    pub batch_size: i64,
    /// How long a SAML session may be kept.
    pub saml_session_lifetime: Duration,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Sessions that were ended.
    pub ended: usize,
    /// Sessions of which it was told that they end soon.
    pub announced: usize,
    /// SAML sessions, and what was remembered of identity providers.
    pub saml: usize,
}

/// What became of a batch.
struct Batch {
    /// How many tokens it had.
    found: usize,
    /// Sessions that were ended or announced.
    told: usize,
    /// Sessions of no known tenant, of which nothing can be told.
    homeless: Vec<String>,
}

/// Removes what is dead and announces what dies soon, batch by batch, until nothing is left, `is_over` says
/// that it is enough, or another daemon is at it. `progress` is told of each full batch what was done so far.
///
/// # Errors
///
/// When the database fails; what was done until then stays.
pub fn pass(
    services: &Services,
    rule: &Rule,
    mut is_over: impl FnMut() -> bool,
    mut progress: impl FnMut(&Done),
) -> DatabaseResult<Done> {
    let limit = if rule.batch_size > 0 {
        rule.batch_size
    } else {
        USUAL_BATCH
    };
    let work = || Work {
        recorder: Recorder::of(services),
        has_events: services.database().has_events(),
        interval: whole_seconds(rule.interval),
        limit,
    };
    let mut done = Done::default();
    loop {
        let (now, work) = (services.now(), work());
        let batch = services
            .database()
            .write_in_background::<_, DatabaseError>(move |db| work.end(db, now))
            .wait()?;
        let Some(batch) = batch else {
            return Ok(done);
        };
        done.ended += batch.told;
        if !goes_on(&batch, limit) {
            break;
        }
        progress(&done);
        if is_over() {
            return Ok(done);
        }
    }
    let now = services.now();
    let oldest = TimeDelta::from_std(rule.saml_session_lifetime).unwrap_or(TimeDelta::MAX);
    let oldest = now
        .checked_sub_signed(oldest)
        .unwrap_or(DateTime::<Utc>::MIN_UTC);
    done.saml = services
        .database()
        .write_in_background::<_, DatabaseError>(move |db| {
            Ok(queries::saml_session::delete_expired(db, oldest)?
                + queries::saml_cache::delete_expired(db, now.timestamp())?)
        })
        .wait()?;
    if !work().has_events {
        return Ok(done);
    }
    let mut last = None;
    loop {
        if is_over() {
            return Ok(done);
        }
        let (now, work) = (services.now(), work());
        let batch = services
            .database()
            .write_in_background::<_, DatabaseError>(move |db| {
                work.announce(db, now, last.as_ref())
            })
            .wait()?;
        let Some((batch, end)) = batch else {
            return Ok(done);
        };
        last = end;
        done.announced += batch.told;
        if !goes_on(&batch, limit) {
            break;
        }
    }
    services
        .database()
        .write_in_background::<_, DatabaseError>(move |db| {
            queries::expire_soon::delete_past(db, now.timestamp())?;
            queries::event::delete_older(db, now - SET_ASIDE, Which::SetAside, limit)
        })
        .wait()?;
    Ok(done)
}

/// Seconds, rounded up.
fn whole_seconds(time: Duration) -> i64 {
    let up = i64::from(time.subsec_nanos() > 0);
    i64::try_from(time.as_secs()).map_or(i64::MAX, |seconds| seconds.saturating_add(up))
}

/// Says what cannot be told, and whether there may be more to do.
fn goes_on(batch: &Batch, limit: i64) -> bool {
    for session in &batch.homeless {
        log::warn!("invalid session {session}: no tenant_uuid found");
    }
    i64::try_from(batch.found).is_ok_and(|found| found >= limit)
}

/// What a batch is done with.
#[derive(Clone, Copy)]
struct Work {
    recorder: Recorder,
    has_events: bool,
    /// In seconds.
    interval: i64,
    limit: i64,
}

impl Work {
    /// Removes dead tokens with their sessions; `None` while another daemon does.
    fn end(self, db: &mut Connection, now: DateTime<Utc>) -> DatabaseResult<Option<Batch>> {
        if !queries::expire_soon::claim(db)? {
            return Ok(None);
        }
        let dead = queries::token::list_expired(db, now.timestamp(), self.limit)?;
        let announced: HashSet<String> = if self.has_events {
            queries::expire_soon::list(db, &dead)?.into_iter().collect()
        } else {
            HashSet::new()
        };
        let sessions: Vec<_> = dead
            .iter()
            .map(|expiry| expiry.session_uuid.clone())
            .collect();
        queries::session::delete_many(db, &sessions)?;
        let (mut events, mut homeless) = (Vec::new(), Vec::new());
        let mut ended = HashSet::new();
        for expiry in &dead {
            if !ended.insert(expiry.session_uuid.as_str()) {
                continue;
            }
            let Some(tenant) = &expiry.tenant_uuid else {
                homeless.push(expiry.session_uuid.to_string());
                continue;
            };
            // Nobody was there to tell it in time.
            if self.was_to_be_announced(expiry) && !announced.contains(expiry.session_uuid.as_str())
            {
                events.push(ends_soon(expiry, tenant));
            }
            events.push(Event::SessionDeleted {
                session: expiry.session_uuid.clone(),
                tenant: tenant.clone(),
                auth_id: Some(expiry.auth_id.clone()),
            });
        }
        self.recorder.record_many(db, &events)?;
        Ok(Some(Batch {
            found: dead.len(),
            told: ended.len(),
            homeless,
        }))
    }

    /// Whether a token lived so long that the announcement of its end was due whatever the passes were.
    fn was_to_be_announced(self, expiry: &Expiry) -> bool {
        expiry
            .issued_t
            .is_some_and(|issued| expiry.expire_t.saturating_sub(issued) > self.interval)
    }

    /// Tells of sessions behind `last` that they end soon; `None` while another daemon does. The second
    /// answer is the next `last`.
    fn announce(
        self,
        db: &mut Connection,
        now: DateTime<Utc>,
        last: Option<&Expiry>,
    ) -> DatabaseResult<Option<(Batch, Option<Expiry>)>> {
        if !queries::expire_soon::claim(db)? {
            return Ok(None);
        }
        let now = now.timestamp();
        let until = now.saturating_add(self.interval);
        let mut ending = queries::token::list_expiring(db, now, until, last, self.limit)?;
        let (found, last) = (ending.len(), ending.last().cloned());
        let known: HashSet<String> = queries::expire_soon::list(db, &ending)?
            .into_iter()
            .collect();
        ending.retain(|expiry| !known.contains(expiry.session_uuid.as_str()));
        // What is just being ended needs no announcement, and nothing may be told of it after its end.
        let ending = queries::token::lock(db, ending)?;
        queries::expire_soon::insert(db, &ending)?;
        let (mut events, mut homeless) = (Vec::new(), Vec::new());
        let mut announced = HashSet::new();
        for expiry in &ending {
            if !announced.insert(expiry.session_uuid.as_str()) {
                continue;
            }
            match &expiry.tenant_uuid {
                Some(tenant) => events.push(ends_soon(expiry, tenant)),
                None => homeless.push(expiry.session_uuid.to_string()),
            }
        }
        self.recorder.record_many(db, &events)?;
        let batch = Batch {
            found,
            told: events.len(),
            homeless,
        };
        Ok(Some((batch, last)))
    }
}

fn ends_soon(expiry: &Expiry, tenant: &TenantId) -> Event {
    Event::SessionExpiresSoon {
        session: expiry.session_uuid.clone(),
        tenant: tenant.clone(),
        auth_id: expiry.auth_id.clone(),
    }
}
