//! Authentication methods as users and tenants name them: [`is_valid`] is the one rule for both,
//! `authentication_method` of a user and `default_authentication_method` of a tenant.

use crate::{authentication::NATIVE_METHOD, settings::Settings};

/// The method of users who have that of their tenant.
pub const DEFAULT_METHOD: &str = "default";

/// The methods that users and tenants may have: those that the daemon has by itself, those of enabled
/// identity providers, and those that the provider `backend` offers.
pub fn list(settings: &Settings) -> impl Iterator<Item = &str> {
    let offered = settings.idp_backends.iter();
    [NATIVE_METHOD, DEFAULT_METHOD]
        .into_iter()
        .chain(settings.identity_providers.iter().map(String::as_str))
        .chain(offered.map(|backend| backend.method.as_str()))
}

/// Whether a user or a tenant may have a method.
#[must_use]
pub fn is_valid(settings: &Settings, method: &str) -> bool {
    list(settings).any(|known| known == method)
}

/// Whether the passwords of users with this method are kept elsewhere, and cannot be changed here.
#[must_use]
pub fn is_external(method: &str) -> bool {
    matches!(method, "saml" | "ldap")
}
