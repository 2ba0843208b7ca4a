//! Shows a configuration to people who may read it and need not know its secrets.
//!
//! Keys of the daemon say themselves whether they are secret. In what the daemon does not look into,
//! such as the sections of plugins, the name of a key decides.

use serde_json::{Map, Value};

use super::schema::{Key, Kind};

/// Stands for a secret.
const MASK: &str = "***";
/// Words in the names of foreign keys whose values are secret.
const SECRET_WORDS: &[&str] = &["password", "passwd", "passphrase", "secret", "credential"];
/// Last words of such names.
const SECRET_ENDS: &[&str] = &["token", "key", "apikey", "pwd"];

/// A checked document without its secrets.
pub fn masked(document: &Map<String, Value>, keys: &[Key]) -> Map<String, Value> {
    let mut shown = record(document, keys, None);
    if let Some(level) = shown.get_mut("log_level") {
        *level = number(level);
    }
    shown
}

/// The number that stands for a log level in documents.
fn number(level: &Value) -> Value {
    match level.as_str() {
        Some("debug") => 10.into(),
        Some("info") => 20.into(),
        Some("warning") => 30.into(),
        Some("error") => 40.into(),
        Some("critical") => 50.into(),
        _ => level.clone(),
    }
}

fn record(object: &Map<String, Value>, keys: &[Key], others: Option<&Kind>) -> Map<String, Value> {
    object
        .iter()
        .map(|(name, value)| {
            let shown = match (keys.iter().find(|key| key.name == name), others) {
                (Some(key), _) if key.secret => secret(value),
                (Some(key), _) => known(&key.kind, value),
                (None, Some(kind)) if !matches!(kind, Kind::Any) => known(kind, value),
                (None, _) => foreign(name, value),
            };
            (name.clone(), shown)
        })
        .collect()
}

fn known(kind: &Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Record { keys, others }, Value::Object(object)) => {
            record(object, keys, *others).into()
        }
        (Kind::Map(kind), Value::Object(object)) => record(object, &[], Some(kind)).into(),
        (Kind::Any, value) => foreign("", value),
        (_, value) => value.clone(),
    }
}

/// A value that no key of ours describes.
fn foreign(name: &str, value: &Value) -> Value {
    if !value.is_null() && sounds_secret(name) {
        return MASK.into();
    }
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), foreign(name, value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| foreign(name, item)).collect(),
        Value::String(text) if text.contains("://") => uri(text).into(),
        value => value.clone(),
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| name.contains(word))
        || SECRET_ENDS
            .iter()
            .any(|end| name == *end || name.ends_with(&format!("_{end}")))
}

/// The value of a secret key: of a URI the passwords alone are secret.
fn secret(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => "".into(),
        Value::String(text) if text.contains("://") => uri(text).into(),
        _ => MASK.into(),
    }
}

/// A URI without the passwords in it. Of what may stand in one, rather too much is hidden.
fn uri(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return MASK.to_owned();
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let mut shown = format!("{scheme}://");
    // A password that is not escaped may hold anything, an at sign too.
    match rest.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or_default();
            shown.push_str(&format!("{name}:{MASK}@{host}"));
        }
        _ => shown.push_str(rest),
    }
    if let Some(query) = query {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && sounds_secret(name) => {
                format!("{name}={MASK}")
            }
            _ => pair.to_owned(),
        });
        shown.push('?');
        shown.push_str(&pairs.collect::<Vec<_>>().join("&"));
    }
    // A question mark in a password has cut it in two.
    if shown.matches('@').count() < text.matches('@').count() && !shown.contains(MASK)
        || query.is_some_and(|query| query.contains('@'))
    {
        return format!("{scheme}://{MASK}");
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::keys::KEYS;

    fn shown(document: Value) -> Value {
        let Value::Object(document) = document else {
            panic!("a document is an object");
        };
        masked(&document, KEYS).into()
    }

    #[test]
    fn of_a_uri_only_the_password_is_hidden() {
        for (text, expected) in [
            (
                "postgresql://asterisk:hunter2@localhost/asterisk?application_name=x",
                "postgresql://asterisk:***@localhost/asterisk?application_name=x",
            ),
            (
                "postgresql://me@/x?password=hunter2&a=b",
                "postgresql://me@/x?password=***&a=b",
            ),
            ("postgresql://me:hun@ter2@h/x", "postgresql://me:***@h/x"),
            ("postgresql://me:hun/ter2@h/x", "postgresql://me:***@h/x"),
            ("postgresql://me:hun?ter2@h/x", "postgresql://***"),
            ("postgresql://h/x", "postgresql://h/x"),
            ("sqlite:///var/lib/x.sqlite", "sqlite:///var/lib/x.sqlite"),
            (
                "amqp://guest:guest@localhost:5672/",
                "amqp://guest:***@localhost:5672/",
            ),
        ] {
            assert_eq!(uri(text), expected, "{text}");
        }
    }

    #[test]
    fn secret_keys_are_hidden_wherever_they_are_and_others_stay() {
        let document = shown(json!({
            "db_uri": "host=x password=hunter2",
            "bootstrap_user_password": "hunter2",
            "bootstrap_user_username": "root",
            "log_level": "warning",
            "consul": {"token": "hunter2", "host": "c", "acl": {"secret_id": "hunter2"}},
            "google": {
                "client_id": "id", "client_secret": "hunter2", "token_url": "https://g/token",
                "nested": [{"api_key": "hunter2", "url": "https://me:hunter2@g/"}],
                "private-key": ["hunter2"],
            },
            "saml": {"key_file": "/x", "domains": {"a": {"password": "hunter2", "b": 1}}},
            "unknown_password": 12,
            "default_policies": {"token": {"acl": ["auth.#"]}},
        }));
        assert!(!document.to_string().contains("hunter2"), "{document:#}");
        assert_eq!(
            document,
            json!({
                "db_uri": "***",
                "bootstrap_user_password": "***",
                "bootstrap_user_username": "root",
                "log_level": 30,
                "consul": {"token": "***", "host": "c", "acl": {"secret_id": "***"}},
                "google": {
                    "client_id": "id", "client_secret": "***", "token_url": "https://g/token",
                    "nested": [{"api_key": "***", "url": "https://me:***@g/"}],
                    "private-key": "***",
                },
                "saml": {"key_file": "/x", "domains": {"a": {"password": "***", "b": 1}}},
                "unknown_password": "***",
                "default_policies": {"token": {"acl": ["auth.#"]}},
            })
        );
    }

    #[test]
    fn nothing_stays_nothing() {
        let document = json!({"bootstrap_user_password": null, "x": {"password": null}});
        assert_eq!(shown(document.clone()), document);
    }
}
