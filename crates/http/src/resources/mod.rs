//! The endpoints, one module per resource.

mod backends;
mod external_auth;
pub mod plugin;
mod status;
mod token;

use crate::app::Routes;

/// Adds the daemon's own routes.
pub fn mount(routes: &mut Routes<'_>) {
    status::mount(routes);
    backends::mount(routes);
    token::mount(routes);
    external_auth::mount(routes);
}
