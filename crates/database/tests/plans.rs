//! What is done often, or while others wait, walks along indexes on a large database.

#[path = "support/fill.rs"]
mod fill;
#[path = "support/plan.rs"]
mod plan;
mod support;

use diesel::connection::SimpleConnection;
use fill::{LARGE, Numbers};
use support::{Engine, both};
use wazo_auth_database::{Database, DatabaseResult, Uri, queries::tenant};
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
        check(engine.name, engine.database()).unwrap();
    }
}

#[test]
fn nor_where_nobody_has_counted_the_rows() {
    // PostgreSQL counts them by itself, SQLite only when it is told to.
    let engine = Engine::empty_sqlite().migrated();
    fill::fill(engine.database(), SMALL, |_, _, _| {}).unwrap();
    engine.write(|db| Ok(db.batch_execute("DELETE FROM sqlite_stat1; DELETE FROM sqlite_stat4")?));
    check(engine.name, &engine.open()).unwrap();
}

fn check(engine: &str, database: &Database) -> DatabaseResult<()> {
    let walks = plan::walks(database)?;
    assert!(walks.len() > 10);
    for walk in walks {
        assert!(
            walk.faults.is_empty(),
            "{engine}: {} {}: {}\n{}",
            walk.name,
            walk.faults.join(", "),
            walk.statement,
            walk.plan
        );
    }
    Ok(())
}
