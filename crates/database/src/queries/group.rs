//! Groups of users of a tenant.

mod many;

use diesel::prelude::*;
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId};

use crate::{
    connection::{Connection, Each, MultiBackend},
    constraint::Constraint,
    error::{DatabaseError, DatabaseResult},
    functions::ILikeMethod,
    queries::{
        list::Paging,
        parent::{Parent, name_missing},
        policy::{self, Named},
        scope::Scope,
    },
    schema::{auth_group, auth_group_policy, auth_user_group},
};

pub use many::{
    PolicyLink, add_policies, insert_many, join_all_users, list_called, list_policy_links,
    name_by_slug, remove_policy_from, spell_slug,
};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub uuid: GroupId,
    /// Its name, unique in the tenant in this case of letters.
    pub name: String,
    /// Its short name, unique in the tenant in any case of letters; it never changes.
    pub slug: String,
    /// The tenant that it belongs to.
    pub tenant_uuid: TenantId,
    /// Whether its name and its members are the system's, not a client's.
    pub system_managed: bool,
}

/// What a list of groups can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The name.
    #[default]
    Name,
    /// The id.
    Uuid,
}

/// Which groups are meant: those for which all of this holds. Texts are compared exactly; one that is
/// no id fits no group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The group's id.
    pub uuid: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// Whether it is the system's.
    pub system_managed: Option<bool>,
    /// A member.
    pub user_uuid: Option<String>,
    /// A policy that the group has.
    pub policy_uuid: Option<String>,
    /// The slug of such a policy, of whichever tenant.
    pub policy_slug: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_group)]
struct Row {
    uuid: String,
    name: String,
    tenant_uuid: String,
    system_managed: bool,
    slug: String,
}

impl From<Row> for Group {
    fn from(row: Row) -> Self {
        Self {
            uuid: GroupId::from_database(row.uuid),
            name: row.name,
            slug: row.slug,
            tenant_uuid: TenantId::from_database(row.tenant_uuid),
            system_managed: row.system_managed,
        }
    }
}

impl From<&Group> for Row {
    fn from(group: &Group) -> Self {
        Self {
            uuid: group.uuid.as_str().to_owned(),
            name: group.name.clone(),
            tenant_uuid: group.tenant_uuid.as_str().to_owned(),
            system_managed: group.system_managed,
            slug: group.slug.clone(),
        }
    }
}

type Query<'a> = auth_group::BoxedQuery<'a, MultiBackend>;

/// The group with this id, if its tenant is in `scope`.
pub fn find_within(
    db: &mut Connection,
    scope: &Scope,
    uuid: &GroupId,
) -> DatabaseResult<Option<Group>> {
    Ok(auth_group::table
        .filter(auth_group::uuid.eq(uuid.as_str()))
        .filter(scope.covers(auth_group::tenant_uuid))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Group::from))
}

/// The group of a tenant with this slug, in this case of letters.
pub fn find_by_slug(
    db: &mut Connection,
    tenant: &TenantId,
    slug: &str,
) -> DatabaseResult<Option<Group>> {
    Ok(auth_group::table
        .filter(auth_group::tenant_uuid.eq(tenant.as_str()))
        .filter(auth_group::slug.eq(slug))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Group::from))
}

/// The group of all users of a tenant.
pub fn find_all_users(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Option<GroupId>> {
    Ok(find_by_slug(db, tenant, &all_users_slug(tenant))?.map(|group| group.uuid))
}

/// The group of all users of a tenant; made where it is missing, as it is for tenants that were made in
/// SQL.
///
/// # Errors
///
/// Breaks [`Constraint::GroupTenant`] when there is no such tenant.
pub fn find_or_insert_all_users(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<GroupId> {
    if let Some(group) = find_all_users(db, tenant)? {
        return Ok(group);
    }
    let name = all_users_slug(tenant);
    let inserted = Each(
        diesel::insert_into(auth_group::table)
            .values(Row {
                uuid: GroupId::random().as_str().to_owned(),
                name: name.clone(),
                tenant_uuid: tenant.as_str().to_owned(),
                system_managed: true,
                slug: name,
            })
            // Somebody may have made it at the same time.
            .on_conflict_do_nothing(),
    )
    .execute(db);
    name_missing(
        db,
        inserted,
        &[(Parent::Tenant(tenant.as_str()), Constraint::GroupTenant)],
    )?;
    find_all_users(db, tenant)?.ok_or_else(|| {
        DatabaseError::Damaged(format!(
            "a group of tenant {tenant} has the name of the group of all its users and another slug"
        ))
    })
}

/// The slug, and the name, of the group of all users of a tenant.
#[must_use]
pub fn all_users_slug(tenant: &TenantId) -> String {
    format!("wazo-all-users-tenant-{tenant}")
}

/// The groups of a scope that fit a filter and a search in their names.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<Group>> {
    let groups = matching(scope, filter, paging.search.as_deref());
    let groups = match paging.order {
        Order::Name => groups.order(paging.by(auth_group::name)),
        Order::Uuid => groups.order(paging.by(auth_group::uuid)),
    };
    let rows = groups
        .then_order_by(auth_group::uuid)
        .limit(paging.limit())
        .offset(paging.offset())
        .select(Row::as_select())
        .load(db)?;
    Ok(rows.into_iter().map(Group::from).collect())
}

/// How many groups [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    Ok(matching(scope, filter, search).count().get_result(db)?)
}

