//! The policies of the configuration, as a start of the daemon brings them up to date.

use std::collections::HashSet;

use diesel::prelude::*;
use wazo_auth_model::ids::{PolicyId, TenantId};

use super::Policy;
use crate::{
    connection::Connection,
    error::DatabaseResult,
    queries::list::MANY,
    schema::{auth_group_policy, auth_policy, auth_user_policy},
};

/// A policy that the configuration owns, by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigManaged {
    /// Its id.
    pub uuid: PolicyId,
    /// The tenant that owns it: the top tenant, unless another program wrote it.
    pub tenant_uuid: TenantId,
    /// Its short name.
    pub slug: String,
}

/// The policies that the configuration owns, of all tenants, by their ids.
pub fn list_config_managed(db: &mut Connection) -> DatabaseResult<Vec<ConfigManaged>> {
    let rows: Vec<(String, String, String)> = auth_policy::table
        .filter(auth_policy::config_managed.eq(Some(true)))
        .order(auth_policy::uuid)
        .select((
            auth_policy::uuid,
            auth_policy::tenant_uuid,
            auth_policy::slug,
        ))
        .load(db)?;
    let found = rows.into_iter().map(|(uuid, tenant, slug)| ConfigManaged {
        uuid: PolicyId::from_database(uuid),
        tenant_uuid: TenantId::from_database(tenant),
        slug,
    });
    Ok(found.collect())
}

/// Makes a policy what is said here, its slug included; what is in it and the tenant stay. Answers
/// whether it is there.
///
/// # Errors
///
/// Breaks [`Constraint::PolicyName`](crate::Constraint::PolicyName) or
/// [`Constraint::PolicySlug`](crate::Constraint::PolicySlug) when the tenant has another such policy.
pub fn overwrite(db: &mut Connection, policy: &Policy) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_policy::table.find(policy.uuid.as_str()))
        .set((
            auth_policy::name.eq(&policy.name),
            auth_policy::slug.eq(&policy.slug),
            auth_policy::description.eq(policy.description.as_deref()),
            auth_policy::config_managed.eq(policy.config_managed),
            auth_policy::shared.eq(policy.shared),
        ))
        .execute(db)?;
    Ok(changed > 0)
}

/// Deletes those of some policies that no user and no group has. Answers which are gone; the others
/// cannot be deleted by anybody else until the transaction ends.
pub fn delete_unused(
    db: &mut Connection,
    policies: &[PolicyId],
) -> DatabaseResult<HashSet<PolicyId>> {
    let mut gone = HashSet::new();
    for some in policies.chunks(MANY) {
        let ids = || some.iter().map(PolicyId::as_str);
        if let Connection::Postgres(db) = &mut *db {
            // Whoever gives one of them to somebody at this moment is waited for, and seen below.
            auth_policy::table
                .filter(auth_policy::uuid.eq_any(ids()))
                .order(auth_policy::uuid)
                .select(auth_policy::uuid)
                .for_update()
                .load::<String>(db)?;
        }
        let mut used: HashSet<String> = auth_user_policy::table
            .filter(auth_user_policy::policy_uuid.eq_any(ids()))
            .select(auth_user_policy::policy_uuid)
            .distinct()
            .load(db)?
            .into_iter()
            .collect();
        used.extend(
            auth_group_policy::table
                .filter(auth_group_policy::policy_uuid.eq_any(ids()))
                .select(auth_group_policy::policy_uuid)
                .distinct()
                .load::<String>(db)?,
        );
        let unused: Vec<&PolicyId> = some
            .iter()
            .filter(|policy| !used.contains(policy.as_str()))
            .collect();
        diesel::delete(
            auth_policy::table
                .filter(auth_policy::uuid.eq_any(unused.iter().map(|policy| policy.as_str()))),
        )
        .execute(db)?;
        gone.extend(unused.into_iter().cloned());
    }
    Ok(gone)
}
