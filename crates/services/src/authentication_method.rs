//! Authentication methods as users and tenants name them: [`is_valid`] is the one rule for both,
//! `authentication_method` of a user and `default_authentication_method` of a tenant.

use crate::{authentication::NATIVE_METHOD, settings::Settings};

/// The method of users who have that of their tenant.
pub const DEFAULT_METHOD: &str = "default";

/// Whether a user or a tenant may have a method: one that the daemon has by itself, that of an enabled
/// identity provider, or one that the provider `backend` offers.
#[must_use]
pub fn is_valid(settings: &Settings, method: &str) -> bool {
    method == NATIVE_METHOD
        || method == DEFAULT_METHOD
        || settings
            .identity_providers
            .iter()
            .any(|provider| provider == method)
        || settings
            .idp_backends
            .iter()
            .any(|backend| backend.method == method)
}
