//! Daemons that start at the same moment on one database of PostgreSQL: both serve, and what they leave is
//! what one of them would.

use std::{
    collections::BTreeSet,
    sync::{Arc, Barrier},
    thread,
};

use wazo_auth_test_support::{Daemon, postgres::Server};
use wazo_auth_tests::{
    startup::{Rows, configure, start},
    store::Store,
};

const DAEMONS: usize = 3;
const YAML: &str = "default_policies: {one: {acl: [a, b, c]}, two: {acl: [b, c, d]}, three: {acl: [a]}}\n\
                    all_users_policies: {one: true, two: true}\n\
                    tenant_default_groups: {staff: {policies: {three: true}}, guests: {}}\n";

/// What is there, without the ids that were made at random.
fn shape(store: &Store) -> (Vec<String>, Vec<String>) {
    let rows = Rows::of(store);
    let mut policies: Vec<String> = rows
        .policies
        .iter()
        .map(|policy| {
            let accesses: BTreeSet<&String> = policy.accesses.iter().collect();
            format!(
                "{} {} {accesses:?} {}",
                policy.slug, policy.name, policy.config_managed
            )
        })
        .collect();
    policies.sort();
    let mut groups: Vec<String> = rows
        .groups
        .iter()
        .map(|group| {
            let tenant = group.tenant_uuid.as_str();
            format!(
                "{tenant} {} {} {:?}",
                group.slug,
                group.name,
                rows.policies_of(tenant, &group.slug)
            )
        })
        .collect();
    groups.sort();
    (policies, groups)
}

#[test]
fn daemons_that_start_at_the_same_moment_leave_what_one_would() {
    let server = Server::shared();
    let template = server.database();
    let make = |database: &str| Daemon::builder().database(server.uri(database)).install();
    let first = make(&template);
    let store = Store::of(&first);
    for number in 0..50 {
        drop(store.tenant(None, &format!("t{number}")));
    }
    drop(store);

    // One alone, on a copy.
    let alone = server.database_like(&template);
    let installation = Daemon::builder()
        .database(server.uri(&alone))
        .without_database()
        .install();
    let store = Store::of(&installation);
    let daemon = start(installation, YAML);
    let expected = shape(&store);
    drop(daemon);
    assert_eq!(expected.1.len(), 51 * 3);

    for _ in 0..3 {
        let database = server.database_like(&template);
        let begin = Arc::new(Barrier::new(DAEMONS));
        let starts: Vec<_> = (0..DAEMONS)
            .map(|_| {
                let installation = Daemon::builder()
                    .database(server.uri(&database))
                    .without_database()
                    .install();
                configure(&installation, YAML);
                let begin = Arc::clone(&begin);
                thread::spawn(move || {
                    begin.wait();
                    installation.start()
                })
            })
            .collect();
        let daemons: Vec<Daemon> = starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect();
        for daemon in &daemons {
            daemon.client().head("/status").send().is(200);
        }
        let found = shape(&Store::of(daemons.first().unwrap().installation()));
        assert_eq!(found, expected);
        // Each change was made by one of them.
        let made: usize = daemons
            .iter()
            .map(|daemon| daemon.lines().with("policies made: 3").len())
            .sum();
        assert_eq!(made, 1);
    }
}
