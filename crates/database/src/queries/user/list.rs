//! Lists of users.

use diesel::{connection::SimpleConnection, dsl::auto_type, prelude::*};

use super::{
    Own, Row, User,
    page::{Ids, OnPage, ids_in_order, range},
    search::{Addresses, Part, Searched},
    user, with_tenant,
};
use crate::{
    connection::{Connection, MultiBackend},
    error::DatabaseResult,
    functions::lower,
    queries::{
        list::{Page, Paging},
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

/// So many users are named by their ids in one statement.
const FEW: i64 = 1_000;
/// So many users are looked up one by one in no time; of more, it matters in which order.
const MANY: i64 = 5_000;

type Query<'a> = auth_user::BoxedQuery<'a, MultiBackend>;

/// The users of a scope that fit a filter and a search, in their names and e-mail addresses: the wanted
/// part of them, and how many there are.
pub fn page(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Page<User>> {
    prefer_indexes(db)?;
    let total = in_scope(db, scope)?;
    let found = find(db, scope, filter, paging.search.as_deref(), total)?;
    let filtered = found.count();
    let items = if paging.offset() >= filtered || paging.limit() == 0 {
        Vec::new()
    } else {
        items(db, scope, filter, paging, total, &found)?
    };
    Ok(Page {
        items,
        total,
        filtered,
    })
}

/// The users that [`page`] finds, without their numbers.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<User>> {
    Ok(page(db, scope, filter, paging)?.items)
}

/// How many users [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    prefer_indexes(db)?;
    let total = in_scope(db, scope)?;
    Ok(find(db, scope, filter, search, total)?.count())
}

/// What fits a filter and a search.
enum Found {
    /// These, in no order.
    Ids(Vec<String>),
    /// So many.
    Many(i64),
}

impl Found {
    fn count(&self) -> i64 {
        match self {
            Self::Ids(ids) => i64::try_from(ids.len()).unwrap_or(i64::MAX),
            Self::Many(count) => *count,
        }
    }
}

/// Makes PostgreSQL prefer the indexes made for lists, until the transaction ends. It expects disks that
/// have to turn, and does not know that what is in lower case in an index need not be made so again.
fn prefer_indexes(db: &mut Connection) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        db.batch_execute("SET LOCAL random_page_cost = 0.5")?;
    }
    Ok(())
}

fn in_scope(db: &mut Connection, scope: &Scope) -> DatabaseResult<i64> {
    Ok(auth_user::table
        .filter(scope.covers(auth_user::tenant_uuid))
        .count()
        .get_result(db)?)
}

/// Which of so many users of a scope fit a filter and a search.
fn find(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
    total: i64,
) -> DatabaseResult<Found> {
    let Some(search) = search else {
        if *filter == Filter::default() {
            return Ok(Found::Many(total));
        }
        let users = matching(scope, filter, Way::Selective);
        return Ok(Found::Many(users.count().get_result(db)?));
    };
    let (way, addresses) = if total > MANY {
        (Way::InPassing, Addresses::AtOnce)
    } else {
        (Way::Selective, Addresses::OfEach)
    };
    let parts = Part::all(db);
    let searched = |part: Part, addresses| {
        matching(scope, filter, way)
            .filter(part.holds())
            .filter(Searched::new(search, part, addresses))
    };
    // A search that finds few looks at everybody once, and this is it. One that finds many soon has
    // these, and is counted then.
    let mut ids: Vec<String> = Vec::new();
    'looks: for part in parts {
        for look in addresses.looks(db) {
            let users = searched(*part, *look).select(auth_user::uuid);
            let some = Found::Ids(users.limit(FEW + 1).load(db)?);
            let many = some.count() > FEW;
            if let Found::Ids(some) = some {
                ids.extend(some);
            }
            if many {
                break 'looks;
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let found = Found::Ids(ids);
    if found.count() <= FEW {
        return Ok(found);
    }
    let mut count = 0;
    for part in parts {
        count += searched(*part, addresses).count().get_result::<i64>(db)?;
    }
    Ok(Found::Many(count))
}

/// The wanted part of what was found among so many users of a scope.
fn items(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
    total: i64,
    found: &Found,
) -> DatabaseResult<Vec<User>> {
    let found = match found {
        Found::Many(count) => *count,
        Found::Ids(ids) => {
            let users = auth_user::table.filter(auth_user::uuid.eq_any(ids));
            let users = users.limit(paging.limit()).offset(paging.offset());
            return in_order(db, users.into_boxed(), paging);
        }
    };
    let way = if total > MANY {
        Way::InPassing
    } else {
        Way::Selective
    };
    let parts = Part::all(db);
    let Some(search) = &paging.search else {
        let ids = ids(parts, paging, |_| matching(scope, filter, way));
        return in_order(db, on_page(ids, paging), paging);
    };
    // Of a search that finds much, the first pages are among the first users.
    let wanted = paging.offset().saturating_add(paging.limit()).min(found);
    if wanted.saturating_mul(total / found.max(1) + 1) <= MANY / 2 {
        let first = Paging {
            search: None,
            limit: MANY.try_into().ok(),
            offset: 0,
            ..*paging
        };
        let everybody = Filter::default();
        let ids = ids(parts, &first, |_| matching(scope, &everybody, way));
        let users = matching(&Scope::All, filter, Way::Selective)
            .filter(OnPage::new(ids, &first))
            .filter(Searched::new(search, Part::All, Addresses::OfEach))
            .limit(paging.limit())
            .offset(paging.offset());
        let users = in_order(db, users, paging)?;
        // Unless those who fit come late in this order.
        if i64::try_from(users.len()) == Ok(wanted - paging.offset()) {
            return Ok(users);
        }
    }
    let addresses = if total > MANY {
        Addresses::AtOnce
    } else {
        Addresses::OfEach
    };
    let ids = sorted_ids(parts, paging, |part| {
        matching(scope, filter, way).filter(Searched::new(search, part, addresses))
    });
    in_order(db, on_page(ids, paging), paging)
}

fn on_page<'a>(ids: Vec<Ids<'a>>, paging: &Paging<Order>) -> Query<'a> {
    auth_user::table
        .filter(OnPage::new(ids, paging))
        .into_boxed()
}

