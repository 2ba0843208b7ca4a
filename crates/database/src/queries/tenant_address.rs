//! The postal addresses of tenants. A tenant has one or none.

use diesel::prelude::*;
use wazo_auth_model::ids::TenantId;

use crate::{
    connection::Connection, error::DatabaseResult, queries::list::MANY, schema::auth_address,
};

/// An address; none of its parts need be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = auth_address, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Address {
    /// House and street.
    pub line_1: Option<String>,
    /// More of the same.
    pub line_2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub zip_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// The address of a tenant.
pub fn find(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Option<Address>> {
    Ok(auth_address::table
        .filter(auth_address::tenant_uuid.eq(tenant.as_str()))
        .order(auth_address::id)
        .select(Address::as_select())
        .first(db)
        .optional()?)
}

/// The addresses of some tenants, each with its tenant; those without one are left out.
pub fn list(db: &mut Connection, tenants: &[TenantId]) -> DatabaseResult<Vec<(TenantId, Address)>> {
    let mut found = Vec::new();
    for some in tenants.chunks(MANY) {
        let rows: Vec<(String, Address)> = auth_address::table
            .filter(auth_address::tenant_uuid.eq_any(some.iter().map(TenantId::as_str)))
            .order(auth_address::id)
            .select((auth_address::tenant_uuid, Address::as_select()))
            .load(db)?;
        found.extend(
            rows.into_iter()
                .map(|(tenant, address)| (TenantId::from_database(tenant), address)),
        );
    }
    Ok(found)
}

/// Gives a tenant this address, whether it had one or not.
pub fn upsert(db: &mut Connection, tenant: &TenantId, address: &Address) -> DatabaseResult<()> {
    let changed =
        diesel::update(auth_address::table.filter(auth_address::tenant_uuid.eq(tenant.as_str())))
            .set(address)
            .execute(db)?;
    if changed == 0 {
        diesel::insert_into(auth_address::table)
            .values((address, auth_address::tenant_uuid.eq(tenant.as_str())))
            .execute(db)?;
    }
    Ok(())
}

/// Takes a tenant's address away. Answers whether it had one.
pub fn delete(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<bool> {
    let deleted =
        diesel::delete(auth_address::table.filter(auth_address::tenant_uuid.eq(tenant.as_str())))
            .execute(db)?;
    Ok(deleted > 0)
}
