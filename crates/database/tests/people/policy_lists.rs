//! From where policies are seen, and their lists.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        group,
        list::{Direction, Paging},
        policy::{self as policies, Filter, Order, Policy},
        scope::Scope,
        user,
    },
};
use wazo_auth_model::ids::{PolicyId, TenantId};

use crate::{
    rows::{add_group, add_policy, add_tenant, add_user, policy, top},
    support::both,
};

/// The slugs that a list has, those that are inherited in brackets; and the count says how many.
fn slugs(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<String> {
    let paging = Paging {
        search: search.map(str::to_owned),
        order: Order::Slug,
        ..Paging::default()
    };
    let policies = policies::list(db, scope, filter, &paging)?;
    let count = policies::count(db, scope, filter, search)?;
    assert_eq!(
        usize::try_from(count).ok(),
        Some(policies.len()),
        "{filter:?}"
    );
    let slugs: Vec<String> = policies
        .into_iter()
        // The one that every installation begins with.
        .filter(|found| found.policy.slug != "wazo_default_master_user_policy")
        .map(|found| {
            if found.inherited {
                format!("[{}]", found.policy.slug)
            } else {
                found.policy.slug
            }
        })
        .collect();
    Ok(slugs.join(","))
}

/// Policies all over a tree: a top tenant, `a` below it, `b` below that, and `x` beside `a`.
struct Tree {
    top: TenantId,
    a: TenantId,
    b: TenantId,
    x: TenantId,
}

fn plant(db: &mut Connection) -> DatabaseResult<Tree> {
    let top = top(db)?;
    let a = add_tenant(db, &top, "a")?;
    let b = add_tenant(db, &a, "b")?;
    let x = add_tenant(db, &top, "x")?;
    for (tenant, of) in [(&top, "top"), (&a, "a"), (&b, "b"), (&x, "x")] {
        add_policy(db, policy(tenant, &format!("{of}-own")))?;
        add_policy(
            db,
            Policy {
                shared: true,
                ..policy(tenant, &format!("{of}-shared"))
            },
        )?;
    }
    add_policy(
        db,
        Policy {
            config_managed: true,
            ..policy(&top, "config")
        },
    )?;
    Ok(Tree { top, a, b, x })
}

#[test]
fn shared_policies_are_seen_from_below_and_configured_ones_from_everywhere() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let Tree { top, a, b, x } = plant(db)?;
            for (scope, seen) in [
                (Scope::Tenant(top.clone()), "config,top-own,top-shared"),
                (
                    Scope::Tenant(a.clone()),
                    "a-own,a-shared,[config],[top-shared]",
                ),
                (
                    Scope::Tenant(b.clone()),
                    "[a-shared],b-own,b-shared,[config],[top-shared]",
                ),
                (Scope::Tenant(x), "[config],[top-shared],x-own,x-shared"),
                (
                    Scope::Subtree(a.clone()),
                    "a-own,a-shared,b-own,b-shared,[config],[top-shared]",
                ),
                (
                    Scope::Subtree(top),
                    "a-own,a-shared,b-own,b-shared,config,top-own,top-shared,x-own,x-shared",
                ),
                (
                    Scope::All,
                    "a-own,a-shared,b-own,b-shared,config,top-own,top-shared,x-own,x-shared",
                ),
                (Scope::Subtree(TenantId::random()), "[config]"),
            ] {
                let slugs = slugs(db, &scope, &Filter::default(), None)?;
                assert_eq!(slugs, seen, "{name}: {scope:?}");
                // One by one it is the same.
                for slug in ["top-own", "a-own", "a-shared", "x-shared", "config"] {
                    let found = policies::find_within_by_slug(db, &scope, slug)?;
                    let expected = seen
                        .split(',')
                        .find(|seen| seen.trim_matches(['[', ']']) == slug);
                    let what = format!("{name}: {slug} in {scope:?}");
                    assert_eq!(found.is_some(), expected.is_some(), "{what}");
                    if let Some(found) = found {
                        let inherited = expected.is_some_and(|seen| seen.starts_with('['));
                        assert_eq!(found.inherited, inherited, "{what}");
                        let again = policies::find_within(db, &scope, &found.policy.uuid)?;
                        assert_eq!(again, Some(found), "{what}");
                    }
                }
            }
            Ok(())
        });
    }
}