/// Finds the ids of a page along the index that has this order.
fn ids<'a>(
    parts: &[Part],
    paging: &Paging<Order>,
    users: impl Fn(Part) -> Query<'a>,
) -> Vec<Ids<'a>> {
    let range = range(paging, parts.len());
    let of_part = |part: &Part| {
        let users = users(*part).filter(part.holds());
        match paging.order {
            Order::Username => ids_in_order!(users, paging, by, range, auth_user::username),
            Order::Firstname => ids_in_order!(users, paging, by, range, auth_user::firstname),
            Order::Lastname => ids_in_order!(users, paging, by, range, auth_user::lastname),
        }
    };
    parts.iter().map(of_part).collect()
}

/// Finds the ids of a page in whatever way, and sorts them.
fn sorted_ids<'a>(
    parts: &[Part],
    paging: &Paging<Order>,
    users: impl Fn(Part) -> Query<'a>,
) -> Vec<Ids<'a>> {
    let range = range(paging, parts.len());
    let of_part = |part: &Part| {
        let users = users(*part).filter(part.holds());
        match paging.order {
            Order::Username => ids_in_order!(users, paging, by_sorting, range, auth_user::username),
            Order::Firstname => {
                ids_in_order!(users, paging, by_sorting, range, auth_user::firstname)
            }
            Order::Lastname => ids_in_order!(users, paging, by_sorting, range, auth_user::lastname),
        }
    };
    parts.iter().map(of_part).collect()
}

/// Loads users in the order of a list.
fn in_order(
    db: &mut Connection,
    users: Query<'_>,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<User>> {
    let users = with_tenant!(users);
    let users = match paging.order {
        Order::Username => users.order(paging.by(auth_user::username)),
        Order::Firstname => users.order(paging.by(auth_user::firstname)),
        Order::Lastname => users.order(paging.by(auth_user::lastname)),
    };
    let rows: Vec<Row> = users
        .then_order_by(paging.ties_by(auth_user::uuid))
        .load(db)?;
    Ok(rows.into_iter().map(user).collect())
}

/// How the users of a scope are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By their tenant, or what a filter says.
    Selective,
    /// In an order, past those of other tenants.
    InPassing,
}

fn matching<'a>(scope: &Scope, filter: &'a Filter, way: Way) -> Query<'a> {
    let scope = match way {
        Way::Selective => scope.covers(auth_user::tenant_uuid),
        Way::InPassing => scope.covers_in_passing(auth_user::tenant_uuid),
    };
    let mut users = auth_user::table.filter(scope).into_boxed();
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
    with_policies(users, filter)
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
