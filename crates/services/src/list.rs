//! What services that list things have in common.

use wazo_auth_database::queries::scope::Scope;
use wazo_auth_model::ids::TenantId;

use crate::context::Context;

pub use wazo_auth_database::queries::list::{Direction, Page, Paging};

/// The tenants below the one that the caller acts in, that one included. Who acts in no tenant sees
/// nothing of any.
pub(crate) fn subtree(cx: &Context) -> Scope {
    match cx.scope() {
        Some(tenant) if tenant == *cx.services().top_tenant() => Scope::All,
        Some(tenant) => Scope::Subtree(tenant),
        None => nowhere(),
    }
}

/// The tenant that the caller acts in, with those below it where that is asked for.
pub(crate) fn scope(cx: &Context, recurse: bool) -> Scope {
    if recurse {
        return subtree(cx);
    }
    cx.scope().map_or_else(nowhere, Scope::Tenant)
}

fn nowhere() -> Scope {
    // No tenant has an empty id.
    Scope::Tenant(TenantId::from_database(String::new()))
}