#[test]
fn of_policies_with_one_slug_the_configured_one_is_found_then_the_own_one() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let Tree { top, a, b, .. } = plant(db)?;
            let own = add_policy(db, policy(&b, "same"))?;
            let shared = Policy {
                shared: true,
                ..policy(&a, "same")
            };
            let shared = add_policy(db, shared)?;
            let scope = Scope::Tenant(b);
            let find = |db: &mut Connection| -> DatabaseResult<Option<PolicyId>> {
                Ok(policies::find_within_by_slug(db, &scope, "same")?
                    .map(|found| found.policy.uuid))
            };
            assert_eq!(find(db)?.as_ref(), Some(&own.uuid), "{name}");
            let configured = Policy {
                config_managed: true,
                ..policy(&top, "same")
            };
            let configured = add_policy(db, configured)?;
            assert_eq!(find(db)?.as_ref(), Some(&configured.uuid), "{name}");
            policies::delete(db, &configured.uuid)?;
            policies::delete(db, &own.uuid)?;
            assert_eq!(find(db)?.as_ref(), Some(&shared.uuid), "{name}");
            let top = policies::find_by_slug(db, &top, "SAME")?;
            assert_eq!(top, None, "{name}");
            Ok(())
        });
    }
}

#[test]
fn filters_and_searches_leave_what_fits_all_of_them() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let Tree { top, a, b, .. } = plant(db)?;
            let described = add_policy(
                db,
                Policy {
                    description: Some("Für Élodie".to_owned()),
                    ..policy(&b, "described")
                },
            )?;
            let own = policies::find_by_slug(db, &a, "a-own")?.unwrap();
            let (alice, group) = (add_user(db, "alice")?, add_group(db, &a, "group")?.uuid);
            user::add_policy(db, &alice, &own)?;
            user::add_policy(db, &alice, &described.uuid)?;
            group::add_policy(db, &group, &own)?;

            let text = |text: &str| Some(text.to_owned());
            let none = Filter::default;
            let (here, below) = (Scope::Tenant(a.clone()), Scope::Subtree(a.clone()));
            for (scope, filter, search, found) in [
                (
                    &here,
                    Filter {
                        slug: text("config"),
                        ..none()
                    },
                    None,
                    "[config]",
                ),
                (
                    &here,
                    Filter {
                        slug: text("Config"),
                        ..none()
                    },
                    None,
                    "",
                ),
                (
                    &here,
                    Filter {
                        name: text("a-own"),
                        ..none()
                    },
                    None,
                    "a-own",
                ),
                (
                    &here,
                    Filter {
                        uuid: text(described.uuid.as_str()),
                        ..none()
                    },
                    None,
                    "",
                ),
                (
                    &below,
                    Filter {
                        uuid: text(described.uuid.as_str()),
                        ..none()
                    },
                    None,
                    "described",
                ),
                (
                    &here,
                    Filter {
                        tenant_uuid: text(top.as_str()),
                        ..none()
                    },
                    None,
                    "[config],[top-shared]",
                ),
                (
                    &here,
                    Filter {
                        user_uuid: text(alice.as_str()),
                        ..none()
                    },
                    None,
                    "a-own",
                ),
                (
                    &below,
                    Filter {
                        user_uuid: text(alice.as_str()),
                        ..none()
                    },
                    None,
                    "a-own,described",
                ),
                (
                    &below,
                    Filter {
                        group_uuid: text(group.as_str()),
                        ..none()
                    },
                    None,
                    "a-own",
                ),
                (
                    &Scope::All,
                    Filter {
                        user_uuid: text(alice.as_str()),
                        group_uuid: text(group.as_str()),
                        ..none()
                    },
                    None,
                    "a-own",
                ),
                (
                    &here,
                    Filter {
                        read_only: Some(false),
                        ..none()
                    },
                    None,
                    "a-own,a-shared",
                ),
                (
                    &here,
                    Filter {
                        read_only: Some(true),
                        ..none()
                    },
                    None,
                    "[config],[top-shared]",
                ),
                (
                    &Scope::Tenant(b.clone()),
                    Filter {
                        read_only: Some(true),
                        ..none()
                    },
                    None,
                    "[config],[top-shared]",
                ),
                (
                    &Scope::Tenant(top.clone()),
                    Filter {
                        read_only: Some(true),
                        ..none()
                    },
                    None,
                    "config,top-shared",
                ),
                (
                    &Scope::Tenant(top.clone()),
                    Filter {
                        read_only: Some(false),
                        ..none()
                    },
                    None,
                    "config,top-own,top-shared",
                ),
                (&below, none(), Some("éLODIE"), "described"),
                (
                    &below,
                    none(),
                    Some("SHARED"),
                    "a-shared,b-shared,[top-shared]",
                ),
                (
                    &below,
                    Filter {
                        read_only: Some(false),
                        ..none()
                    },
                    Some("b- sha"),
                    "b-shared",
                ),
            ] {
                let slugs = slugs(db, scope, &filter, search)?;
                assert_eq!(slugs, found, "{name}: {scope:?} {filter:?} {search:?}");
            }
            Ok(())
        });
    }
}

