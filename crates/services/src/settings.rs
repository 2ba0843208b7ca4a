//! What the services take from the configuration.

use wazo_auth_model::password::HashSettings;

/// Settings of the services.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Identity of the platform, shown in tokens.
    pub xivo_uuid: Option<String>,
    /// Lifetime of a token whose login asks for none, in seconds.
    pub default_token_lifetime: i64,
    /// How many sessions a user of purpose `user` or `external_api` may have.
    pub max_user_concurrent_sessions: i64,
    /// Whether clients stay logged in when their user gets another password.
    pub keep_refresh_tokens_on_password_change: bool,
    /// How passwords are hashed.
    pub hash: HashSettings,
    /// Threads that hash passwords.
    pub hash_threads: usize,
    /// Threads that serve requests.
    pub request_threads: usize,
    /// Policies of the top tenant that the configuration owns.
    pub default_policies: Vec<DefaultPolicy>,
    /// Slugs of such policies that all users of every tenant get. One that is off is neither given nor
    /// taken away; one that is not in the list is taken away.
    pub all_users_policies: Vec<(String, bool)>,
    /// Groups that every tenant gets.
    pub tenant_default_groups: Vec<DefaultGroup>,
    /// Enabled identity providers of the platform, each with a method of its own name.
    pub identity_providers: Vec<String>,
    /// What the identity provider `backend` offers, in configured order; empty when it is disabled.
    pub idp_backends: Vec<IdpBackend>,
    /// Name of a policy of the top tenant whose accesses every login gets.
    pub default_user_policy: Option<String>,
    /// The same by the backend that a login names, in place of the other.
    pub backend_policies: Vec<(String, String)>,
    /// Further metadata plugins of each purpose, in configured order.
    pub purpose_metadata_mapping: Vec<(String, Vec<String>)>,
    /// Enabled types of external authentication, in configured order.
    pub external_auth_types: Vec<String>,
}

/// A backend that the identity provider `backend` makes reachable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpBackend {
    /// Name of the backend.
    pub backend: String,
    /// The authentication method that it stands for.
    pub method: String,
    /// Whether it is asked about logins that no user here owns.
    pub unknown_logins: bool,
    /// The tenant of such logins: a UUID or a slug.
    pub tenant: Option<String>,
}

/// A policy that the configuration owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPolicy {
    /// Its slug, which is its name too.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// What is in it; what is there twice counts once.
    pub accesses: Vec<String>,
    /// Whether the tenants below count it as shared; without, one that is there stays as it is.
    pub shared: Option<bool>,
}

/// A group that every tenant gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultGroup {
    /// Its slug, which is its name too.
    pub slug: String,
    /// Slugs of policies that the configuration owns, and whether it has each. Others are left alone.
    pub policies: Vec<(String, bool)>,
}
