//! Policies: named sets of accesses, owned by a tenant and, some of them, seen from others.

mod accesses;
mod configured;
mod list;

use std::collections::HashMap;

use diesel::{
    dsl::{self, auto_type},
    prelude::*,
};
use wazo_auth_model::ids::{PolicyId, TenantId};

use crate::{
    connection::{Connection, MultiBackend},
    constraint::Constraint,
    error::DatabaseResult,
    queries::{
        access,
        list::MANY,
        parent::{Parent, name_missing},
        scope::{Scope, is_at_or_above},
    },
    schema::auth_policy,
};

pub use accesses::{add_access, lock, remove_access, replace_accesses};
pub use configured::{ConfigManaged, delete_unused, list_config_managed, overwrite};
pub use list::{Filter, Order, count, find_within, find_within_by_slug, list};

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub uuid: PolicyId,
    /// Its name, unique in the tenant in this case of letters.
    pub name: String,
    /// Its short name, unique in the tenant in any case of letters; it never changes.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// The tenant that owns it.
    pub tenant_uuid: TenantId,
    /// Whether the configuration says what is in it; such a policy is seen from every tenant.
    pub config_managed: bool,
    /// Whether it is seen from all tenants below its owner.
    pub shared: bool,
    /// What it grants and, behind a `!`, denies. Each is there once; when read, in the order in which
    /// the server first met them.
    pub accesses: Vec<String>,
}

/// A policy as it is seen from a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// The policy, as it is stored.
    pub policy: Policy,
    /// Whether its owner is outside the scope: it is seen as configured or shared.
    pub inherited: bool,
}

/// A policy as lists of other things name it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// By its id.
    Uuid(&'a str),
    /// By its slug, in whichever tenant.
    Slug(&'a str),
}

impl<'a> Named<'a> {
    fn uuid(self) -> Option<&'a str> {
        match self {
            Self::Uuid(uuid) => Some(uuid),
            Self::Slug(_) => None,
        }
    }

    fn slug(self) -> Option<&'a str> {
        match self {
            Self::Uuid(_) => None,
            Self::Slug(slug) => Some(slug),
        }
    }
}

/// The ids of the policies of this name. A boxed query could stand in no other one, so both ways to
/// name are in it; a comparison with nothing finds nothing.
#[auto_type]
pub(crate) fn ids<'a>(named: Named<'a>) -> _ {
    let by_uuid: dsl::Eq<dsl::Nullable<auth_policy::uuid>, Option<&'a str>> =
        auth_policy::uuid.nullable().eq(named.uuid());
    let by_slug: dsl::Eq<dsl::Nullable<auth_policy::slug>, Option<&'a str>> =
        auth_policy::slug.nullable().eq(named.slug());
    auth_policy::table
        .filter(by_uuid.or(by_slug))
        .select(auth_policy::uuid)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_policy, treat_none_as_default_value = false)]
struct Row {
    uuid: String,
    name: String,
    description: Option<String>,
    tenant_uuid: String,
    config_managed: Option<bool>,
    slug: String,
    shared: bool,
}

/// The policy of a tenant with this slug, in this case of letters.
pub fn find_by_slug(
    db: &mut Connection,
    tenant: &TenantId,
    slug: &str,
) -> DatabaseResult<Option<PolicyId>> {
    Ok(auth_policy::table
        .filter(auth_policy::tenant_uuid.eq(tenant.as_str()))
        .filter(auth_policy::slug.eq(slug))
        .select(auth_policy::uuid)
        .first::<String>(db)
        .optional()?
        .map(PolicyId::from_database))
}

/// The policies of a tenant that the configuration owns and that have one of these slugs, in this case of
/// letters; each with its slug.
pub fn find_config_managed(
    db: &mut Connection,
    tenant: &TenantId,
    slugs: &[String],
) -> DatabaseResult<HashMap<String, PolicyId>> {
    let mut found = HashMap::new();
    for some in slugs.chunks(MANY) {
        let rows: Vec<(String, String)> = auth_policy::table
            .filter(auth_policy::tenant_uuid.eq(tenant.as_str()))
            .filter(auth_policy::config_managed.eq(Some(true)))
            .filter(auth_policy::slug.eq_any(some))
            .select((auth_policy::slug, auth_policy::uuid))
            .load(db)?;
        found.extend(
            rows.into_iter()
                .map(|(slug, uuid)| (slug, PolicyId::from_database(uuid))),
        );
    }
    Ok(found)
}

