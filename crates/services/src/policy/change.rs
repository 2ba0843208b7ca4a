//! Making, changing and deleting policies.

use std::collections::HashSet;

use wazo_auth_database::{Connection, Constraint, DatabaseError, queries};
use wazo_auth_model::{
    ids::{PolicyId, TenantId},
    slug::POLICY,
};

use super::{Exposed, Name, Policy, PolicyError, Sight, is_read_only};
use crate::{context::Context, escalation::Giver, slug};

/// What callers say of a policy, whether it is new or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What is in it; what is there twice counts once.
    pub accesses: Vec<String>,
}

/// What a caller says of a new policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Its short name; made from the name where it does not matter.
    pub slug: Option<String>,
    /// Whether the tenants below see it.
    pub shared: bool,
    /// All else.
    pub profile: Profile,
}

/// Makes a policy in the caller's tenant.
///
/// # Errors
///
/// When the caller has not all that is in it, or when it could be mistaken for another one.
pub fn create(cx: &Context, new: New) -> Result<Exposed, PolicyError> {
    let tenant = cx.scope().ok_or(PolicyError::NoTenant)?;
    Giver::of(cx).may_add(&new.profile.accesses)?;
    let uuid = PolicyId::random();
    let made = cx.transaction(move |db| insert(db, &uuid, &tenant, &new))?;
    log::info!("made policy {}", made.uuid);
    Ok(Exposed::stored(made))
}

fn insert(
    db: &mut Connection,
    uuid: &PolicyId,
    tenant: &TenantId,
    new: &New,
) -> Result<Policy, PolicyError> {
    let Profile {
        name,
        description,
        accesses,
    } = new.profile.clone();
    let slug = match &new.slug {
        Some(slug) => slug.clone(),
        None => slug::free(&POLICY, Some(&name), |slug| {
            Ok(queries::policy::find_by_slug(db, tenant, slug)?.is_some())
        })?,
    };
    let policy = Policy {
        uuid: uuid.clone(),
        name,
        slug,
        description,
        tenant_uuid: tenant.clone(),
        config_managed: false,
        shared: new.shared,
        accesses,
    };
    queries::policy::lock_names(db, &policy.name, &policy.slug)?;
    if queries::policy::is_ambiguous(db, &policy)? {
        return Err(PolicyError::Taken(policy.name));
    }
    queries::policy::insert(db, &policy).map_err(|error| refused(error, &policy.name))?;
    read_again(db, uuid)
}

fn refused(error: DatabaseError, name: &str) -> PolicyError {
    match error.constraint() {
        Some(Constraint::PolicyName | Constraint::PolicySlug) => {
            PolicyError::Taken(name.to_owned())
        }
        Some(Constraint::PolicyTenant) => PolicyError::NoTenant,
        Some(Constraint::Access) => PolicyError::AccessTooLong,
        _ => error.into(),
    }
}

/// The policy with its accesses in their order, which only the database knows.
fn read_again(db: &mut Connection, uuid: &PolicyId) -> Result<Policy, PolicyError> {
    queries::policy::find_within(db, &super::Scope::All, uuid)?
        .map(|found| found.policy)
        .ok_or_else(|| PolicyError::Gone(uuid.clone()))
}

/// Replaces what is said of a policy, and what is in it. The slug stays, and so does who sees it.
///
/// # Errors
///
/// When the caller sees no such policy, has not all that is to be in it or is taken out of it, may not
/// change it, or when its tenant has another one of this name.
pub fn update(cx: &Context, name: &Name, profile: Profile) -> Result<Exposed, PolicyError> {
    let (sight, giver) = (Sight::of(cx, name), Giver::of(cx));
    giver.may_add(&profile.accesses)?;
    let changed = cx.transaction(move |db| {
        let found = sight.lock(db)?;
        let kept: HashSet<&String> = profile.accesses.iter().collect();
        let dropped: Vec<String> = found
            .policy
            .accesses
            .iter()
            .filter(|access| !kept.contains(access))
            .cloned()
            .collect();
        giver.may_remove(&dropped)?;
        let uuid = changeable(&found)?;
        queries::policy::update(db, uuid, &profile.name, profile.description.as_deref())
            .map_err(|error| refused(error, &profile.name))?;
        queries::policy::replace_accesses(db, uuid, &profile.accesses)
            .map_err(|error| refused(error, &profile.name))?;
        read_again(db, uuid)
    })?;
    log::info!("changed policy {}", changed.uuid);
    Ok(Exposed::stored(changed))
}

/// Deletes a policy, and takes it from all who have it.
///
/// # Errors
///
/// When the caller sees no such policy, has not all that is in it, or may not change it.
pub fn delete(cx: &Context, name: &Name) -> Result<(), PolicyError> {
    let (sight, giver) = (Sight::of(cx, name), Giver::of(cx));
    let deleted = cx.transaction(move |db| {
        let found = sight.lock(db)?;
        giver.may_remove(&found.policy.accesses)?;
        let uuid = changeable(&found)?;
        queries::policy::delete(db, uuid)?;
        Ok::<_, PolicyError>(uuid.clone())
    })?;
    log::info!("deleted policy {deleted}");
    Ok(())
}

/// Puts an access into a policy.
///
/// # Errors
///
/// When the caller has not the access, sees no such policy or may not change it, or when the access is
/// in it already.
pub fn add_access(cx: &Context, name: &Name, access: &str) -> Result<(), PolicyError> {
    let accesses = vec![access.to_owned()];
    Giver::of(cx).may_add(&accesses)?;
    let (sight, access) = (Sight::of(cx, name), access.to_owned());
    cx.transaction(move |db| {
        let found = sight.lock(db)?;
        let added = queries::policy::add_access(db, changeable(&found)?, &access)
            .map_err(|error| refused(error, &found.policy.name))?;
        if !added {
            return Err(PolicyError::AccessTaken(access.clone()));
        }
        Ok(())
    })
}

/// Takes an access out of a policy, if it is in it.
///
/// # Errors
///
/// When the caller has not the access, sees no such policy or may not change it.
pub fn remove_access(cx: &Context, name: &Name, access: &str) -> Result<(), PolicyError> {
    let accesses = vec![access.to_owned()];
    Giver::of(cx).may_remove(&accesses)?;
    let (sight, access) = (Sight::of(cx, name), access.to_owned());
    cx.transaction(move |db| {
        let found = sight.lock(db)?;
        queries::policy::remove_access(db, changeable(&found)?, &access)?;
        Ok(())
    })
}

/// The id of a policy that the caller may change.
fn changeable(found: &queries::policy::Visible) -> Result<&PolicyId, PolicyError> {
    if is_read_only(found) {
        return Err(PolicyError::ReadOnly(found.policy.uuid.clone()));
    }
    Ok(&found.policy.uuid)
}
