//! Lists of so many users that another way leads to them: what is found is the same.

#[path = "support/fill.rs"]
mod fill;
mod support;

use diesel::connection::SimpleConnection;
use fill::{BIG_TENANT, LARGE, Numbers, TENANT, id};
use support::both;
use wazo_auth_database::queries::{
    list::{Direction, Paging},
    scope::Scope,
    user::{self, Filter, Order, User},
};
use wazo_auth_model::{
    ids::TenantId,
    search::{matches, pattern},
};

/// More users than are looked at one by one.
const MANY: Numbers = Numbers {
    tenants: LARGE.tenants / 100,
    users: LARGE.users / 16,
    tokens: 1,
};

/// Names that no index of PostgreSQL takes, letters that fold into ASCII, and nothing.
const CHANGES: &str = "
    UPDATE auth_user SET firstname = replace('0123456789abcdef0123456789abcdef', 'a', 'Ångström')
        || replace(password_hash, '0', '0123456789abcdef0123456789abcdef0123456789abcdef')
        WHERE username IN ('user10', 'user20', 'user30');
    UPDATE auth_user SET lastname = '\u{212a}elvin' WHERE username = 'user40';
    UPDATE auth_user SET username = NULL WHERE username = 'user50'";

/// What a user is ordered by.
fn key(user: &User, order: Order) -> Option<&str> {
    match order {
        Order::Username => user.username.as_deref(),
        Order::Firstname => user.firstname.as_deref(),
        Order::Lastname => user.lastname.as_deref(),
    }
}

fn fits(user: &User, search: &str) -> bool {
    let pattern = pattern(search);
    let address = format!(
        "{}@example.com",
        user.username.as_deref().unwrap_or("user50")
    );
    [&user.username, &user.firstname, &user.lastname]
        .into_iter()
        .flatten()
        .chain([&address])
        .any(|text| matches(text, &pattern))
}

#[test]
fn a_page_has_what_the_search_the_order_and_the_scope_say() {
    for engine in both() {
        fill::fill(engine.database(), MANY, |_, _, _| {}).unwrap();
        let name = engine.name;
        engine.write(|db| Ok(db.batch_execute(CHANGES)?));
        let big = Scope::Tenant(TenantId::from_database(id(TENANT, BIG_TENANT)));
        for scope in [Scope::All, big] {
            engine.write(move |db| {
                let everybody = user::list(db, &scope, &Filter::default(), &Paging::default())?;
                let total = user::count(db, &scope, &Filter::default(), None)?;
                assert_eq!(i64::try_from(everybody.len()), Ok(total), "{name}");
                for search in [
                    None,
                    Some("user"),
                    Some("user123"),
                    Some("nobody"),
                    Some("élodie"),
                    Some("kelvin"),
                    Some("ångström"),
                    Some("example com"),
                    Some("F_mily 1"),
                ] {
                    let mut wanted: Vec<User> = everybody
                        .iter()
                        .filter(|user| search.is_none_or(|search| fits(user, search)))
                        .cloned()
                        .collect();
                    for order in [Order::Username, Order::Firstname, Order::Lastname] {
                        wanted.sort_by(|one, other| {
                            let place = |user: &User| {
                                let key = key(user, order).map(str::to_owned);
                                (key.is_none(), key, user.uuid.to_string())
                            };
                            place(one).cmp(&place(other))
                        });
                        for direction in [Direction::Ascending, Direction::Descending] {
                            if direction == Direction::Descending {
                                wanted.reverse();
                            }
                            let last = wanted.len().saturating_sub(50);
                            for offset in [0, last, wanted.len()] {
                                let paging = Paging {
                                    search: search.map(str::to_owned),
                                    order,
                                    direction,
                                    limit: Some(100),
                                    offset: u64::try_from(offset).unwrap_or_default(),
                                };
                                let page = user::page(db, &scope, &Filter::default(), &paging)?;
                                let place = format!("{name}, {scope:?}, {paging:?}");
                                assert_eq!(page.total, total, "{place}");
                                assert_eq!(
                                    i64::try_from(wanted.len()),
                                    Ok(page.filtered),
                                    "{place}"
                                );
                                let items: Vec<&User> = page.items.iter().collect();
                                let wanted: Vec<&User> =
                                    wanted.iter().skip(offset).take(100).collect();
                                assert_eq!(items, wanted, "{place}");
                            }
                        }
                    }
                }
                Ok(())
            });
        }
    }
}
