//! Two transactions at once on PostgreSQL, the second while the first is done but not yet over. SQLite
//! has one writer.

#![expect(
    clippy::unwrap_used,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use wazo_auth_database::{
    Connection, Database, DatabaseError, DatabaseResult, Pending, Settings, Uri,
    queries::{
        email,
        policy::{self as policies, Policy},
        scope::Scope,
    },
};
use wazo_auth_test_support::{postgres::Server, wait};

use crate::rows::{add_email, add_policy, add_user, policy, top};

/// A database of its own on the shared server.
struct Postgres {
    name: String,
    database: Database,
}

impl Postgres {
    fn new() -> Self {
        let server = Server::shared();
        let name = server.database();
        let uri = Uri::parse(&server.uri(&name)).unwrap();
        Database::migrate(&uri).unwrap();
        let database = Database::open(&Settings::new(uri, 2)).unwrap();
        Self { name, database }
    }

    fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Connection) -> DatabaseResult<T> + Send + 'static,
    ) -> T {
        let answer: Pending<T, DatabaseError> = self.database.write(work);
        answer.wait().unwrap()
    }

    /// Does `first`, then lets `second` run until it is over or waits for the first; then both end.
    fn overlap(
        &self,
        mut first: impl FnMut(&mut Connection) -> DatabaseResult<bool> + Send + 'static,
        mut second: impl FnMut(&mut Connection) -> DatabaseResult<bool> + Send + 'static,
    ) {
        let held = Arc::new(Mutex::new(()));
        let hold = held.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, begins) = mpsc::channel();
        let gate = Arc::clone(&held);
        let one: Pending<bool, DatabaseError> = self.database.write(move |db| {
            let answer = first(db)?;
            begun.send(()).unwrap();
            drop(gate.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(answer)
        });
        begins.recv().unwrap();
        let two: Pending<bool, DatabaseError> = self.database.write(move |db| second(db));
        let two = thread::spawn(move || two.wait());
        wait::until("the second transaction", || {
            (two.is_finished() || self.somebody_waits()).then_some(())
        });
        drop(hold);
        assert!(one.wait().unwrap());
        assert!(two.join().unwrap().unwrap());
    }

    fn somebody_waits(&self) -> bool {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.name
        );
        Server::shared().sql("postgres", &waiting).trim() != "0"
    }
}

#[test]
fn who_replaces_the_accesses_of_a_policy_waits_for_who_is_at_it() {
    let postgres = Postgres::new();
    let uuid = postgres.run(|db| {
        let top = top(db)?;
        // Both sets are in the dictionary, and none is in the policy: nothing else keeps them apart.
        add_policy(
            db,
            Policy {
                accesses: vec!["a".to_owned(), "b".to_owned()],
                ..policy(&top, "other")
            },
        )?;
        Ok(add_policy(db, policy(&top, "policy"))?.uuid)
    });
    let (first, second) = (uuid.clone(), uuid.clone());
    postgres.overlap(
        move |db| policies::replace_accesses(db, &first, &["a".to_owned()]),
        move |db| policies::replace_accesses(db, &second, &["b".to_owned()]),
    );
    let found = postgres.run(move |db| policies::find_within(db, &Scope::All, &uuid));
    assert_eq!(found.unwrap().policy.accesses, ["b"]);
}

#[test]
fn who_chooses_a_main_address_waits_for_who_is_at_it() {
    let postgres = Postgres::new();
    let (alice, one, other) = postgres.run(|db| {
        let alice = add_user(db, "alice")?;
        let one = add_email(db, &alice, "a@example.com")?.uuid;
        let other = add_email(db, &alice, "b@example.com")?.uuid;
        Ok((alice, one, other))
    });
    let (first, second, chosen) = (alice.clone(), alice.clone(), other.clone());
    postgres.overlap(
        move |db| email::set_main(db, &first, &one),
        move |db| email::set_main(db, &second, &other),
    );
    let found = postgres.run(move |db| email::list_by_user(db, &alice));
    let mains: Vec<_> = found.into_iter().filter(|email| email.main).collect();
    assert_eq!(mains.len(), 1, "{mains:?}");
    assert_eq!(mains[0].uuid, chosen);
}
