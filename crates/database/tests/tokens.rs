//! Tokens, from their login to the purge.

mod support;

use std::sync::mpsc;

use diesel::{RunQueryDsl, sql_types::Text};
use serde_json::{Map, json};
use support::{Engine, both};
use wazo_auth_database::{
    Connection, DatabaseError, DatabaseResult,
    queries::{
        expire_soon,
        refresh_token::{self, RefreshToken},
        session, tenant,
        token::{self, Expiry},
    },
};
use wazo_auth_model::{
    ids::{RefreshTokenId, SessionId, TokenId},
    token::Token,
};

fn add(db: &mut Connection, auth_id: &str, expire_t: Option<i64>) -> DatabaseResult<Token> {
    let top = tenant::find_top(db)?.uuid;
    let session_uuid = SessionId::random();
    session::insert(db, &session_uuid, &top, false)?;
    let new = Token {
        uuid: TokenId::random(),
        auth_id: auth_id.to_owned(),
        pbx_user_uuid: None,
        xivo_uuid: Some("platform".to_owned()),
        issued_t: Some(1),
        expire_t,
        metadata: Map::from_iter([("tenant_uuid".to_owned(), json!(top.as_str()))]),
        session_uuid,
        user_agent: None,
        remote_addr: Some("192.0.2.1".to_owned()),
        acl: vec!["b.#".to_owned(), "a".to_owned(), "b.#".to_owned()],
    };
    token::insert(db, &new)?;
    Ok(new)
}

fn ids(expiries: &[Expiry]) -> Vec<&TokenId> {
    expiries.iter().map(|expiry| &expiry.uuid).collect()
}

#[test]
fn a_token_is_kept_as_it_was_given() {
    for engine in both() {
        engine.write(|db| {
            let new = add(db, "alice", Some(7_200))?;
            let found = token::find(db, &new.uuid)?.unwrap();
            // Its debug form has all of it, the id shortened.
            assert_eq!(format!("{found:?}"), format!("{new:?}"));
            assert_eq!(found.uuid, new.uuid);
            assert!(token::find(db, &TokenId::random())?.is_none());
            assert!(token::delete(db, &new.uuid)?);
            assert!(!token::delete(db, &new.uuid)?);
            assert!(token::find(db, &new.uuid)?.is_none());
            Ok(())
        });
    }
}

#[test]
fn rows_of_other_programs_without_metadata_are_read() {
    for engine in both() {
        engine.write(|db| {
            let new = add(db, "alice", None)?;
            for text in [None, Some(""), Some("[1]")] {
                diesel::sql_query("UPDATE auth_token SET metadata = $1 WHERE uuid = $2")
                    .bind::<diesel::sql_types::Nullable<Text>, _>(text)
                    .bind::<Text, _>(new.uuid.expose())
                    .execute(db)?;
                assert!(token::find(db, &new.uuid)?.unwrap().metadata.is_empty());
            }
            Ok(())
        });
    }
}

#[test]
fn a_token_remembers_its_refresh_token_until_that_goes() {
    for engine in both() {
        engine.write(|db| {
            let first = add(db, "alice", None)?;
            assert_eq!(token::find_refresh_token(db, &first.uuid)?, None);
            let refresh = RefreshToken {
                uuid: RefreshTokenId::random(),
                client_id: Some("phone".to_owned()),
                user_uuid: None,
                backend: None,
                login: None,
                user_agent: None,
                remote_addr: None,
                created_at: None,
                mobile: false,
                metadata: json!({}),
            };
            assert!(refresh_token::insert(db, &refresh)?);
            let second = Token {
                uuid: TokenId::random(),
                ..first
            };
            token::insert_with_refresh_token(db, &second, &refresh.uuid)?;
            assert_eq!(
                token::find_refresh_token(db, &second.uuid)?.as_ref(),
                Some(&refresh.uuid)
            );
            assert!(refresh_token::delete(db, &refresh.uuid)?);
            assert!(token::find(db, &second.uuid)?.is_some());
            assert_eq!(token::find_refresh_token(db, &second.uuid)?, None);
            assert_eq!(token::find_refresh_token(db, &TokenId::random())?, None);
            Ok(())
        });
    }
}

