//! The policies that the configuration owns: made, brought up to date, and deleted when it has them no
//! longer. They belong to the top tenant, and are seen from all others.

use std::collections::{HashMap, HashSet};

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        self,
        list::Paging,
        policy::{Filter, Policy},
        scope::Scope,
    },
};
use wazo_auth_model::{
    ids::{PolicyId, TenantId},
    search::lower,
};

use crate::settings::DefaultPolicy;

/// How many characters the name of a policy has at most.
const LONGEST_NAME: usize = 80;
/// What a policy is for that is not described.
const DESCRIPTION: &str = "Automatically created";

/// Why the policies are not as the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum DefaultPolicyError {
    /// The database cannot keep an access of this length.
    #[error("default_policies.{0}.acl: the database cannot keep so long an access")]
    AccessTooLong(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Policies that were made.
    pub made: usize,
    /// Policies that were brought up to date.
    pub changed: usize,
    /// Those of them that clients had made, and that belong to the configuration from now on.
    pub taken_over: Vec<(PolicyId, String)>,
    /// Slugs of policies whose name another one has.
    pub names_taken: Vec<String>,
}

/// Makes the policies of the top tenant with these slugs what is said here; those that are so already are
/// not touched. One that clients have made belongs to the configuration from then on, and whoever has it
/// keeps it: a tenant cannot have two of one slug, in whatever case of letters.
pub(crate) fn synchronise(
    db: &mut Connection,
    top: &TenantId,
    wanted: &[DefaultPolicy],
) -> Result<Done, DefaultPolicyError> {
    let mut done = Done::default();
    if wanted.is_empty() {
        return Ok(done);
    }
    let owned = Filter {
        tenant_uuid: Some(top.to_string()),
        ..Filter::default()
    };
    let found = queries::policy::list(db, &Scope::Tenant(top.clone()), &owned, &Paging::default())?;
    let found: Vec<Policy> = found.into_iter().map(|found| found.policy).collect();
    let by_slug: HashMap<String, &Policy> = found
        .iter()
        .map(|policy| (lower(&policy.slug), policy))
        .collect();
    let names: HashMap<&str, &PolicyId> = found
        .iter()
        .map(|policy| (policy.name.as_str(), &policy.uuid))
        .collect();
    for wanted in wanted {
        let old = by_slug.get(&lower(&wanted.slug)).copied();
        let mut policy = planned(top, wanted, old);
        // A client's policy of the name keeps it, and the slug says which one is meant.
        if names
            .get(policy.name.as_str())
            .is_some_and(|holder| **holder != policy.uuid)
        {
            done.names_taken.push(wanted.slug.clone());
            policy.name = match old {
                Some(old) => old.name.clone(),
                None => unique_name(&policy),
            };
        }
        write(db, &policy, old, &mut done).map_err(|error| match error.constraint() {
            Some(Constraint::Access) => DefaultPolicyError::AccessTooLong(wanted.slug.clone()),
            _ => error.into(),
        })?;
    }
    Ok(done)
}

/// The policy as it is to be.
fn planned(top: &TenantId, wanted: &DefaultPolicy, old: Option<&Policy>) -> Policy {
    let description = wanted.description.as_deref().unwrap_or(DESCRIPTION);
    Policy {
        uuid: old.map_or_else(PolicyId::random, |old| old.uuid.clone()),
        name: wanted.slug.clone(),
        slug: wanted.slug.clone(),
        description: Some(description.to_owned()),
        tenant_uuid: top.clone(),
        config_managed: true,
        shared: wanted
            .shared
            .unwrap_or_else(|| old.is_some_and(|old| old.shared)),
        accesses: wanted.accesses.clone(),
    }
}

fn unique_name(policy: &Policy) -> String {
    let name = format!("{} {}", policy.uuid, policy.slug);
    name.chars().take(LONGEST_NAME).collect()
}

/// Writes what differs from what is there.
fn write(
    db: &mut Connection,
    policy: &Policy,
    old: Option<&Policy>,
    done: &mut Done,
) -> DatabaseResult<()> {
    let Some(old) = old else {
        queries::policy::insert(db, policy)?;
        done.made += 1;
        return Ok(());
    };
    let set = |accesses: &[String]| accesses.iter().cloned().collect::<HashSet<_>>();
    // What clients may change at this moment is written in any case.
    let other_accesses = !old.config_managed || set(&old.accesses) != set(&policy.accesses);
    let accesses = old.accesses.clone();
    let other_heading = Policy {
        accesses,
        ..policy.clone()
    } != *old;
    if other_heading {
        queries::policy::overwrite(db, policy)?;
    }
    if other_accesses {
        queries::policy::replace_accesses(db, &policy.uuid, &policy.accesses)?;
    }
    if !old.config_managed {
        done.taken_over
            .push((policy.uuid.clone(), policy.slug.clone()));
    }
    done.changed += usize::from(other_heading || other_accesses);
    Ok(())
}

/// Policies that the configuration had and has no longer.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    /// How many were deleted.
    pub deleted: usize,
    /// Those that somebody still has.
    pub kept: Vec<PolicyId>,
}

/// Deletes the policies that the configuration owns and does not have, but for those that a user or a
/// group still has.
pub(crate) fn delete_orphans(
    db: &mut Connection,
    wanted: &[DefaultPolicy],
) -> DatabaseResult<Orphans> {
    let wanted: HashSet<&str> = wanted.iter().map(|policy| policy.slug.as_str()).collect();
    let orphans: Vec<PolicyId> = queries::policy::list_config_managed(db)?
        .into_iter()
        .filter(|policy| !wanted.contains(policy.slug.as_str()))
        .map(|policy| policy.uuid)
        .collect();
    let gone = queries::policy::delete_unused(db, &orphans)?;
    Ok(Orphans {
        deleted: gone.len(),
        kept: orphans
            .into_iter()
            .filter(|orphan| !gone.contains(orphan))
            .collect(),
    })
}
