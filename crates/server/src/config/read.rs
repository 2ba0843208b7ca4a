//! From a checked document to the typed configuration.

use std::{path::PathBuf, time::Duration};

use log::LevelFilter;
use serde_json::{Map, Value};
use wazo_auth_model::secret::Secret;
use wazo_auth_plugin_host::PublicKey;

use super::{
    Amqp, BootstrapUser, Config, ConfigError, Cors, DefaultGroup, DefaultPolicy, Exchange,
    IdpBackend, IdpPlugin, Page, PasswordHash, PasswordScheme, Plugins, RestApi, TokenCleanup,
};

/// Reads a document that has passed all checks.
///
/// # Errors
///
/// A key that the table lacks, or has under another kind: a fault of this program.
pub fn read(document: Map<String, Value>) -> Result<Config, ConfigError> {
    let keys = Document(&document);
    let log_level = match keys.text("log_level")? {
        "debug" => LevelFilter::Debug,
        "info" => LevelFilter::Info,
        "warning" => LevelFilter::Warn,
        _ => LevelFilter::Error,
    };
    Ok(Config {
        user: keys
            .optional_text("user")?
            .filter(|user| !user.is_empty())
            .map(str::to_owned),
        uuid: keys.optional_text("uuid")?.map(str::to_owned),
        log_level,
        debug: keys.boolean("debug")?,
        log_filename: keys.text("log_filename")?.into(),
        db_uri: keys.text("db_uri")?.to_owned(),
        db_upgrade_on_startup: keys.boolean("db_upgrade_on_startup")?,
        db_connect_retry_timeout: keys.number("db_connect_retry_timeout_seconds", |seconds| {
            Duration::try_from_secs_f64(seconds).ok()
        })?,
        database_threads: keys.optional_integer("database_threads")?,
        rest_api: RestApi {
            listen: keys.text("rest_api.listen")?.to_owned(),
            port: keys.integer("rest_api.port")?,
            max_threads: keys.integer("rest_api.max_threads")?,
            num_proxies: keys.integer("rest_api.num_proxies")?,
            trusted_proxies: keys.list("rest_api.trusted_proxies", |text| text.parse().ok())?,
            cors: if keys.boolean("rest_api.cors.enabled")? {
                Some(cors(&keys)?)
            } else {
                None
            },
        },
        amqp: amqp(&keys)?,
        events_max_pending: keys.integer("events.max_pending")?,
        // Whole seconds: a fraction lives a little longer, not shorter.
        default_token_lifetime: keys.number("default_token_lifetime", |seconds| {
            format!("{:.0}", seconds.ceil()).parse().ok()
        })?,
        token_cleanup: token_cleanup(&keys)?,
        max_user_concurrent_sessions: keys.integer("max_user_concurrent_sessions")?,
        keep_refresh_tokens_on_password_change: keys
            .boolean("keep_refresh_tokens_on_password_change")?,
        password_hash: PasswordHash {
            scheme: match keys.text("password_hash.scheme")? {
                "bcrypt" => PasswordScheme::Bcrypt,
                "pbkdf2" => PasswordScheme::Pbkdf2,
                _ => PasswordScheme::Auto,
            },
            bcrypt_cost: keys.integer("password_hash.bcrypt_cost")?,
            upgrade: keys.optional("password_hash.upgrade", Value::as_bool)?,
            threads: keys.optional_integer("password_hash.threads")?,
        },
        update_policy_on_startup: keys.boolean("update_policy_on_startup")?,
        default_policies: default_policies(&keys)?,
        all_users_policies: keys.switches("all_users_policies")?,
        tenant_default_groups: default_groups(&keys)?,
        enabled_backend_plugins: keys.switches("enabled_backend_plugins")?,
        enabled_external_auth_plugins: keys.switches("enabled_external_auth_plugins")?,
        enabled_http_plugins: keys.switches("enabled_http_plugins")?,
        enabled_metadata_plugins: keys.switches("enabled_metadata_plugins")?,
        purpose_metadata_mapping: purpose_metadata_mapping(&keys)?,
        default_user_policy: keys
            .optional_text("default_user_policy")?
            .map(str::to_owned),
        backend_policies: keys.required("backend_policies", |policies| {
            let policies = policies.as_object()?.iter();
            policies
                .map(|(name, policy)| Some((name.clone(), policy.as_str()?.to_owned())))
                .collect()
        })?,
        bootstrap_user: if keys.boolean("bootstrap_user_on_startup")? {
            Some(bootstrap_user(&keys)?)
        } else {
            None
        },
        idp_plugins: idp_plugins(&keys)?,
        idp_backends: idp_backends(&keys)?,
        email_confirmation_page: Page {
            template: keys
                .text("email_confirmation_get_response_body_template")?
                .into(),
            mimetype: keys.text("email_confirmation_get_mimetype")?.to_owned(),
        },
        email_notification_plugin: keys.text("email_notification_plugin")?.to_owned(),
        plugins: Plugins {
            directories: directories(&keys)?,
            trusted_keys: trusted_keys(&keys)?,
            max_concurrent_calls: keys.integer("plugins.max_concurrent_calls")?,
            call_timeout: keys.number("plugins.call_timeout", |seconds| {
                Duration::try_from_secs_f64(seconds).ok()
            })?,
            queue: keys.integer("plugins.queue")?,
            state_file: keys.text("plugins.state_file")?.into(),
        },
        document,
    })
}

