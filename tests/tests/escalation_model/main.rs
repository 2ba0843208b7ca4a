//! Nobody comes to more by what they and others do with policies, groups and users than was handed to them.
//!
//! Random people do random things to the policies, groups and users of a tenant, with tokens old and new,
//! and an administrator gives them something from time to time. What can be asked for is taken to be a few
//! accesses ([`world::ASKED`]). After every request of somebody with the token `t` that succeeds, this holds:
//!
//! 1. What the entries of any policy, of the policies of any group, and of a new token of any user grant has
//!    grown by nothing that `t` does not grant: counted with their denials, and counted without them. So
//!    whatever chain of makers an access came through, each of them had it, up to the administrator who gave
//!    it; and who is denied something is freed of that only by somebody who is not.
//! 2. A new token of any user grants nothing that the administrator has not given to one of the people, with
//!    what the administrator denied to that user taken away. So also all of them together come to no more.
//!
//! Two things are left to those who may change the members of groups, whatever they have themselves. A user
//! who leaves a group is freed of what its policies deny. A user who is made has what was given to all users
//! before, by somebody who had it. For the second rule the administrator denies by policies that users have
//! themselves.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

mod story;
mod world;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, TestRunner},
};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{store::Store, tenants::Actor};

use story::{MUCH, step};
use world::{Tried, World};

/// How many people there are at first.
const PEOPLE: usize = 3;

#[test]
fn nobody_comes_to_more_than_was_handed_to_them_whatever_all_do() {
    let daemon = Daemon::builder()
        .config("max_user_concurrent_sessions: 1000000\n")
        .start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let tried = Mutex::new(Tried::new());
    let worlds = AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 32,
        failure_persistence: None,
        max_shrink_iters: 150,
        ..Config::default()
    });
    let stories = (vec(select(MUCH), PEOPLE), vec(step(), 1..40));
    let outcome = runner.run(&stories, |(first, steps)| {
        worlds.fetch_add(1, Ordering::Relaxed);
        let mut world = World::new(&daemon, &store, &admin, &first);
        for step in &steps {
            world.apply(step, &tried)?;
        }
        Ok(())
    });
    outcome.unwrap();
    let tried = tried.into_inner().unwrap();
    println!(
        "{} stories, each kind let through and refused: {tried:#?}",
        worlds.into_inner()
    );
    let sum = |count: fn(&(usize, usize)) -> usize| tried.values().map(count).sum::<usize>();
    assert!(
        sum(|(done, _)| *done) > 50,
        "hardly anything was let through"
    );
    assert!(
        sum(|(_, refused)| *refused) > 50,
        "hardly anything was refused"
    );
}
