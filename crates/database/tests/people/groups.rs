//! Groups: stored, listed, their members and their policies.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult, Violation,
    queries::{
        group::{self as groups, Filter, Group, Order},
        list::{Direction, Paging},
        policy as policies,
        scope::Scope,
        user,
    },
};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId, UserId};

use crate::{
    rows::{add_group, add_policy, add_tenant, add_user, group, policy, top},
    support::both,
};

#[test]
fn a_group_is_stored_renamed_and_deleted() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let child = {
                let top = top(db)?;
                add_tenant(db, &top, "child")?
            };
            let mut group = Group {
                name: "Équipe".to_owned(),
                system_managed: true,
                ..group(&child, "equipe")
            };
            groups::insert(db, &group)?;
            let found = groups::find_by_slug(db, &child, "equipe")?;
            assert_eq!(found.as_ref(), Some(&group), "{name}");
            assert_eq!(groups::find_by_slug(db, &child, "Equipe")?, None, "{name}");
            assert!(groups::update(db, &group.uuid, "Team")?, "{name}");
            assert!(
                groups::set_system_managed(db, &group.uuid, false)?,
                "{name}"
            );
            group.name = "Team".to_owned();
            group.system_managed = false;
            let scope = Scope::Tenant(child);
            let found = groups::find_within(db, &scope, &group.uuid)?;
            assert_eq!(found.as_ref(), Some(&group), "{name}");
            assert!(groups::delete(db, &group.uuid)?, "{name}");
            assert!(!groups::delete(db, &group.uuid)?, "{name}");
            assert!(!groups::update(db, &group.uuid, "Team")?, "{name}");
            assert!(
                !groups::set_system_managed(db, &group.uuid, true)?,
                "{name}"
            );
            assert_eq!(
                groups::find_within(db, &scope, &group.uuid)?,
                None,
                "{name}"
            );
            Ok(())
        });
    }
}

#[test]
fn a_list_has_what_the_scope_the_filter_and_the_search_leave() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let below = add_tenant(db, &child, "below")?;
            let system = groups::find_all_users(db, &top)?.unwrap();
            let one = add_group(db, &child, "Éins")?;
            let two = add_group(db, &below, "zwei")?;
            let alice = add_user(db, "alice")?;
            user::join_group(db, &alice, &one.uuid)?;
            user::join_group(db, &alice, &system)?;
            let policy = add_policy(db, policy(&child, "policy"))?.uuid;
            groups::add_policy(db, &two.uuid, &policy)?;

            let text = |text: &str| Some(text.to_owned());
            let none = Filter::default;
            let all = || Scope::All;
            for (scope, filter, search, found) in [
                (
                    all(),
                    Filter {
                        system_managed: Some(false),
                        ..none()
                    },
                    None,
                    "zwei,Éins",
                ),
                (
                    all(),
                    Filter {
                        system_managed: Some(true),
                        ..none()
                    },
                    None,
                    "*",
                ),
                (Scope::Tenant(child.clone()), none(), None, "Éins"),
                (Scope::Subtree(child.clone()), none(), None, "zwei,Éins"),
                (Scope::Subtree(below.clone()), none(), None, "zwei"),
                (all(), none(), Some("éIN"), "Éins"),
                (all(), none(), Some("WAZO-ALL tenant"), "*"),
                (Scope::Tenant(below.clone()), none(), Some("ein"), ""),
                (
                    all(),
                    Filter {
                        uuid: text(two.uuid.as_str()),
                        ..none()
                    },
                    None,
                    "zwei",
                ),
                (
                    all(),
                    Filter {
                        name: text("Éins"),
                        ..none()
                    },
                    None,
                    "Éins",
                ),
                (
                    all(),
                    Filter {
                        name: text("éins"),
                        ..none()
                    },
                    None,
                    "",
                ),
                (
                    all(),
                    Filter {
                        slug: text("zwei"),
                        ..none()
                    },
                    None,
                    "zwei",
                ),
                (
                    Scope::Subtree(child.clone()),
                    Filter {
                        user_uuid: text(alice.as_str()),
                        ..none()
                    },
                    None,
                    "Éins",
                ),
                (
                    all(),
                    Filter {
                        user_uuid: text(alice.as_str()),
                        ..none()
                    },
                    None,
                    "*,Éins",
                ),
                (
                    all(),
                    Filter {
                        policy_uuid: text(policy.as_str()),
                        ..none()
                    },
                    None,
                    "zwei",
                ),
                (
                    all(),
                    Filter {
                        policy_slug: text("policy"),
                        ..none()
                    },
                    None,
                    "zwei",
                ),
                (
                    all(),
                    Filter {
                        policy_slug: text("POLICY"),
                        ..none()
                    },
                    None,
                    "",
                ),
            ] {
                let paging = Paging {
                    search: search.map(str::to_owned),
                    ..Paging::default()
                };
                let groups = groups::list(db, &scope, &filter, &paging)?;
                let count = groups::count(db, &scope, &filter, search)?;
                assert_eq!(usize::try_from(count).ok(), Some(groups.len()), "{name}");
                // In an order that no collation decides.
                let mut names: Vec<String> = groups
                    .into_iter()
                    .map(|group| {
                        if group.uuid == system {
                            "*".to_owned()
                        } else {
                            group.name
                        }
                    })
                    .collect();
                names.sort();
                assert_eq!(
                    names.join(","),
                    found,
                    "{name}: {scope:?} {filter:?} {search:?}"
                );
            }
            Ok(())
        });
    }
}

