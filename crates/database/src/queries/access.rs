//! The accesses that policies give to users.

use diesel::prelude::*;
use wazo_auth_model::ids::UserId;

use crate::{
    connection::Connection,
    error::DatabaseResult,
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
