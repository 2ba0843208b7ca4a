//! Which policies are seen from where.
//!
//! From a scope one sees the policies of its tenants, those of the configuration, and those that its
//! tenant or one above shares.

use diesel::{dsl::not, prelude::*};
use wazo_auth_model::ids::{PolicyId, TenantId};

use super::{Policy, Row, Visible};
use crate::{
    connection::{Connection, MultiBackend},
    error::DatabaseResult,
    functions::ILikeMethod,
    queries::{
        access,
        list::Paging,
        scope::{Scope, is_at_or_above},
    },
    schema::{auth_group_policy, auth_policy, auth_tenant, auth_user_policy},
};

/// What a list of policies can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The name.
    #[default]
    Name,
    /// The slug.
    Slug,
    /// The description.
    Description,
    /// The id.
    Uuid,
}

/// Which policies are meant: those for which all of this holds. Texts are compared exactly; one that is
/// no id fits no policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The policy's id.
    pub uuid: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// The tenant that owns it.
    pub tenant_uuid: Option<String>,
    /// A user who has it, not only through a group.
    pub user_uuid: Option<String>,
    /// A group that has it.
    pub group_uuid: Option<String>,
    /// `false`: those that a tenant of the scope owns. `true`: those of the configuration and those
    /// that the top tenant shares. A policy can be in both, and in neither.
    pub read_only: Option<bool>,
}

type Query<'a> = auth_policy::BoxedQuery<'a, MultiBackend>;

/// The policy with this id, if it is seen from `scope`.
pub fn find_within(
    db: &mut Connection,
    scope: &Scope,
    uuid: &PolicyId,
) -> DatabaseResult<Option<Visible>> {
    let policies = visible(scope).filter(auth_policy::uuid.eq(uuid.as_str()));
    Ok(load(db, scope, policies)?.pop())
}

/// The policy with this slug, in this case of letters, if one is seen from `scope`: that of the
/// configuration before one of the scope's own, and these before those that are shared.
pub fn find_within_by_slug(
    db: &mut Connection,
    scope: &Scope,
    slug: &str,
) -> DatabaseResult<Option<Visible>> {
    let policies = visible(scope)
        .filter(auth_policy::slug.eq(slug))
        .order(auth_policy::uuid);
    Ok(load(db, scope, policies)?
        .into_iter()
        .min_by_key(|found| (!found.policy.config_managed, found.inherited)))
}

/// The policies seen from a scope that fit a filter and a search in their names and descriptions.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<Visible>> {
    let policies = matching(scope, filter, paging.search.as_deref());
    let policies = match paging.order {
        Order::Name => policies.order(paging.by(auth_policy::name)),
        Order::Slug => policies.order(paging.by(auth_policy::slug)),
        Order::Description => policies.order(paging.by(auth_policy::description)),
        Order::Uuid => policies.order(paging.by(auth_policy::uuid)),
    };
    let page = policies
        .then_order_by(auth_policy::uuid)
        .limit(paging.limit())
        .offset(paging.offset());
    load(db, scope, page)
}

/// How many policies [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    Ok(matching(scope, filter, search).count().get_result(db)?)
}

fn visible<'a>(scope: &Scope) -> Query<'a> {
    let policies = auth_policy::table.into_boxed();
    match scope {
        Scope::All => policies,
        Scope::Tenant(tenant) | Scope::Subtree(tenant) => {
            let shared = auth_policy::shared
                .eq(true)
                .and(is_at_or_above(auth_policy::tenant_uuid, tenant.as_str()));
            policies.filter(
                scope
                    .covers(auth_policy::tenant_uuid)
                    .or(shared)
                    .nullable()
                    .or(auth_policy::config_managed.eq(true)),
            )
        }
    }
}

fn matching<'a>(scope: &Scope, filter: &'a Filter, search: Option<&str>) -> Query<'a> {
    let mut policies = visible(scope);
    if let Some(uuid) = &filter.uuid {
        policies = policies.filter(auth_policy::uuid.eq(uuid));
    }
    if let Some(name) = &filter.name {
        policies = policies.filter(auth_policy::name.eq(name));
    }
    if let Some(slug) = &filter.slug {
        policies = policies.filter(auth_policy::slug.eq(slug));
    }
    if let Some(tenant) = &filter.tenant_uuid {
        policies = policies.filter(auth_policy::tenant_uuid.eq(tenant));
    }
    if let Some(user) = &filter.user_uuid {
        let held = auth_user_policy::table
            .filter(auth_user_policy::user_uuid.eq(user))
            .select(auth_user_policy::policy_uuid);
        policies = policies.filter(auth_policy::uuid.eq_any(held));
    }
    if let Some(group) = &filter.group_uuid {
        let held = auth_group_policy::table
            .filter(auth_group_policy::group_uuid.eq(group))
            .select(auth_group_policy::policy_uuid);
        policies = policies.filter(auth_policy::uuid.eq_any(held));
    }
    match filter.read_only {
        None => {}
        Some(false) => policies = policies.filter(scope.covers(auth_policy::tenant_uuid)),
        Some(true) => {
            let top = auth_tenant::table
                .filter(auth_tenant::uuid.eq(auth_tenant::parent_uuid))
                .select(auth_tenant::uuid);
            policies = policies.filter(
                auth_policy::shared
                    .eq(true)
                    .and(auth_policy::tenant_uuid.eq_any(top))
                    .nullable()
                    .or(auth_policy::config_managed.eq(true)),
            );
        }
    }
    if let Some(search) = search {
        let pattern = wazo_auth_model::search::pattern(search);
        policies = policies.filter(
            auth_policy::name
                .matches(&pattern)
                .or(auth_policy::description.matches(&pattern)),
        );
    }
    policies
}

/// Reads what a query finds, with the accesses.
fn load(db: &mut Connection, scope: &Scope, policies: Query<'_>) -> DatabaseResult<Vec<Visible>> {
    let rows: Vec<(Row, bool)> = policies
        .select((
            Row::as_select(),
            not(scope.covers(auth_policy::tenant_uuid)),
        ))
        .load(db)?;
    let ids: Vec<PolicyId> = rows
        .iter()
        .map(|(row, _)| PolicyId::from_database(row.uuid.clone()))
        .collect();
    let mut accesses = access::list_by_policies(db, &ids)?;
    Ok(rows
        .into_iter()
        .zip(ids)
        .map(|((row, inherited), uuid)| Visible {
            inherited,
            policy: Policy {
                accesses: accesses.remove(&uuid).unwrap_or_default(),
                uuid,
                name: row.name,
                slug: row.slug,
                description: row.description,
                tenant_uuid: TenantId::from_database(row.tenant_uuid),
                config_managed: row.config_managed == Some(true),
                shared: row.shared,
            },
        })
        .collect())
}