#[test]
fn pages_follow_each_other_in_either_direction() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let mut ids = Vec::new();
            for number in 0..5 {
                ids.push(add_group(db, &child, &format!("group{number}"))?.uuid);
            }
            let mut sorted = ids.clone();
            sorted.sort();
            for (order, expected) in [(Order::Name, ids), (Order::Uuid, sorted)] {
                for direction in [Direction::Ascending, Direction::Descending] {
                    let mut expected = expected.clone();
                    if direction == Direction::Descending {
                        expected.reverse();
                    }
                    let mut found = Vec::new();
                    for offset in [0, 2, 4, 6] {
                        let paging = Paging {
                            search: None,
                            order,
                            direction,
                            limit: Some(2),
                            offset,
                        };
                        let scope = Scope::Tenant(child.clone());
                        let page = groups::list(db, &scope, &Filter::default(), &paging)?;
                        found.extend(page.into_iter().map(|group| group.uuid));
                    }
                    assert_eq!(found, expected, "{name}: {order:?} {direction:?}");
                }
            }
            Ok(())
        });
    }
}

#[test]
fn who_joins_twice_is_a_member_once() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let group = add_group(db, &top, "friends")?;
            let (alice, bob) = (add_user(db, "alice")?, add_user(db, "bob")?);
            let members = |db: &mut Connection| -> DatabaseResult<usize> {
                let filter = user::Filter {
                    group_uuid: Some(group.uuid.as_str().to_owned()),
                    ..user::Filter::default()
                };
                let members = user::list(db, &Scope::All, &filter, &Paging::default())?;
                let count = user::count(db, &Scope::All, &filter, None)?;
                assert_eq!(usize::try_from(count).ok(), Some(members.len()));
                Ok(members.len())
            };
            assert!(user::join_group(db, &alice, &group.uuid)?, "{name}");
            assert!(!user::join_group(db, &alice, &group.uuid)?, "{name}");
            assert!(user::join_group(db, &bob, &group.uuid)?, "{name}");
            assert_eq!(members(db)?, 2, "{name}");
            assert!(user::leave_group(db, &alice, &group.uuid)?, "{name}");
            assert!(!user::leave_group(db, &alice, &group.uuid)?, "{name}");
            assert_eq!(members(db)?, 1, "{name}");
            Ok(())
        });
    }
}

#[test]
fn of_those_who_let_a_user_join_at_once_one_is_the_first() {
    for engine in both() {
        let (alice, friends) = engine.write(|db| {
            let top = top(db)?;
            Ok((add_user(db, "alice")?, add_group(db, &top, "friends")?.uuid))
        });
        let start = Arc::new(Barrier::new(4));
        let first = thread::scope(|threads| {
            let joins: Vec<_> = (0..4)
                .map(|_| {
                    let (engine, start) = (&engine, Arc::clone(&start));
                    let (alice, friends) = (alice.clone(), friends.clone());
                    threads.spawn(move || {
                        start.wait();
                        engine.write(move |db| user::join_group(db, &alice, &friends))
                    })
                })
                .collect();
            joins
                .into_iter()
                .map(|join| join.join().unwrap())
                .filter(|new| *new)
                .count()
        });
        assert_eq!(first, 1, "{}", engine.name);
    }
}

