//! Tenants: what of their tree a caller sees, and what is done to them.
//!
//! A caller sees the tenant that it acts in and those below it. Any other one gets the answer of a tenant
//! that never existed.

pub(crate) mod configured;
mod creation;

use std::collections::HashMap;

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        self,
        tenant::{Changes, Deletion},
    },
};
use wazo_auth_model::{
    event::Event,
    ids::{TenantId, UserId},
};

use crate::{
    authentication_method,
    context::Context,
    event::Recorder,
    list::{Page, Paging, subtree},
};

pub use creation::{New, create};
pub use wazo_auth_database::queries::{
    tenant::{Filter, Order, Tenant},
    tenant_address::Address,
    tenant_domain::Domain,
};

/// A tenant with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The tenant.
    pub tenant: Tenant,
    /// Its domain names, each once.
    pub domain_names: Vec<String>,
    /// Its postal address; empty when it has none.
    pub address: Address,
}

/// What callers say of a tenant, whether it is new or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What people call it; not unique.
    pub name: Option<String>,
    /// A telephone number, as free text.
    pub phone: Option<String>,
    /// The user to ask, of any tenant.
    pub contact_uuid: Option<UserId>,
    /// The method of users that have none of their own.
    pub default_authentication_method: String,
    /// Its domain names; what is there twice counts once.
    pub domain_names: Vec<String>,
    /// Its postal address.
    pub address: Address,
}

/// What can go wrong with a tenant.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// There is none with this id, or none that the caller may see.
    #[error("No such tenant: \"{0}\"")]
    Unknown(TenantId),
    /// The caller acts in no tenant, so there is none that a new one could be below.
    #[error("Unauthorized tenant")]
    NoTenant,
    /// The contact is no user.
    #[error("No such user: \"{0}\"")]
    UnknownContact(UserId),
    /// No user could log in with this method.
    #[error("Invalid default authentication method {0}")]
    InvalidMethod(String),
    /// A new tenant was to have the id of the one that it would be below.
    #[error("A master tenant already exist")]
    OwnParent,
    /// A tenant has this id.
    #[error("A tenant with identity uuid=\"{0}\" already exists")]
    UuidTaken(TenantId),
    /// A tenant has this slug.
    #[error("The slug \"{0}\" is already used")]
    SlugTaken(String),
    /// Another tenant has one of these domain names.
    #[error("a domain name is already in use")]
    DomainTaken(Vec<String>),
    /// Nobody deletes the tenant that they act in.
    #[error("Deleting its own tenant is forbidden: \"{0}\"")]
    OwnTenant(TenantId),
    /// A tenant that others are below stays.
    #[error("Unauthorized delete of tenant : \"{0}\" ; since it has at least one child")]
    HasChildren(TenantId),
    /// A tenant was to be moved below itself.
    #[error("Parent ({parent}) is a descendent of tenant: \"{tenant}\"")]
    Descendant {
        /// What was to be moved.
        tenant: TenantId,
        /// Where to.
        parent: TenantId,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Lists the tenants that the caller sees.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    filter: Filter,
    paging: Paging<Order>,
) -> Result<Page<Details>, TenantError> {
    let visible = subtree(cx);
    cx.read(move |db| {
        let page = queries::tenant::page(db, &visible, &filter, &paging)?;
        Ok(Page {
            items: details(db, page.items)?,
            total: page.total,
            filtered: page.filtered,
        })
    })
}

/// A tenant.
///
/// # Errors
///
/// [`TenantError::Unknown`] when the caller may not see it.
pub fn get(cx: &Context, uuid: &TenantId) -> Result<Details, TenantError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.read(move |db| {
        let tenant = queries::tenant::find_within(db, &visible, &uuid)?;
        let found = details(db, tenant.into_iter().collect())?;
        only(found, &uuid)
    })
}

/// The domains of a tenant, by name.
///
/// # Errors
///
/// [`TenantError::Unknown`] when the caller may not see the tenant.
pub fn list_domains(cx: &Context, uuid: &TenantId) -> Result<Vec<Domain>, TenantError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.read(move |db| {
        let tenant = queries::tenant::find_within(db, &visible, &uuid)?
            .ok_or_else(|| TenantError::Unknown(uuid.clone()))?;
        Ok(queries::tenant_domain::list(db, &[tenant.uuid])?)
    })
}

/// Makes a tenant what the profile says, and tells so. What the profile does not name becomes empty.
///
/// # Errors
///
/// [`TenantError::InvalidMethod`], [`TenantError::Unknown`] when the caller may not see the tenant,
/// [`TenantError::UnknownContact`] and [`TenantError::DomainTaken`], in this order.
pub fn update(cx: &Context, uuid: &TenantId, profile: Profile) -> Result<Details, TenantError> {
    check_method(cx, &profile)?;
    let (visible, recorder, uuid) = (subtree(cx), Recorder::new(cx), uuid.clone());
    cx.transaction(move |db| {
        if queries::tenant::find_within(db, &visible, &uuid)?.is_none() {
            return Err(TenantError::Unknown(uuid.clone()));
        }
        let changes = Changes {
            name: profile.name.clone(),
            phone: profile.phone.clone(),
            contact_uuid: profile.contact_uuid.clone(),
            default_authentication_method: profile.default_authentication_method.clone(),
        };
        let tenant = queries::tenant::update(db, &uuid, &changes)
            .map_err(|error| broken_by_profile(error, &profile))?
            .ok_or_else(|| TenantError::Unknown(uuid.clone()))?;
        save(db, &uuid, &profile)?;
        recorder.record(
            db,
            &Event::TenantUpdated {
                tenant: uuid.clone(),
                name: profile.name.clone(),
            },
        )?;
        let found = details(db, vec![tenant])?;
        only(found, &uuid)
    })
}

