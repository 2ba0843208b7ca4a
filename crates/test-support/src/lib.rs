//! Throwaway daemons, plugins and peers for tests. Never shipped.
//!
//! [`plugins`] builds plugin files, good and bad ones; [`daemon`] runs the real program on a database
//! of its own; [`http`] speaks to it. Whatever is started or written here is gone when the test
//! process ends, however it ends.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

pub mod abi;
mod cargo;
pub mod command;
pub mod daemon;
pub mod home;
pub mod http;
mod install;
pub mod lines;
pub mod plugins;
pub mod postgres;
pub mod process;
pub mod rabbitmq;
pub mod server;
mod users;
pub mod wait;

pub use daemon::Daemon;
pub use home::Home;
pub use install::{Builder, Credentials, Installation, XIVO_UUID};
pub use server::{Exited, Server};
