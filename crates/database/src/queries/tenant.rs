//! Tenants and their tree.

use diesel::prelude::*;
use wazo_auth_model::ids::TenantId;

use crate::{
    connection::Connection,
    error::{DatabaseError, DatabaseResult},
    schema::auth_tenant,
};

/// How deep the tree of tenants may be; a longer way up is a ring of damaged rows.
const MAX_DEPTH: usize = 1000;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub uuid: TenantId,
    /// The method of users that have none of their own.
    pub default_authentication_method: String,
}

type Row = (String, String);

fn tenant((uuid, default_authentication_method): Row) -> Tenant {
    Tenant {
        uuid: TenantId::from_database(uuid),
        default_authentication_method,
    }
}

/// The top tenant, which is its own parent.
///
/// # Errors
///
/// Also when there is none.
pub fn find_top(db: &mut Connection) -> DatabaseResult<Tenant> {
    auth_tenant::table
        .filter(auth_tenant::uuid.eq(auth_tenant::parent_uuid))
        .select((
            auth_tenant::uuid,
            auth_tenant::default_authentication_method,
        ))
        .first::<Row>(db)
        .optional()?
        .map(tenant)
        .ok_or_else(|| DatabaseError::Damaged("there is no top tenant".to_owned()))
}

/// The tenant with this id.
pub fn find(db: &mut Connection, uuid: &TenantId) -> DatabaseResult<Option<Tenant>> {
    Ok(auth_tenant::table
        .find(uuid.as_str())
        .select((
            auth_tenant::uuid,
            auth_tenant::default_authentication_method,
        ))
        .first::<Row>(db)
        .optional()?
        .map(tenant))
}

/// The tenant with this id or, failing that, this slug.
pub fn find_by_uuid_or_slug(db: &mut Connection, name: &str) -> DatabaseResult<Option<Tenant>> {
    Ok(auth_tenant::table
        .filter(auth_tenant::uuid.eq(name).or(auth_tenant::slug.eq(name)))
        .select((
            auth_tenant::uuid,
            auth_tenant::default_authentication_method,
        ))
        // An id beats a slug of the same text.
        .order(auth_tenant::uuid.ne(name))
        .first::<Row>(db)
        .optional()?
        .map(tenant))
}

/// Whether `tenant` exists and is `scope` or below it.
pub fn is_visible_from(
    db: &mut Connection,
    scope: &TenantId,
    tenant: &str,
) -> DatabaseResult<bool> {
    let mut current = tenant.to_owned();
    for _ in 0..MAX_DEPTH {
        let Some(parent) = auth_tenant::table
            .find(&current)
            .select(auth_tenant::parent_uuid)
            .first::<String>(db)
            .optional()?
        else {
            return Ok(false);
        };
        if current == scope.as_str() {
            return Ok(true);
        }
        if parent == current {
            return Ok(false);
        }
        current = parent;
    }
    Err(DatabaseError::Damaged(format!(
        "the parents of tenant {tenant} form a ring"
    )))
}