/// The keys that plugins must be signed by; `None` when they need not be.
fn trusted_keys(keys: &Document<'_>) -> Result<Option<Vec<PublicKey>>, ConfigError> {
    let written = keys.required("plugins.trusted_keys", texts)?;
    let (mut trusted, mut problems) = (Vec::new(), Vec::new());
    for text in &written {
        match text.parse() {
            Ok(key) => trusted.push(key),
            Err(error) => problems.push(format!("plugins.trusted_keys: {text:?}: {error}")),
        }
    }
    let required = keys.boolean("plugins.require_signature")?;
    if required && written.is_empty() {
        problems.push(
            "plugins.require_signature: no plugin could be loaded, since plugins.trusted_keys is empty; \"wazo-auth plugin keygen\" prints a key"
                .to_owned(),
        );
    }
    if problems.is_empty() {
        Ok(required.then_some(trusted))
    } else {
        Err(ConfigError(problems))
    }
}

/// A shorter interval than a second, in which tokens live and die, counts as one.
fn token_cleanup(keys: &Document<'_>) -> Result<Option<TokenCleanup>, ConfigError> {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    let interval = keys.number("token_cleanup_interval", seconds)?;
    if interval.is_zero() {
        return Ok(None);
    }
    Ok(Some(TokenCleanup {
        interval: interval.max(Duration::from_secs(1)),
        batch_size: keys.integer("token_cleanup_batch_size")?,
        saml_session_lifetime: keys.number("saml.saml_session_lifetime_seconds", seconds)?,
    }))
}

fn amqp(keys: &Document<'_>) -> Result<Amqp, ConfigError> {
    Ok(Amqp {
        enabled: keys.boolean("amqp.enabled")?,
        uri: keys.text("amqp.uri")?.to_owned(),
        exchange: Exchange {
            name: keys.text("amqp.exchange_name")?.to_owned(),
            kind: keys.text("amqp.exchange_type")?.to_owned(),
            durable: keys.boolean("amqp.exchange_durable")?,
            auto_delete: keys.boolean("amqp.exchange_kwargs.auto_delete")?,
            passive: keys.boolean("amqp.exchange_kwargs.passive")?,
            arguments: keys.required("amqp.exchange_kwargs.arguments", |arguments| {
                arguments.as_object().cloned()
            })?,
        },
    })
}

fn cors(keys: &Document<'_>) -> Result<Cors, ConfigError> {
    Ok(Cors {
        origins: keys.required("rest_api.cors.origins", texts)?,
        allow_headers: keys.required("rest_api.cors.allow_headers", texts)?,
    })
}

/// The purposes in the order of the configuration; a purpose without a list has none.
fn purpose_metadata_mapping(
    keys: &Document<'_>,
) -> Result<Vec<(String, Vec<String>)>, ConfigError> {
    keys.required("purpose_metadata_mapping", |mapping| {
        let purposes = mapping.as_object()?.iter();
        purposes
            .map(|(purpose, plugins)| Some((purpose.clone(), texts(plugins)?)))
            .collect()
    })
}

fn bootstrap_user(keys: &Document<'_>) -> Result<BootstrapUser, ConfigError> {
    let text = |name: &str, absent: &str| -> Result<String, ConfigError> {
        let given = keys.optional_text(name)?;
        Ok(given.unwrap_or(absent).to_owned())
    };
    Ok(BootstrapUser {
        username: text("bootstrap_user_username", "")?,
        password: Secret::new(text("bootstrap_user_password", "")?),
        purpose: text("bootstrap_user_purpose", "internal")?,
        policy_slug: text(
            "bootstrap_user_policy_slug",
            "wazo_default_master_user_policy",
        )?,
    })
}

