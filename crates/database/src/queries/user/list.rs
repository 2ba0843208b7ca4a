//! Lists of users.

use diesel::{connection::SimpleConnection, dsl::auto_type, prelude::*};

use super::{
    Own, Row, User,
    page::{Ids, OnPage, Part, ids_along, range, sorted_ids},
    search::{Addresses, Searched},
    text, user, with_tenant,
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
        wazo_auth_rs_user_text,
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

/// So many users are looked at one by one in no time; of more, it matters in which order.
const MANY: i64 = 5_000;

type Query<'a> = auth_user::BoxedQuery<'a, MultiBackend>;
type Texts<'a> = wazo_auth_rs_user_text::BoxedQuery<'a, MultiBackend>;

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
    let look = Look::new(db, paging.search.as_deref(), total)?;
    let filtered = count_found(db, scope, filter, &look, total)?;
    let items = if paging.offset() >= filtered || paging.limit() == 0 {
        Vec::new()
    } else {
        items(db, scope, filter, &look, paging, (filtered, total))?
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
    let look = Look::new(db, search, total)?;
    count_found(db, scope, filter, &look, total)
}

/// How those are found whom a search finds.
enum Look {
    /// There is no search.
    Everybody,
    /// By a look at each user and its addresses.
    AtUsers(Searched),
    /// By a look at the texts that are kept of each user.
    AtTexts(text::Searched),
}

impl Look {
    /// The best way to search among so many users.
    fn new(db: &mut Connection, search: Option<&str>, total: i64) -> DatabaseResult<Self> {
        let Some(search) = search else {
            return Ok(Self::Everybody);
        };
        if total <= MANY {
            return Ok(Self::AtUsers(Searched::new(search, Addresses::OfEach)));
        }
        Ok(match text::Searched::new(search) {
            Some(searched) if text::are_kept(db)? => Self::AtTexts(searched),
            _ => Self::AtUsers(Searched::new(search, Addresses::AtOnce)),
        })
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

/// How many of so many users of a scope fit a filter and a search.
fn count_found(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    look: &Look,
    total: i64,
) -> DatabaseResult<i64> {
    let everybody = *filter == Filter::default();
    Ok(match look {
        Look::Everybody if everybody => total,
        Look::AtTexts(searched) if everybody => texts(scope, searched).count().get_result(db)?,
        _ => fitting(scope, filter, look).count().get_result(db)?,
    })
}

/// Those who fit a filter and a search, in no order.
fn fitting<'a>(scope: &Scope, filter: &'a Filter, look: &'a Look) -> Query<'a> {
    let users = matching(scope, filter, Way::Selective);
    match look {
        Look::Everybody => users,
        Look::AtUsers(searched) => users.filter(searched.clone()),
        Look::AtTexts(searched) => {
            let ids = wazo_auth_rs_user_text::table
                .filter(searched.clone())
                .select(wazo_auth_rs_user_text::uuid);
            users.filter(auth_user::uuid.eq_any(ids))
        }
    }
}

/// The texts of those whom a search finds.
fn texts<'a>(scope: &Scope, searched: &text::Searched) -> Texts<'a> {
    wazo_auth_rs_user_text::table
        .filter(searched.clone())
        .filter(scope.covers_in_passing(wazo_auth_rs_user_text::tenant_uuid))
        .into_boxed()
}

/// The wanted part of so many users who fit, of so many of the scope.
fn items(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    look: &Look,
    paging: &Paging<Order>,
    (found, total): (i64, i64),
) -> DatabaseResult<Vec<User>> {
    let near = paging.counted_from_nearer_end(found);
    // Along an index, so many users come by at most before the page is full.
    let passed = near.offset() + near.limit() + (total - found);
    let ids = match look {
        Look::Everybody if found > MANY => along_index(Part::all(db), &near, || {
            matching(scope, filter, Way::InPassing)
        }),
        Look::AtTexts(searched) if passed <= MANY => along_index(Part::all(db), &near, || {
            let text = wazo_auth_rs_user_text::table
                .filter(wazo_auth_rs_user_text::uuid.eq(auth_user::uuid))
                .filter(searched.clone())
                .select(wazo_auth_rs_user_text::uuid);
            matching(scope, filter, Way::InPassing).filter(text.single_value().is_not_null())
        }),
        Look::AtTexts(searched) if *filter == Filter::default() => {
            let texts = texts(scope, searched);
            vec![sorted_ids!(texts, near, by, wazo_auth_rs_user_text)]
        }
        _ => {
            let users = fitting(scope, filter, look);
            vec![sorted_ids!(users, near, by_sorting, auth_user)]
        }
    };
    let users = with_tenant!(
        auth_user::table
            .filter(OnPage::new(ids, &near))
            .into_boxed()
    );
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

/// The ids of a page along the index that has this order, past those who do not fit.
fn along_index<'a>(
    parts: &[Part],
    paging: &Paging<Order>,
    users: impl Fn() -> Query<'a>,
) -> Vec<Ids<'a>> {
    let range = range(paging, parts.len());
    let of_part = |part: &Part| {
        let users = users().filter(part.holds());
        match paging.order {
            Order::Username => ids_along!(users, paging, range, auth_user::username),
            Order::Firstname => ids_along!(users, paging, range, auth_user::firstname),
            Order::Lastname => ids_along!(users, paging, range, auth_user::lastname),
        }
    };
    parts.iter().map(of_part).collect()
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
