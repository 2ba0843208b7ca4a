//! Puts the parts together as the configuration says.

use std::{path::absolute, sync::Arc, thread};

use wazo_auth_database::Database;
use wazo_auth_model::password::{HashSettings, Scheme};
use wazo_auth_plugin_host as plugins;
use wazo_auth_services::{IdpBackend, Services, Settings, SystemClock};

use crate::config::{Config, PasswordScheme};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The services over the configured database.
pub fn services(config: &Config) -> Result<Arc<Services>, Failure> {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let database = Database::open(&wazo_auth_database::Settings {
        uri: config.db_uri.clone(),
        readers: config.database_threads.unwrap_or(cores),
    })?;
    Services::start(settings(config, cores), database, Arc::new(SystemClock))
}

fn settings(config: &Config, cores: usize) -> Settings {
    // Every SQLite database is one that this program made, so `auto` is bcrypt on it.
    let scheme = match config.password_hash.scheme {
        PasswordScheme::Auto | PasswordScheme::Bcrypt => Scheme::Bcrypt,
        PasswordScheme::Pbkdf2 => Scheme::Pbkdf2,
    };
    let provider_enabled = config
        .idp_plugins
        .iter()
        .any(|plugin| plugin.name == "backend" && plugin.enabled);
    Settings {
        xivo_uuid: config.uuid.clone(),
        default_token_lifetime: config.default_token_lifetime,
        max_user_concurrent_sessions: config.max_user_concurrent_sessions,
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
        idp_backends: if provider_enabled {
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
        external_auth_types: config
            .enabled_external_auth_plugins
            .iter()
            .filter(|(_, enabled)| *enabled)
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

/// What the plugin host takes from the configuration.
pub fn plugin_settings(config: &Config) -> plugins::Settings {
    let names = config
        .enabled_backend_plugins
        .iter()
        .chain(&config.enabled_external_auth_plugins);
    plugins::Settings {
        // The daemon and the commands beside it know a file by its whole path.
        directories: config
            .plugins
            .directories
            .iter()
            .map(|path| absolute(path).unwrap_or_else(|_| path.clone()))
            .collect(),
        max_concurrent_calls: config.plugins.max_concurrent_calls,
        call_timeout: config.plugins.call_timeout,
        queue: config.plugins.queue,
        enabled_backends: config.enabled_backend_plugins.clone(),
        enabled_external_auth: config.enabled_external_auth_plugins.clone(),
        sections: names
            .map(|(name, _)| (name.clone(), config.section(name)))
            .collect(),
    }
}