fn matching<'a>(scope: &Scope, filter: &'a Filter, search: Option<&str>) -> Query<'a> {
    let mut groups = auth_group::table
        .filter(scope.covers(auth_group::tenant_uuid))
        .into_boxed();
    if let Some(uuid) = &filter.uuid {
        groups = groups.filter(auth_group::uuid.eq(uuid));
    }
    if let Some(name) = &filter.name {
        groups = groups.filter(auth_group::name.eq(name));
    }
    if let Some(slug) = &filter.slug {
        groups = groups.filter(auth_group::slug.eq(slug));
    }
    if let Some(system_managed) = filter.system_managed {
        groups = groups.filter(auth_group::system_managed.eq(system_managed));
    }
    if let Some(user) = &filter.user_uuid {
        let joined = auth_user_group::table
            .filter(auth_user_group::user_uuid.eq(user))
            .select(auth_user_group::group_uuid);
        groups = groups.filter(auth_group::uuid.eq_any(joined));
    }
    let policies = [
        filter.policy_uuid.as_deref().map(Named::Uuid),
        filter.policy_slug.as_deref().map(Named::Slug),
    ];
    for named in policies.into_iter().flatten() {
        let holders = auth_group_policy::table
            .filter(auth_group_policy::policy_uuid.eq_any(policy::ids(named)))
            .select(auth_group_policy::group_uuid);
        groups = groups.filter(auth_group::uuid.eq_any(holders));
    }
    if let Some(search) = search {
        groups = groups.filter(auth_group::name.matches(&wazo_auth_model::search::pattern(search)));
    }
    groups
}

/// Adds a group.
///
/// # Errors
///
/// Breaks [`Constraint::GroupName`] or [`Constraint::GroupSlug`] when the tenant has such a group,
/// [`Constraint::GroupTenant`] when there is no such tenant.
pub fn insert(db: &mut Connection, new: &Group) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_group::table)
        .values(Row::from(new))
        .execute(db);
    name_missing(
        db,
        inserted,
        &[(
            Parent::Tenant(new.tenant_uuid.as_str()),
            Constraint::GroupTenant,
        )],
    )?;
    Ok(())
}

/// Renames a group. Answers whether it is there.
///
/// # Errors
///
/// Breaks [`Constraint::GroupName`] when the tenant has another one of this name.
pub fn update(db: &mut Connection, uuid: &GroupId, name: &str) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_group::table.find(uuid.as_str()))
        .set(auth_group::name.eq(name))
        .execute(db)?;
    Ok(changed > 0)
}

/// Says whether a group is the system's. Answers whether it is there.
pub fn set_system_managed(
    db: &mut Connection,
    uuid: &GroupId,
    system_managed: bool,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_group::table.find(uuid.as_str()))
        .set(auth_group::system_managed.eq(system_managed))
        .execute(db)?;
    Ok(changed > 0)
}

/// Deletes a group; users and policies stay. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &GroupId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_group::table.find(uuid.as_str())).execute(db)? > 0)
}

/// Gives a policy to a group. Answers whether it had it not.
///
/// # Errors
///
/// Breaks [`Constraint::GroupPolicyGroup`] when there is no such group,
/// [`Constraint::GroupPolicyPolicy`] when there is no such policy.
pub fn add_policy(db: &mut Connection, group: &GroupId, policy: &PolicyId) -> DatabaseResult<bool> {
    let inserted = Each(
        diesel::insert_into(auth_group_policy::table)
            .values((
                auth_group_policy::group_uuid.eq(group.as_str()),
                auth_group_policy::policy_uuid.eq(policy.as_str()),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(db);
    let new = name_missing(
        db,
        inserted,
        &[
            (Parent::Group(group.as_str()), Constraint::GroupPolicyGroup),
            (
                Parent::Policy(policy.as_str()),
                Constraint::GroupPolicyPolicy,
            ),
        ],
    )?;
    Ok(new > 0)
}

/// Takes a policy from a group. Answers whether it had it.
pub fn remove_policy(
    db: &mut Connection,
    group: &GroupId,
    policy: &PolicyId,
) -> DatabaseResult<bool> {
    let link = auth_group_policy::table.find((group.as_str(), policy.as_str()));
    Ok(diesel::delete(link).execute(db)? > 0)
}
