//! A database that dies, conflicts, or is not there yet: what was acknowledged stays, and nobody hangs.
#![expect(
    clippy::unwrap_used,
    reason = "a failed expectation should stop a test, loudly"
)]

mod support;

use std::{
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::RunQueryDsl;
use support::{Engine, both};
use wazo_auth_database::{
    Connection, Database, DatabaseError, DatabaseResult, Settings, Uri, queries,
};
use wazo_auth_model::ids::{SessionId, TenantId};
use wazo_auth_test_support::{postgres::Server, wait};

const WRITERS: usize = 8;

fn open(uri: &Uri) -> Database {
    Database::open(&Settings::new(uri.clone(), 4)).unwrap()
}

fn top(database: &Database) -> DatabaseResult<TenantId> {
    Ok(database.read(queries::tenant::find_top).wait()?.uuid)
}

/// Adds a session. Answers its id once that is acknowledged.
fn add_session(database: &Database, tenant: &TenantId) -> DatabaseResult<SessionId> {
    let (id, tenant) = (SessionId::random(), tenant.clone());
    let new = id.clone();
    database
        .write(move |db| queries::session::insert(db, &new, &tenant, false))
        .wait()
        .map(|()| id)
}

/// Locks the row of a session, if there is one, until the end of the transaction.
fn lock_session(db: &mut Connection, id: &SessionId) -> DatabaseResult<()> {
    diesel::sql_query("UPDATE auth_session SET mobile = mobile WHERE uuid = $1")
        .bind::<diesel::sql_types::Text, _>(id.as_str())
        .execute(db)?;
    Ok(())
}

#[test]
fn no_acknowledged_write_is_lost_when_the_server_dies_and_comes_back() {
    let server = Server::durable();
    let name = server.database();
    let uri = Uri::parse(&server.uri(&name)).unwrap();
    Database::migrate(&uri).unwrap();
    let database = Arc::new(open(&uri));
    let tenant = top(&database).unwrap();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let failures = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (database, tenant) = (Arc::clone(&database), tenant.clone());
            let (acknowledged, failures) = (Arc::clone(&acknowledged), Arc::clone(&failures));
            let done = Arc::clone(&done);
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    match add_session(&database, &tenant) {
                        Ok(id) => acknowledged.lock().unwrap().push(id),
                        Err(error) => {
                            assert!(error.is_temporary(), "{error:?}");
                            failures.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            })
        })
        .collect();
    let count = || acknowledged.lock().unwrap().len();
    for round in 0..3 {
        let before = count();
        wait::until("writes", || (count() > before + 100).then_some(()));
        let failed = failures.load(Ordering::Relaxed);
        server.kill();
        wait::until("writers to notice", || {
            (failures.load(Ordering::Relaxed) > failed).then_some(())
        });
        server.up();
        let before = count();
        wait::until(&format!("writes after restart {round}"), || {
            (count() > before + 100).then_some(())
        });
    }
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    let stored = server.sql(&name, "SELECT uuid FROM auth_session");
    let stored: std::collections::HashSet<&str> = stored.lines().collect();
    let lost: Vec<_> = acknowledged
        .lock()
        .unwrap()
        .iter()
        .filter(|id| !stored.contains(id.as_str()))
        .cloned()
        .collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), count());
}

#[test]
fn the_first_request_after_the_server_is_back_succeeds_on_every_thread() {
    let server = Server::durable();
    let uri = Uri::parse(&server.uri(&server.database())).unwrap();
    Database::migrate(&uri).unwrap();
    let database = open(&uri);
    // Every thread has a connection.
    let all = Arc::new(Barrier::new(4));
    let warm: Vec<_> = (0..4)
        .map(|_| {
            let all = Arc::clone(&all);
            database.read(move |db| {
                all.wait();
                queries::tenant::find_top(db)
            })
        })
        .collect();
    for read in warm {
        read.wait().unwrap();
    }
    server.kill();
    assert!(top(&database).unwrap_err().is_temporary());
    server.up();
    for _ in 0..12 {
        top(&database).unwrap();
    }
}

#[test]
fn a_server_that_falls_silent_hangs_no_request() {
    let server = Server::durable();
    let uri = Uri::parse(&server.uri(&server.database())).unwrap();
    Database::migrate(&uri).unwrap();
    let mut settings = Settings::new(uri, 2);
    settings.patience = Duration::from_millis(300);
    let database = Database::open(&settings).unwrap();
    let tenant = top(&database).unwrap();
    server.freeze();
    for _ in 0..3 {
        assert!(top(&database).unwrap_err().is_temporary());
        let write = add_session(&database, &tenant);
        assert!(write.unwrap_err().is_temporary());
    }
    server.thaw();
    wait::until("the database to answer again", || top(&database).ok());
}

