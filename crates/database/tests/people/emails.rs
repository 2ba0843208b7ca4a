//! E-mail addresses: whose they are, which is the main one, which are confirmed.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::email::{self, Email},
};
use wazo_auth_model::ids::{EmailId, UserId};

use crate::{
    rows::{add_email, add_user, address},
    support::both,
};

#[test]
fn the_addresses_of_a_user_are_listed_with_the_main_one_first() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let (alice, bob) = (add_user(db, "alice")?, add_user(db, "bob")?);
            let first = add_email(db, &alice, "a@example.com")?;
            let main = Email {
                main: true,
                confirmed: true,
                ..address(&alice, "B@Example.com")
            };
            email::insert(db, &main)?;
            let other = add_email(db, &bob, "c@example.com")?;

            let of_alice = email::list_by_user(db, &alice)?;
            assert_eq!(of_alice, [main.clone(), first.clone()], "{name}");
            let mut all = email::list_by_users(db, &[bob, UserId::random(), alice.clone()])?;
            all.sort_by_key(|email| email.user_uuid != alice);
            assert_eq!(all, [main, first, other.clone()], "{name}");
            assert_eq!(email::find(db, &other.uuid)?, Some(other), "{name}");
            assert_eq!(email::find(db, &EmailId::random())?, None, "{name}");
            Ok(())
        });
    }
}

#[test]
fn more_users_can_be_asked_for_than_a_statement_takes_values() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let alice = add_user(db, "alice")?;
            let email = add_email(db, &alice, "alice@example.com")?;
            let mut users: Vec<UserId> = (0..40_000).map(|_| UserId::random()).collect();
            users.push(alice);
            assert_eq!(email::list_by_users(db, &users)?, [email], "{name}");
            assert_eq!(email::list_by_users(db, &[])?, [], "{name}");
            Ok(())
        });
    }
}

#[test]
fn an_address_is_confirmed_changed_and_deleted() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let alice = add_user(db, "alice")?;
            let email = add_email(db, &alice, "alice@example.com")?;
            let now = |db: &mut Connection| -> DatabaseResult<_> {
                Ok(email::find(db, &email.uuid)?.map(|email| (email.main, email.confirmed)))
            };
            assert!(email::confirm(db, &email.uuid)?, "{name}");
            assert_eq!(now(db)?, Some((false, true)), "{name}");
            assert!(email::confirm(db, &email.uuid)?, "again: {name}");
            assert!(email::update(db, &email.uuid, true, false)?, "{name}");
            assert_eq!(now(db)?, Some((true, false)), "{name}");
            assert!(email::delete(db, &email.uuid)?, "{name}");
            assert_eq!(now(db)?, None, "{name}");
            assert!(!email::delete(db, &email.uuid)?, "{name}");
            assert!(!email::confirm(db, &email.uuid)?, "{name}");
            assert!(!email::update(db, &email.uuid, true, true)?, "{name}");
            // The address is free again.
            add_email(db, &alice, "ALICE@example.com")?;
            Ok(())
        });
    }
}

#[test]
fn a_user_has_one_main_address() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let (alice, bob) = (add_user(db, "alice")?, add_user(db, "bob")?);
            let first = add_email(db, &alice, "a@example.com")?;
            let second = add_email(db, &alice, "b@example.com")?;
            let other = add_email(db, &bob, "c@example.com")?;
            let mains = |db: &mut Connection| -> DatabaseResult<Vec<String>> {
                let emails = email::list_by_users(db, &[alice.clone(), bob.clone()])?;
                let mut mains: Vec<String> = emails
                    .into_iter()
                    .filter(|email| email.main)
                    .map(|email| email.address)
                    .collect();
                mains.sort();
                Ok(mains)
            };
            assert!(email::set_main(db, &bob, &other.uuid)?, "{name}");
            assert!(email::set_main(db, &alice, &first.uuid)?, "{name}");
            assert_eq!(mains(db)?, ["a@example.com", "c@example.com"], "{name}");
            assert!(email::set_main(db, &alice, &second.uuid)?, "{name}");
            assert_eq!(mains(db)?, ["b@example.com", "c@example.com"], "{name}");
            // Somebody else's is none of hers, and she keeps what she has.
            assert!(!email::set_main(db, &alice, &other.uuid)?, "{name}");
            assert_eq!(mains(db)?, ["b@example.com", "c@example.com"], "{name}");
            Ok(())
        });
    }
}

#[test]
fn two_who_choose_a_main_address_at_once_leave_one() {
    for engine in both() {
        let (alice, emails) = engine.write(|db| {
            let alice = add_user(db, "alice")?;
            let emails = [
                add_email(db, &alice, "a@example.com")?,
                add_email(db, &alice, "b@example.com")?,
            ];
            Ok((alice, emails))
        });
        for _ in 0..10 {
            let start = Arc::new(Barrier::new(emails.len()));
            thread::scope(|threads| {
                for email in &emails {
                    let (engine, start) = (&engine, Arc::clone(&start));
                    let (alice, uuid) = (alice.clone(), email.uuid.clone());
                    threads.spawn(move || {
                        start.wait();
                        assert!(engine.write(move |db| email::set_main(db, &alice, &uuid)));
                    });
                }
            });
            let alice = alice.clone();
            let found = engine.write(move |db| email::list_by_user(db, &alice));
            let mains = found.iter().filter(|email| email.main).count();
            assert_eq!(mains, 1, "{}: {found:?}", engine.name);
        }
    }
}

#[test]
fn an_address_belongs_to_one_user_whatever_the_case_of_its_letters() {
    type Attempt = fn(&mut Connection, &Email) -> DatabaseResult<()>;
    let attempts: [(Attempt, Constraint); 3] = [
        (
            |db, _| {
                let bob = add_user(db, "bob")?;
                add_email(db, &bob, "ÉTÉ@example.com").map(drop)
            },
            Constraint::EmailAddress,
        ),
        (
            |db, taken| {
                let again = Email {
                    address: "other@example.com".to_owned(),
                    ..taken.clone()
                };
                email::insert(db, &again)
            },
            Constraint::Email,
        ),
        (
            |db, _| email::insert(db, &address(&UserId::random(), "x@example.com")),
            Constraint::EmailUser,
        ),
    ];
    for engine in both() {
        let taken = engine.write(|db| {
            let alice = add_user(db, "alice")?;
            add_email(db, &alice, "été@example.com")
        });
        for (attempt, expected) in attempts {
            let taken = taken.clone();
            let error: DatabaseError = engine
                .database()
                .write(move |db| attempt(db, &taken))
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
