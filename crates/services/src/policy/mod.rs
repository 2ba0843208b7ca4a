//! Policies: what of them a caller sees, and what is done to them.
//!
//! A caller sees the policies of its tenants, those of the configuration, and those that its tenant or
//! one above shares. Any other one gets the answer of a policy that never existed.

mod change;
pub(crate) mod configured;
mod link;

use wazo_auth_database::{Connection, DatabaseError, queries};
use wazo_auth_model::ids::{PolicyId, TenantId};

use crate::{
    context::Context,
    escalation::EscalationError,
    list::{Page, Paging, scope, subtree},
};

pub use change::{New, Profile, add_access, create, delete, remove_access, update};
pub use link::{add_to_user, list_of_user, remove_from_user};
pub use wazo_auth_database::queries::{
    policy::{Filter, Order, Policy},
    scope::Scope,
};

/// How a request names a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// By its id: of the tenant that is acted in, and of those below it.
    Uuid(PolicyId),
    /// By its slug: of the tenant that is acted in alone.
    Slug(String),
}

/// What can go wrong with a policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is none of this name, or none that the caller sees.
    #[error("No such policy {0:?}")]
    Unknown(Name),
    /// It went away while it was changed.
    #[error("No such policy {0}")]
    Gone(PolicyId),
    /// The caller acts in no tenant, so there is none that a policy could belong to.
    #[error("Unauthorized tenant")]
    NoTenant,
    /// Another policy has the name or the slug.
    #[error("Policy \"{0}\" already exists")]
    Taken(String),
    /// It belongs to the configuration, or is shared by a tenant that the caller does not act in.
    #[error("Forbidden policy deletion: \"{0}\"")]
    ReadOnly(PolicyId),
    /// The access is in the policy already.
    #[error("Policy already associated to {0}")]
    AccessTaken(String),
    /// The database cannot keep an access of this length.
    #[error("the database cannot keep so long an access")]
    AccessTooLong,
    /// There is no such user, or none that the caller sees.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The caller does not have what is handed out.
    #[error(transparent)]
    Escalation(#[from] EscalationError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A policy as a caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// The policy. One that is owned elsewhere appears as the caller's own, and not as shared.
    pub policy: Policy,
    /// Whether the caller may change nothing in it.
    pub read_only: bool,
}

impl Exposed {
    /// A policy as it is stored.
    fn stored(policy: Policy) -> Self {
        Self {
            read_only: policy.config_managed,
            policy,
        }
    }

    /// A policy as it is seen from a tenant.
    pub(crate) fn seen_from(tenant: Option<&TenantId>, found: queries::policy::Visible) -> Self {
        let read_only = is_read_only(&found);
        let mut policy = found.policy;
        if let Some(tenant) = tenant
            && found.inherited
        {
            policy.tenant_uuid = tenant.clone();
            policy.shared = false;
        }
        Self { policy, read_only }
    }
}

/// Whether a policy that a caller sees is not theirs to change.
fn is_read_only(found: &queries::policy::Visible) -> bool {
    found.policy.config_managed || found.inherited
}

/// Policies of a list. They are counted as clients have always known it: all that the caller sees,
/// whatever was asked for.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    filter: Filter,
    paging: Paging<Order>,
    recurse: bool,
) -> Result<(Vec<Exposed>, i64), PolicyError> {
    let (tenant, scope) = (cx.scope(), scope(cx, recurse));
    cx.read(move |db| {
        let total = queries::policy::count(db, &scope, &Filter::default(), None)?;
        let found = queries::policy::list(db, &scope, &filter, &paging)?;
        let exposed = found
            .into_iter()
            .map(|found| Exposed::seen_from(tenant.as_ref(), found))
            .collect();
        Ok((exposed, total))
    })
}

/// A policy that the caller sees.
///
/// # Errors
///
/// [`PolicyError::Unknown`] when there is none.
pub fn get(cx: &Context, name: &Name) -> Result<Exposed, PolicyError> {
    let (tenant, sight) = (cx.scope(), Sight::of(cx, name));
    cx.read(move |db| Ok(Exposed::seen_from(tenant.as_ref(), sight.find(db)?)))
}

/// A policy that a request names, with where the caller may see it.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    name: Name,
    scope: Scope,
}

impl Sight {
    pub fn of(cx: &Context, name: &Name) -> Self {
        let scope = match name {
            Name::Uuid(_) => subtree(cx),
            Name::Slug(_) => scope(cx, false),
        };
        Self {
            name: name.clone(),
            scope,
        }
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Unknown`] when the caller sees none of this name.
    pub fn find(&self, db: &mut Connection) -> Result<queries::policy::Visible, PolicyError> {
        let found = match &self.name {
            Name::Uuid(uuid) => queries::policy::find_within(db, &self.scope, uuid)?,
            Name::Slug(slug) => queries::policy::find_within_by_slug(db, &self.scope, slug)?,
        };
        found.ok_or_else(|| PolicyError::Unknown(self.name.clone()))
    }

    /// The same for a change: until the transaction ends, other changes of the policy wait.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find), and [`PolicyError::Gone`] when it is deleted in this moment.
    fn lock(&self, db: &mut Connection) -> Result<queries::policy::Visible, PolicyError> {
        let uuid = self.find(db)?.policy.uuid;
        if !queries::policy::lock(db, &uuid)? {
            return Err(PolicyError::Gone(uuid));
        }
        // What was read before the lock may be out of date.
        queries::policy::find_within(db, &self.scope, &uuid)?.ok_or(PolicyError::Gone(uuid))
    }
}

/// A part of a list of policies as they are stored.
fn stored_page(page: Page<queries::policy::Visible>) -> Page<Exposed> {
    Page {
        items: page
            .items
            .into_iter()
            .map(|found| Exposed::stored(found.policy))
            .collect(),
        total: page.total,
        filtered: page.filtered,
    }
}
