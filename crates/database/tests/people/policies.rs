//! Policies: what is in them, and what goes with them.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        access, group,
        policy::{self as policies, Policy, Visible},
        scope::Scope,
        user,
    },
};
use wazo_auth_model::ids::{PolicyId, TenantId};

use crate::{
    rows::{add_group, add_policy, add_tenant, add_user, policy, top},
    support::both,
};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn accesses(db: &mut Connection, uuid: &PolicyId) -> DatabaseResult<Option<Vec<String>>> {
    Ok(policies::find_within(db, &Scope::All, uuid)?.map(|found| found.policy.accesses))
}

#[test]
fn a_policy_is_stored_with_its_accesses_changed_and_deleted() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let mut stored = add_policy(
                db,
                Policy {
                    description: Some("what it is for".to_owned()),
                    config_managed: true,
                    shared: true,
                    accesses: texts(&["z", "!a", ""]),
                    ..policy(&top, "policy")
                },
            )?;
            let find = |db: &mut Connection, uuid: &PolicyId| {
                policies::find_within(db, &Scope::Tenant(top.clone()), uuid)
            };
            let visible = |policy: &Policy| {
                Some(Visible {
                    policy: policy.clone(),
                    inherited: false,
                })
            };
            let uuid = stored.uuid.clone();
            assert_eq!(find(db, &uuid)?, visible(&stored), "{name}");
            assert!(policies::update(db, &uuid, "other", None)?, "{name}");
            assert!(policies::set_config_managed(db, &uuid, false)?, "{name}");
            stored.name = "other".to_owned();
            stored.description = None;
            stored.config_managed = false;
            assert_eq!(find(db, &uuid)?, visible(&stored), "{name}");

            assert!(policies::delete(db, &uuid)?, "{name}");
            assert_eq!(find(db, &uuid)?, None, "{name}");
            assert!(!policies::delete(db, &uuid)?, "{name}");
            assert!(!policies::update(db, &uuid, "other", None)?, "{name}");
            assert!(!policies::set_config_managed(db, &uuid, true)?, "{name}");
            assert!(
                !policies::replace_accesses(db, &uuid, &texts(&["new"]))?,
                "{name}"
            );
            assert!(!policies::remove_access(db, &uuid, "z")?, "{name}");
            Ok(())
        });
    }
}

#[test]
fn accesses_come_in_the_order_of_their_first_use_and_once_each() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let first = add_policy(
                db,
                Policy {
                    accesses: texts(&["m", "a", "z", "a"]),
                    ..policy(&top, "first")
                },
            )?;
            let second = add_policy(
                db,
                Policy {
                    accesses: texts(&["y", "z", "#", "B", "b", "a"]),
                    ..policy(&top, "second")
                },
            )?;
            let of_first = accesses(db, &first.uuid)?;
            assert_eq!(of_first, Some(texts(&["m", "a", "z"])), "{name}");
            // `#` was there from the beginning.
            let of_second = accesses(db, &second.uuid)?;
            assert_eq!(
                of_second,
                Some(texts(&["#", "a", "z", "y", "B", "b"])),
                "{name}"
            );

            // An access keeps its place when nobody uses it any more.
            policies::delete(db, &second.uuid)?;
            assert!(policies::replace_accesses(
                db,
                &first.uuid,
                &texts(&["new", "b", "y"])
            )?);
            let of_first = accesses(db, &first.uuid)?;
            assert_eq!(of_first, Some(texts(&["y", "b", "new"])), "{name}");

            let third = add_policy(db, policy(&top, "third"))?;
            assert_eq!(accesses(db, &third.uuid)?, Some(Vec::new()), "{name}");
            let all = access::list_by_policies(db, &[third.uuid.clone(), first.uuid.clone()])?;
            assert_eq!(all.get(&third.uuid), None, "{name}");
            assert_eq!(all.get(&first.uuid), of_first.as_ref(), "{name}");
            Ok(())
        });
    }
}

#[test]
fn one_access_is_added_and_taken_out() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let uuid = add_policy(db, policy(&top, "policy"))?.uuid;
            let other = Policy {
                accesses: texts(&["a"]),
                ..policy(&top, "other")
            };
            let other = add_policy(db, other)?.uuid;
            assert!(policies::add_access(db, &uuid, "new")?, "{name}");
            assert!(policies::add_access(db, &uuid, "a")?, "{name}");
            assert!(!policies::add_access(db, &uuid, "new")?, "{name}");
            assert_eq!(accesses(db, &uuid)?, Some(texts(&["a", "new"])), "{name}");
            assert!(policies::remove_access(db, &uuid, "a")?, "{name}");
            assert!(!policies::remove_access(db, &uuid, "a")?, "{name}");
            assert!(!policies::remove_access(db, &uuid, "never met")?, "{name}");
            assert_eq!(accesses(db, &uuid)?, Some(texts(&["new"])), "{name}");
            assert_eq!(accesses(db, &other)?, Some(texts(&["a"])), "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_policy_may_have_more_accesses_than_a_statement_takes_values() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let many: Vec<String> = (0..70_000).map(|number| format!("a.{number}")).collect();
            let stored = Policy {
                accesses: many.clone(),
                ..policy(&top, "policy")
            };
            let uuid = add_policy(db, stored)?.uuid;
            assert!(accesses(db, &uuid)? == Some(many), "{name}");
            Ok(())
        });
    }
}

