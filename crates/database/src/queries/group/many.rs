//! The groups of many tenants at once: no statement for each tenant, however many there are.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use wazo_auth_model::{
    ids::{GroupId, PolicyId, TenantId},
    search,
};

use super::{Group, Row};
use crate::{
    connection::{Connection, per_engine},
    error::DatabaseResult,
    functions::lower,
    queries::list::MANY,
    schema::{auth_group, auth_group_policy, auth_user, auth_user_group},
};

/// A group and a policy that it has.
pub type PolicyLink = (GroupId, PolicyId);

/// The groups of some tenants that have one of these names, in this case of letters, or one of these
/// slugs, in whatever case.
pub fn list_called(
    db: &mut Connection,
    tenants: &[TenantId],
    names: &[String],
) -> DatabaseResult<Vec<Group>> {
    let mut found = Vec::new();
    // All of it has to fit into one statement.
    for names in names.chunks(MANY / 2) {
        // Where an engine folds fewer letters than we do, a slug is found in its own spelling.
        let slugs: Vec<String> = names
            .iter()
            .flat_map(|name| [search::lower(name), name.clone()])
            .collect();
        for tenants in tenants.chunks(MANY) {
            let rows = auth_group::table
                .filter(auth_group::tenant_uuid.eq_any(tenants.iter().map(TenantId::as_str)))
                .filter(
                    lower(auth_group::slug.nullable())
                        .assume_not_null()
                        .eq_any(&slugs)
                        .or(auth_group::name.eq_any(names)),
                )
                .select(Row::as_select())
                .load(db)?;
            found.extend(rows.into_iter().map(Group::from));
        }
    }
    Ok(found)
}

/// Adds groups.
///
/// # Errors
///
/// As for [`insert`](super::insert), for any of them.
pub fn insert_many(db: &mut Connection, new: &[Group]) -> DatabaseResult<()> {
    for some in new.chunks(MANY) {
        let rows: Vec<Row> = some.iter().map(Row::from).collect();
        per_engine!(db => diesel::insert_into(auth_group::table).values(&rows).execute(db))?;
    }
    Ok(())
}

/// Gives groups the name that their slug is. Answers how many there are.
///
/// # Errors
///
/// Breaks [`Constraint::GroupName`](crate::Constraint::GroupName) when another group of a tenant has
/// the name.
pub fn name_by_slug(db: &mut Connection, groups: &[GroupId]) -> DatabaseResult<usize> {
    let mut changed = 0;
    for some in groups.chunks(MANY) {
        let meant =
            auth_group::table.filter(auth_group::uuid.eq_any(some.iter().map(GroupId::as_str)));
        changed += diesel::update(meant)
            .set(auth_group::name.eq(auth_group::slug))
            .execute(db)?;
    }
    Ok(changed)
}

/// Spells the slug of a group in other letters. Answers whether the group is there.
pub fn spell_slug(db: &mut Connection, uuid: &GroupId, slug: &str) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_group::table.find(uuid.as_str()))
        .set(auth_group::slug.eq(slug))
        .execute(db)?;
    Ok(changed > 0)
}

/// Makes all users of their tenants members of some groups. Answers how many have joined.
pub fn join_all_users(db: &mut Connection, groups: &[GroupId]) -> DatabaseResult<usize> {
    let mut joined = 0;
    for some in groups.chunks(MANY) {
        let is_member = exists(
            auth_user_group::table
                .filter(auth_user_group::group_uuid.eq(auth_group::uuid))
                .filter(auth_user_group::user_uuid.eq(auth_user::uuid)),
        );
        let newcomers = auth_group::table
            .inner_join(auth_user::table.on(auth_user::tenant_uuid.eq(auth_group::tenant_uuid)))
            .filter(auth_group::uuid.eq_any(some.iter().map(GroupId::as_str)))
            .filter(not(is_member))
            .select((auth_group::uuid, auth_user::uuid));
        joined += per_engine!(db => newcomers
            .insert_into(auth_user_group::table)
            .into_columns((auth_user_group::group_uuid, auth_user_group::user_uuid))
            .execute(db))?;
    }
    Ok(joined)
}

/// Which of some policies some groups have.
pub fn list_policy_links(
    db: &mut Connection,
    groups: &[GroupId],
    policies: &[PolicyId],
) -> DatabaseResult<Vec<PolicyLink>> {
    let mut found = Vec::new();
    for groups in groups.chunks(MANY) {
        for policies in policies.chunks(MANY) {
            let rows: Vec<(String, String)> = auth_group_policy::table
                .filter(auth_group_policy::group_uuid.eq_any(groups.iter().map(GroupId::as_str)))
                .filter(
                    auth_group_policy::policy_uuid.eq_any(policies.iter().map(PolicyId::as_str)),
                )
                .select((
                    auth_group_policy::group_uuid,
                    auth_group_policy::policy_uuid,
                ))
                .load(db)?;
            found.extend(rows.into_iter().map(|(group, policy)| {
                (
                    GroupId::from_database(group),
                    PolicyId::from_database(policy),
                )
            }));
        }
    }
    Ok(found)
}

/// Gives policies to groups. Answers how many links were not there.
///
/// # Errors
///
/// When one of the groups or policies is gone.
pub fn add_policies(db: &mut Connection, links: &[PolicyLink]) -> DatabaseResult<usize> {
    let mut new = 0;
    for some in links.chunks(MANY) {
        let rows: Vec<_> = some
            .iter()
            .map(|(group, policy)| {
                (
                    auth_group_policy::group_uuid.eq(group.as_str()),
                    auth_group_policy::policy_uuid.eq(policy.as_str()),
                )
            })
            .collect();
        new += match db {
            Connection::Postgres(db) => diesel::insert_into(auth_group_policy::table)
                .values(&rows)
                .on_conflict_do_nothing()
                .execute(db)?,
            Connection::Sqlite(db) => rows.iter().try_fold(0, |sum, row| {
                let inserted = diesel::insert_into(auth_group_policy::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(db)?;
                QueryResult::Ok(sum + inserted)
            })?,
        };
    }
    Ok(new)
}

/// Takes a policy from groups. Answers how many had it.
pub fn remove_policy_from(
    db: &mut Connection,
    groups: &[GroupId],
    policy: &PolicyId,
) -> DatabaseResult<usize> {
    let mut removed = 0;
    for some in groups.chunks(MANY) {
        removed += diesel::delete(
            auth_group_policy::table
                .filter(auth_group_policy::policy_uuid.eq(policy.as_str()))
                .filter(auth_group_policy::group_uuid.eq_any(some.iter().map(GroupId::as_str))),
        )
        .execute(db)?;
    }
    Ok(removed)
}
