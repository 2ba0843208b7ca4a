//! The domain names of tenants. A name belongs to one tenant of the whole server.

use diesel::prelude::*;
use wazo_auth_model::ids::TenantId;

use crate::{
    connection::Connection, error::DatabaseResult, queries::list::MANY, schema::auth_tenant_domain,
};

/// A domain name of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id, to which a SAML configuration refers.
    pub uuid: String,
    /// The tenant that it belongs to.
    pub tenant_uuid: TenantId,
    /// The name as it was typed; case matters.
    pub name: String,
}

type Row = (String, String, String);

fn domain((uuid, tenant_uuid, name): Row) -> Domain {
    Domain {
        uuid,
        tenant_uuid: TenantId::from_database(tenant_uuid),
        name,
    }
}

/// The domain with this name.
pub fn find_by_name(db: &mut Connection, name: &str) -> DatabaseResult<Option<Domain>> {
    Ok(auth_tenant_domain::table
        .filter(auth_tenant_domain::name.eq(name))
        .first::<Row>(db)
        .optional()?
        .map(domain))
}

/// The domains of some tenants; those of each by name.
pub fn list(db: &mut Connection, tenants: &[TenantId]) -> DatabaseResult<Vec<Domain>> {
    let mut found = Vec::new();
    for some in tenants.chunks(MANY) {
        let rows: Vec<Row> = auth_tenant_domain::table
            .filter(auth_tenant_domain::tenant_uuid.eq_any(some.iter().map(TenantId::as_str)))
            .order(auth_tenant_domain::name)
            .load(db)?;
        found.extend(rows.into_iter().map(domain));
    }
    Ok(found)
}

/// Makes `names` the domains of a tenant. What it keeps keeps its id.
///
/// # Errors
///
/// Breaks [`Constraint::TenantDomainName`](crate::Constraint::TenantDomainName) when another tenant has one
/// of the names.
pub fn replace(db: &mut Connection, tenant: &TenantId, names: &[String]) -> DatabaseResult<()> {
    use auth_tenant_domain::{name, table, tenant_uuid};
    diesel::delete(
        table
            .filter(tenant_uuid.eq(tenant.as_str()))
            .filter(name.ne_all(names)),
    )
    .execute(db)?;
    let mut there: Vec<String> = table
        .filter(tenant_uuid.eq(tenant.as_str()))
        .select(name)
        .load(db)?;
    for wanted in names {
        if !there.contains(wanted) {
            diesel::insert_into(table)
                .values((tenant_uuid.eq(tenant.as_str()), name.eq(wanted)))
                .execute(db)?;
            there.push(wanted.clone());
        }
    }
    Ok(())
}
