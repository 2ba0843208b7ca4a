//! A plugin's section of the daemon's configuration.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Map, PluginError, PluginResult, document};

/// A plugin's section of the daemon's configuration; empty when there is none.
///
/// Errors name the key and what it should be, and never the value, which may be a password.
#[derive(Clone, PartialEq)]
pub struct Config(Value);

impl Config {
    pub(crate) fn parse(text: &str) -> PluginResult<Self> {
        match document::read("configuration", text)? {
            Value::Null => Ok(Self(Value::Object(Map::new()))),
            section => Ok(Self(section)),
        }
    }

    /// The value of `key`. A key that is not there is an error, unless `T` is an [`Option`].
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> PluginResult<T> {
        let value = self.0.get(key).unwrap_or(&Value::Null);
        if let Some(found) = deserialize_absent::<T>(value) {
            return found
                .ok_or_else(|| PluginError::configuration(format!("the key `{key}` is missing")));
        }
        serde_path_to_error::deserialize(value).map_err(|error| explain(Some(key), &error))
    }

    /// The whole section as a structure of your own.
    pub fn deserialize<T: DeserializeOwned>(&self) -> PluginResult<T> {
        serde_path_to_error::deserialize(&self.0).map_err(|error| explain(None, &error))
    }

    /// The whole section as it is.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

// Keys only: values may be passwords.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.0.as_object().into_iter().flat_map(Map::keys).collect();
        f.debug_tuple("Config").field(&keys).finish()
    }
}

/// For a value that is not there: what `T` makes of that, if anything.
fn deserialize_absent<T: DeserializeOwned>(value: &Value) -> Option<Option<T>> {
    value.is_null().then(|| T::deserialize(value).ok())
}

/// Says where the configuration is wrong, and how.
fn explain(
    key: Option<&str>,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> PluginError {
    let inner = error.path().to_string();
    let path = match (key, inner.as_str()) {
        (None, ".") => None,
        (None, inner) => Some(inner.to_owned()),
        (Some(key), ".") => Some(key.to_owned()),
        (Some(key), inner) if inner.starts_with('[') => Some(format!("{key}{inner}")),
        (Some(key), inner) => Some(format!("{key}.{inner}")),
    };
    let problem = without_value(&error.inner().to_string());
    PluginError::configuration(match path {
        Some(path) => format!("the key `{path}` is wrong: {problem}"),
        None => problem,
    })
}

/// An error of serde without the value that it quotes.
fn without_value(message: &str) -> String {
    let quotes_value = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ]
    .iter()
    .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if quotes_value => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn config(text: &str) -> Config {
        Config::parse(text).unwrap_or_else(|error| Config(Value::from(error.message())))
    }

    fn message<T>(result: PluginResult<T>) -> String {
        result
            .err()
            .map_or_else(String::new, |error| error.message().to_owned())
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Section {
        #[expect(dead_code, reason = "the tests look at errors alone")]
        server: Server,
    }

    #[derive(Debug, Deserialize)]
    struct Server {
        #[expect(dead_code, reason = "the tests look at errors alone")]
        port: u16,
    }

    #[test]
    fn a_key_is_read_as_the_type_that_is_wanted() {
        let config = config(r#"{"uri": "ldap://x", "ports": [1, 2]}"#);
        assert_eq!(
            config.get::<String>("uri").ok().as_deref(),
            Some("ldap://x")
        );
        assert_eq!(config.get::<Vec<u16>>("ports").ok(), Some(vec![1, 2]));
        assert_eq!(config.get::<Option<u16>>("timeout").ok(), Some(None));
    }

    #[test]
    fn errors_name_the_key_but_not_the_value() {
        let config = config(r#"{"password": 1234, "ports": [1, "s3cre7, expected x"]}"#);
        assert_eq!(
            message(config.get::<String>("uri")),
            "the key `uri` is missing"
        );
        assert_eq!(
            message(config.get::<String>("password")),
            "the key `password` is wrong: expected a string"
        );
        assert_eq!(
            message(config.get::<Vec<u16>>("ports")),
            "the key `ports[1]` is wrong: expected u16"
        );
    }

    #[test]
    fn errors_in_a_structure_name_the_path() {
        assert_eq!(
            message(config(r#"{"server": {"port": "x"}}"#).deserialize::<Section>()),
            "the key `server.port` is wrong: expected u16"
        );
        assert_eq!(
            message(config("").deserialize::<Section>()),
            "missing field `server`"
        );
        assert!(message(config(r#"{"sevrer": {}}"#).deserialize::<Section>()).contains("`sevrer`"));
    }

    #[test]
    fn debug_shows_keys_alone() {
        assert_eq!(
            format!("{:?}", config(r#"{"password": "x"}"#)),
            r#"Config(["password"])"#
        );
    }
}
