//! Groups.

use diesel::prelude::*;
use wazo_auth_model::ids::{GroupId, TenantId};

use crate::{connection::Connection, error::DatabaseResult, schema::auth_group};

/// The group of all users of a tenant.
pub fn find_all_users(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Option<GroupId>> {
    Ok(auth_group::table
        .filter(auth_group::tenant_uuid.eq(tenant.as_str()))
        .filter(auth_group::slug.eq(format!("wazo-all-users-tenant-{tenant}")))
        .select(auth_group::uuid)
        .first::<String>(db)
        .optional()?
        .map(GroupId::from_database))
}
