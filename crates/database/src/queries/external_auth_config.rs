//! What tenants configured for types of external authentication: a JSON document for each.

use diesel::prelude::*;
use wazo_auth_model::ids::TenantId;

use crate::{
    connection::{Connection, Each},
    constraint::Constraint,
    error::DatabaseResult,
    queries::parent::{Parent, name_missing},
    schema::auth_external_auth_config::{data, table, tenant_uuid, type_uuid},
};

/// What a tenant configured for a type.
pub fn find(
    db: &mut Connection,
    type_id: &str,
    tenant: &TenantId,
) -> DatabaseResult<Option<String>> {
    Ok(table
        .find((type_id, tenant.as_str()))
        .select(data)
        .first(db)
        .optional()?)
}

/// Stores what a tenant configured for a type, unless there is something already; answers whether it
/// did.
///
/// # Errors
///
/// Breaks [`Constraint::ExternalAuthConfigTenant`] when there is no such tenant.
pub fn insert(
    db: &mut Connection,
    type_id: &str,
    tenant: &TenantId,
    document: &str,
) -> DatabaseResult<bool> {
    let inserted = Each(
        diesel::insert_into(table)
            .values((
                type_uuid.eq(type_id),
                tenant_uuid.eq(tenant.as_str()),
                data.eq(document),
            ))
            .on_conflict((type_uuid, tenant_uuid))
            .do_nothing(),
    )
    .execute(db);
    let parents = [(
        Parent::Tenant(tenant.as_str()),
        Constraint::ExternalAuthConfigTenant,
    )];
    Ok(name_missing(db, inserted, &parents)? > 0)
}

/// Replaces what a tenant configured for a type. Answers whether there was anything.
pub fn update(
    db: &mut Connection,
    type_id: &str,
    tenant: &TenantId,
    document: &str,
) -> DatabaseResult<bool> {
    let changed = diesel::update(table.find((type_id, tenant.as_str())))
        .set(data.eq(document))
        .execute(db)?;
    Ok(changed > 0)
}

/// Deletes what a tenant configured for a type. Answers whether there was anything.
pub fn delete(db: &mut Connection, type_id: &str, tenant: &TenantId) -> DatabaseResult<bool> {
    Ok(diesel::delete(table.find((type_id, tenant.as_str()))).execute(db)? > 0)
}
