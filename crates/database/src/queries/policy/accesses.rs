//! What is in a policy.

use diesel::prelude::*;
use wazo_auth_model::ids::PolicyId;

use crate::{
    connection::Connection,
    constraint::Constraint,
    error::DatabaseResult,
    queries::{
        access,
        list::MANY,
        parent::{Parent, name_missing},
    },
    schema::{auth_access, auth_policy, auth_policy_access},
};

/// Makes `accesses` all that is in a policy. Answers whether the policy is there; if not, nothing
/// changes.
pub fn replace_accesses(
    db: &mut Connection,
    policy: &PolicyId,
    accesses: &[String],
) -> DatabaseResult<bool> {
    if !lock(db, policy)? {
        return Ok(false);
    }
    let ids = access::find_or_insert(db, accesses)?;
    diesel::delete(
        auth_policy_access::table.filter(auth_policy_access::policy_uuid.eq(policy.as_str())),
    )
    .execute(db)?;
    link(db, policy, &ids)?;
    Ok(true)
}

/// Adds an access to a policy. Answers whether it was not in it.
///
/// # Errors
///
/// Breaks [`Constraint::PolicyAccessPolicy`] when there is no such policy.
pub fn add_access(db: &mut Connection, policy: &PolicyId, access: &str) -> DatabaseResult<bool> {
    let ids = access::find_or_insert(db, &[access.to_owned()])?;
    Ok(link(db, policy, &ids)? > 0)
}

/// Takes an access out of a policy. Answers whether it was in it.
pub fn remove_access(db: &mut Connection, policy: &PolicyId, access: &str) -> DatabaseResult<bool> {
    let ids = auth_access::table
        .filter(auth_access::access.eq(access))
        .select(auth_access::id);
    let deleted = diesel::delete(
        auth_policy_access::table
            .filter(auth_policy_access::policy_uuid.eq(policy.as_str()))
            .filter(auth_policy_access::access_id.eq_any(ids)),
    )
    .execute(db)?;
    Ok(deleted > 0)
}

/// Puts accesses into a policy, by their numbers. Answers how many were not in it.
pub(super) fn link(db: &mut Connection, policy: &PolicyId, ids: &[i32]) -> DatabaseResult<usize> {
    use auth_policy_access::{access_id, policy_uuid, table};
    let rows: Vec<_> = ids
        .iter()
        .map(|id| (policy_uuid.eq(policy.as_str()), access_id.eq(*id)))
        .collect();
    let mut new = 0;
    for some in rows.chunks(MANY) {
        let inserted = match &mut *db {
            Connection::Postgres(db) => diesel::insert_into(table)
                .values(some)
                .on_conflict_do_nothing()
                .execute(db),
            Connection::Sqlite(db) => some.iter().try_fold(0, |sum, row| {
                let inserted = diesel::insert_into(table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(db)?;
                Ok(sum + inserted)
            }),
        };
        new += name_missing(
            db,
            inserted,
            &[(
                Parent::Policy(policy.as_str()),
                Constraint::PolicyAccessPolicy,
            )],
        )?;
    }
    Ok(new)
}

/// Keeps a policy and what is in it from changing until the transaction ends. Answers whether it is
/// there. Without this, two replacements at once would leave both sets.
pub fn lock(db: &mut Connection, policy: &PolicyId) -> DatabaseResult<bool> {
    let row = auth_policy::table
        .find(policy.as_str())
        .select(auth_policy::uuid);
    let found: Option<String> = match db {
        Connection::Postgres(db) => row.for_no_key_update().first(db).optional()?,
        Connection::Sqlite(db) => row.first(db).optional()?,
    };
    Ok(found.is_some())
}
