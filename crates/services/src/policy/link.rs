//! Giving policies to users, and taking them away.
//!
//! A link changes neither side, so that also read-only policies can be given. They need not be of one
//! tenant: the caller must see both.

use wazo_auth_database::{Connection, Constraint, queries};
use wazo_auth_model::ids::UserId;

use super::{Exposed, Filter, Name, Order, PolicyError, Scope, Sight, stored_page};
use crate::{
    context::Context,
    escalation::Giver,
    list::{Page, Paging, subtree},
};

/// Gives a policy to a user, if they have it not.
///
/// # Errors
///
/// When the caller sees no such policy, has not all that is in it, or sees no such user.
pub fn add_to_user(cx: &Context, user: &UserId, name: &Name) -> Result<(), PolicyError> {
    let (sight, giver) = (Sight::of(cx, name), Giver::of(cx));
    let (visible, user) = (subtree(cx), user.clone());
    cx.transaction(move |db| {
        let policy = sight.find(db)?.policy;
        giver.may_add(&policy.accesses)?;
        check_user(db, &visible, &user)?;
        match queries::user::add_policy(db, &user, &policy.uuid) {
            Ok(_) => Ok(()),
            // Either may be deleted in this moment.
            Err(error) => Err(match error.constraint() {
                Some(Constraint::UserPolicyUser) => PolicyError::UnknownUser(user.to_string()),
                Some(Constraint::UserPolicyPolicy) => PolicyError::Gone(policy.uuid),
                _ => error.into(),
            }),
        }
    })
}

/// Takes a policy from a user, if they have it.
///
/// # Errors
///
/// When the caller sees no such policy, has not all that is in it, or sees no such user.
pub fn remove_from_user(cx: &Context, user: &UserId, name: &Name) -> Result<(), PolicyError> {
    let (sight, giver) = (Sight::of(cx, name), Giver::of(cx));
    let (visible, user) = (subtree(cx), user.clone());
    cx.transaction(move |db| {
        let policy = sight.find(db)?.policy;
        giver.may_remove(&policy.accesses)?;
        check_user(db, &visible, &user)?;
        queries::user::remove_policy(db, &user, &policy.uuid)?;
        Ok(())
    })
}

fn check_user(db: &mut Connection, visible: &Scope, user: &UserId) -> Result<(), PolicyError> {
    match queries::user::find_within(db, visible, user)? {
        Some(_) => Ok(()),
        None => Err(PolicyError::UnknownUser(user.to_string())),
    }
}

/// Lists those policies of a user, not through a group, that the caller sees; no other one is counted. They
/// are shown as they are stored. A user whom the caller does not see has none.
///
/// # Errors
///
/// When the database fails.
pub fn list_of_user(
    cx: &Context,
    user: &UserId,
    filter: Filter,
    paging: Paging<Order>,
) -> Result<Page<Exposed>, PolicyError> {
    let (visible, user) = (subtree(cx), user.clone());
    let held = Filter {
        user_uuid: Some(user.to_string()),
        ..Filter::default()
    };
    let filter = Filter {
        user_uuid: held.user_uuid.clone(),
        ..filter
    };
    let page = cx.read(move |db| {
        if queries::user::find_within(db, &visible, &user)?.is_none() {
            return Ok(Page {
                items: Vec::new(),
                total: 0,
                filtered: 0,
            });
        }
        let search = paging.search.as_deref();
        Ok::<_, PolicyError>(Page {
            total: queries::policy::count(db, &visible, &held, None)?,
            filtered: queries::policy::count(db, &visible, &filter, search)?,
            items: queries::policy::list(db, &visible, &filter, &paging)?,
        })
    })?;
    Ok(stored_page(page))
}
