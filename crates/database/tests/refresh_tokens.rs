//! Refresh tokens: one for each client of a user, and who may see and end them.

mod support;
#[path = "support/tenants.rs"]
mod tenants;
#[path = "support/users.rs"]
mod users;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use support::both;
use tenants::two_tenants;
use users::user;
use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        list::{Direction, Paging},
        refresh_token::{self, Filter, Listed, Order, RefreshToken},
        scope::Scope,
    },
};
use wazo_auth_model::ids::{RefreshTokenId, TenantId, UserId};

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 123_456_000).unwrap_or_default()
}

fn new(user: &UserId, client_id: &str, created_at: i64) -> RefreshToken {
    RefreshToken {
        uuid: RefreshTokenId::random(),
        client_id: Some(client_id.to_owned()),
        user_uuid: Some(user.clone()),
        backend: Some("wazo_user".to_owned()),
        login: Some("alice@example.com".to_owned()),
        user_agent: Some("phone/1".to_owned()),
        remote_addr: None,
        created_at: Some(moment(created_at)),
        mobile: false,
        metadata: json!({ "b": 1, "a": [null] }),
    }
}

fn add(
    db: &mut Connection,
    user: &UserId,
    client_id: &str,
    created_at: i64,
) -> DatabaseResult<RefreshToken> {
    let new = new(user, client_id, created_at);
    assert!(refresh_token::insert(db, &new)?);
    Ok(new)
}

