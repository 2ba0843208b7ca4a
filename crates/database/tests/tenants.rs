//! The tree of tenants.

mod support;

use diesel::{RunQueryDsl, sql_types::Text};
use support::{Engine, both};
use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        list::{Direction, Paging},
        scope::Scope,
        tenant::{self, Changes, Deletion, Filter, Order, Tenant},
        tenant_address::{self, Address},
        tenant_domain,
    },
};
use wazo_auth_model::ids::{TenantId, UserId};

fn new(parent: &TenantId, slug: &str, name: Option<&str>) -> Tenant {
    Tenant {
        uuid: TenantId::random(),
        name: name.map(str::to_owned),
        phone: None,
        contact_uuid: None,
        parent_uuid: parent.clone(),
        slug: slug.to_owned(),
        default_authentication_method: "native".to_owned(),
    }
}

fn add(
    db: &mut Connection,
    parent: &TenantId,
    slug: &str,
    name: Option<&str>,
) -> DatabaseResult<TenantId> {
    let new = new(parent, slug, name);
    tenant::insert(db, &new)?;
    Ok(new.uuid)
}

/// top - a - b - c, and top - other.
struct Family {
    top: TenantId,
    a: TenantId,
    b: TenantId,
    c: TenantId,
    other: TenantId,
}

fn family(db: &mut Connection) -> DatabaseResult<Family> {
    let top = tenant::find_top(db)?.uuid;
    let a = add(db, &top, "a", Some("beta"))?;
    let b = add(db, &a, "b", None)?;
    let c = add(db, &b, "c", Some("alpha"))?;
    let other = add(db, &top, "other", Some("gamma"))?;
    Ok(Family {
        top,
        a,
        b,
        c,
        other,
    })
}

fn sorted(mut ids: Vec<TenantId>) -> Vec<TenantId> {
    ids.sort();
    ids
}