#[test]
fn the_dead_are_taken_in_batches_and_the_undying_never() {
    for engine in both() {
        engine.write(|db| {
            let third = add(db, "a", Some(30))?;
            let first = add(db, "b", Some(10))?;
            let second = add(db, "wazo-auth", Some(20))?;
            let alive = add(db, "d", Some(100))?;
            add(db, "e", Some(0))?;
            add(db, "f", None)?;
            let batch = token::list_expired(db, 100, 2)?;
            assert_eq!(ids(&batch), [&first.uuid, &second.uuid]);
            assert_eq!(
                batch[1],
                Expiry {
                    uuid: second.uuid.clone(),
                    session_uuid: second.session_uuid.clone(),
                    auth_id: "wazo-auth".to_owned(),
                    tenant_uuid: Some(tenant::find_top(db)?.uuid),
                    issued_t: second.issued_t,
                    expire_t: 20,
                }
            );
            let sessions: Vec<SessionId> = batch
                .into_iter()
                .map(|expiry| expiry.session_uuid)
                .collect();
            assert_eq!(session::delete_many(db, &sessions)?, 2);
            assert!(token::find(db, &first.uuid)?.is_none());
            assert_eq!(ids(&token::list_expired(db, 100, i64::MAX)?), [&third.uuid]);
            assert_eq!(
                ids(&token::list_expired(db, 101, i64::MAX)?),
                [&third.uuid, &alive.uuid]
            );
            // Beyond the column's last second.
            assert_eq!(token::list_expired(db, i64::MAX, i64::MAX)?.len(), 2);
            Ok(())
        });
    }
}

#[test]
fn those_that_die_soon_come_in_batches_without_a_gap() {
    for engine in both() {
        engine.write(|db| {
            let mut expected = Vec::new();
            for end in [10, 20, 20, 20, 30] {
                expected.push((end, add(db, "a", Some(end))?.uuid.expose().to_owned()));
            }
            add(db, "a", Some(9))?;
            add(db, "a", Some(31))?;
            add(db, "a", Some(0))?;
            add(db, "a", None)?;
            let mut found: Vec<Expiry> = Vec::new();
            loop {
                let batch = token::list_expiring(db, 10, 31, found.last(), 2)?;
                if batch.is_empty() {
                    break;
                }
                let batch = token::lock(db, batch)?;
                assert_eq!(expire_soon::list(db, &batch)?, [""; 0]);
                expire_soon::insert(db, &batch)?;
                assert_eq!(expire_soon::list(db, &batch)?.len(), batch.len());
                found.extend(batch);
            }
            let ends: Vec<i64> = found.iter().map(|expiry| expiry.expire_t).collect();
            assert!(ends.is_sorted());
            let sessions: Vec<SessionId> = found
                .iter()
                .map(|expiry| expiry.session_uuid.clone())
                .collect();
            let mut found: Vec<(i64, String)> = found
                .into_iter()
                .map(|expiry| (expiry.expire_t, expiry.uuid.expose().to_owned()))
                .collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected);
            // What was told is forgotten when the session is over and gone, and not before.
            assert_eq!(expire_soon::delete_past(db, 100)?, 0);
            session::delete_many(db, &sessions)?;
            let gone = token::list_expiring(db, 10, 31, None, 9)?;
            assert_eq!(token::lock(db, gone)?, []);
            assert_eq!(expire_soon::delete_past(db, 30)?, 4);
            assert_eq!(expire_soon::delete_past(db, 31)?, 1);
            Ok(())
        });
    }
}

#[test]
fn two_daemons_never_take_the_same_dead_tokens() {
    let engine = Engine::empty_postgres().migrated();
    engine.write(|db| {
        for end in 1..=4 {
            add(db, "a", Some(end))?;
        }
        Ok(())
    });
    let (took, wait_for_it) = mpsc::channel();
    let (go_on, gate) = mpsc::channel::<()>();
    let first = engine.database().write(move |db| {
        let batch = token::list_expired(db, 100, 3)?;
        took.send(batch).unwrap();
        gate.recv().unwrap();
        Ok::<_, DatabaseError>(())
    });
    let theirs = wait_for_it.recv().unwrap();
    let ours = engine.write(|db| token::list_expired(db, 100, 3));
    assert_eq!((theirs.len(), ours.len()), (3, 1));
    assert!(!theirs.contains(&ours[0]));
    // What somebody ends at this moment is nobody's either.
    let session = ours[0].session_uuid.clone();
    let (deleted, wait_for_that) = mpsc::channel();
    let (end, second_gate) = mpsc::channel::<()>();
    let second = engine.database().write(move |db| {
        session::delete_many(db, std::slice::from_ref(&session))?;
        deleted.send(()).unwrap();
        second_gate.recv().unwrap();
        Ok::<_, DatabaseError>(())
    });
    wait_for_that.recv().unwrap();
    assert_eq!(engine.write(|db| token::list_expired(db, 100, 3)), []);
    go_on.send(()).unwrap();
    end.send(()).unwrap();
    first.wait().unwrap();
    second.wait().unwrap();
    assert_eq!(engine.write(|db| token::list_expired(db, 100, 9)), theirs);
}
