//! Events that wait to be told on the bus, and whose turn it is to tell them.

mod support;

use std::{
    slice,
    sync::mpsc,
    task::{Context, Waker},
};

use chrono::DateTime;
use serde_json::json;
use support::{Engine, both};
use wazo_auth_database::{
    DatabaseError,
    queries::event::{self, Which},
};
use wazo_auth_model::{
    event::{Client, Event},
    ids::{TenantId, UserId},
};
use wazo_auth_test_support::{postgres::Server, wait};

fn client(tenant: &TenantId, client_id: &str) -> Client {
    Client {
        client_id: client_id.to_owned(),
        mobile: true,
        user: UserId::random(),
        tenant: tenant.clone(),
    }
}

#[test]
fn events_wait_in_the_order_of_their_changes_until_they_are_taken_away() {
    for engine in both() {
        assert!(engine.database().has_events(), "{}", engine.name);
        engine.write(|db| {
            let tenant = TenantId::random();
            let now = DateTime::from_timestamp(1, 123_456_000).unwrap();
            let phone = client(&tenant, "phone");
            event::insert(db, &Event::RefreshTokenCreated(phone.clone()), now)?;
            event::insert(db, &Event::RefreshTokenDeleted(phone.clone()), now)?;
            let waiting = event::list(db, 0, 10)?;
            let names: Vec<&str> = waiting.iter().map(|event| event.name.as_str()).collect();
            assert_eq!(
                names,
                ["auth_refresh_token_created", "auth_refresh_token_deleted"]
            );
            let (first, second) = (&waiting[0], &waiting[1]);
            assert!(first.id < second.id && first.object == second.object);
            assert_eq!(first.created_at, now);
            assert_eq!(first.tenant_uuid.as_deref(), Some(tenant.as_str()));
            assert_eq!(first.user_uuid.as_deref(), Some(phone.user.as_str()));
            assert_eq!(
                first.payload,
                json!({
                    "client_id": "phone",
                    "mobile": true,
                    "user_uuid": phone.user.as_str(),
                    "tenant_uuid": tenant.as_str(),
                })
            );
            assert_eq!(event::list(db, first.id, 10)?, slice::from_ref(second));
            assert_eq!(event::list(db, 0, 1)?, slice::from_ref(first));
            assert!(event::delete(db, first.id)? && !event::delete(db, first.id)?);
            assert_eq!(event::list(db, 0, 10)?.len(), 1);
            Ok(())
        });
    }
}

#[test]
fn a_change_that_is_undone_tells_nothing() {
    for engine in both() {
        let undone: Result<(), DatabaseError> = engine
            .database()
            .write(|db| {
                let tenant = TenantId::random();
                let event = Event::RefreshTokenCreated(client(&tenant, "phone"));
                event::insert(db, &event, DateTime::default())?;
                Err(DatabaseError::Unavailable)
            })
            .wait();
        assert!(undone.is_err());
        let waiting = engine.write(|db| event::list(db, 0, 10));
        assert_eq!(waiting, [], "{}", engine.name);
    }
}

#[test]
fn of_each_object_the_first_event_is_found_whatever_the_order_of_the_commits() {
    let engine = Engine::empty_postgres().migrated();
    let (tenant, now) = (TenantId::random(), DateTime::default());
    let (phone, laptop) = (client(&tenant, "phone"), client(&tenant, "laptop"));
    // The transaction of the phone has the smaller number, and is committed later.
    let (began, has_begun) = mpsc::channel();
    let (commit, may_commit) = mpsc::channel::<()>();
    let slow = phone.clone();
    let late = engine.database().write::<_, DatabaseError>(move |db| {
        event::insert(db, &Event::RefreshTokenCreated(slow.clone()), now)?;
        began.send(()).unwrap();
        may_commit.recv().unwrap();
        Ok(())
    });
    has_begun.recv().unwrap();
    engine.write({
        let laptop = laptop.clone();
        move |db| {
            event::insert(db, &Event::RefreshTokenCreated(laptop.clone()), now)?;
            event::insert(db, &Event::RefreshTokenDeleted(laptop.clone()), now)
        }
    });
    let seen = engine.write(|db| event::list_of_others(db, &[], 10));
    assert_eq!(seen.len(), 2);
    let busy = vec![seen[0].object.clone()];
    commit.send(()).unwrap();
    late.wait().unwrap();
    let others = engine.write(move |db| event::list_of_others(db, &busy, 10));
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].user_uuid.as_deref(), Some(phone.user.as_str()));
    assert!(others[0].id < seen[0].id);
}

