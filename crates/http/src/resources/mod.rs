//! The endpoints, one module per resource.

mod backends;
mod config;
mod external_auth;
mod list;
mod login;
pub mod plugin;
mod refresh_token;
mod session;
mod status;
mod tenant;
mod token;

use crate::app::Routes;

/// Adds the daemon's own routes.
pub fn mount(routes: &mut Routes<'_>) {
    status::mount(routes);
    backends::mount(routes);
    config::mount(routes);
    login::mount(routes);
    token::mount(routes);
    refresh_token::mount(routes);
    session::mount(routes);
    tenant::mount(routes);
    external_auth::mount(routes);
}