#[test]
fn a_group_gets_a_policy_once() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let group = add_group(db, &top, "friends")?.uuid;
            let policy = add_policy(db, policy(&top, "policy"))?.uuid;
            assert!(groups::add_policy(db, &group, &policy)?, "{name}");
            assert!(!groups::add_policy(db, &group, &policy)?, "{name}");
            assert!(groups::remove_policy(db, &group, &policy)?, "{name}");
            assert!(!groups::remove_policy(db, &group, &policy)?, "{name}");
            Ok(())
        });
    }
}

#[test]
fn with_a_group_go_its_links_and_nothing_else() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let group = add_group(db, &top, "friends")?.uuid;
            let policy = add_policy(db, policy(&top, "policy"))?.uuid;
            let alice = add_user(db, "alice")?;
            user::join_group(db, &alice, &group)?;
            groups::add_policy(db, &group, &policy)?;
            assert!(groups::delete(db, &group)?, "{name}");
            assert!(!user::leave_group(db, &alice, &group)?, "{name}");
            assert!(!groups::remove_policy(db, &group, &policy)?, "{name}");
            assert!(user::is_known(db, alice.as_str())?, "{name}");
            assert!(
                policies::find_within(db, &Scope::All, &policy)?.is_some(),
                "{name}"
            );
            Ok(())
        });
    }
}

#[test]
fn a_broken_rule_has_the_same_name_on_both_engines() {
    struct There {
        tenant: TenantId,
        group: Group,
        user: UserId,
        policy: PolicyId,
    }
    type Attempt = fn(&mut Connection, &There) -> DatabaseResult<()>;
    let attempts: [(Attempt, Constraint); 11] = [
        (
            |db, there| {
                let again = Group {
                    uuid: there.group.uuid.clone(),
                    ..group(&there.tenant, "other")
                };
                groups::insert(db, &again)
            },
            Constraint::Group,
        ),
        (
            |db, there| {
                let same_name = Group {
                    name: "one".to_owned(),
                    ..group(&there.tenant, "other")
                };
                groups::insert(db, &same_name)
            },
            Constraint::GroupName,
        ),
        (
            |db, there| groups::insert(db, &group(&there.tenant, "ONE")),
            Constraint::GroupSlug,
        ),
        (
            |db, there| {
                let other = add_group(db, &there.tenant, "other")?;
                groups::update(db, &other.uuid, "one").map(drop)
            },
            Constraint::GroupName,
        ),
        (
            |db, _| groups::insert(db, &group(&TenantId::random(), "one")),
            Constraint::GroupTenant,
        ),
        (
            |db, there| user::join_group(db, &UserId::random(), &there.group.uuid).map(drop),
            Constraint::UserGroupUser,
        ),
        (
            |db, there| user::join_group(db, &there.user, &GroupId::random()).map(drop),
            Constraint::UserGroupGroup,
        ),
        (
            |db, there| groups::add_policy(db, &GroupId::random(), &there.policy).map(drop),
            Constraint::GroupPolicyGroup,
        ),
        (
            |db, there| groups::add_policy(db, &there.group.uuid, &PolicyId::random()).map(drop),
            Constraint::GroupPolicyPolicy,
        ),
        (
            |db, there| user::add_policy(db, &UserId::random(), &there.policy).map(drop),
            Constraint::UserPolicyUser,
        ),
        (
            |db, there| user::add_policy(db, &there.user, &PolicyId::random()).map(drop),
            Constraint::UserPolicyPolicy,
        ),
    ];
    for engine in both() {
        let there = Arc::new(engine.write(|db| {
            let tenant = top(db)?;
            // The same in another tenant is no conflict.
            let child = add_tenant(db, &tenant, "child")?;
            add_group(db, &child, "one")?;
            Ok(There {
                group: add_group(db, &tenant, "one")?,
                user: add_user(db, "alice")?,
                policy: add_policy(db, policy(&tenant, "policy"))?.uuid,
                tenant,
            })
        }));
        for (attempt, expected) in attempts {
            let there = Arc::clone(&there);
            let error: DatabaseError = engine
                .database()
                .write(move |db| attempt(db, &there))
                .wait()
                .unwrap_err();
            assert_eq!(
                error.constraint(),
                Some(expected),
                "{}: {error:?}",
                engine.name
            );
            let kind = if expected.name().ends_with("_fkey") {
                Violation::ForeignKey
            } else {
                Violation::Unique
            };
            assert_eq!(error.violation(), Some(kind), "{}: {error:?}", engine.name);
        }
    }
}