#[test]
fn what_is_set_aside_waits_no_longer_until_it_is_tried_again() {
    for engine in both() {
        engine.write(|db| {
            let tenant = TenantId::random();
            for name in ["a", "b"] {
                let event = Event::RefreshTokenCreated(client(&tenant, name));
                event::insert(db, &event, DateTime::default())?;
            }
            let first = event::list(db, 0, 1)?.remove(0);
            event::set_aside(db, first.id, "too long")?;
            assert_eq!(event::count(db)?, 1);
            assert_eq!(event::list(db, 0, 10)?.len(), 1);
            assert_eq!(event::list_of_others(db, &[], 10)?.len(), 1);
            let aside = event::list_set_aside(db, 10)?;
            assert_eq!(aside.len(), 1);
            assert_eq!(aside[0].reason, "too long");
            assert_eq!(aside[0].event, first);
            assert_eq!(event::retry_set_aside(db)?, 1);
            assert_eq!(event::count(db)?, 2);
            assert!(event::are_more_than(db, 1)? && !event::are_more_than(db, 2)?);
            Ok(())
        });
    }
}

#[test]
fn what_is_old_is_thrown_away_and_the_rest_stays() {
    for engine in both() {
        engine.write(|db| {
            let tenant = TenantId::random();
            for second in 0..4 {
                let event = Event::RefreshTokenCreated(client(&tenant, "phone"));
                let time = DateTime::from_timestamp(second, 0).unwrap();
                event::insert(db, &event, time)?;
            }
            let aside = event::list(db, 0, 1)?.remove(0);
            event::set_aside(db, aside.id, "too long")?;
            let time = DateTime::from_timestamp(3, 0).unwrap();
            assert_eq!(event::delete_older(db, time, Which::Waiting, 1)?, 1);
            assert_eq!(event::delete_older(db, time, Which::Waiting, 10)?, 1);
            assert_eq!(event::delete_older(db, time, Which::SetAside, 10)?, 1);
            assert_eq!(event::count(db)?, 1);
            Ok(())
        });
    }
}

#[test]
fn who_waits_for_news_is_woken_by_a_commit_and_by_nothing_else() {
    for engine in both() {
        let news = engine.database().news();
        let woken = || {
            let told = std::pin::pin!(news.notified());
            told.poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        };
        let event = Event::RefreshTokenCreated(client(&TenantId::random(), "phone"));
        engine.write(|db| event::list(db, 0, 1));
        assert!(!woken(), "{}: by a transaction without events", engine.name);
        let undone: Result<(), DatabaseError> = engine
            .database()
            .write({
                let event = event.clone();
                move |db| {
                    event::insert(db, &event, DateTime::default())?;
                    Err(DatabaseError::Unavailable)
                }
            })
            .wait();
        assert!(undone.is_err());
        engine.write(|db| event::list(db, 0, 1));
        assert!(!woken(), "{}: by what was undone", engine.name);
        engine.write(move |db| event::insert(db, &event, DateTime::default()));
        assert!(woken(), "{}", engine.name);
    }
}

#[test]
fn one_has_the_turn_until_it_lets_go() {
    for engine in both() {
        let mut first = engine.database().turn();
        assert!(
            first.take().unwrap() && first.take().unwrap(),
            "{}",
            engine.name
        );
        let mut second = engine.database().turn();
        assert_eq!(
            second.take().unwrap(),
            !second.is_shared(),
            "{}",
            engine.name
        );
        drop(first);
        wait::until("the turn", || second.take().unwrap().then_some(()));
    }
}

#[test]
fn whoever_has_the_turn_hears_the_others() {
    let engine = Engine::empty_postgres().migrated();
    let (mut first, mut second) = (engine.database().turn(), engine.database().turn());
    assert!(first.take().unwrap());
    assert!(!first.was_called().unwrap());
    second.call().unwrap();
    wait::until("the call", || first.was_called().unwrap().then_some(()));
    assert!(!first.was_called().unwrap());
}

#[test]
fn whose_connection_ends_has_the_turn_no_longer() {
    let server = Server::shared();
    let engine = Engine::empty_postgres().migrated();
    let mut first = engine.database().turn();
    assert!(first.take().unwrap());
    let uri = engine.uri.to_string();
    let (_, database) = uri.rsplit_once('/').unwrap();
    server.sql(
        database,
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE l.locktype = 'advisory' AND d.datname = current_database()",
    );
    wait::until("the loss", || first.was_called().is_err().then_some(()));
    let mut second = engine.database().turn();
    assert!(second.take().unwrap());
    assert!(!first.take().unwrap());
}
