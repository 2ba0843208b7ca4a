//! New tenants, with the groups that each has from its first moment.

use std::{collections::BTreeSet, slice};

use wazo_auth_database::{Connection, Constraint, DatabaseError, queries};
use wazo_auth_model::{event::Event, ids::TenantId, slug::TENANT};

use super::{
    Details, Profile, Tenant, TenantError, broken_by_profile, check_method, configured::Configured,
    details, only, save,
};
use crate::{
    context::{Context, Services},
    event::Recorder,
    slug,
};

/// How often a tenant is tried to be made whose slug somebody else takes in the same moment.
const MAX_RACES: usize = 10;

/// What a caller says of a new tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Its id; a random one where it does not matter.
    pub uuid: Option<TenantId>,
    /// Its short name; made from the name where it does not matter.
    pub slug: Option<String>,
    /// All else.
    pub profile: Profile,
}

/// Makes a tenant below the one that the caller acts in, with the groups that every tenant has, and tells
/// so.
///
/// # Errors
///
/// [`TenantError::InvalidMethod`], [`TenantError::NoTenant`], [`TenantError::OwnParent`],
/// [`TenantError::UuidTaken`], [`TenantError::SlugTaken`], [`TenantError::UnknownContact`],
/// [`TenantError::DomainTaken`]; [`TenantError::Unknown`] when the caller's tenant has just gone.
pub fn create(cx: &Context, new: New) -> Result<Details, TenantError> {
    check_method(cx, &new.profile)?;
    let parent = cx.scope().ok_or(TenantError::NoTenant)?;
    if new.uuid.as_ref() == Some(&parent) {
        return Err(TenantError::OwnParent);
    }
    let may_choose_slug = new.slug.is_none();
    let creation = Creation::new(cx, parent, new);
    let mut races = 0;
    loop {
        let creation = creation.clone();
        match cx.transaction(move |db| creation.run(db)) {
            Err(TenantError::SlugTaken(_)) if may_choose_slug && races < MAX_RACES => races += 1,
            Err(error) => return Err(error),
            Ok(created) => {
                warn_of_missing(cx.services(), &created.missing_policies);
                return Ok(created.details);
            }
        }
    }
}

/// Each policy is named once: tenants are made by the thousand.
fn warn_of_missing(services: &Services, policies: &BTreeSet<String>) {
    for slug in policies {
        if services.is_news(&format!("policy {slug}")) {
            log::warn!(
                "new tenants do not get the policy {slug:?}: the top tenant has none of that slug that is managed by the configuration"
            );
        }
    }
}

/// All that the transaction needs in which a tenant is made.
#[derive(Debug, Clone)]
struct Creation {
    uuid: TenantId,
    parent: TenantId,
    slug: Option<String>,
    profile: Profile,
    groups: Configured,
    recorder: Recorder,
}

/// What came of it.
struct Created {
    details: Details,
    /// Slugs of policies that its groups should have, but do not exist.
    missing_policies: BTreeSet<String>,
}

impl Creation {
    fn new(cx: &Context, parent: TenantId, new: New) -> Self {
        let services = cx.services();
        Self {
            uuid: new.uuid.unwrap_or_else(TenantId::random),
            parent,
            slug: new.slug,
            profile: new.profile,
            groups: Configured::groups(&services.settings, services.top_tenant()),
            recorder: Recorder::new(cx),
        }
    }

    fn run(&self, db: &mut Connection) -> Result<Created, TenantError> {
        let tenant = self.insert_tenant(db)?;
        save(db, &self.uuid, &self.profile)?;
        let details = only(details(db, vec![tenant])?, &self.uuid)?;
        self.recorder.record(
            db,
            &Event::TenantAdded {
                tenant: self.uuid.clone(),
                name: details.tenant.name.clone(),
                slug: details.tenant.slug.clone(),
                domain_names: details.domain_names.clone(),
            },
        )?;
        let groups = self.groups.apply(db, slice::from_ref(&self.uuid))?;
        Ok(Created {
            details,
            missing_policies: groups.missing_policies,
        })
    }

    fn insert_tenant(&self, db: &mut Connection) -> Result<Tenant, TenantError> {
        // Of several conflicts the engines would each name another one first.
        if queries::tenant::find(db, &self.uuid)?.is_some() {
            return Err(TenantError::UuidTaken(self.uuid.clone()));
        }
        let slug = match &self.slug {
            Some(slug) => slug.clone(),
            None => slug::free(&TENANT, self.profile.name.as_deref(), |slug| {
                queries::tenant::is_slug_taken(db, slug)
            })?,
        };
        let tenant = Tenant {
            uuid: self.uuid.clone(),
            name: self.profile.name.clone(),
            phone: self.profile.phone.clone(),
            contact_uuid: self.profile.contact_uuid.clone(),
            parent_uuid: self.parent.clone(),
            slug,
            default_authentication_method: self.profile.default_authentication_method.clone(),
        };
        queries::tenant::insert(db, &tenant).map_err(|error| self.refused(error, &tenant))?;
        Ok(tenant)
    }

    fn refused(&self, error: DatabaseError, tenant: &Tenant) -> TenantError {
        match error.constraint() {
            Some(Constraint::Tenant) => TenantError::UuidTaken(tenant.uuid.clone()),
            Some(Constraint::TenantSlug) => TenantError::SlugTaken(tenant.slug.clone()),
            Some(Constraint::TenantParent) => TenantError::Unknown(self.parent.clone()),
            _ => broken_by_profile(error, &self.profile),
        }
    }
}
