//! The endpoints, one module per resource.

mod backends;
mod config;
mod email;
mod external_auth;
mod group;
mod group_member;
mod group_policy;
mod identity_provider;
mod list;
mod login;
mod password;
pub mod plugin;
mod policy;
mod refresh_token;
mod session;
mod status;
mod tenant;
mod token;
mod user;
mod user_policy;

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
    user::mount(routes);
    email::mount(routes);
    password::mount(routes);
    identity_provider::mount(routes);
    tenant::mount(routes);
    group::mount(routes);
    group_member::mount(routes);
    group_policy::mount(routes);
    policy::mount(routes);
    user_policy::mount(routes);
    external_auth::mount(routes);
}
