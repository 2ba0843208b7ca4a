//! The endpoints, one module per resource.

mod backends;
mod config;
mod document;
pub mod email;
pub mod external_auth;
pub mod group;
pub mod group_member;
pub mod group_policy;
pub mod identity_provider;
pub mod list;
pub mod login;
mod page;
pub mod password;
pub mod plugin;
pub mod policy;
pub mod refresh_token;
pub mod session;
mod status;
pub mod tenant;
mod token;
pub mod user;
pub mod user_policy;

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
    document::mount(routes);
    page::mount(routes);
}
