//! Groups: users of a tenant who get the same policies.
//!
//! A caller sees the groups of the tenant that it acts in and of those below it. Any other one gets the
//! answer of a group that never existed.

mod member;
mod policy;

use wazo_auth_database::{
    Connection, Constraint, DatabaseError,
    queries::{self, scope::Scope},
};
use wazo_auth_model::{
    ids::{GroupId, TenantId, UserId},
    slug::POLICY,
};

use crate::{
    context::Context,
    escalation::EscalationError,
    list::{Page, Paging, scope, subtree},
    policy::PolicyError,
    slug,
};

pub use member::{add_member, list_members, list_of_user, remove_member};
pub use policy::{add_policy, list_policies, remove_policy};
pub use wazo_auth_database::queries::group::{Filter, Group, Order};

/// How often a group is tried to be made whose slug another one gets in the same moment.
const MAX_RACES: usize = 5;

/// What can go wrong with a group.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// There is none with this id, or none that the caller may see.
    #[error("No such group: \"{0}\"")]
    Unknown(GroupId),
    /// The caller acts in no tenant, so nothing can be made there.
    #[error("Unauthorized tenant")]
    NoTenant,
    /// The tenant has a group of this name, or one of the slug that it was to have.
    #[error("Group \"{0}\" already exists")]
    Taken(String),
    /// Nobody changes a group of the system, nor who is in it.
    #[error("Forbidden group modification: \"{0}\"")]
    SystemManaged(GroupId),
    /// Nobody has this id, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    UnknownUser(UserId),
    /// A user was to join a group of another tenant.
    #[error("Ressources are not in the same tenant")]
    OtherTenant {
        /// The user's.
        user: TenantId,
        /// The group's.
        group: TenantId,
    },
    /// There is no such policy, or none that the caller may see.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The caller does not have what is handed out.
    #[error(transparent)]
    Escalation(#[from] EscalationError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Lists the groups of the caller's tenant, with those of the tenants below it where `recurse` says so.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    filter: Filter,
    paging: Paging<Order>,
    recurse: bool,
) -> Result<Page<Group>, GroupError> {
    let scope = scope(cx, recurse);
    cx.read(move |db| page(db, &scope, &Filter::default(), &filter, &paging))
}

/// A part of the groups that fit `filter`, among those that fit `all`.
fn page(
    db: &mut Connection,
    scope: &Scope,
    all: &Filter,
    filter: &Filter,
    paging: &Paging<Order>,
) -> Result<Page<Group>, GroupError> {
    Ok(Page {
        total: queries::group::count(db, scope, all, None)?,
        filtered: queries::group::count(db, scope, filter, paging.search.as_deref())?,
        items: queries::group::list(db, scope, filter, paging)?,
    })
}

/// A group.
///
/// # Errors
///
/// [`GroupError::Unknown`] when the caller may not see it.
pub fn get(cx: &Context, uuid: &GroupId) -> Result<Group, GroupError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.read(move |db| find_visible(db, &visible, &uuid))
}

/// Makes a group in the caller's tenant, with a slug made from its name where none is given.
///
/// # Errors
///
/// [`GroupError::NoTenant`], [`GroupError::Taken`].
pub fn create(cx: &Context, name: String, slug: Option<String>) -> Result<Group, GroupError> {
    let tenant = cx.scope().ok_or(GroupError::NoTenant)?;
    let mut races = 0;
    loop {
        let (name, slug, tenant) = (name.clone(), slug.clone(), tenant.clone());
        let may_choose_slug = slug.is_none();
        let made = {
            let name = name.clone();
            cx.transaction(move |db| insert(db, &tenant, &name, slug.as_deref()))
        };
        match made {
            Ok(group) => return Ok(group),
            Err(Refused::Otherwise(error)) => return Err(error),
            // A slug that the tenant has in other letters is no race: it is taken every time.
            Err(Refused::Slug) if may_choose_slug && races < MAX_RACES => races += 1,
            Err(Refused::Slug) => return Err(GroupError::Taken(name)),
        }
    }
}

/// Why a group is not made.
enum Refused {
    /// The tenant has a group of this slug.
    Slug,
    /// Anything else.
    Otherwise(GroupError),
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        Self::Otherwise(error.into())
    }
}

fn insert(
    db: &mut Connection,
    tenant: &TenantId,
    name: &str,
    slug: Option<&str>,
) -> Result<Group, Refused> {
    let slug = match slug {
        Some(slug) => slug.to_owned(),
        None => slug::free(&POLICY, Some(name), |slug| {
            Ok(queries::group::find_by_slug(db, tenant, slug)?.is_some())
        })?,
    };
    let group = Group {
        uuid: GroupId::random(),
        name: name.to_owned(),
        slug,
        tenant_uuid: tenant.clone(),
        system_managed: false,
    };
    queries::group::insert(db, &group).map_err(|error| match error.constraint() {
        Some(Constraint::GroupSlug) => Refused::Slug,
        Some(Constraint::GroupName) => Refused::Otherwise(GroupError::Taken(name.to_owned())),
        // It has just gone.
        Some(Constraint::GroupTenant) => Refused::Otherwise(GroupError::NoTenant),
        _ => error.into(),
    })?;
    Ok(group)
}

/// Renames a group; its slug stays.
///
/// # Errors
///
/// [`GroupError::Unknown`] when the caller may not see it, [`GroupError::SystemManaged`],
/// [`GroupError::Taken`], in this order.
pub fn update(cx: &Context, uuid: &GroupId, name: String) -> Result<Group, GroupError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.transaction(move |db| {
        find_changeable(db, &visible, &uuid)?;
        queries::group::update(db, &uuid, &name).map_err(|error| match error.constraint() {
            Some(Constraint::GroupName) => GroupError::Taken(name.clone()),
            _ => error.into(),
        })?;
        find_visible(db, &visible, &uuid)
    })
}

/// Deletes a group; its users and its policies stay.
///
/// # Errors
///
/// [`GroupError::Unknown`] when the caller may not see it, [`GroupError::SystemManaged`].
pub fn delete(cx: &Context, uuid: &GroupId) -> Result<(), GroupError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.transaction(move |db| {
        find_changeable(db, &visible, &uuid)?;
        if queries::group::delete(db, &uuid)? {
            return Ok(());
        }
        // Somebody else deleted it in this moment.
        Err(GroupError::Unknown(uuid.clone()))
    })
}

/// The group with this id, if the caller may see it.
fn find_visible(db: &mut Connection, visible: &Scope, uuid: &GroupId) -> Result<Group, GroupError> {
    queries::group::find_within(db, visible, uuid)?.ok_or_else(|| GroupError::Unknown(uuid.clone()))
}

/// The same, if it is not the system's.
fn find_changeable(
    db: &mut Connection,
    visible: &Scope,
    uuid: &GroupId,
) -> Result<Group, GroupError> {
    let group = find_visible(db, visible, uuid)?;
    if group.system_managed {
        return Err(GroupError::SystemManaged(uuid.clone()));
    }
    Ok(group)
}
