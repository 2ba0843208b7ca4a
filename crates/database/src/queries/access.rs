//! Accesses: the dictionary of them, and those that policies give to users.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use wazo_auth_model::ids::{PolicyId, UserId};

use crate::{
    connection::Connection,
    error::DatabaseResult,
    queries::list::MANY,
    schema::{
        auth_access, auth_group_policy, auth_policy_access, auth_user_group, auth_user_policy,
    },
};

/// The accesses of the policies that a user has itself, duplicates kept.
pub fn list_by_user(db: &mut Connection, user: &UserId) -> DatabaseResult<Vec<String>> {
    Ok(auth_user_policy::table
        .inner_join(
            auth_policy_access::table
                .on(auth_policy_access::policy_uuid.eq(auth_user_policy::policy_uuid)),
        )
        .inner_join(auth_access::table.on(auth_access::id.eq(auth_policy_access::access_id)))
        .filter(auth_user_policy::user_uuid.eq(user.as_str()))
        .order((auth_user_policy::policy_uuid, auth_access::id))
        .select(auth_access::access)
        .load(db)?)
}

/// The accesses of the policies of a user's groups, duplicates kept.
pub fn list_by_groups_of(db: &mut Connection, user: &UserId) -> DatabaseResult<Vec<String>> {
    Ok(auth_user_group::table
        .inner_join(
            auth_group_policy::table
                .on(auth_group_policy::group_uuid.eq(auth_user_group::group_uuid)),
        )
        .inner_join(
            auth_policy_access::table
                .on(auth_policy_access::policy_uuid.eq(auth_group_policy::policy_uuid)),
        )
        .inner_join(auth_access::table.on(auth_access::id.eq(auth_policy_access::access_id)))
        .filter(auth_user_group::user_uuid.eq(user.as_str()))
        .order((
            auth_user_group::group_uuid,
            auth_group_policy::policy_uuid,
            auth_access::id,
        ))
        .select(auth_access::access)
        .load(db)?)
}

/// The accesses of some policies, in the order in which the server first met them.
pub fn list_by_policies(
    db: &mut Connection,
    policies: &[PolicyId],
) -> DatabaseResult<HashMap<PolicyId, Vec<String>>> {
    let mut found: HashMap<PolicyId, Vec<String>> = HashMap::new();
    for some in policies.chunks(MANY) {
        let rows: Vec<(String, String)> = auth_policy_access::table
            .inner_join(auth_access::table.on(auth_access::id.eq(auth_policy_access::access_id)))
            .filter(auth_policy_access::policy_uuid.eq_any(some.iter().map(PolicyId::as_str)))
            .order(auth_access::id)
            .select((auth_policy_access::policy_uuid, auth_access::access))
            .load(db)?;
        for (policy, access) in rows {
            found
                .entry(PolicyId::from_database(policy))
                .or_default()
                .push(access);
        }
    }
    Ok(found)
}

/// The numbers of accesses, one for each that differs, ascending. Those that the server has never met
/// get theirs in the order given; they stay for good.
pub(crate) fn find_or_insert(db: &mut Connection, accesses: &[String]) -> DatabaseResult<Vec<i32>> {
    let mut ids = find_ids(db, accesses)?;
    let mut missing = Vec::new();
    for access in accesses {
        if !ids.contains_key(access) {
            missing.push(access.clone());
        }
    }
    if !missing.is_empty() {
        insert(db, &missing)?;
        ids.extend(find_ids(db, &missing)?);
    }
    let mut ids: Vec<i32> = ids.into_values().collect();
    ids.sort_unstable();
    Ok(ids)
}

fn find_ids(db: &mut Connection, accesses: &[String]) -> DatabaseResult<HashMap<String, i32>> {
    let mut ids = HashMap::new();
    for some in accesses.chunks(MANY) {
        let rows: Vec<(String, i32)> = auth_access::table
            .filter(auth_access::access.eq_any(some))
            .select((auth_access::access, auth_access::id))
            .load(db)?;
        ids.extend(rows);
    }
    Ok(ids)
}

/// Adds what another transaction has not added by now.
fn insert(db: &mut Connection, accesses: &[String]) -> DatabaseResult<()> {
    let mut met = HashSet::new();
    let rows: Vec<_> = accesses
        .iter()
        .filter(|access| met.insert(access.as_str()))
        .map(|access| auth_access::access.eq(access))
        .collect();
    for some in rows.chunks(MANY) {
        match db {
            Connection::Postgres(db) => {
                diesel::insert_into(auth_access::table)
                    .values(some)
                    .on_conflict_do_nothing()
                    .execute(db)?;
            }
            Connection::Sqlite(db) => {
                for row in some {
                    diesel::insert_into(auth_access::table)
                        .values(row)
                        .on_conflict_do_nothing()
                        .execute(db)?;
                }
            }
        }
    }
    Ok(())
}
