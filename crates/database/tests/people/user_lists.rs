//! Lists of users: scope, filters, search, order, pages.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        group,
        list::{Direction, Paging},
        scope::Scope,
        user::{self, Filter, Order, Profile},
    },
};
use wazo_auth_model::ids::{TenantId, UserId};

use crate::{
    rows::{add_email, add_group, add_policy, add_profile, add_tenant, policy, profile, top},
    support::both,
};

/// The user names that a list has, in its order; and the count says how many these are.
fn names(
    db: &mut Connection,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<Vec<String>> {
    let paging = Paging {
        search: search.map(str::to_owned),
        ..Paging::default()
    };
    let users = user::list(db, &Scope::All, filter, &paging)?;
    let count = user::count(db, &Scope::All, filter, search)?;
    assert_eq!(usize::try_from(count).ok(), Some(users.len()), "{filter:?}");
    Ok(users
        .into_iter()
        .map(|user| user.username.unwrap_or_default())
        .collect())
}

#[test]
fn a_search_looks_at_names_and_addresses_in_any_case_of_letters() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let elodie = add_profile(
                db,
                &top,
                &Profile {
                    firstname: Some("Élodie".to_owned()),
                    lastname: Some("Müller Straße".to_owned()),
                    ..profile(Some("a"))
                },
            )?;
            add_email(db, &elodie, "first@Example.com")?;
            add_email(db, &elodie, "second@example.com")?;
            add_profile(db, &top, &profile(Some("b 50%")))?;
            // A user of whom there is nothing to search in.
            add_profile(db, &top, &profile(None))?;
            for (search, found) in [
                ("éLO", "a"),
                ("elo", ""),
                ("MÜLLER", "a"),
                ("mü str", "a"),
                ("  mü   STR ", "a"),
                ("str mü", ""),
                ("Élodie Müller", ""),
                ("@EXAMPLE", "a"),
                ("second", "a"),
                ("50%", "b 50%"),
                ("m_ller", "a"),
                (r"50\%", "b 50%"),
                (r"50\", "b 50%"),
                ("%", "a,b 50%"),
                ("", "a,b 50%"),
                (" ", "a,b 50%"),
            ] {
                let names = names(db, &Filter::default(), Some(search))?;
                assert_eq!(names.join(","), found, "{name}: {search:?}");
            }
            assert_eq!(user::count(db, &Scope::All, &Filter::default(), None)?, 3);
            Ok(())
        });
    }
}

#[test]
fn nothing_is_last_ascending_and_first_descending_and_ties_follow_the_ids() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let mut ids = Vec::new();
            for lastname in [None, Some("b"), Some("a"), Some("b"), None, Some("b")] {
                let profile = Profile {
                    lastname: lastname.map(str::to_owned),
                    ..profile(None)
                };
                ids.push((lastname, add_profile(db, &top, &profile)?));
            }
            ids.sort_by(|one, other| {
                let key = |lastname: Option<&'static str>| (lastname.is_none(), lastname);
                (key(one.0), &one.1).cmp(&(key(other.0), &other.1))
            });
            let list = |db: &mut Connection, direction, limit, offset| {
                let paging = Paging {
                    search: None,
                    order: Order::Lastname,
                    direction,
                    limit,
                    offset,
                };
                user::list(db, &Scope::All, &Filter::default(), &paging).map(|users| {
                    users
                        .into_iter()
                        .map(|user| user.uuid)
                        .collect::<Vec<UserId>>()
                })
            };
            let up: Vec<UserId> = ids.iter().map(|(_, id)| id.clone()).collect();
            assert_eq!(list(db, Direction::Ascending, None, 0)?, up, "{name}");

            // Downwards it is the same list from its other end.
            let down: Vec<UserId> = up.iter().rev().cloned().collect();
            assert_eq!(list(db, Direction::Descending, None, 0)?, down, "{name}");

            let mut pages = Vec::new();
            for offset in [0, 2, 4] {
                let page = list(db, Direction::Ascending, Some(2), offset)?;
                assert_eq!(page.len(), 2, "{name}");
                pages.extend(page);
            }
            assert_eq!(pages, up, "{name}");
            assert_eq!(list(db, Direction::Ascending, None, 4)?.len(), 2, "{name}");
            assert_eq!(
                list(db, Direction::Ascending, Some(0), 0)?.len(),
                0,
                "{name}"
            );
            assert_eq!(
                list(db, Direction::Ascending, Some(5), 6)?.len(),
                0,
                "{name}"
            );
            let huge = list(db, Direction::Ascending, Some(u64::MAX), u64::MAX)?;
            assert_eq!(huge.len(), 0, "{name}");
            Ok(())
        });
    }
}

