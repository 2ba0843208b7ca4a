//! What is done often, or while others wait, walks along indexes on a large database.

#[path = "support/fill.rs"]
mod fill;
#[path = "support/plan.rs"]
mod plan;
mod support;

use fill::{LARGE, Numbers};
use support::both;
use wazo_auth_database::queries::tenant;

/// A hundredth of a large installation, with all of its tenants: a small tree needs no index.
const SMALL: Numbers = Numbers {
    tenants: LARGE.tenants,
    users: LARGE.users / 100,
    tokens: LARGE.tokens / 100,
};

#[test]
fn no_table_is_read_from_end_to_end() {
    for engine in both() {
        fill::fill(engine.database(), SMALL, |_, _, _| {}).unwrap();
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
