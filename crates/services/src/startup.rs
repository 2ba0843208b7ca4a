//! What a start of the daemon brings back to what the configuration says: policies, the groups of all
//! tenants, and which policies these have.
//!
//! There are four steps, in this order: the policies of the configuration; those of the groups of all
//! users; the default groups; and what the configuration has no longer. Each is a transaction, or one for
//! every thousand tenants: a start that is interrupted is finished by the next one. Daemons that start at
//! once on one database take turns, and the later one finds nothing to do. Rows that are as they should be
//! are not written. Nothing is told on the bus.

use std::time::{Duration, Instant};

use wazo_auth_database::{Connection, queries};
use wazo_auth_model::ids::TenantId;

use crate::{
    context::Context,
    policy::configured::{self as policies, Orphans},
    tenant::configured::{self as groups, Configured},
};

pub use crate::policy::configured::DefaultPolicyError;

/// Tenants of one transaction.
const BATCH: usize = 1_000;
/// How often a transaction is tried whose rows others change in the same moment.
const MAX_RACES: usize = 10;
/// How long nothing is said of the progress.
const QUIET: Duration = Duration::from_secs(1);

/// Brings policies and groups to what the configuration says.
///
/// # Errors
///
/// When the database fails, or cannot keep what the configuration says. What was done by then stays.
pub fn synchronise(cx: &Context) -> Result<(), DefaultPolicyError> {
    let (settings, top) = (&cx.services().settings, cx.services().top_tenant());
    let mut changes = Changes::default();

    let wanted = settings.default_policies.clone();
    let done = {
        let (wanted, top) = (wanted.clone(), top.clone());
        step(cx, move |db| policies::synchronise(db, &top, &wanted))?
    };
    changes.policies(&done);

    let tenants = cx.read(queries::tenant::list_ids)?;
    for (key, kind, configured) in [
        (
            "all_users_policies",
            "groups of all users",
            Configured::all_users(settings, top),
        ),
        (
            "tenant_default_groups",
            "default groups",
            Configured::default_groups(settings, top),
        ),
    ] {
        let done = in_all_tenants(cx, key, &tenants, &configured)?;
        changes.groups(key, kind, &done);
    }

    let orphans = step(cx, move |db| {
        policies::delete_orphans(db, &wanted).map_err(DefaultPolicyError::from)
    })?;
    changes.orphans(&orphans);
    changes.tell();
    Ok(())
}

/// Runs a transaction while no other daemon runs one of these. It is tried again where somebody else
/// changes the same rows: what was found is no longer so then.
fn step<T: Send + 'static>(
    cx: &Context,
    work: impl Fn(&mut Connection) -> Result<T, DefaultPolicyError> + Clone + Send + 'static,
) -> Result<T, DefaultPolicyError> {
    let mut races = 0;
    loop {
        let work = work.clone();
        let done = cx.transaction(move |db| {
            queries::installation::lock_synchronisation(db)?;
            work(db)
        });
        match done {
            Err(DefaultPolicyError::Database(error))
                if error.violation().is_some() && races < MAX_RACES =>
            {
                races += 1;
            }
            done => return done,
        }
    }
}

fn in_all_tenants(
    cx: &Context,
    key: &str,
    tenants: &[TenantId],
    configured: &Configured,
) -> Result<groups::Done, DefaultPolicyError> {
    let mut all = groups::Done::default();
    if configured.is_empty() {
        return Ok(all);
    }
    let (mut told, mut finished) = (Instant::now(), 0);
    for some in tenants.chunks(BATCH) {
        let (configured, batch) = (configured.clone(), some.to_vec());
        let done = step(cx, move |db| {
            // Others may have deleted some by now.
            let tenants = queries::tenant::retain_known(db, &batch)?;
            Ok(configured.apply(db, &tenants)?)
        })?;
        all.add(done);
        finished += some.len();
        if told.elapsed() >= QUIET && finished < tenants.len() {
            log::info!("{key}: {finished} of {} tenants are done", tenants.len());
            told = Instant::now();
        }
    }
    Ok(all)
}

/// What was changed, for one line in the log.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    fn count(&mut self, count: usize, what: &str) {
        if count > 0 {
            self.0.push(format!("{what}: {count}"));
        }
    }

    fn policies(&mut self, done: &policies::Done) {
        self.count(done.made, "policies made");
        self.count(done.changed, "policies changed");
        for (uuid, slug) in &done.taken_over {
            log::warn!(
                "default_policies: the policy {uuid} with the slug {slug:?} was made by a client; it belongs to the configuration now, and those who have it keep it"
            );
        }
        for slug in &done.names_taken {
            log::warn!(
                "default_policies: another policy has the name {slug:?}, so the one with this slug has another name"
            );
        }
    }

    /// `kind`: what these groups are called.
    fn groups(&mut self, key: &str, kind: &str, done: &groups::Done) {
        let made = done.made + done.without_all_users.len();
        self.count(made, &format!("{kind} made"));
        self.count(done.restored, &format!("{kind} restored"));
        self.count(done.linked, &format!("policies given to {kind}"));
        self.count(done.unlinked, &format!("policies taken from {kind}"));
        if let Some(first) = done.without_all_users.first() {
            log::warn!(
                "tenants without a group of all their users: {}, such as {first}; each has one now, and its users are in it",
                done.without_all_users.len()
            );
        }
        for slug in &done.missing_policies {
            log::error!(
                "{key}: no group gets the policy {slug:?}: the top tenant has none of this slug that the configuration owns"
            );
        }
        for (slug, (tenants, first)) in &done.names_taken {
            log::warn!(
                "{key}: another group has the name {slug:?}, so the one with this slug has another name; tenants: {tenants}, such as {first}"
            );
        }
    }

    fn orphans(&mut self, orphans: &Orphans) {
        self.count(orphans.deleted, "policies deleted");
        for uuid in &orphans.kept {
            log::warn!("default_policies: deleting policy {uuid} (SKIPPED: associated)");
        }
    }

    fn tell(&self) {
        if self.0.is_empty() {
            log::debug!("policies and groups are as the configuration says");
        } else {
            log::info!(
                "brought policies and groups to the configuration: {}",
                self.0.join(", ")
            );
        }
    }
}
