//! What a start of the daemon asks and writes: policies of the configuration, and the groups of many
//! tenants at once.

use std::{
    collections::HashSet,
    slice,
    sync::{Arc, Barrier},
    thread,
};

use wazo_auth_database::{
    Connection, Constraint, DatabaseResult, Violation,
    queries::{
        group::{self as groups, Group},
        installation,
        policy::{self as policies, ConfigManaged, Policy},
        scope::Scope,
        tenant, user,
    },
};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId};

use crate::{
    rows::{add_group, add_policy, add_profile, add_tenant, add_user, group, policy, profile, top},
    support::both,
};

/// The names of groups, sorted.
fn names(groups: Vec<Group>) -> Vec<String> {
    let mut names: Vec<String> = groups.into_iter().map(|group| group.name).collect();
    names.sort();
    names
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn stored(db: &mut Connection, uuid: &PolicyId) -> DatabaseResult<Option<Policy>> {
    Ok(policies::find_within(db, &Scope::All, uuid)?.map(|visible| visible.policy))
}

#[test]
fn groups_of_many_tenants_are_found_by_name_and_by_slug_in_any_case() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let (one, two) = (add_tenant(db, &top, "one")?, add_tenant(db, &top, "two")?);
            for tenant in [&one, &two] {
                for (name, slug) in [("by slug", "Équipe"), ("staff", "other"), ("none", "none")] {
                    let mut new = group(tenant, slug);
                    new.name = name.to_owned();
                    groups::insert(db, &new)?;
                }
            }
            let found = |db: &mut Connection, tenants: &[TenantId], wanted: &[&str]| {
                Ok::<_, wazo_auth_database::DatabaseError>(names(groups::list_called(
                    db,
                    tenants,
                    &texts(wanted),
                )?))
            };
            let both = [one.clone(), two];
            // A slug in whatever case, a name in this one.
            let wanted = ["Équipe", "staff", "NONE"];
            let expected = ["by slug", "by slug", "none", "none", "staff", "staff"];
            assert_eq!(found(db, &both, &wanted)?, expected, "{name}");
            assert_eq!(
                found(db, slice::from_ref(&one), &["équipe"])?,
                ["by slug"],
                "{name}"
            );
            assert_eq!(
                found(db, slice::from_ref(&one), &["Staff"])?,
                [""; 0],
                "{name}"
            );
            assert_eq!(found(db, &[one], &[])?, [""; 0], "{name}");
            assert_eq!(found(db, &[], &wanted)?, [""; 0], "{name}");
            Ok(())
        });
    }
}

#[test]
fn many_groups_are_added_at_once_or_not_at_all() {
    for engine in both() {
        let name = engine.name;
        let tenant = engine.write(|db| {
            let top = top(db)?;
            add_tenant(db, &top, "child")
        });
        let many: Vec<Group> = (0..300)
            .map(|number| group(&tenant, &format!("g{number}")))
            .collect();
        let (again, unknown) = (group(&tenant, "G7"), group(&TenantId::random(), "g"));
        let added = many.clone();
        engine.write(move |db| groups::insert_many(db, &added));
        for (wrong, violation) in [(again, Violation::Unique), (unknown, Violation::ForeignKey)] {
            let new = [group(&tenant, "fresh"), wrong];
            let refused = engine
                .database()
                .write(move |db| groups::insert_many(db, &new))
                .wait();
            assert_eq!(refused.unwrap_err().violation(), Some(violation), "{name}");
        }
        let found = engine.write(move |db| {
            let wanted: Vec<String> = (0..300).map(|number| format!("g{number}")).collect();
            groups::list_called(
                db,
                slice::from_ref(&tenant),
                &[wanted, texts(&["fresh"])].concat(),
            )
        });
        let ids = |groups: Vec<Group>| -> HashSet<GroupId> {
            groups.into_iter().map(|group| group.uuid).collect()
        };
        assert_eq!(ids(found), ids(many), "{name}");
    }
}

