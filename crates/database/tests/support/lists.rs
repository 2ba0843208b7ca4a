//! How long lists of users and tenants take on a large installation, as they are asked for.

use std::time::{Duration, Instant};

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        list::{Direction, Paging},
        scope::Scope,
        tenant, user,
    },
};
use wazo_auth_model::ids::TenantId;

use crate::fill::{BIG_TENANT, TENANT, id};

/// How often each list is asked for. The quickest time counts: whatever else the machine does adds to it.
const TIMES: usize = 5;

/// What kind of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page of all.
    Page,
    /// A page of what was searched for.
    Search,
}

/// A list, and how long it took.
#[derive(Debug, Clone)]
pub struct Timed {
    /// Whose list of what, in which order, from where.
    pub name: String,
    /// What kind of list it is.
    pub kind: Kind,
    /// How many there were to choose from.
    pub filtered: i64,
    /// The quickest time.
    pub took: Duration,
}

/// The scopes by name.
fn scopes() -> Vec<(&'static str, Scope)> {
    let numbered = |number| TenantId::from_database(id(TENANT, number));
    vec![
        ("all", Scope::All),
        ("a small tenant", Scope::Tenant(numbered(7))),
        ("the big tenant", Scope::Tenant(numbered(BIG_TENANT))),
        ("ten tenants", Scope::Subtree(numbered(7))),
        ("the big tree", Scope::Subtree(numbered(BIG_TENANT))),
    ]
}

const DIRECTIONS: [(&str, Direction); 2] = [
    ("asc", Direction::Ascending),
    ("desc", Direction::Descending),
];
const USERS: [(&str, user::Order); 3] = [
    ("username", user::Order::Username),
    ("firstname", user::Order::Firstname),
    ("lastname", user::Order::Lastname),
];
const TENANTS: [(&str, tenant::Order); 2] =
    [("name", tenant::Order::Name), ("slug", tenant::Order::Slug)];
/// Found never, in few names, in some, in all; one letter; wildcards; in addresses alone.
const SEARCHES: [&str; 8] = [
    "zq",
    "user4242",
    "élodie",
    "user",
    "a",
    "f_rst%1",
    "kim",
    "example.com",
];

/// Times every list. `tell` gets the name of each before it begins.
pub fn time(db: &mut Connection, mut tell: impl FnMut(&str)) -> DatabaseResult<Vec<Timed>> {
    let mut timed = Vec::new();
    for (whose, scope) in scopes() {
        let mut one = |name: String, kind, list: &mut dyn FnMut() -> DatabaseResult<i64>| {
            tell(&name);
            let (mut took, mut filtered) = (Duration::MAX, 0);
            for _ in 0..TIMES {
                let start = Instant::now();
                filtered = list()?;
                took = took.min(start.elapsed());
            }
            timed.push(Timed {
                name,
                kind,
                filtered,
                took,
            });
            DatabaseResult::Ok(())
        };
        let users = user::count(db, &scope, &user::Filter::default(), None)?;
        let tenants = tenant::count(db, &scope, &tenant::Filter::default(), None)?;
        for (way, direction) in DIRECTIONS {
            for (column, order) in USERS {
                for offset in offsets(users) {
                    let name = format!("users of {whose} by {column} {way} from {offset}");
                    let paging = paging(None, order, direction, offset);
                    one(name, Kind::Page, &mut || {
                        let page = user::page(db, &scope, &user::Filter::default(), &paging)?;
                        Ok(page.filtered)
                    })?;
                }
            }
            for (column, order) in TENANTS {
                for offset in offsets(tenants) {
                    let name = format!("tenants of {whose} by {column} {way} from {offset}");
                    let paging = paging(None, order, direction, offset);
                    one(name, Kind::Page, &mut || {
                        let page = tenant::page(db, &scope, &tenant::Filter::default(), &paging)?;
                        Ok(page.filtered)
                    })?;
                }
            }
        }
        for search in SEARCHES {
            for (column, order) in USERS.into_iter().take(2) {
                let name = format!("{search:?} in users of {whose} by {column}");
                let paging = paging(Some(search), order, Direction::Ascending, 0);
                one(name, Kind::Search, &mut || {
                    let page = user::page(db, &scope, &user::Filter::default(), &paging)?;
                    Ok(page.filtered)
                })?;
            }
            let name = format!("{search:?} in tenants of {whose}");
            let paging = paging(Some(search), tenant::Order::Name, Direction::Ascending, 0);
            one(name, Kind::Search, &mut || {
                let page = tenant::page(db, &scope, &tenant::Filter::default(), &paging)?;
                Ok(page.filtered)
            })?;
        }
    }
    Ok(timed)
}

/// The first page, one in the middle, the last.
fn offsets(total: i64) -> Vec<u64> {
    let total = u64::try_from(total).unwrap_or_default();
    let mut offsets = vec![0, total / 2, total.saturating_sub(100)];
    offsets.dedup();
    offsets
}

fn paging<O>(search: Option<&str>, order: O, direction: Direction, offset: u64) -> Paging<O> {
    Paging {
        search: search.map(str::to_owned),
        order,
        direction,
        limit: Some(100),
        offset,
    }
}
