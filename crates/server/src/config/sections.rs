//! The parts of the configuration that have several keys.

use std::{path::PathBuf, time::Duration};

use serde_json::{Map, Value};
use wazo_auth_model::{network::Network, secret::Secret};
use wazo_auth_plugin_host::PublicKey;

/// A page for browsers.
pub struct Page {
    /// The file of its template.
    pub template: PathBuf,
    /// What it is, as a MIME type.
    pub mimetype: String,
}

/// `bootstrap_user_…`: the first user.
pub struct BootstrapUser {
    /// Its name; empty where none is configured.
    pub username: String,
    /// Its password; empty where none is configured.
    pub password: Secret,
    /// What the account is for.
    pub purpose: String,
    /// Slug of the policy of the top tenant that it gets.
    pub policy_slug: String,
}

/// `rest_api`.
pub struct RestApi {
    /// Address or host name to listen on.
    pub listen: String,
    /// Port to listen on; 0 for any that is free.
    pub port: u16,
    /// Threads that serve requests.
    pub max_threads: usize,
    /// How many proxies a request passes.
    pub num_proxies: usize,
    /// Peers that are proxies of ours.
    pub trusted_proxies: Vec<Network>,
    /// What pages of other origins may do; `None`: browsers are told nothing.
    pub cors: Option<Cors>,
}

/// `rest_api.cors`.
pub struct Cors {
    /// Origins of such pages; `*` is any.
    pub origins: Vec<String>,
    /// Request headers that they may set.
    pub allow_headers: Vec<String>,
}

/// `token_cleanup_…`: how dead tokens are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCleanup {
    /// How often.
    pub interval: Duration,
    /// How many at a time; 0: as the program likes.
    pub batch_size: i64,
    /// How long a SAML session is kept.
    pub saml_session_lifetime: Duration,
}

/// `amqp`. It does not print: it holds a secret.
pub struct Amqp {
    /// Whether there is a broker.
    pub enabled: bool,
    /// Where it is. Secret.
    pub uri: String,
    /// Where events go.
    pub exchange: Exchange,
}

/// The exchange of `amqp`, as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it outlives the broker.
    pub durable: bool,
    /// Whether it goes with its last binding.
    pub auto_delete: bool,
    /// Whether it must be there already.
    pub passive: bool,
    /// Further arguments, such as an alternate exchange.
    pub arguments: Map<String, Value>,
}

/// `password_hash`.
pub struct PasswordHash {
    /// How new hashes are made.
    pub scheme: PasswordScheme,
    /// Cost of a bcrypt hash: each step doubles the time.
    pub bcrypt_cost: u32,
    /// Whether a login rewrites a hash of the other scheme; `None`: as the scheme says.
    pub upgrade: Option<bool>,
    /// Threads that hash; `None`: as many as there are processors.
    pub threads: Option<usize>,
}

/// How new password hashes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordScheme {
    /// As suits the database.
    Auto,
    /// bcrypt.
    Bcrypt,
    /// PBKDF2-HMAC-SHA-512.
    Pbkdf2,
}

/// A policy that the configuration owns.
#[derive(Debug, PartialEq, Eq)]
pub struct DefaultPolicy {
    /// Its slug, which is its name too.
    pub slug: String,
    /// What is in it.
    pub acl: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is shared with the tenants below; `None`: as it is.
    pub shared: Option<bool>,
}

/// A group that every tenant gets.
#[derive(Debug, PartialEq, Eq)]
pub struct DefaultGroup {
    /// Its slug, which is its name too.
    pub slug: String,
    /// Slugs of policies, and whether the group has each.
    pub policies: Vec<(String, bool)>,
}

/// An identity provider.
#[derive(Debug, PartialEq, Eq)]
pub struct IdpPlugin {
    /// Its name.
    pub name: String,
    /// Whether it is asked.
    pub enabled: bool,
    /// Smaller is asked earlier.
    pub priority: i64,
}

/// A backend that the identity provider `backend` offers.
#[derive(Debug, PartialEq, Eq)]
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

/// `plugins`.
pub struct Plugins {
    /// Directories with `.so` files.
    pub directories: Vec<PathBuf>,
    /// Who must have signed them, if anybody must.
    pub trusted_keys: Option<Vec<PublicKey>>,
    /// How many calls of one entry run at the same time.
    pub max_concurrent_calls: usize,
    /// How long a call may take.
    pub call_timeout: Duration,
    /// How many callers of one entry wait while all its calls are taken.
    pub queue: usize,
    /// Where the daemon keeps the states of its plugins.
    pub state_file: PathBuf,
}