/// One text, or several.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(texts) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn directories(keys: &Document<'_>) -> Result<Vec<PathBuf>, ConfigError> {
    let paths = keys.required("plugins.directory", texts)?;
    Ok(paths.into_iter().map(PathBuf::from).collect())
}

fn default_policies(keys: &Document<'_>) -> Result<Vec<DefaultPolicy>, ConfigError> {
    keys.required("default_policies", |policies| {
        let policies = policies.as_object()?.iter().map(|(slug, policy)| {
            let description = policy.get("description").and_then(Value::as_str);
            Some(DefaultPolicy {
                slug: slug.clone(),
                acl: texts(policy.get("acl")?)?,
                description: description.map(str::to_owned),
                shared: policy.get("shared").and_then(Value::as_bool),
            })
        });
        policies.collect()
    })
}

fn default_groups(keys: &Document<'_>) -> Result<Vec<DefaultGroup>, ConfigError> {
    keys.required("tenant_default_groups", |groups| {
        let groups = groups.as_object()?.iter().map(|(slug, group)| {
            Some(DefaultGroup {
                slug: slug.clone(),
                policies: switches(group.get("policies")?)?,
            })
        });
        groups.collect()
    })
}

fn idp_plugins(keys: &Document<'_>) -> Result<Vec<IdpPlugin>, ConfigError> {
    let mut plugins = keys.required("idp_plugins", |plugins| {
        let plugins = plugins.as_object()?.iter().map(|(name, plugin)| {
            Some(IdpPlugin {
                name: name.clone(),
                enabled: plugin.get("enabled")?.as_bool()?,
                priority: plugin.get("priority")?.as_i64()?,
            })
        });
        plugins.collect::<Option<Vec<_>>>()
    })?;
    plugins.sort_by_key(|plugin| plugin.priority);
    Ok(plugins)
}

fn idp_backends(keys: &Document<'_>) -> Result<Vec<IdpBackend>, ConfigError> {
    keys.required("idp_plugins.backend.backends", |backends| {
        let backends = backends.as_object()?.iter().map(|(name, backend)| {
            let text = |key| backend.get(key).and_then(Value::as_str).map(str::to_owned);
            Some(IdpBackend {
                backend: name.clone(),
                method: text("method").unwrap_or_else(|| name.clone()),
                unknown_logins: backend.get("unknown_logins")?.as_bool()?,
                tenant: text("tenant"),
            })
        });
        backends.collect()
    })
}

/// A checked document, asked by dotted paths.
struct Document<'a>(&'a Map<String, Value>);

impl<'a> Document<'a> {
    fn get(&self, path: &str) -> Option<&'a Value> {
        let mut names = path.split('.');
        let top = self.0.get(names.next()?)?;
        names.try_fold(top, |value, name| value.get(name))
    }

    fn required<T>(
        &self,
        path: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.get(path).and_then(convert).ok_or_else(|| {
            ConfigError(vec![format!(
                "{path}: does not stand so in the table of keys; this is a fault of the program"
            )])
        })
    }

    fn optional<T>(
        &self,
        path: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        match self.get(path) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.required(path, convert).map(Some),
        }
    }

    fn text(&self, path: &str) -> Result<&'a str, ConfigError> {
        self.required(path, Value::as_str)
    }

    fn optional_text(&self, path: &str) -> Result<Option<&'a str>, ConfigError> {
        self.optional(path, Value::as_str)
    }

    fn boolean(&self, path: &str) -> Result<bool, ConfigError> {
        self.required(path, Value::as_bool)
    }

    fn integer<T: TryFrom<i64>>(&self, path: &str) -> Result<T, ConfigError> {
        self.required(path, to_integer)
    }

    fn optional_integer<T: TryFrom<i64>>(&self, path: &str) -> Result<Option<T>, ConfigError> {
        self.optional(path, to_integer)
    }

    fn number<T>(
        &self,
        path: &str,
        convert: impl FnOnce(f64) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.required(path, |value| convert(value.as_f64()?))
    }

    fn list<T>(
        &self,
        path: &str,
        convert: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        self.required(path, |value| {
            let texts = value.as_array()?.iter();
            texts.map(|text| convert(text.as_str()?)).collect()
        })
    }

    fn switches(&self, path: &str) -> Result<Vec<(String, bool)>, ConfigError> {
        self.required(path, switches)
    }
}

/// Names, each with whether it is on.
fn switches(value: &Value) -> Option<Vec<(String, bool)>> {
    let switches = value.as_object()?.iter();
    switches
        .map(|(name, on)| Some((name.clone(), on.as_bool()?)))
        .collect()
}

fn to_integer<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_i64()?).ok()
}
