//! The HTTP interface: routes, what requests must bring, what bodies and errors look like.
//!
//! No rule of the domain stands here: a handler translates a request, calls one service and
//! translates the answer.

mod app;
mod body;
mod dispatch;
mod error;
mod exchange;
mod python;
mod resources;
mod routes;
mod validation;

pub use app::App;
pub use dispatch::configure;
pub use routes::{Access, Endpoint, RouteError};