#[test]
fn sets_of_accesses_that_replace_each_other_at_once_do_not_mix() {
    for engine in both() {
        let uuid = engine.write(|db| {
            let top = top(db)?;
            Ok(add_policy(db, policy(&top, "policy"))?.uuid)
        });
        for round in 0..10 {
            // The same new accesses in opposite orders, and one of their own each.
            let up: Vec<String> = (0..20).map(|number| format!("{round}.{number}")).collect();
            let down: Vec<String> = up.iter().rev().cloned().collect();
            let sets = [(up, "up"), (down, "down")].map(|(mut set, own)| {
                set.push(format!("{round}.{own}"));
                set
            });
            let start = Arc::new(Barrier::new(sets.len()));
            thread::scope(|threads| {
                for set in &sets {
                    let (engine, start) = (&engine, Arc::clone(&start));
                    let (uuid, set) = (uuid.clone(), set.clone());
                    threads.spawn(move || {
                        start.wait();
                        engine.write(move |db| policies::replace_accesses(db, &uuid, &set))
                    });
                }
            });
            let uuid = uuid.clone();
            let mut found = engine
                .write(move |db| accesses(db, &uuid))
                .unwrap_or_default();
            found.sort();
            let matching = sets.into_iter().filter(|set| {
                let mut set = set.clone();
                set.sort();
                set == found
            });
            assert_eq!(matching.count(), 1, "{}: {found:?}", engine.name);
        }
    }
}

#[test]
fn with_a_policy_go_its_links_and_nothing_else() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let new = Policy {
                accesses: texts(&["a"]),
                ..policy(&top, "policy")
            };
            let uuid = add_policy(db, new)?.uuid;
            let (alice, group) = (add_user(db, "alice")?, add_group(db, &top, "group")?.uuid);
            user::add_policy(db, &alice, &uuid)?;
            group::add_policy(db, &group, &uuid)?;
            user::join_group(db, &alice, &group)?;
            assert_eq!(access::list_by_user(db, &alice)?, ["a"], "{name}");
            assert_eq!(access::list_by_groups_of(db, &alice)?, ["a"], "{name}");

            assert!(policies::delete(db, &uuid)?, "{name}");
            assert!(access::list_by_user(db, &alice)?.is_empty(), "{name}");
            assert!(access::list_by_groups_of(db, &alice)?.is_empty(), "{name}");
            assert!(!user::remove_policy(db, &alice, &uuid)?, "{name}");
            assert!(!group::remove_policy(db, &group, &uuid)?, "{name}");
            assert!(user::is_known(db, alice.as_str())?, "{name}");
            assert!(
                group::find_within(db, &Scope::All, &group)?.is_some(),
                "{name}"
            );
            Ok(())
        });
    }
}

#[test]
fn a_broken_rule_has_the_same_name_on_both_engines() {
    type Attempt = fn(&mut Connection, &Policy) -> DatabaseResult<()>;
    let attempts: [(Attempt, Constraint); 6] = [
        (
            |db, there| {
                let again = Policy {
                    uuid: there.uuid.clone(),
                    ..policy(&there.tenant_uuid, "other")
                };
                policies::insert(db, &again)
            },
            Constraint::Policy,
        ),
        (
            |db, there| {
                let again = Policy {
                    name: there.name.clone(),
                    ..policy(&there.tenant_uuid, "other")
                };
                policies::insert(db, &again)
            },
            Constraint::PolicyName,
        ),
        (
            |db, there| policies::insert(db, &policy(&there.tenant_uuid, "ONE")),
            Constraint::PolicySlug,
        ),
        (
            |db, there| {
                let other = add_policy(db, policy(&there.tenant_uuid, "other"))?;
                policies::update(db, &other.uuid, &there.name, None).map(drop)
            },
            Constraint::PolicyName,
        ),
        (
            |db, _| policies::insert(db, &policy(&TenantId::random(), "other")),
            Constraint::PolicyTenant,
        ),
        (
            |db, _| policies::add_access(db, &PolicyId::random(), "a").map(drop),
            Constraint::PolicyAccessPolicy,
        ),
    ];
    for engine in both() {
        let there = Arc::new(engine.write(|db| {
            let top = top(db)?;
            // The same in another tenant is no conflict.
            let child = add_tenant(db, &top, "child")?;
            add_policy(db, policy(&child, "one"))?;
            add_policy(db, policy(&top, "one"))
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
        }
    }
}

#[test]
fn what_the_configuration_owns_is_found_in_one_tenant_and_nothing_else_of_its_slug() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let other = add_tenant(db, &top, "other")?;
            let mut add = |tenant: &TenantId, slug: &str, config_managed: bool| {
                add_policy(
                    db,
                    Policy {
                        config_managed,
                        ..policy(tenant, slug)
                    },
                )
            };
            let wanted = add(&top, "a", true)?;
            add(&top, "b", false)?;
            add(&top, "unasked", true)?;
            add(&other, "a", true)?;
            add(&other, "c", true)?;
            let slugs = texts(&["a", "A", "b", "c", "d"]);
            let found = policies::find_config_managed(db, &top, &slugs)?;
            assert_eq!(found, [("a".to_owned(), wanted.uuid)].into(), "{name}");
            Ok(())
        });
    }
}
