//! The accesses that every login gets: those of a configured policy.

use wazo_auth_database::{
    DatabaseError,
    queries::{
        list::Paging,
        policy::{self, Filter},
        scope::Scope,
    },
};

use crate::context::Context;

/// The accesses of the policy of the top tenant that is configured for logins that name `backend`;
/// none where none is configured, or none is called so.
pub(super) fn find(cx: &Context, backend: &str) -> Result<Vec<String>, DatabaseError> {
    let settings = &cx.services().settings;
    let configured = settings
        .backend_policies
        .iter()
        .find(|(name, _)| name == backend)
        .map(|(_, policy)| policy)
        .or(settings.default_user_policy.as_ref());
    let Some(name) = configured.filter(|name| !name.is_empty()) else {
        return Ok(Vec::new());
    };
    let top = cx.services().top_tenant().clone();
    let filter = Filter {
        name: Some(name.clone()),
        tenant_uuid: Some(top.to_string()),
        ..Filter::default()
    };
    let found = cx.read(move |db| -> Result<_, DatabaseError> {
        policy::list(db, &Scope::Tenant(top.clone()), &filter, &Paging::default())
    })?;
    match found.into_iter().next() {
        Some(found) => Ok(found.policy.accesses),
        None => {
            log::info!(
                "Unknown policy name {name:?} configured for backend {backend:?}: the top tenant has none of this name"
            );
            Ok(Vec::new())
        }
    }
}
