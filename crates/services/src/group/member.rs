//! Who is in a group.

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{self, scope::Scope},
};
use wazo_auth_model::ids::{GroupId, UserId};

use super::{Group, GroupError, Order, find_changeable, page};
use crate::{
    context::Context,
    escalation::Giver,
    list::{Page, Paging, subtree},
    user::{Described, describe_all},
};

/// Makes a user a member of a group, and so gives them what its policies grant. One that is a member
/// stays one.
///
/// # Errors
///
/// [`GroupError::UnknownUser`] and [`GroupError::Unknown`] when the caller may not see them,
/// [`GroupError::OtherTenant`], [`GroupError::SystemManaged`], and [`GroupError::Escalation`] when the
/// caller lacks something that a new member would get, in this order.
pub fn add_member(cx: &Context, group: &GroupId, user: &UserId) -> Result<(), GroupError> {
    let (visible, giver) = (subtree(cx), Giver::of(cx));
    let (group, user) = (group.clone(), user.clone());
    cx.transaction(move |db| {
        let member = queries::user::find_within(db, &visible, &user)?
            .ok_or_else(|| GroupError::UnknownUser(user.clone()))?;
        let joined = super::find_visible(db, &visible, &group)?;
        if member.tenant_uuid != joined.tenant_uuid {
            return Err(GroupError::OtherTenant {
                user: member.tenant_uuid,
                group: joined.tenant_uuid,
            });
        }
        if joined.system_managed {
            return Err(GroupError::SystemManaged(group.clone()));
        }
        let is_new = queries::user::join_group(db, &user, &group)
            .map_err(|error| gone(error, &group, &user))?;
        if is_new {
            giver.may_add(&accesses(db, &group)?)?;
        }
        Ok(())
    })
}

/// What the policies of a group grant and deny, whatever tenant owns them: a member gets all of it.
fn accesses(db: &mut Connection, group: &GroupId) -> DatabaseResult<Vec<String>> {
    let filter = queries::policy::Filter {
        group_uuid: Some(group.to_string()),
        ..queries::policy::Filter::default()
    };
    let policies = queries::policy::list(db, &Scope::All, &filter, &Paging::default())?;
    let accesses = policies.into_iter().flat_map(|found| found.policy.accesses);
    Ok(accesses.collect())
}

/// What was seen a moment ago may be gone.
fn gone(error: DatabaseError, group: &GroupId, user: &UserId) -> GroupError {
    match error.constraint() {
        Some(Constraint::UserGroupUser) => GroupError::UnknownUser(user.clone()),
        Some(Constraint::UserGroupGroup) => GroupError::Unknown(group.clone()),
        _ => error.into(),
    }
}

/// Takes a user out of a group. One that is no member stays out, whatever tenant it belongs to.
///
/// # Errors
///
/// [`GroupError::Unknown`] when the caller may not see the group, [`GroupError::SystemManaged`],
/// [`GroupError::UnknownUser`] when there is no such user at all, in this order.
pub fn remove_member(cx: &Context, group: &GroupId, user: &UserId) -> Result<(), GroupError> {
    let (visible, group, user) = (subtree(cx), group.clone(), user.clone());
    cx.transaction(move |db| {
        find_changeable(db, &visible, &group)?;
        if queries::user::leave_group(db, &user, &group)?
            || queries::user::is_known(db, user.as_str())?
        {
            return Ok(());
        }
        Err(GroupError::UnknownUser(user.clone()))
    })
}

/// Lists those members of a group whom the caller may see. A group that it may not see has none.
///
/// # Errors
///
/// When the database fails.
pub fn list_members(
    cx: &Context,
    group: &GroupId,
    filter: queries::user::Filter,
    paging: Paging<queries::user::Order>,
) -> Result<Page<Described>, GroupError> {
    let (visible, group) = (subtree(cx), group.clone());
    let members = queries::user::Filter {
        group_uuid: Some(group.to_string()),
        ..queries::user::Filter::default()
    };
    let filter = queries::user::Filter {
        group_uuid: members.group_uuid.clone(),
        ..filter
    };
    cx.read(move |db| {
        if queries::group::find_within(db, &visible, &group)?.is_none() {
            return Ok(Page {
                items: Vec::new(),
                total: 0,
                filtered: 0,
            });
        }
        let found = queries::user::list(db, &visible, &filter, &paging)?;
        Ok(Page {
            total: queries::user::count(db, &visible, &members, None)?,
            filtered: queries::user::count(db, &visible, &filter, paging.search.as_deref())?,
            items: describe_all(db, found)?,
        })
    })
}

/// Lists those groups of a user that the caller may see, the group of all users of its tenant among
/// them.
///
/// # Errors
///
/// [`GroupError::UnknownUser`] when the caller may not see the user.
pub fn list_of_user(
    cx: &Context,
    user: &UserId,
    filter: queries::group::Filter,
    paging: Paging<Order>,
) -> Result<Page<Group>, GroupError> {
    let (visible, user) = (subtree(cx), user.clone());
    let joined = queries::group::Filter {
        user_uuid: Some(user.to_string()),
        ..queries::group::Filter::default()
    };
    let filter = queries::group::Filter {
        user_uuid: joined.user_uuid.clone(),
        ..filter
    };
    cx.read(move |db| {
        if queries::user::find_within(db, &visible, &user)?.is_none() {
            return Err(GroupError::UnknownUser(user.clone()));
        }
        page(db, &visible, &joined, &filter, &paging)
    })
}