/// Moves a tenant, with all that is below it, below another one. What users see follows at once.
///
/// # Errors
///
/// [`TenantError::Unknown`] when the caller may not see the tenant, or else its new parent;
/// [`TenantError::Descendant`] when the new parent is the tenant or below it.
pub fn update_parent(cx: &Context, uuid: &TenantId, parent: &TenantId) -> Result<(), TenantError> {
    let (visible, uuid, parent) = (subtree(cx), uuid.clone(), parent.clone());
    cx.transaction(move |db| {
        // First: what is seen must be so until the end.
        queries::tenant::lock_tree(db)?;
        for tenant in [&uuid, &parent] {
            if queries::tenant::find_within(db, &visible, tenant)?.is_none() {
                return Err(TenantError::Unknown(tenant.clone()));
            }
        }
        if queries::tenant::update_parent(db, &uuid, &parent)? {
            return Ok(());
        }
        Err(TenantError::Descendant {
            tenant: uuid.clone(),
            parent: parent.clone(),
        })
    })
}

/// Deletes a tenant with everything in it, and tells so. The sessions of its users end with it; that event
/// stands for theirs.
///
/// # Errors
///
/// [`TenantError::OwnTenant`] when the caller acts in it, [`TenantError::Unknown`] when the caller may not
/// see it, [`TenantError::HasChildren`].
pub fn delete(cx: &Context, uuid: &TenantId) -> Result<(), TenantError> {
    if cx.scope().as_ref() == Some(uuid) {
        return Err(TenantError::OwnTenant(uuid.clone()));
    }
    let (visible, recorder, uuid) = (subtree(cx), Recorder::new(cx), uuid.clone());
    cx.transaction(move |db| {
        queries::tenant::lock_tree(db)?;
        if queries::tenant::find_within(db, &visible, &uuid)?.is_none() {
            return Err(TenantError::Unknown(uuid.clone()));
        }
        // Those of the tenant go with it. A user may have others, of a tenant that it was in before.
        queries::session::delete_by_users_of(db, &uuid)?;
        let deletion = match queries::tenant::delete(db, &uuid) {
            // Somebody made a tenant below it in this moment.
            Err(error) if error.constraint() == Some(Constraint::TenantParent) => {
                Deletion::HasChildren
            }
            answer => answer?,
        };
        match deletion {
            Deletion::Done => {}
            Deletion::Unknown => return Err(TenantError::Unknown(uuid.clone())),
            Deletion::HasChildren => return Err(TenantError::HasChildren(uuid.clone())),
        }
        recorder.record(
            db,
            &Event::TenantDeleted {
                tenant: uuid.clone(),
            },
        )?;
        Ok(())
    })
}

fn check_method(cx: &Context, profile: &Profile) -> Result<(), TenantError> {
    let method = &profile.default_authentication_method;
    if authentication_method::is_valid(&cx.services().settings, method) {
        return Ok(());
    }
    Err(TenantError::InvalidMethod(method.clone()))
}

/// Gives a tenant the domains and the address of a profile, in place of what it had.
fn save(db: &mut Connection, tenant: &TenantId, profile: &Profile) -> Result<(), TenantError> {
    queries::tenant_domain::replace(db, tenant, &profile.domain_names)
        .map_err(|error| broken_by_profile(error, profile))?;
    if profile.address == Address::default() {
        queries::tenant_address::delete(db, tenant)?;
    } else {
        queries::tenant_address::upsert(db, tenant, &profile.address)?;
    }
    Ok(())
}

/// What in a profile it was that the database refused.
fn broken_by_profile(error: DatabaseError, profile: &Profile) -> TenantError {
    match (error.constraint(), &profile.contact_uuid) {
        (Some(Constraint::TenantContact), Some(contact)) => {
            TenantError::UnknownContact(contact.clone())
        }
        (Some(Constraint::TenantDomainName), _) => {
            TenantError::DomainTaken(profile.domain_names.clone())
        }
        _ => error.into(),
    }
}

/// Adds to tenants what belongs to them, with one query for each kind of it.
fn details(db: &mut Connection, tenants: Vec<Tenant>) -> DatabaseResult<Vec<Details>> {
    let uuids: Vec<TenantId> = tenants.iter().map(|tenant| tenant.uuid.clone()).collect();
    let mut domains: HashMap<TenantId, Vec<String>> = HashMap::new();
    for domain in queries::tenant_domain::list(db, &uuids)? {
        let names = domains.entry(domain.tenant_uuid).or_default();
        names.push(domain.name);
    }
    let mut addresses = HashMap::new();
    for (tenant, address) in queries::tenant_address::list(db, &uuids)? {
        // Where another program left several, the first one counts.
        addresses.entry(tenant).or_insert(address);
    }
    Ok(tenants
        .into_iter()
        .map(|tenant| Details {
            domain_names: domains.remove(&tenant.uuid).unwrap_or_default(),
            address: addresses.remove(&tenant.uuid).unwrap_or_default(),
            tenant,
        })
        .collect())
}

/// The one that was looked for.
fn only(found: Vec<Details>, uuid: &TenantId) -> Result<Details, TenantError> {
    let mut found = found.into_iter();
    found
        .next()
        .ok_or_else(|| TenantError::Unknown(uuid.clone()))
}
