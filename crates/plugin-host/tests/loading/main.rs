//! Real plugin files on their way into the process.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation should stop a test, loudly"
)]

mod files;
mod support;
mod versions;