#[test]
fn groups_get_their_slug_for_a_name_unless_another_one_has_it() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let mut renamed = Vec::new();
            for slug in ["one", "two"] {
                let group = add_group(db, &top, slug)?;
                groups::update(db, &group.uuid, &format!("was {slug}"))?;
                renamed.push(group.uuid);
            }
            assert!(groups::spell_slug(db, &renamed[0], "ONE")?, "{name}");
            assert!(!groups::spell_slug(db, &GroupId::random(), "x")?, "{name}");
            assert_eq!(groups::name_by_slug(db, &renamed)?, 2, "{name}");
            for slug in ["ONE", "two"] {
                let found = groups::find_by_slug(db, &top, slug)?;
                assert_eq!(found.unwrap().name, slug, "{name}");
            }
            Ok(())
        });
        let refused = engine
            .database()
            .write(|db| {
                let top = top(db)?;
                let taken = add_group(db, &top, "taken")?;
                groups::update(db, &taken.uuid, "free")?;
                let other = add_group(db, &top, "other")?;
                groups::update(db, &other.uuid, "taken")?;
                groups::name_by_slug(db, &[taken.uuid])
            })
            .wait();
        let constraint = refused.unwrap_err().constraint();
        assert_eq!(constraint, Some(Constraint::GroupName), "{name}");
    }
}

#[test]
fn all_users_of_the_tenant_of_a_group_join_it_once_and_nobody_else_does() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let (one, two) = (add_tenant(db, &top, "one")?, add_tenant(db, &top, "two")?);
            let _ = add_user(db, "of the top tenant")?;
            let mut of_one = Vec::new();
            for user in ["a", "b"] {
                of_one.push(add_profile(db, &one, &profile(Some(user)))?);
            }
            let of_two = add_profile(db, &two, &profile(Some("c")))?;
            let groups = [
                add_group(db, &one, "g")?.uuid,
                add_group(db, &two, "g")?.uuid,
            ];
            user::join_group(db, &of_one[0], &groups[0])?;
            assert_eq!(groups::join_all_users(db, &groups)?, 2, "{name}");
            assert_eq!(groups::join_all_users(db, &groups)?, 0, "{name}");
            assert!(user::leave_group(db, &of_one[1], &groups[0])?, "{name}");
            assert!(user::leave_group(db, &of_two, &groups[1])?, "{name}");
            assert!(!user::leave_group(db, &of_two, &groups[0])?, "{name}");
            Ok(())
        });
    }
}

#[test]
fn many_links_of_policies_are_made_listed_and_removed() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let mut policies = Vec::new();
            let mut ids = Vec::new();
            for number in 0..3 {
                ids.push(add_group(db, &top, &format!("g{number}"))?.uuid);
                policies.push(add_policy(db, policy(&top, &format!("p{number}")))?.uuid);
            }
            let all: Vec<_> = ids
                .iter()
                .flat_map(|group| {
                    policies
                        .iter()
                        .map(|policy| (group.clone(), policy.clone()))
                })
                .collect();
            groups::add_policy(db, &ids[0], &policies[0])?;
            assert_eq!(groups::add_policies(db, &all)?, 8, "{name}");
            assert_eq!(groups::add_policies(db, &all)?, 0, "{name}");
            assert_eq!(groups::add_policies(db, &[])?, 0, "{name}");
            let found = groups::list_policy_links(db, &ids[..2], &policies[1..])?;
            assert_eq!(found.len(), 4, "{name}");
            let expected: HashSet<_> = all
                .iter()
                .filter(|(group, policy)| *group != ids[2] && *policy != policies[0])
                .cloned()
                .collect();
            assert_eq!(
                found.into_iter().collect::<HashSet<_>>(),
                expected,
                "{name}"
            );
            assert_eq!(
                groups::remove_policy_from(db, &ids[1..], &policies[2])?,
                2,
                "{name}"
            );
            assert_eq!(
                groups::remove_policy_from(db, &ids, &policies[2])?,
                1,
                "{name}"
            );
            assert_eq!(
                groups::list_policy_links(db, &ids, &policies)?.len(),
                6,
                "{name}"
            );
            Ok(())
        });
    }
}

