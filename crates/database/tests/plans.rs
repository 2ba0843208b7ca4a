//! What is done often, or while others wait, walks along indexes on a large database.

#[path = "support/fill.rs"]
mod fill;
#[path = "support/plan.rs"]
mod plan;
mod support;

use fill::{LARGE, Numbers};
use support::{Engine, both};
use wazo_auth_database::{Uri, queries::tenant};
use wazo_auth_test_support::postgres::Server;

/// A hundredth of a large installation, with all of its tenants, since a small tree needs no index, and
/// more users than are looked at one by one.
const SMALL: Numbers = Numbers {
    tenants: LARGE.tenants,
    users: LARGE.users / 16,
    tokens: LARGE.tokens / 100,
};

/// Does what PostgreSQL does by itself within a minute after much was written.
fn settle(engine: &Engine) {
    if let Uri::Postgres(uri) = &engine.uri {
        let behind_host = uri.rsplit_once('/').map(|(_, rest)| rest);
        let name = behind_host.and_then(|rest| rest.split('?').next());
        let name = name.unwrap_or_default();
        // The first time is for what was written, the second for what everybody sees then.
        for _ in 0..2 {
            Server::shared().sql(name, "VACUUM ANALYZE");
        }
    }
}

#[test]
fn no_table_is_read_from_end_to_end() {
    for engine in both() {
        fill::fill(engine.database(), SMALL, |_, _, _| {}).unwrap();
        settle(&engine);
        let top = engine.write(|db| {
            let top = tenant::find_top(db)?.uuid;
            tenant::subtree(db, &top)
        });
        assert_eq!(u64::try_from(top.len()).unwrap(), SMALL.tenants + 1);
        let walks = plan::walks(engine.database()).unwrap();
        assert!(walks.len() > 10);
        for walk in walks {
            assert!(
                walk.faults.is_empty(),
                "{}: {} {}: {}\n{}",
                engine.name,
                walk.name,
                walk.faults.join(", "),
                walk.statement,
                walk.plan
            );
        }
    }
}
