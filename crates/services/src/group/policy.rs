//! Which policies a group has.
//!
//! A link changes neither side, so that also read-only policies can be given, and groups of the system
//! get some. The two need not be of one tenant: the caller must see both.

use wazo_auth_database::{
    Connection, Constraint,
    queries::{self, scope::Scope},
};
use wazo_auth_model::ids::GroupId;

use super::{GroupError, find_visible};
use crate::{
    context::Context,
    escalation::Giver,
    list::{Page, Paging, subtree},
    policy::{Exposed, Filter, Name, Order, Policy, PolicyError, Sight},
};

/// Gives a policy to a group, if it has it not.
///
/// # Errors
///
/// [`GroupError::Unknown`] and [`GroupError::Policy`] when the caller may not see one of them: a slug is
/// looked up before the group, an id after it; then [`GroupError::Escalation`] when the caller lacks
/// something that is in the policy.
pub fn add_policy(cx: &Context, group: &GroupId, name: &Name) -> Result<(), GroupError> {
    let (link, giver) = (Link::of(cx, group, name), Giver::of(cx));
    cx.transaction(move |db| {
        let policy = link.find(db)?;
        giver.may_add(&policy.accesses)?;
        match queries::group::add_policy(db, &link.group, &policy.uuid) {
            Ok(_) => Ok(()),
            // Either may be deleted in this moment.
            Err(error) => Err(match error.constraint() {
                Some(Constraint::GroupPolicyGroup) => GroupError::Unknown(link.group.clone()),
                Some(Constraint::GroupPolicyPolicy) => PolicyError::Gone(policy.uuid).into(),
                _ => error.into(),
            }),
        }
    })
}

/// Takes a policy from a group, if it has it.
///
/// # Errors
///
/// As for [`add_policy`].
pub fn remove_policy(cx: &Context, group: &GroupId, name: &Name) -> Result<(), GroupError> {
    let (link, giver) = (Link::of(cx, group, name), Giver::of(cx));
    cx.transaction(move |db| {
        let policy = link.find(db)?;
        giver.may_remove(&policy.accesses)?;
        queries::group::remove_policy(db, &link.group, &policy.uuid)?;
        Ok(())
    })
}

/// A group and a policy that a request names together.
struct Link {
    group: GroupId,
    visible: Scope,
    by_slug: bool,
    sight: Sight,
}

impl Link {
    fn of(cx: &Context, group: &GroupId, name: &Name) -> Self {
        Self {
            group: group.clone(),
            visible: subtree(cx),
            by_slug: matches!(name, Name::Slug(_)),
            sight: Sight::of(cx, name),
        }
    }

    /// The policy, if the caller sees both.
    fn find(&self, db: &mut Connection) -> Result<Policy, GroupError> {
        let named = if self.by_slug {
            Some(self.sight.find(db)?)
        } else {
            None
        };
        find_visible(db, &self.visible, &self.group)?;
        let found = match named {
            Some(found) => found,
            None => self.sight.find(db)?,
        };
        Ok(found.policy)
    }
}

/// Lists those policies of a group that the caller sees. No other one is counted: what is searched for
/// would tell what is in it.
///
/// # Errors
///
/// [`GroupError::Unknown`] when the caller may not see the group.
pub fn list_policies(
    cx: &Context,
    group: &GroupId,
    filter: Filter,
    paging: Paging<Order>,
) -> Result<Page<Exposed>, GroupError> {
    let (tenant, visible, group) = (cx.scope(), subtree(cx), group.clone());
    let held = Filter {
        group_uuid: Some(group.to_string()),
        ..Filter::default()
    };
    let filter = Filter {
        group_uuid: held.group_uuid.clone(),
        ..filter
    };
    cx.read(move |db| {
        find_visible(db, &visible, &group)?;
        let search = paging.search.as_deref();
        let found = queries::policy::list(db, &visible, &filter, &paging)?;
        Ok(Page {
            total: queries::policy::count(db, &visible, &held, None)?,
            filtered: queries::policy::count(db, &visible, &filter, search)?,
            items: found
                .into_iter()
                .map(|found| Exposed::seen_from(tenant.as_ref(), found))
                .collect(),
        })
    })
}
