//! Policies.

use diesel::prelude::*;
use wazo_auth_model::ids::{PolicyId, TenantId};

use crate::{connection::Connection, error::DatabaseResult, schema::auth_policy};

/// The policy of a tenant with this slug.
pub fn find_by_slug(
    db: &mut Connection,
    tenant: &TenantId,
    slug: &str,
) -> DatabaseResult<Option<PolicyId>> {
    Ok(auth_policy::table
        .filter(auth_policy::tenant_uuid.eq(tenant.as_str()))
        .filter(auth_policy::slug.eq(slug))
        .select(auth_policy::uuid)
        .first::<String>(db)
        .optional()?
        .map(PolicyId::from_database))
}
