//! Events on a real broker: what is published, in what form and order, and what becomes of them while
//! something is broken.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

mod messages;
mod nodes;
mod outages;