#[test]
fn tenants_that_have_gone_are_left_out() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let mut expected = vec![top.clone(), child.clone()];
            expected.sort();
            assert_eq!(tenant::list_ids(db)?, expected, "{name}");
            let asked = [top, TenantId::random(), child];
            let mut known = tenant::retain_known(db, &asked)?;
            known.sort();
            assert_eq!(known, expected, "{name}");
            // On PostgreSQL this waits for others; a transaction has it as often as it asks.
            installation::lock_synchronisation(db)?;
            installation::lock_synchronisation(db)
        });
    }
}

#[test]
fn policies_of_the_configuration_are_overwritten_and_listed_whoever_owns_them() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let mut written = add_policy(
                db,
                Policy {
                    accesses: texts(&["a"]),
                    ..policy(&top, "written")
                },
            )?;
            let other = Policy {
                config_managed: true,
                ..policy(&child, "other")
            };
            let other = add_policy(db, other)?;
            written = Policy {
                name: "another name".to_owned(),
                slug: "Written".to_owned(),
                description: Some("described".to_owned()),
                config_managed: true,
                shared: true,
                ..written
            };
            assert!(policies::overwrite(db, &written)?, "{name}");
            assert_eq!(
                stored(db, &written.uuid)?.as_ref(),
                Some(&written),
                "{name}"
            );
            assert!(!policies::overwrite(db, &policy(&top, "none"))?, "{name}");
            let mut expected = [(written.uuid, top, "Written"), (other.uuid, child, "other")].map(
                |(uuid, tenant_uuid, slug)| ConfigManaged {
                    uuid,
                    tenant_uuid,
                    slug: slug.to_owned(),
                },
            );
            expected.sort_by(|one, other| one.uuid.cmp(&other.uuid));
            assert_eq!(policies::list_config_managed(db)?, expected, "{name}");
            Ok(())
        });
    }
}

#[test]
fn policies_that_somebody_has_are_not_deleted_with_the_others() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let mut ids = Vec::new();
            for slug in ["user", "group", "free", "not meant"] {
                ids.push(add_policy(db, policy(&top, slug))?.uuid);
            }
            let alice = add_user(db, "alice")?;
            user::add_policy(db, &alice, &ids[0])?;
            let group = add_group(db, &top, "g")?.uuid;
            groups::add_policy(db, &group, &ids[1])?;
            let gone = policies::delete_unused(db, &ids[..3])?;
            assert_eq!(gone, HashSet::from([ids[2].clone()]), "{name}");
            for (at, is_there) in [(0, true), (1, true), (2, false), (3, true)] {
                let found = policies::find_within(db, &Scope::All, &ids[at])?;
                assert_eq!(found.is_some(), is_there, "{name}: {at}");
            }
            assert_eq!(policies::delete_unused(db, &[])?, HashSet::new(), "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_policy_is_not_deleted_from_under_whoever_gives_it_to_a_group_meanwhile() {
    for engine in both() {
        let (mut given, mut deleted) = (0, 0);
        for number in 0..40 {
            let (policy, group) = engine.write(move |db| {
                let top = top(db)?;
                let policy = add_policy(db, policy(&top, &format!("p{number}")))?.uuid;
                Ok((policy, add_group(db, &top, &format!("g{number}"))?.uuid))
            });
            let begin = Arc::new(Barrier::new(2));
            let (gone, linked) = thread::scope(|threads| {
                let delete = threads.spawn(|| {
                    let policy = policy.clone();
                    begin.wait();
                    engine.write(move |db| policies::delete_unused(db, slice::from_ref(&policy)))
                });
                let (policy, group) = (policy.clone(), group.clone());
                begin.wait();
                let link = engine
                    .database()
                    .write(move |db| groups::add_policy(db, &group, &policy))
                    .wait();
                (delete.join().unwrap(), link.is_ok())
            });
            let there = engine.write(move |db| Ok(stored(db, &policy)?.is_some()));
            // One of them came first, and the other one has seen that.
            assert_eq!(
                (gone.is_empty(), there),
                (linked, linked),
                "{}",
                engine.name
            );
            given += usize::from(linked);
            deleted += usize::from(!linked);
        }
        println!("{}: {given} given, {deleted} deleted", engine.name);
    }
}
