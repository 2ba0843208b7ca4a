//! Tenants that tests of other subjects hang their rows on.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::tenant::{self, Tenant},
};
use wazo_auth_model::ids::TenantId;

/// The top tenant, and a new one below it.
pub fn two_tenants(db: &mut Connection) -> DatabaseResult<(TenantId, TenantId)> {
    let top = tenant::find_top(db)?.uuid;
    let below = TenantId::random();
    let new = Tenant {
        uuid: below.clone(),
        name: None,
        phone: None,
        contact_uuid: None,
        parent_uuid: top.clone(),
        slug: "below".to_owned(),
        default_authentication_method: "native".to_owned(),
    };
    tenant::insert(db, &new)?;
    Ok((top, below))
}