/// Whether a new policy would be mistaken for another one: one with its name or its slug, in this case
/// of letters, that is shared by its tenant or one above or, if it is to be shared itself, belongs to
/// its tenant or one below. Those of the configuration count when they are shared.
pub fn is_ambiguous(db: &mut Connection, new: &Policy) -> DatabaseResult<bool> {
    let seen = auth_policy::shared.eq(true).and(is_at_or_above(
        auth_policy::tenant_uuid,
        new.tenant_uuid.as_str(),
    ));
    let same = auth_policy::table
        .filter(
            auth_policy::name
                .eq(&new.name)
                .or(auth_policy::slug.eq(&new.slug)),
        )
        .into_boxed::<MultiBackend>();
    let others = if new.shared {
        let ordinary = auth_policy::config_managed
            .is_null()
            .or(auth_policy::config_managed
                .eq(Some(false))
                .assume_not_null())
            .or(auth_policy::shared.eq(true));
        let below = Scope::Subtree(new.tenant_uuid.clone()).covers(auth_policy::tenant_uuid);
        same.filter(seen.or(below.and(ordinary)))
    } else {
        same.filter(seen)
    };
    let found: Option<String> = others.select(auth_policy::uuid).first(db).optional()?;
    Ok(found.is_some())
}

/// Keeps others from making a policy of this name or slug until the transaction ends: no rule of the
/// schema reaches beyond one tenant, as [`is_ambiguous`] does.
pub fn lock_names(db: &mut Connection, name: &str, slug: &str) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        // All take the name first, so that nobody waits for each other.
        for (kind, text) in [("name", name), ("slug", slug)] {
            diesel::sql_query(
                "SELECT pg_advisory_xact_lock(hashtextextended('policy ' || $1 || ' ' || $2, 0))",
            )
            .bind::<diesel::sql_types::Text, _>(kind)
            .bind::<diesel::sql_types::Text, _>(text)
            .execute(db)?;
        }
    }
    Ok(())
}

/// Adds a policy with its accesses.
///
/// # Errors
///
/// Breaks [`Constraint::PolicyName`] or [`Constraint::PolicySlug`] when the tenant has such a policy,
/// [`Constraint::PolicyTenant`] when there is no such tenant.
pub fn insert(db: &mut Connection, new: &Policy) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_policy::table)
        .values(Row {
            uuid: new.uuid.as_str().to_owned(),
            name: new.name.clone(),
            description: new.description.clone(),
            tenant_uuid: new.tenant_uuid.as_str().to_owned(),
            config_managed: Some(new.config_managed),
            slug: new.slug.clone(),
            shared: new.shared,
        })
        .execute(db);
    name_missing(
        db,
        inserted,
        &[(
            Parent::Tenant(new.tenant_uuid.as_str()),
            Constraint::PolicyTenant,
        )],
    )?;
    let ids = access::find_or_insert(db, &new.accesses)?;
    accesses::link(db, &new.uuid, &ids)?;
    Ok(())
}

/// Renames and describes a policy. Answers whether it is there.
///
/// # Errors
///
/// Breaks [`Constraint::PolicyName`] when the tenant has another one of this name.
pub fn update(
    db: &mut Connection,
    uuid: &PolicyId,
    name: &str,
    description: Option<&str>,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_policy::table.find(uuid.as_str()))
        .set((
            auth_policy::name.eq(name),
            auth_policy::description.eq(description),
        ))
        .execute(db)?;
    Ok(changed > 0)
}

/// Says whether the configuration owns a policy. Answers whether it is there.
pub fn set_config_managed(
    db: &mut Connection,
    uuid: &PolicyId,
    config_managed: bool,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_policy::table.find(uuid.as_str()))
        .set(auth_policy::config_managed.eq(config_managed))
        .execute(db)?;
    Ok(changed > 0)
}

/// Deletes a policy and takes it from all users and groups. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &PolicyId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_policy::table.find(uuid.as_str())).execute(db)? > 0)
}
