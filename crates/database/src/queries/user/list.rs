//! Lists of users.

use diesel::{dsl::auto_type, prelude::*};

use super::{Own, Row, User, user, with_tenant};
use crate::{
    connection::{Connection, MultiBackend},
    error::DatabaseResult,
    functions::{ILikeMethod, lower},
    queries::{
        list::Paging,
        policy::{self, Named},
        scope::Scope,
    },
    schema::{
        auth_email, auth_group_policy, auth_tenant, auth_user, auth_user_group, auth_user_policy,
    },
};

/// What a list of users can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The user name.
    #[default]
    Username,
    /// The given name.
    Firstname,
    /// The family name.
    Lastname,
}

/// Which users are meant: those for whom all of this holds. Texts are compared exactly; one that is no
/// id fits nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The user's id.
    pub uuid: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The given name.
    pub firstname: Option<String>,
    /// The family name.
    pub lastname: Option<String>,
    /// The purpose.
    pub purpose: Option<String>,
    /// One of the e-mail addresses, confirmed or not.
    pub email_address: Option<String>,
    /// The user name or one of the e-mail addresses, confirmed or not, in any case of letters.
    pub login: Option<String>,
    /// A group, of which the user is a member.
    pub group_uuid: Option<String>,
    /// A policy that the user has itself.
    pub policy_uuid: Option<String>,
    /// The slug of such a policy, of whichever tenant.
    pub policy_slug: Option<String>,
    /// A policy that the user has itself or through a group.
    pub has_policy_uuid: Option<String>,
    /// The slug of such a policy, of whichever tenant.
    pub has_policy_slug: Option<String>,
}

type Query<'a> = auth_user::BoxedQuery<'a, MultiBackend>;

/// The users of a scope that fit a filter and a search, in their names and e-mail addresses.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<User>> {
    let users = with_tenant!(matching(scope, filter, paging.search.as_deref()));
    let users = match paging.order {
        Order::Username => users.order(paging.by(auth_user::username)),
        Order::Firstname => users.order(paging.by(auth_user::firstname)),
        Order::Lastname => users.order(paging.by(auth_user::lastname)),
    };
    let rows: Vec<Row> = users
        .then_order_by(auth_user::uuid)
        .limit(paging.limit())
        .offset(paging.offset())
        .load(db)?;
    Ok(rows.into_iter().map(user).collect())
}

/// How many users [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    Ok(matching(scope, filter, search).count().get_result(db)?)
}

fn matching<'a>(scope: &Scope, filter: &'a Filter, search: Option<&str>) -> Query<'a> {
    let mut users = auth_user::table
        .filter(scope.covers(auth_user::tenant_uuid))
        .into_boxed();
    if let Some(uuid) = &filter.uuid {
        users = users.filter(auth_user::uuid.eq(uuid));
    }
    if let Some(name) = &filter.username {
        users = users.filter(auth_user::username.eq(name));
    }
    if let Some(name) = &filter.firstname {
        users = users.filter(auth_user::firstname.eq(name));
    }
    if let Some(name) = &filter.lastname {
        users = users.filter(auth_user::lastname.eq(name));
    }
    if let Some(purpose) = &filter.purpose {
        users = users.filter(auth_user::purpose.eq(purpose));
    }
    if let Some(address) = &filter.email_address {
        let owners = auth_email::table
            .filter(auth_email::address.eq(address))
            .select(auth_email::user_uuid);
        users = users.filter(auth_user::uuid.eq_any(owners));
    }
    if let Some(login) = &filter.login {
        let owners = auth_email::table
            .filter(lower(auth_email::address.nullable()).eq(lower(login)))
            .select(auth_email::user_uuid);
        users = users.filter(
            lower(auth_user::username)
                .eq(lower(login))
                .or(auth_user::uuid.eq_any(owners).nullable()),
        );
    }
    if let Some(group) = &filter.group_uuid {
        let members = auth_user_group::table
            .filter(auth_user_group::group_uuid.eq(group))
            .select(auth_user_group::user_uuid);
        users = users.filter(auth_user::uuid.eq_any(members));
    }
    users = with_policies(users, filter);
    if let Some(search) = search {
        users = searched(users, &wazo_auth_model::search::pattern(search));
    }
    users
}

/// Those who have the policies of a filter.
fn with_policies<'a>(mut users: Query<'a>, filter: &'a Filter) -> Query<'a> {
    let own = [
        filter.policy_uuid.as_deref().map(Named::Uuid),
        filter.policy_slug.as_deref().map(Named::Slug),
    ];
    for named in own.into_iter().flatten() {
        users = users.filter(auth_user::uuid.eq_any(holders(named)));
    }
    let effective = [
        filter.has_policy_uuid.as_deref().map(Named::Uuid),
        filter.has_policy_slug.as_deref().map(Named::Slug),
    ];
    for named in effective.into_iter().flatten() {
        let groups = auth_group_policy::table
            .filter(auth_group_policy::policy_uuid.eq_any(policy::ids(named)))
            .select(auth_group_policy::group_uuid);
        let members = auth_user_group::table
            .filter(auth_user_group::group_uuid.eq_any(groups))
            .select(auth_user_group::user_uuid);
        users = users.filter(
            auth_user::uuid
                .eq_any(holders(named))
                .or(auth_user::uuid.eq_any(members)),
        );
    }
    users
}

/// The ids of the users who have a policy themselves.
#[auto_type(no_type_alias)]
fn holders<'a>(named: Named<'a>) -> _ {
    let ids: policy::ids<'a> = policy::ids(named);
    auth_user_policy::table
        .filter(auth_user_policy::policy_uuid.eq_any(ids))
        .select(auth_user_policy::user_uuid)
}

/// Those with the pattern in a name or an e-mail address.
fn searched<'a>(users: Query<'a>, pattern: &str) -> Query<'a> {
    let owners = auth_email::table
        .filter(auth_email::address.matches(pattern))
        .select(auth_email::user_uuid);
    users.filter(
        auth_user::firstname
            .matches(pattern)
            .or(auth_user::lastname.matches(pattern))
            .or(auth_user::username.matches(pattern))
            .or(auth_user::uuid.eq_any(owners).nullable()),
    )
}
