//! One module per subject; functions over a connection, named verb and key.

pub mod access;
pub mod email;
pub mod event;
pub mod expire_soon;
pub mod external_auth;
pub mod external_auth_config;
pub mod group;
pub mod installation;
pub mod ldap_config;
pub mod list;
mod parent;
pub mod policy;
pub mod refresh_token;
pub mod saml_cache;
pub mod saml_config;
pub mod saml_session;
pub mod scope;
pub mod session;
pub mod tenant;
pub mod tenant_address;
pub mod tenant_domain;
pub mod token;
pub mod user;