#[test]
fn a_server_that_is_not_there_is_waited_for() {
    let server = Arc::new(Server::durable());
    let uri = Uri::parse(&server.uri(&server.database())).unwrap();
    server.kill();
    let short = Database::wait_for(&uri, Duration::ZERO, |_| {});
    assert!(
        matches!(short, Err(DatabaseError::Open { .. })),
        "{short:?}"
    );
    let waiting = {
        let uri = uri.clone();
        thread::spawn(move || {
            let mut told = Vec::new();
            let waited = Database::wait_for(&uri, wait::PATIENCE, |reason| {
                told.push(reason.to_owned());
            });
            (waited, told)
        })
    };
    server.up();
    let (waited, told) = waiting.join().unwrap();
    waited.unwrap();
    assert!(
        told.iter()
            .all(|reason| reason.starts_with("waiting for the database: ")),
        "{told:?}"
    );
}

#[test]
fn transactions_that_deadlock_are_run_again() {
    let engine = Engine::empty_postgres().migrated();
    let tenant = top(engine.database()).unwrap();
    let ids: Vec<SessionId> = (0..2)
        .map(|_| add_session(engine.database(), &tenant).unwrap())
        .collect();
    // Each holds one row when it asks for the other's: the first time only, as the barrier lets two by.
    let both_hold = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicUsize::new(0));
    let writes: Vec<_> = [[0, 1], [1, 0]]
        .into_iter()
        .map(|[first, second]| {
            let (first, second) = (ids[first].clone(), ids[second].clone());
            let (both_hold, runs) = (Arc::clone(&both_hold), Arc::clone(&runs));
            engine.database().write(move |db| -> DatabaseResult<()> {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                lock_session(db, &first)?;
                if run < 2 {
                    both_hold.wait();
                }
                lock_session(db, &second)
            })
        })
        .collect();
    for write in writes {
        write.wait().unwrap();
    }
    assert!(runs.load(Ordering::SeqCst) > 2, "there was no deadlock");
}

#[test]
fn a_closure_that_swallows_a_failed_statement_is_told_that_nothing_was_kept() {
    let engine = Engine::empty_postgres().migrated();
    let tenant = top(engine.database()).unwrap();
    let id = SessionId::random();
    let new = id.clone();
    let answer = engine
        .database()
        .write(move |db| {
            queries::session::insert(db, &new, &tenant, false)?;
            let again = queries::session::insert(db, &new, &tenant, false);
            assert!(again.is_err());
            Ok::<_, DatabaseError>(())
        })
        .wait();
    assert!(
        matches!(answer, Err(DatabaseError::Damaged(_))),
        "{answer:?}"
    );
    assert!(add_session(engine.database(), &top(engine.database()).unwrap()).is_ok());
}

#[test]
fn two_daemons_write_to_one_database() {
    for engine in both() {
        let other = Arc::new(engine.open());
        let tenant = top(&other).unwrap();
        let theirs = {
            let (other, tenant) = (Arc::clone(&other), tenant.clone());
            thread::spawn(move || {
                for _ in 0..50 {
                    add_session(&other, &tenant).unwrap();
                }
            })
        };
        for _ in 0..50 {
            add_session(engine.database(), &tenant).unwrap();
        }
        theirs.join().unwrap();
    }
}

#[test]
fn a_closure_that_panics_fails_alone() {
    for engine in both() {
        let panicked = engine
            .database()
            .write(|_| -> DatabaseResult<()> { panic!("on purpose") })
            .wait();
        assert!(
            matches!(panicked, Err(DatabaseError::Unavailable)),
            "{}",
            engine.name
        );
        top(engine.database()).unwrap();
    }
}

#[test]
fn what_fails_leaves_nothing_behind() {
    for engine in both() {
        let tenant = top(engine.database()).unwrap();
        let id = SessionId::random();
        let new = id.clone();
        let failed: DatabaseResult<()> = engine
            .database()
            .write(move |db| {
                queries::session::insert(db, &new, &tenant, true)?;
                Err(DatabaseError::Damaged("on purpose".to_owned()))
            })
            .wait();
        assert!(failed.is_err());
        let begun = Instant::now();
        let there = engine.write(move |db| lock_session(db, &id).map(|()| false));
        assert!(
            !there && begun.elapsed() < wait::PATIENCE,
            "{}",
            engine.name
        );
    }
}