#[test]
fn each_order_is_by_its_own_column_with_nothing_at_the_end() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            for (called, slug, description) in [
                ("1", "2", Some("3")),
                ("2", "3", None),
                ("3", "1", Some("1")),
            ] {
                add_policy(
                    db,
                    Policy {
                        name: called.to_owned(),
                        description: description.map(str::to_owned),
                        ..policy(&child, slug)
                    },
                )?;
            }
            for (order, expected) in [
                (Order::Name, "123"),
                (Order::Slug, "312"),
                (Order::Description, "312"),
            ] {
                for direction in [Direction::Ascending, Direction::Descending] {
                    let paging = Paging {
                        order,
                        direction,
                        ..Paging::default()
                    };
                    let scope = Scope::Tenant(child.clone());
                    let found: String = policies::list(db, &scope, &Filter::default(), &paging)?
                        .into_iter()
                        .map(|found| found.policy.name)
                        .collect();
                    let expected: String = match direction {
                        Direction::Ascending => expected.to_owned(),
                        Direction::Descending => expected.chars().rev().collect(),
                    };
                    assert_eq!(found, expected, "{name}: {order:?} {direction:?}");
                }
            }
            let paging = Paging {
                limit: Some(1),
                offset: 3,
                order: Order::Uuid,
                ..Paging::default()
            };
            let scope = Scope::Tenant(child);
            assert_eq!(
                policies::list(db, &scope, &Filter::default(), &paging)?,
                [],
                "{name}"
            );
            Ok(())
        });
    }
}

#[test]
fn a_new_policy_is_ambiguous_beside_what_is_shared_above_and_if_shared_beside_all_below() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let Tree { top, a, b, x } = plant(db)?;
            for (tenant, slug, shared, ambiguous) in [
                (&b, "top-shared", false, true),
                (&b, "a-shared", false, true),
                (&a, "a-shared", false, true),
                (&b, "TOP-SHARED", false, false),
                (&b, "top-own", false, false),
                (&b, "a-own", false, false),
                (&x, "a-shared", false, false),
                (&x, "a-shared", true, false),
                (&a, "b-own", false, false),
                (&a, "b-own", true, true),
                (&top, "b-own", true, true),
                (&b, "a-own", true, false),
                (&a, "config", true, false),
                (&top, "config", true, false),
            ] {
                let what = format!("{name}: {slug}, shared {shared}");
                let new = Policy {
                    shared,
                    ..policy(tenant, slug)
                };
                assert_eq!(policies::is_ambiguous(db, &new)?, ambiguous, "{what}");
                let other_slug = Policy {
                    slug: "other".to_owned(),
                    ..new
                };
                assert_eq!(
                    policies::is_ambiguous(db, &other_slug)?,
                    ambiguous,
                    "{what}"
                );
            }
            Ok(())
        });
    }
}
