//! Lists of so many users that another way leads to them: what is found is the same.

#[path = "support/fill.rs"]
mod fill;
#[path = "support/own.rs"]
mod own;
mod support;

use std::collections::HashMap;

use diesel::connection::SimpleConnection;
use fill::{BIG_TENANT, LARGE, Numbers, TENANT, id};
use support::both;
use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        email,
        list::{Direction, Paging},
        scope::Scope,
        tenant,
        user::{self, Filter, Order, User},
    },
};
use wazo_auth_model::{
    ids::{TenantId, UserId},
    search::{matches, pattern},
};

/// More users than are looked at one by one.
const MANY: Numbers = Numbers {
    tenants: LARGE.tenants / 100,
    users: LARGE.users / 16,
    tokens: 1,
};

/// Names that no index of PostgreSQL takes, letters that fold into ASCII, nothing, names and addresses
/// with what marks the end of a field elsewhere, and users with another number of addresses.
const CHANGES: &str = "
    UPDATE auth_user SET firstname = replace('0123456789abcdef0123456789abcdef', 'a', 'Ångström')
        || replace(password_hash, '0', '0123456789abcdef0123456789abcdef0123456789abcdef')
        WHERE username IN ('user10', 'user20', 'user30');
    UPDATE auth_user SET lastname = '\u{212a}elvin' WHERE username = 'user40';
    UPDATE auth_user SET username = NULL WHERE username = 'user50';
    UPDATE auth_user SET firstname = 'one\u{1f}two\u{1e}three', lastname = '50% [a]*? \\' WHERE username = 'user60';
    DELETE FROM auth_email WHERE address LIKE 'user7%';
    UPDATE auth_user SET username = NULL, firstname = NULL, lastname = NULL WHERE username IN ('user70', 'user71');
    UPDATE auth_user SET username = '' WHERE username = 'user72';
    INSERT INTO auth_email (address, confirmed, main, user_uuid)
        SELECT 'Second.' || username || '@EXAMPLE.org', TRUE, FALSE, uuid FROM auth_user
        WHERE username LIKE 'user9%'";

/// What a user is ordered by.
fn key(user: &User, order: Order) -> Option<&str> {
    match order {
        Order::Username => user.username.as_deref(),
        Order::Firstname => user.firstname.as_deref(),
        Order::Lastname => user.lastname.as_deref(),
    }
}

/// The addresses of each user.
type Addresses = HashMap<UserId, Vec<String>>;

fn addresses(db: &mut Connection, users: &[User]) -> DatabaseResult<Addresses> {
    let users: Vec<UserId> = users.iter().map(|user| user.uuid.clone()).collect();
    let mut addresses = Addresses::new();
    for email in email::list_by_users(db, &users)? {
        let of_user = addresses.entry(email.user_uuid).or_default();
        of_user.push(email.address);
    }
    Ok(addresses)
}

fn fits(user: &User, addresses: &Addresses, search: &str) -> bool {
    let pattern = pattern(search);
    [&user.username, &user.firstname, &user.lastname]
        .into_iter()
        .flatten()
        .chain(addresses.get(&user.uuid).into_iter().flatten())
        .any(|text| matches(text, &pattern))
}

const ORDERS: [Order; 3] = [Order::Username, Order::Firstname, Order::Lastname];
const SEARCHES: [&str; 22] = [
    "user",
    "user123",
    "nobody",
    "élodie",
    "kelvin",
    "ångström",
    "example com",
    "F_mily 1",
    "é e",
    "u_er1 .COM",
    "user firs",
    "%",
    "_",
    "second user90 org",
    "one_two_three",
    "one two",
    "one\u{1f}two",
    "two\u{1e}three",
    "50% [a]*?",
    r"50\% [a]*? \\",
    r"a]*? \",
    // Longer than what PostgreSQL takes for a regular expression.
    "u%u%s%s%e%e%r%r%1%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%\
     %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
];

/// Compares pages of a scope with what its users say.
fn check(engine: &str, db: &mut Connection, scope: &Scope) -> DatabaseResult<()> {
    let everybody = user::list(db, scope, &Filter::default(), &Paging::default())?;
    let addresses = addresses(db, &everybody)?;
    let mut check = |search: Option<&str>, order, filter: &Filter| {
        let mut wanted: Vec<&User> = everybody
            .iter()
            .filter(|user| search.is_none_or(|search| fits(user, &addresses, search)))
            .collect();
        wanted.sort_by_cached_key(|user| {
            let key = key(user, order).map(str::to_owned);
            (key.is_none(), key, user.uuid.to_string())
        });
        for direction in [Direction::Ascending, Direction::Descending] {
            if direction == Direction::Descending {
                wanted.reverse();
            }
            let last = wanted.len().saturating_sub(50);
            for offset in [0, wanted.len() / 3, last, wanted.len()] {
                let paging = Paging {
                    search: search.map(str::to_owned),
                    order,
                    direction,
                    limit: Some(100),
                    offset: u64::try_from(offset).unwrap_or_default(),
                };
                let page = user::page(db, scope, filter, &paging)?;
                let place = format!("{engine}, {scope:?}, {filter:?}, {paging:?}");
                let numbers = [page.total, page.filtered].map(usize::try_from);
                assert_eq!(numbers, [everybody.len(), wanted.len()].map(Ok), "{place}");
                let items: Vec<&User> = page.items.iter().collect();
                let wanted: Vec<&User> = wanted.iter().skip(offset).take(100).copied().collect();
                assert_eq!(items, wanted, "{place}");
            }
        }
        DatabaseResult::Ok(())
    };
    // That is everybody.
    let filter = Filter {
        purpose: Some("user".to_owned()),
        ..Filter::default()
    };
    for order in ORDERS {
        check(None, order, &Filter::default())?;
        check(None, order, &filter)?;
    }
    for (number, search) in SEARCHES.into_iter().enumerate() {
        for order in ORDERS.into_iter().skip(number % ORDERS.len()).take(1) {
            check(Some(search), order, &Filter::default())?;
        }
    }
    for search in ["user", "élodie", "nobody"] {
        check(Some(search), Order::Lastname, &filter)?;
    }
    Ok(())
}

#[test]
fn a_page_has_what_the_search_the_order_and_the_scope_say() {
    for engine in both() {
        fill::fill(engine.database(), MANY, |_, _, _| {}).unwrap();
        let name = engine.name;
        engine.write(move |db| {
            db.batch_execute(CHANGES)?;
            let top = tenant::find_top(db)?.uuid;
            let big = TenantId::from_database(id(TENANT, BIG_TENANT));
            for scope in [Scope::All, Scope::Subtree(top), Scope::Tenant(big)] {
                check(name, db, &scope)?;
            }
            Ok(())
        });
    }
}

#[test]
fn it_has_the_same_where_we_may_add_nothing() {
    for engine in both() {
        fill::fill(engine.database(), MANY, |_, _, _| {}).unwrap();
        let name = engine.name;
        engine.write(move |db| {
            db.batch_execute(CHANGES)?;
            own::drop(db, &["auth_user", "auth_email"])?;
            check(name, db, &Scope::All)
        });
    }
}
