//! Puts the parts together as the configuration says.

use std::{path::absolute, sync::Arc, thread};

use log::LevelFilter;
use serde_json::json;

use wazo_auth_database::{Database, DatabaseError, Uri};
use wazo_auth_http as http;
use wazo_auth_model::password::{HashSettings, Scheme};
use wazo_auth_plugin_host as plugins;
use wazo_auth_services::{
    Configuration, Context, DefaultGroup, DefaultPolicy, IdpBackend, Services, Settings,
    SystemClock, expiry::Rule,
};

use crate::{
    config::{Config, PasswordScheme},
    logging,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Connections for each processor: a few keep PostgreSQL busy, more only make the slowest answers
/// slower.
const POSTGRES_THREADS_PER_CORE: usize = 3;

/// Identity providers that are methods as soon as they are enabled: what users and tenants are set to must
/// not depend on what is installed on this machine. Of others nobody knows the method.
const PLATFORM_PROVIDERS: &[&str] = &["ldap", "saml"];

/// The configured database.
pub fn database_uri(config: &Config) -> Result<Uri, DatabaseError> {
    Uri::parse(&config.db_uri)
}

/// The services over the configured database.
pub fn services(config: &Config) -> Result<Arc<Services>, Failure> {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let uri = database_uri(config)?;
    let usual = if uri.is_postgres() {
        cores * POSTGRES_THREADS_PER_CORE
    } else {
        cores
    };
    let database = Database::open(&wazo_auth_database::Settings::new(
        uri,
        config.database_threads.unwrap_or(usual),
    ))?;
    let settings = settings(config, cores, database.is_adopted());
    Services::start(settings, database, Arc::new(SystemClock))
}

/// `adopted`: the program that we replace made the database, and may be put back onto it.
fn settings(config: &Config, cores: usize, adopted: bool) -> Settings {
    let scheme = match config.password_hash.scheme {
        PasswordScheme::Bcrypt => Scheme::Bcrypt,
        PasswordScheme::Pbkdf2 => Scheme::Pbkdf2,
        // The other program knows no bcrypt.
        PasswordScheme::Auto if adopted => Scheme::Pbkdf2,
        PasswordScheme::Auto => Scheme::Bcrypt,
    };
    let enabled_providers = || {
        let providers = config.idp_plugins.iter();
        providers
            .filter(|plugin| plugin.enabled)
            .map(|plugin| plugin.name.as_str())
    };
    Settings {
        xivo_uuid: config.uuid.clone(),
        default_token_lifetime: config.default_token_lifetime,
        max_user_concurrent_sessions: config.max_user_concurrent_sessions,
        keep_refresh_tokens_on_password_change: config.keep_refresh_tokens_on_password_change,
        hash: HashSettings {
            scheme,
            bcrypt_cost: config.password_hash.bcrypt_cost,
            upgrade: config
                .password_hash
                .upgrade
                .unwrap_or(scheme == Scheme::Bcrypt),
        },
        hash_threads: config.password_hash.threads.unwrap_or(cores),
        request_threads: config.rest_api.max_threads,
        default_policies: config
            .default_policies
            .iter()
            .map(|policy| DefaultPolicy {
                slug: policy.slug.clone(),
                description: policy.description.clone(),
                accesses: policy.acl.clone(),
                shared: policy.shared,
            })
            .collect(),
        all_users_policies: config.all_users_policies.clone(),
        tenant_default_groups: config
            .tenant_default_groups
            .iter()
            .map(|group| DefaultGroup {
                slug: group.slug.clone(),
                policies: group.policies.clone(),
            })
            .collect(),
        identity_providers: enabled_providers()
            .filter(|name| PLATFORM_PROVIDERS.contains(name))
            .map(str::to_owned)
            .collect(),
        idp_backends: if enabled_providers().any(|name| name == "backend") {
            config
                .idp_backends
                .iter()
                .map(|backend| IdpBackend {
                    backend: backend.backend.clone(),
                    method: backend.method.clone(),
                    unknown_logins: backend.unknown_logins,
                    tenant: backend.tenant.clone(),
                })
                .collect()
        } else {
            Vec::new()
        },
        default_user_policy: config.default_user_policy.clone(),
        backend_policies: config.backend_policies.clone(),
        purpose_metadata_mapping: config.purpose_metadata_mapping.clone(),
        external_auth_types: enabled(&config.enabled_external_auth_plugins),
    }
}

/// The names that are on.
fn enabled(switches: &[(String, bool)]) -> Vec<String> {
    let on = switches.iter().filter(|(_, on)| *on);
    on.map(|(name, _)| name.clone()).collect()
}

/// How dead tokens are removed; `None`: they are not.
pub fn expiry(config: &Config) -> Option<Rule> {
    let cleanup = config.token_cleanup?;
    Some(Rule {
        interval: cleanup.interval,
        batch_size: cleanup.batch_size,
        saml_session_lifetime: cleanup.saml_session_lifetime,
    })
}

/// What the HTTP side takes from the configuration.
pub fn http_settings(config: &Config) -> http::Settings {
    let rest_api = &config.rest_api;
    http::Settings {
        cors: rest_api.cors.as_ref().map(|cors| http::Cors {
            origins: cors.origins.clone(),
            allow_headers: cors.allow_headers.clone(),
        }),
        proxies: http::Proxies {
            trusted: rest_api.trusted_proxies.clone(),
            depth: rest_api.num_proxies,
        },
        email_confirmation_page: http::Page {
            template: config.email_confirmation_page.template.clone(),
            mimetype: config.email_confirmation_page.mimetype.clone(),
        },
        disabled_families: config
            .enabled_http_plugins
            .iter()
            .filter(|(_, enabled)| !enabled)
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

/// The configuration as administrators see it, with what only the running daemon knows.
pub fn visible_configuration(
    config: &Config,
    cx: &Context,
    plugins: &plugins::Registry,
) -> Configuration {
    let mut document = config.document();
    document.insert("uuid".to_owned(), json!(cx.call().xivo_uuid));
    document.insert(
        "loaded_plugins".to_owned(),
        json!(plugins.listed_backends()),
    );
    let usual = config.level_without_debug();
    Configuration::new(document, move |debug| {
        logging::set_level(if debug { LevelFilter::Debug } else { usual });
    })
}

/// What the plugin host takes from the configuration.
pub fn plugin_settings(config: &Config) -> plugins::Settings {
    let names = config
        .enabled_backend_plugins
        .iter()
        .chain(&config.enabled_external_auth_plugins)
        .chain(&config.enabled_metadata_plugins);
    plugins::Settings {
        // The daemon and the commands beside it know a file by its whole path.
        directories: config
            .plugins
            .directories
            .iter()
            .map(|path| absolute(path).unwrap_or_else(|_| path.clone()))
            .collect(),
        trusted_keys: config.plugins.trusted_keys.clone(),
        max_concurrent_calls: config.plugins.max_concurrent_calls,
        call_timeout: config.plugins.call_timeout,
        queue: config.plugins.queue,
        enabled_metadata: config.enabled_metadata_plugins.clone(),
        enabled_backends: config.enabled_backend_plugins.clone(),
        enabled_external_auth: config.enabled_external_auth_plugins.clone(),
        sections: names
            .map(|(name, _)| (name.clone(), config.section(name)))
            .collect(),
    }
}
