//! What several of the end-to-end tests need. The tests themselves are in `tests/`, one file for each
//! subject.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

pub mod bus;
pub mod document;
pub mod external;
pub mod graph;
pub mod groups;
pub mod markdown;
pub mod offline;
pub mod peers;
pub mod policies;
pub mod routes;
pub mod shapes;
pub mod startup;
pub mod store;
pub mod tenants;
