//! The HTTP interface: routes, what requests must bring, what bodies and errors look like.
//!
//! No rule of the domain stands here: a handler translates a request, calls one service and
//! translates the answer.

mod app;
mod body;
mod check;
mod config_patch;
mod cors;
mod dispatch;
mod document;
mod error;
mod exchange;
mod families;
mod proxies;
pub mod python;
mod redaction;
mod request_log;
mod resources;
mod routes;
mod server;
mod settings;
mod trace;
mod validation;
mod wire;

pub use app::App;
pub use cors::Cors;
pub use proxies::Proxies;
pub use routes::{Access, Endpoint, RouteError};
pub use server::serve;
pub use settings::{Page, Settings};