fn clients(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<String>> {
    Ok(refresh_token::list(db, scope, filter, paging)?
        .into_iter()
        .map(|listed| listed.client_id.unwrap_or_default())
        .collect())
}

#[test]
fn a_refresh_token_is_kept_as_it_was_given_and_found_by_its_client() {
    for engine in both() {
        engine.write(|db| {
            let (top, _) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let one = add(db, &alice, "phone", 1)?;
            assert_eq!(
                refresh_token::find(db, &one.uuid, "phone")?.as_ref(),
                Some(&one)
            );
            assert_eq!(refresh_token::find(db, &one.uuid, "web")?, None);
            assert_eq!(
                refresh_token::find_and_hold(db, &one.uuid, "phone")?.as_ref(),
                Some(&one)
            );
            assert_eq!(
                refresh_token::find_and_hold(db, &RefreshTokenId::random(), "phone")?,
                None
            );
            assert_eq!(
                refresh_token::find_by_client(db, &alice, "phone")?.as_ref(),
                Some(&one)
            );
            assert_eq!(refresh_token::find_by_client(db, &alice, "Phone")?, None);
            assert!(!format!("{one:?}").contains(one.uuid.expose()));
            Ok(())
        });
    }
}

#[test]
fn a_client_has_one_refresh_token_for_each_user() {
    for engine in both() {
        engine.write(|db| {
            let (top, _) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let bob = user(db, &top, "bob")?;
            let one = add(db, &alice, "phone", 1)?;
            assert!(!refresh_token::insert(db, &new(&alice, "phone", 2))?);
            assert_eq!(
                refresh_token::find_by_client(db, &alice, "phone")?,
                Some(one)
            );
            assert!(refresh_token::insert(db, &new(&bob, "phone", 2))?);
            Ok(())
        });
        let nobody = UserId::random();
        let refused: Result<bool, DatabaseError> = engine
            .database()
            .write(move |db| refresh_token::insert(db, &new(&nobody, "phone", 1)))
            .wait();
        assert_eq!(
            refused.unwrap_err().constraint(),
            Some(Constraint::RefreshTokenUser)
        );
    }
}

#[test]
fn two_that_are_made_at_the_same_moment_still_have_an_order() {
    for engine in both() {
        engine.write(|db| {
            let (top, _) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            // A clock that was a day ahead is not followed.
            add(db, &alice, "future", 86_400)?;
            for client in ["c", "a", "b"] {
                add(db, &alice, client, 1)?;
            }
            let listed =
                refresh_token::list(db, &Scope::All, &Filter::default(), &Paging::default())?;
            let times: Vec<_> = listed
                .iter()
                .map(|listed| {
                    (
                        listed.client_id.as_deref().unwrap(),
                        listed.created_at.unwrap(),
                    )
                })
                .collect();
            let micros = TimeDelta::microseconds;
            assert_eq!(
                times,
                [
                    ("c", moment(1)),
                    ("a", moment(1) + micros(1)),
                    ("b", moment(1) + micros(2)),
                    ("future", moment(86_400)),
                ]
            );
            Ok(())
        });
    }
}

#[test]
fn refresh_tokens_are_listed_within_tenants_and_without_the_token() {
    for engine in both() {
        engine.write(|db| {
            let (top, below) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let bob = user(db, &below, "bob")?;
            add(db, &alice, "web", 3)?;
            add(db, &alice, "Web phone", 2)?;
            let third = add(db, &bob, "desk", 1)?;
            let mobile = RefreshToken {
                mobile: true,
                created_at: None,
                ..new(&bob, "mobile", 0)
            };
            assert!(refresh_token::insert(db, &mobile)?);

            let (all, none) = (Scope::All, Filter::default());
            let mut paging = Paging::default();
            assert_eq!(
                clients(db, &all, &none, &paging)?,
                ["desk", "Web phone", "web", "mobile"]
            );
            let here = Scope::Tenant(below.clone());
            assert_eq!(clients(db, &here, &none, &paging)?, ["desk", "mobile"]);
            let subtree = Scope::Subtree(top.clone());
            assert_eq!(refresh_token::count(db, &subtree, &none, None)?, 4);
            assert_eq!(
                refresh_token::count(db, &Scope::Tenant(top), &none, None)?,
                2
            );
            assert_eq!(
                refresh_token::list(db, &here, &none, &paging)?[0],
                Listed {
                    client_id: Some("desk".to_owned()),
                    user_uuid: bob.clone(),
                    tenant_uuid: below,
                    created_at: third.created_at,
                    mobile: false,
                    metadata: third.metadata.clone(),
                }
            );

            paging.direction = Direction::Descending;
            paging.limit = Some(2);
            assert_eq!(clients(db, &all, &none, &paging)?, ["mobile", "web"]);
            let by_client = Paging {
                order: Order::ClientId,
                search: Some("E".to_owned()),
                ..Paging::default()
            };
            assert_eq!(
                clients(db, &all, &none, &by_client)?,
                ["Web phone", "desk", "mobile", "web"],
                "by the code of the letters"
            );
            let search = Some("web p");
            assert_eq!(refresh_token::count(db, &all, &none, search)?, 1);
            let by_mobile = Paging {
                order: Order::Mobile,
                direction: Direction::Descending,
                limit: Some(1),
                ..Paging::default()
            };
            assert_eq!(clients(db, &all, &none, &by_mobile)?, ["mobile"]);

            let mut check = |filter: Filter, expected: &[&str]| -> DatabaseResult<()> {
                assert_eq!(
                    clients(db, &Scope::All, &filter, &by_client)?,
                    expected,
                    "{filter:?}"
                );
                Ok(())
            };
            check(
                Filter {
                    user_uuid: Some(bob),
                    ..none.clone()
                },
                &["desk", "mobile"],
            )?;
            check(
                Filter {
                    client_id: Some("web".to_owned()),
                    ..none.clone()
                },
                &["web"],
            )?;
            check(
                Filter {
                    created_at: third.created_at,
                    ..none.clone()
                },
                &["desk"],
            )?;
            check(
                Filter {
                    mobile: Some(true),
                    ..none
                },
                &["mobile"],
            )?;
            Ok(())
        });
    }
}

#[test]
fn a_refresh_token_is_ended_within_the_tenants_of_its_user() {
    for engine in both() {
        engine.write(|db| {
            let (top, below) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let one = add(db, &alice, "phone", 1)?;
            let foreign = Scope::Subtree(below);
            let end = |db: &mut Connection, scope: &Scope, client_id: &str| {
                refresh_token::delete_by_client(db, scope, &alice, client_id)
            };
            assert_eq!(end(db, &foreign, "phone")?, None);
            assert_eq!(end(db, &Scope::All, "web")?, None);
            assert_eq!(end(db, &Scope::Subtree(top), "phone")?, Some(one));
            assert_eq!(end(db, &Scope::All, "phone")?, None);
            Ok(())
        });
    }
}

#[test]
fn a_users_refresh_tokens_are_ended_one_by_one_or_all() {
    for engine in both() {
        engine.write(|db| {
            let (top, _): (TenantId, TenantId) = two_tenants(db)?;
            let alice = user(db, &top, "alice")?;
            let bob = user(db, &top, "bob")?;
            let mut mobile = Vec::new();
            for (client_id, time) in [("one", 1), ("two", 2), ("three", 3)] {
                let new = RefreshToken {
                    mobile: true,
                    ..new(&alice, client_id, time)
                };
                assert!(refresh_token::insert(db, &new)?);
                mobile.push(new);
            }
            add(db, &alice, "web", 4)?;
            let others = RefreshToken {
                mobile: true,
                ..new(&bob, "one", 1)
            };
            assert!(refresh_token::insert(db, &others)?);

            let kept = mobile.remove(1);
            assert_eq!(
                refresh_token::list_other_mobile(db, &alice, &kept.uuid)?,
                mobile
            );
            assert!(refresh_token::delete(db, &mobile[0].uuid)?);
            assert!(!refresh_token::delete(db, &mobile[0].uuid)?);

            let mut ended: Vec<_> = refresh_token::delete_by_user(db, &alice)?
                .into_iter()
                .map(|ended| ended.client_id.unwrap())
                .collect();
            ended.sort();
            assert_eq!(ended, ["three", "two", "web"]);
            assert_eq!(
                clients(db, &Scope::All, &Filter::default(), &Paging::default())?,
                ["one"]
            );
            Ok(())
        });
    }
}
