//! The metadata plugin `@NAME@`: what tokens say of users, from the configuration.

use std::collections::HashMap;

use wazo_auth_plugin::{Call, Config, Map, Metadata, PluginResult, json, services::User};

struct Plugin {
    of: HashMap<String, String>,
}

impl Metadata for Plugin {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Ok(Self {
            of: config.get("of")?,
        })
    }

    fn get_token_metadata(&self, _call: &Call, _login: &str, user: &User) -> PluginResult<Map> {
        let name = user.username.as_deref().unwrap_or_default();
        let known = json!(self.of.get(name));
        Ok(Map::from_iter([("@NAME@".to_owned(), known)]))
    }
}

wazo_auth_plugin::export! { metadata "@NAME@" => Plugin }

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::mock::{MockHost, TENANT};

    #[test]
    fn a_token_says_what_the_configuration_knows_of_its_user() -> PluginResult<()> {
        let daemon = MockHost::new();
        let plugin = daemon.metadata::<Plugin>(json!({ "of": { "alice": "tea" } }))?;
        for (name, known) in [("alice", json!("tea")), ("bob", json!(null))] {
            let user = json!({
                "uuid": "@UUID@",
                "tenant_uuid": TENANT,
                "purpose": "user",
                "username": name,
            });
            let metadata = plugin.get_token_metadata(&daemon.call(), name, &user)?;
            assert_eq!(metadata["@NAME@"], known);
        }
        Ok(())
    }
}