#[test]
fn each_order_is_by_its_own_column() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            for (username, firstname, lastname) in
                [("1", "2", "3"), ("2", "3", "1"), ("3", "1", "2")]
            {
                let profile = Profile {
                    firstname: Some(firstname.to_owned()),
                    lastname: Some(lastname.to_owned()),
                    ..profile(Some(username))
                };
                add_profile(db, &top, &profile)?;
            }
            for (order, first) in [
                (Order::Username, "1"),
                (Order::Firstname, "3"),
                (Order::Lastname, "2"),
            ] {
                let paging = Paging {
                    order,
                    limit: Some(1),
                    ..Paging::default()
                };
                let users = user::list(db, &Scope::All, &Filter::default(), &paging)?;
                assert_eq!(
                    users[0].username.as_deref(),
                    Some(first),
                    "{name}: {order:?}"
                );
            }
            Ok(())
        });
    }
}

#[test]
fn filters_are_exact_and_all_of_them_hold() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let alice = add_profile(
                db,
                &top,
                &Profile {
                    firstname: Some("Alice".to_owned()),
                    lastname: Some("Ant".to_owned()),
                    purpose: "internal".to_owned(),
                    ..profile(Some("alice"))
                },
            )?;
            let bob = add_profile(db, &child, &profile(Some("bob")))?;
            add_profile(db, &child, &profile(Some("carol")))?;
            add_email(db, &alice, "Été@example.com")?;
            add_email(db, &bob, "bob@example.com")?;
            let group = add_group(db, &child, "friends")?.uuid;
            user::join_group(db, &bob, &group)?;
            let direct = add_policy(db, policy(&top, "direct"))?.uuid;
            let through = add_policy(db, policy(&child, "direct"))?.uuid;
            user::add_policy(db, &alice, &direct)?;
            group::add_policy(db, &group, &through)?;

            let text = |text: &str| Some(text.to_owned());
            let none = Filter::default;
            for (filter, found) in [
                (none(), "alice,bob,carol"),
                (
                    Filter {
                        uuid: text(bob.as_str()),
                        ..none()
                    },
                    "bob",
                ),
                (
                    Filter {
                        uuid: text("no id"),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        username: text("alice"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        username: text("Alice"),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        firstname: text("Alice"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        lastname: text("Ant"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        purpose: text("user"),
                        ..none()
                    },
                    "bob,carol",
                ),
                (
                    Filter {
                        email_address: text("bob@example.com"),
                        ..none()
                    },
                    "bob",
                ),
                (
                    Filter {
                        email_address: text("Bob@example.com"),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        login: text("ALICE"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        login: text("éTÉ@EXAMPLE.com"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        login: text(""),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        group_uuid: text(group.as_str()),
                        ..none()
                    },
                    "bob",
                ),
                (
                    Filter {
                        policy_uuid: text(direct.as_str()),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        policy_uuid: text(through.as_str()),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        policy_slug: text("direct"),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        policy_slug: text("Direct"),
                        ..none()
                    },
                    "",
                ),
                (
                    Filter {
                        has_policy_uuid: text(direct.as_str()),
                        ..none()
                    },
                    "alice",
                ),
                (
                    Filter {
                        has_policy_uuid: text(through.as_str()),
                        ..none()
                    },
                    "bob",
                ),
                (
                    Filter {
                        has_policy_slug: text("direct"),
                        ..none()
                    },
                    "alice,bob",
                ),
                (
                    Filter {
                        has_policy_slug: text("direct"),
                        group_uuid: text(group.as_str()),
                        purpose: text("user"),
                        ..none()
                    },
                    "bob",
                ),
                (
                    Filter {
                        purpose: text("user"),
                        username: text("alice"),
                        ..none()
                    },
                    "",
                ),
            ] {
                let names = names(db, &filter, None)?;
                assert_eq!(names.join(","), found, "{name}: {filter:?}");
            }
            let both = names(
                db,
                &Filter {
                    purpose: text("user"),
                    ..none()
                },
                Some("BO"),
            )?;
            assert_eq!(both, ["bob"], "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_user_is_found_only_within_the_scope() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let below = add_tenant(db, &child, "below")?;
            let beside = add_tenant(db, &top, "beside")?;
            let uuid = add_profile(db, &below, &profile(Some("alice")))?;
            for (scope, found) in [
                (Scope::All, true),
                (Scope::Tenant(below.clone()), true),
                (Scope::Tenant(child.clone()), false),
                (Scope::Subtree(below), true),
                (Scope::Subtree(child), true),
                (Scope::Subtree(top), true),
                (Scope::Subtree(beside), false),
                (Scope::Subtree(TenantId::random()), false),
            ] {
                let user = user::find_within(db, &scope, &uuid)?;
                assert_eq!(user.is_some(), found, "{name}: {scope:?}");
                let filter = Filter::default();
                let users = user::list(db, &scope, &filter, &Paging::default())?;
                assert_eq!(users.len(), usize::from(found), "{name}: {scope:?}");
                let count = user::count(db, &scope, &filter, None)?;
                assert_eq!(count, i64::from(found), "{name}: {scope:?}");
            }
            Ok(())
        });
    }
}
