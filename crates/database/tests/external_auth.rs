//! Types of external authentication, what users stored for them, what tenants configured.

mod support;
#[path = "support/tenants.rs"]
mod tenants;
#[path = "support/users.rs"]
mod users;

use support::{Engine, both};
use tenants::two_tenants;
use users::user;
use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        external_auth::{self, UserType},
        external_auth_config,
        list::Paging,
        scope::Scope,
    },
};
use wazo_auth_model::ids::{TenantId, UserId};

fn enable(db: &mut Connection, names: &[&str]) -> DatabaseResult<()> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    external_auth::synchronise_types(db, &names)
}

fn broken(
    engine: &Engine,
    mut work: impl FnMut(&mut Connection) -> DatabaseResult<()> + Send + 'static,
) -> Option<Constraint> {
    let done: Result<(), DatabaseError> = engine.database().write(move |db| work(db)).wait();
    done.err()?.constraint()
}

#[test]
fn exactly_the_named_types_are_enabled_and_disabled_ones_keep_their_data() {
    for engine in both() {
        engine.write(|db| {
            let (top, _) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            enable(db, &["google", "mobile"])?;
            let google = external_auth::find_type(db, "google")?.unwrap();
            external_auth::insert_data(db, &alice, &google, "{}")?;
            let own = external_auth::find_or_insert_type(db, "own")?;
            assert_eq!(external_auth::find_or_insert_type(db, "own")?, own);
            let enabled = |name: &str, data: Option<&str>| UserType {
                name: name.to_owned(),
                data: data.map(str::to_owned),
            };
            assert_eq!(
                external_auth::list_enabled_of(db, &alice)?,
                [enabled("google", Some("{}")), enabled("mobile", None)]
            );
            assert_eq!(
                external_auth::list_enabled_of(db, &UserId::random())?,
                [enabled("google", None), enabled("mobile", None)]
            );

            enable(db, &["mobile", "own"])?;
            assert_eq!(
                external_auth::list_enabled_of(db, &alice)?,
                [enabled("mobile", None), enabled("own", None)]
            );
            assert_eq!(
                external_auth::find_data(db, &alice, &google)?.as_deref(),
                Some("{}")
            );
            enable(db, &["google"])?;
            assert_eq!(
                external_auth::list_enabled_of(db, &alice)?,
                [enabled("google", Some("{}"))]
            );
            assert_eq!(external_auth::find_type(db, "nothing")?, None);
            Ok(())
        });
    }
}

#[test]
fn a_users_data_is_stored_replaced_and_deleted() {
    for engine in both() {
        let (alice, id) = engine.write(|db| {
            let (top, _) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let id = external_auth::find_or_insert_type(db, "mobile")?;
            assert!(!external_auth::update_data(db, &alice, &id, "1")?);
            external_auth::insert_data(db, &alice, &id, "[2]")?;
            assert!(external_auth::update_data(db, &alice, &id, "3")?);
            assert_eq!(
                external_auth::find_data(db, &alice, &id)?.as_deref(),
                Some("3")
            );
            assert!(external_auth::delete_data(db, &alice, &id)?);
            assert!(!external_auth::delete_data(db, &alice, &id)?);
            for document in ["4", "5"] {
                external_auth::upsert_data(db, &alice, &id, document)?;
                assert_eq!(
                    external_auth::find_data(db, &alice, &id)?.as_deref(),
                    Some(document)
                );
            }
            Ok((alice, id))
        });
        let type_id = id.clone();
        assert_eq!(
            broken(&engine, move |db| {
                external_auth::insert_data(db, &alice, &type_id, "6")
            }),
            Some(Constraint::ExternalAuthData)
        );
        let type_id = id.clone();
        assert_eq!(
            broken(&engine, move |db| {
                external_auth::insert_data(db, &UserId::random(), &type_id, "7")
            }),
            Some(Constraint::ExternalAuthDataUser)
        );
        assert_eq!(
            broken(&engine, move |db| {
                external_auth::upsert_data(db, &UserId::random(), &id, "8")
            }),
            Some(Constraint::ExternalAuthDataUser)
        );
    }
}

#[test]
fn users_of_an_enabled_type_are_listed_within_tenants() {
    for engine in both() {
        engine.write(|db| {
            let (top, below) = two_tenants(db)?;
            enable(db, &["mobile"])?;
            let id = external_auth::find_type(db, "mobile")?.unwrap();
            let mut users = Vec::new();
            for (name, tenant) in [("a", &top), ("b", &below), ("c", &below)] {
                let one = user(db, tenant, name)?;
                external_auth::insert_data(db, &one, &id, "{}")?;
                users.push(one);
            }
            user(db, &below, "without")?;
            let mut there = users.split_off(1);
            there.sort();
            let (here, all) = (Scope::Tenant(below), Scope::Subtree(top));
            let mut paging = Paging::default();
            assert_eq!(external_auth::list_users(db, &here, &id, &paging)?, there);
            assert_eq!(external_auth::count_users(db, &here, &id)?, 2);
            assert_eq!(external_auth::count_users(db, &all, &id)?, 3);
            paging.offset = 1;
            assert_eq!(
                external_auth::list_users(db, &here, &id, &paging)?,
                there[1..]
            );
            enable(db, &[])?;
            assert_eq!(external_auth::count_users(db, &all, &id)?, 0);
            assert_eq!(
                external_auth::list_users(db, &all, &id, &Paging::default())?,
                []
            );
            Ok(())
        });
    }
}

#[test]
fn a_tenant_configures_a_type_once_and_for_itself() {
    for engine in both() {
        let id = engine.write(|db| {
            use external_auth_config::{delete, find, insert, update};
            let (top, below) = two_tenants(db)?;
            let id = external_auth::find_or_insert_type(db, "google")?;
            assert_eq!(find(db, &id, &top)?, None);
            assert!(!update(db, &id, &top, "0")?);
            assert!(insert(db, &id, &top, "1")?);
            assert!(!insert(db, &id, &top, "2")?);
            assert_eq!(find(db, &id, &top)?.as_deref(), Some("1"));
            assert_eq!(find(db, &id, &below)?, None);
            assert!(insert(db, &id, &below, "3")?);
            assert!(update(db, &id, &top, "4")?);
            assert_eq!(find(db, &id, &top)?.as_deref(), Some("4"));
            assert!(delete(db, &id, &top)?);
            assert!(!delete(db, &id, &top)?);
            assert_eq!(find(db, &id, &below)?.as_deref(), Some("3"));
            Ok(id)
        });
        assert_eq!(
            broken(&engine, move |db| {
                external_auth_config::insert(db, &id, &TenantId::random(), "5").map(drop)
            }),
            Some(Constraint::ExternalAuthConfigTenant)
        );
    }
}
