//! What tokens say of users: each purpose has metadata plugins, whose answers are put together.

use serde_json::{Map, Value, json};
use wazo_auth_database::queries::user::User;
use wazo_auth_plugin_host::{CallContext, CallError, MetadataEntry, Registry};

use crate::{
    context::Context,
    user::{self, UserError},
};

/// The purposes that users can have, and the plugin that each of them begins with.
const MANDATORY: [(&str, &str); 3] = [
    ("user", "default_user"),
    ("internal", "default_internal"),
    ("external_api", "default_external_api"),
];

/// Why there are no metadata.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Nobody owns the login, or the database failed.
    #[error(transparent)]
    User(#[from] UserError),
    /// A metadata plugin failed.
    #[error("metadata {plugin:?}: {source}")]
    Plugin {
        /// The plugin.
        plugin: String,
        /// Why.
        #[source]
        source: CallError,
    },
    /// The daemon stops, or its plugins are not loaded yet.
    #[error("the plugins are not there")]
    NoPlugins,
}

/// The metadata plugins of each purpose, in the order that they are asked in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purposes(Vec<(&'static str, Vec<String>)>);

impl Purposes {
    /// Puts the plugins that are `mapped` to a purpose behind its own. What is not `started`, is there
    /// already, or is for no purpose is left out; the second answer has a line for whoever should know.
    #[must_use]
    pub fn new(
        mapped: &[(String, Vec<String>)],
        started: impl Fn(&str) -> bool,
    ) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let mut purposes = Vec::new();
        for (purpose, plugin) in MANDATORY {
            let mut plugins = Vec::new();
            if started(plugin) {
                plugins.push(plugin.to_owned());
            } else {
                warnings.push(format!(
                    "Purposes must have the following metadata plugins enabled: {plugin}"
                ));
            }
            purposes.push((purpose, plugins));
        }
        for (purpose, plugins) in mapped {
            let Some((_, known)) = purposes.iter_mut().find(|(name, _)| name == purpose) else {
                warnings.push(format!("Configuration has undefined purpose: {purpose}"));
                continue;
            };
            for plugin in plugins {
                if !started(plugin) {
                    warnings.push(format!(
                        "A purpose has been assigned to an invalid metadata plugin: {plugin}"
                    ));
                } else if !known.contains(plugin) {
                    known.push(plugin.clone());
                }
            }
        }
        (Self(purposes), warnings)
    }

    fn plugins_of(&self, purpose: &str) -> &[String] {
        self.0
            .iter()
            .find(|(name, _)| *name == purpose)
            .map_or(&[], |(_, plugins)| plugins)
    }
}

/// A method of metadata plugins.
type Method =
    fn(&MetadataEntry, &CallContext, &str, &Value) -> Result<Map<String, Value>, CallError>;

/// What goes into a token of the user who owns `login`.
///
/// # Errors
///
/// [`MetadataError::User`] for an unknown login; the first plugin that fails ends it.
pub fn get_token_metadata(cx: &Context, login: &str) -> Result<Map<String, Value>, MetadataError> {
    union(cx, login, MetadataEntry::get_token_metadata)
}

/// What a refresh token of that user keeps.
///
/// # Errors
///
/// As for [`get_token_metadata`].
pub fn get_persistent_metadata(
    cx: &Context,
    login: &str,
) -> Result<Map<String, Value>, MetadataError> {
    union(cx, login, MetadataEntry::get_persistent_metadata)
}

/// What the plugins of the user's purpose answer, later ones over earlier ones.
fn union(cx: &Context, login: &str, method: Method) -> Result<Map<String, Value>, MetadataError> {
    let registry = cx.services().plugins().ok_or(MetadataError::NoPlugins)?;
    let purposes = (cx.services().purposes()).ok_or(MetadataError::NoPlugins)?;
    let user = user::get_by_login(cx, login)?;
    let shown = describe(&user);
    let mut metadata = Map::new();
    for name in purposes.plugins_of(&user.purpose) {
        // What is not there was not started, and has been left out.
        if let Some(plugin) = registry.metadata(name) {
            let answer = method(&plugin, cx.call(), login, &shown);
            metadata.extend(answer.map_err(|source| MetadataError::Plugin {
                plugin: name.clone(),
                source,
            })?);
        }
    }
    Ok(metadata)
}

/// A user, as plugins see it.
pub(crate) fn describe(user: &User) -> Value {
    json!({
        "uuid": user.uuid.as_str(),
        "tenant_uuid": user.tenant_uuid.as_str(),
        "purpose": user.purpose,
        "username": user.username,
        "enabled": user.enabled,
        "authentication_method": user.authentication_method,
    })
}

/// Finds out which plugins each purpose has, and says in the log what is missing.
#[must_use]
pub fn assign(mapped: &[(String, Vec<String>)], registry: &Registry) -> Purposes {
    let (purposes, warnings) = Purposes::new(mapped, |name| registry.metadata(name).is_some());
    for warning in warnings {
        log::warn!("{warning}");
    }
    purposes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(entries: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        entries
            .iter()
            .map(|(purpose, names)| ((*purpose).to_owned(), owned(names)))
            .collect()
    }

    #[test]
    fn plugins_come_behind_the_one_of_the_purpose_each_once() {
        let mapped = mapped(&[
            ("user", &["b", "default_user", "a", "b", "default_internal"]),
            ("internal", &["a"]),
        ]);
        let (purposes, warnings) = Purposes::new(&mapped, |_| true);
        assert_eq!(
            purposes.plugins_of("user"),
            ["default_user", "b", "a", "default_internal"]
        );
        assert_eq!(purposes.plugins_of("internal"), ["default_internal", "a"]);
        assert_eq!(
            purposes.plugins_of("external_api"),
            ["default_external_api"]
        );
        assert!(purposes.plugins_of("unknown").is_empty());
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn what_cannot_be_is_left_out_and_said() {
        let mapped = mapped(&[("person", &["a"]), ("user", &["a", "nowhere", "b"])]);
        let (purposes, warnings) =
            Purposes::new(&mapped, |name| !["nowhere", "default_user"].contains(&name));
        assert_eq!(purposes.plugins_of("user"), ["a", "b"]);
        assert_eq!(
            warnings,
            [
                "Purposes must have the following metadata plugins enabled: default_user",
                "Configuration has undefined purpose: person",
                "A purpose has been assigned to an invalid metadata plugin: nowhere",
            ]
        );
    }
}