fn slugs(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<String>> {
    Ok(tenant::list(db, scope, filter, paging)?
        .into_iter()
        .map(|tenant| tenant.slug)
        .collect())
}

/// The rule that a transaction breaks.
fn broken(
    engine: &Engine,
    mut work: impl FnMut(&mut Connection) -> DatabaseResult<()> + Send + 'static,
) -> Option<Constraint> {
    let done: Result<(), DatabaseError> = engine.database().write(move |db| work(db)).wait();
    done.err()?.constraint()
}

#[test]
fn a_tenant_sees_itself_and_what_is_below_it() {
    for engine in both() {
        engine.write(|db| {
            let family = family(db)?;
            let sees = |db: &mut Connection, from: &TenantId, tenant: &TenantId| {
                tenant::is_visible_from(db, from, tenant.as_str())
            };
            assert!(sees(db, &family.a, &family.a)?);
            assert!(sees(db, &family.a, &family.c)?);
            assert!(sees(db, &family.top, &family.c)?);
            assert!(!sees(db, &family.c, &family.a)?);
            assert!(!sees(db, &family.a, &family.other)?);
            assert!(!sees(db, &family.a, &family.top)?);
            let nobody = TenantId::random();
            assert!(!sees(db, &nobody, &nobody)?);
            assert!(!sees(db, &family.top, &nobody)?);
            assert!(!sees(db, &nobody, &family.a)?);

            let below = Scope::Subtree(family.a.clone());
            assert!(tenant::find_within(db, &below, &family.c)?.is_some());
            assert!(tenant::find_within(db, &below, &family.other)?.is_none());
            let alone = Scope::Tenant(family.a.clone());
            assert!(tenant::find_within(db, &alone, &family.a)?.is_some());
            assert!(tenant::find_within(db, &alone, &family.c)?.is_none());
            assert!(tenant::find_within(db, &Scope::All, &family.c)?.is_some());

            assert_eq!(
                sorted(tenant::subtree(db, &family.a)?),
                sorted(vec![family.a.clone(), family.b.clone(), family.c.clone()])
            );
            assert_eq!(tenant::subtree(db, &family.top)?.len(), 5);
            assert_eq!(tenant::subtree(db, &nobody)?, []);
            assert_eq!(
                tenant::ancestors(db, &family.c)?,
                [family.b.clone(), family.a.clone(), family.top.clone()]
            );
            assert_eq!(tenant::ancestors(db, &family.top)?, []);
            assert_eq!(tenant::ancestors(db, &nobody)?, []);
            Ok(())
        });
    }
}

#[test]
fn a_ring_of_parents_ends_every_walk() {
    for engine in both() {
        engine.write(|db| {
            let Family { top, a, c, .. } = family(db)?;
            // Only top - other remains; a - b - c - a hang nowhere, as another program may leave them.
            diesel::sql_query("UPDATE auth_tenant SET parent_uuid = $1 WHERE uuid = $2")
                .bind::<Text, _>(c.as_str())
                .bind::<Text, _>(a.as_str())
                .execute(db)?;
            assert!(tenant::is_visible_from(db, &a, c.as_str())?);
            assert!(tenant::is_visible_from(db, &c, a.as_str())?);
            assert!(!tenant::is_visible_from(
                db,
                &TenantId::random(),
                a.as_str()
            )?);
            // What hangs nowhere is still the top tenant's to see.
            assert!(tenant::is_visible_from(db, &top, a.as_str())?);
            assert_eq!(tenant::subtree(db, &a)?.len(), 3);
            assert_eq!(tenant::ancestors(db, &a)?.len(), 2);
            assert_eq!(tenant::subtree(db, &top)?.len(), 2);
            Ok(())
        });
    }
}

#[test]
fn a_list_is_ordered_with_the_nameless_last_and_cut_into_parts() {
    for engine in both() {
        engine.write(|db| {
            let family = family(db)?;
            let (all, none) = (Scope::All, Filter::default());
            let below = Scope::Subtree(family.a.clone());
            let mut paging = Paging::default();
            assert_eq!(
                slugs(db, &all, &none, &paging)?,
                ["c", "a", "other", "master", "b"]
            );
            assert_eq!(slugs(db, &below, &none, &paging)?, ["c", "a", "b"]);
            assert_eq!(slugs(db, &Scope::Tenant(family.a), &none, &paging)?, ["a"]);
            assert_eq!(tenant::count(db, &all, &none, None)?, 5);
            assert_eq!(tenant::count(db, &below, &none, None)?, 3);

            paging.direction = Direction::Descending;
            assert_eq!(
                slugs(db, &all, &none, &paging)?,
                ["b", "master", "other", "a", "c"]
            );
            paging.limit = Some(2);
            paging.offset = 1;
            assert_eq!(slugs(db, &all, &none, &paging)?, ["master", "other"]);
            paging.limit = None;
            assert_eq!(
                slugs(db, &all, &none, &paging)?,
                ["master", "other", "a", "c"]
            );
            paging.limit = Some(0);
            assert_eq!(slugs(db, &all, &none, &paging)?, Vec::<String>::new());
            let by_slug = Paging {
                order: Order::Slug,
                ..Paging::default()
            };
            assert_eq!(
                slugs(db, &all, &none, &by_slug)?,
                ["a", "b", "c", "master", "other"]
            );
            Ok(())
        });
    }
}

#[test]
fn a_list_is_filtered_exactly_and_searched_in_any_case() {
    for engine in both() {
        engine.write(|db| {
            let family = family(db)?;
            let names = ["one.example".to_owned(), "two.example".to_owned()];
            tenant_domain::replace(db, &family.b, &names)?;
            let paging = Paging::default();
            let mut check = |filter: Filter, expected: &[&str]| -> DatabaseResult<()> {
                assert_eq!(
                    slugs(db, &Scope::All, &filter, &paging)?,
                    expected,
                    "{filter:?}"
                );
                let count = tenant::count(db, &Scope::All, &filter, None)?;
                assert_eq!(usize::try_from(count).unwrap(), expected.len());
                Ok(())
            };
            let text = |text: &str| Some(text.to_owned());
            let none = Filter::default;
            check(
                Filter {
                    uuid: text(family.a.as_str()),
                    ..none()
                },
                &["a"],
            )?;
            check(
                Filter {
                    uuid: text("no uuid"),
                    ..none()
                },
                &[],
            )?;
            check(
                Filter {
                    name: text("alpha"),
                    ..none()
                },
                &["c"],
            )?;
            check(
                Filter {
                    name: text("ALPHA"),
                    ..none()
                },
                &[],
            )?;
            check(
                Filter {
                    slug: text("other"),
                    ..none()
                },
                &["other"],
            )?;
            check(
                Filter {
                    domain_name: text("two.example"),
                    ..none()
                },
                &["b"],
            )?;
            check(
                Filter {
                    domain_name: text("example"),
                    ..none()
                },
                &[],
            )?;
            check(
                Filter {
                    uuids: Some(vec![String::new()]),
                    ..none()
                },
                &[],
            )?;
            let two = vec![family.a.to_string(), family.c.to_string()];
            check(
                Filter {
                    uuids: Some(two),
                    ..none()
                },
                &["c", "a"],
            )?;

            let mut search = |words: &str, expected: &[&str]| -> DatabaseResult<()> {
                let paging = Paging {
                    search: Some(words.to_owned()),
                    ..Paging::default()
                };
                assert_eq!(
                    slugs(db, &Scope::All, &Filter::default(), &paging)?,
                    expected,
                    "{words:?}"
                );
                let count = tenant::count(db, &Scope::All, &Filter::default(), Some(words))?;
                assert_eq!(usize::try_from(count).unwrap(), expected.len());
                Ok(())
            };
            search("ALPH", &["c"])?;
            search("OTH", &["other"])?;
            // Once, though both of its domains match.
            search("EXAMPLE", &["b"])?;
            search("o example", &["b"])?;
            search("", &["c", "a", "other", "master", "b"])?;
            search("nothing like it", &[])?;
            Ok(())
        });
    }
}

#[test]
fn a_tenant_is_kept_as_it_was_given_and_changed_as_a_whole() {
    for engine in both() {
        engine.write(|db| {
            let top = tenant::find_top(db)?;
            assert_eq!(
                (top.slug.as_str(), top.name.as_deref()),
                ("master", Some("master"))
            );
            assert_eq!(top.parent_uuid, top.uuid);
            let mut acme = new(&top.uuid, "Acme", Some("Acmé"));
            acme.phone = Some("555".to_owned());
            acme.default_authentication_method = "ldap".to_owned();
            tenant::insert(db, &acme)?;
            assert_eq!(tenant::find(db, &acme.uuid)?.as_ref(), Some(&acme));
            assert_eq!(
                tenant::find_by_uuid_or_slug(db, "Acme")?.as_ref(),
                Some(&acme)
            );
            assert_eq!(
                tenant::find_by_uuid_or_slug(db, acme.uuid.as_str())?.as_ref(),
                Some(&acme)
            );
            assert_eq!(tenant::find_by_uuid_or_slug(db, "acme")?, None);
            assert!(tenant::is_slug_taken(db, "Acme")?);
            assert!(!tenant::is_slug_taken(db, "acme")?);

            let changes = Changes {
                name: None,
                phone: None,
                contact_uuid: None,
                default_authentication_method: "native".to_owned(),
            };
            let changed = tenant::update(db, &acme.uuid, &changes)?.unwrap();
            assert_eq!(
                (changed.name.as_ref(), changed.phone.as_ref()),
                (None, None)
            );
            assert_eq!(changed.default_authentication_method, "native");
            assert_eq!(
                (changed.slug.as_str(), &changed.parent_uuid),
                ("Acme", &top.uuid)
            );
            assert_eq!(tenant::find(db, &acme.uuid)?, Some(changed));
            assert_eq!(tenant::update(db, &TenantId::random(), &changes)?, None);
            Ok(())
        });
    }
}

#[test]
fn a_tenant_that_breaks_a_rule_is_told_which() {
    for engine in both() {
        let (top, a) = engine.write(|db| {
            let family = family(db)?;
            tenant_domain::replace(db, &family.other, &["taken.example".to_owned()])?;
            Ok((family.top, family.a))
        });
        let insert = |tenant: Tenant| broken(&engine, move |db| tenant::insert(db, &tenant));
        let good = new(&top, "new", None);
        let contact_uuid = Some(UserId::random());
        let parent_uuid = TenantId::random();
        for (tenant, rule) in [
            (
                Tenant {
                    uuid: a.clone(),
                    ..good.clone()
                },
                Constraint::Tenant,
            ),
            (
                Tenant {
                    slug: "a".to_owned(),
                    ..good.clone()
                },
                Constraint::TenantSlug,
            ),
            (
                Tenant {
                    contact_uuid,
                    ..good.clone()
                },
                Constraint::TenantContact,
            ),
            (
                Tenant {
                    parent_uuid,
                    ..good
                },
                Constraint::TenantParent,
            ),
        ] {
            assert_eq!(insert(tenant), Some(rule), "{}", engine.name);
        }
        let changed = a.clone();
        let changes = Changes {
            name: None,
            phone: None,
            contact_uuid: Some(UserId::random()),
            default_authentication_method: "native".to_owned(),
        };
        assert_eq!(
            broken(&engine, move |db| tenant::update(db, &changed, &changes)
                .map(drop)),
            Some(Constraint::TenantContact)
        );
        assert_eq!(
            broken(&engine, move |db| {
                tenant_domain::replace(db, &a, &["taken.example".to_owned()])
            }),
            Some(Constraint::TenantDomainName)
        );
    }
}

#[test]
fn a_tenant_is_moved_with_what_is_below_it_but_not_below_itself() {
    for engine in both() {
        engine.write(|db| {
            let family = family(db)?;
            assert!(tenant::update_parent(db, &family.b, &family.other)?);
            assert!(tenant::is_visible_from(
                db,
                &family.other,
                family.c.as_str()
            )?);
            assert!(!tenant::is_visible_from(db, &family.a, family.c.as_str())?);
            for (tenant, parent) in [
                (&family.b, &family.b),
                (&family.b, &family.c),
                (&family.other, &family.c),
                (&family.top, &family.a),
                (&family.top, &family.top),
                (&family.a, &TenantId::random()),
                (&TenantId::random(), &family.a),
            ] {
                assert!(!tenant::update_parent(db, tenant, parent)?);
            }
            assert_eq!(
                tenant::ancestors(db, &family.c)?,
                [family.b, family.other, family.top]
            );
            Ok(())
        });
    }
}

#[test]
fn only_a_tenant_without_others_below_it_is_deleted() {
    for engine in both() {
        engine.write(|db| {
            let family = family(db)?;
            tenant_domain::replace(db, &family.c, &["c.example".to_owned()])?;
            tenant_address::upsert(db, &family.c, &Address::default())?;
            assert_eq!(tenant::delete(db, &family.b)?, Deletion::HasChildren);
            assert_eq!(tenant::delete(db, &family.top)?, Deletion::HasChildren);
            assert!(tenant::find(db, &family.b)?.is_some());
            assert_eq!(tenant::delete(db, &family.c)?, Deletion::Done);
            assert_eq!(tenant::delete(db, &family.c)?, Deletion::Unknown);
            assert_eq!(tenant::delete(db, &family.b)?, Deletion::Done);
            assert_eq!(tenant_domain::find_by_name(db, "c.example")?, None);
            assert_eq!(tenant_address::find(db, &family.c)?, None);
            Ok(())
        });
    }
}
