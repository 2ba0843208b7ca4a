//! The metadata plugins that every purpose has: who the user is.

use wazo_auth_plugin::{Call, Config, Map, Metadata, PluginResult, Value, json, services::User};

/// `default_user`: the account of a person, who has a line on the PBX under the same id.
pub struct DefaultUser;

/// `default_internal`: the account of a service of the platform.
pub struct DefaultInternal;

/// `default_external_api`: the account of a program of somebody else.
pub struct DefaultExternalApi;

impl Metadata for DefaultUser {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn get_token_metadata(&self, call: &Call, _login: &str, user: &User) -> PluginResult<Map> {
        let mut metadata = with_purpose(call, user, "user");
        metadata.insert("pbx_user_uuid".to_owned(), json!(user.uuid));
        Ok(metadata)
    }
}

impl Metadata for DefaultInternal {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn get_token_metadata(&self, call: &Call, _login: &str, user: &User) -> PluginResult<Map> {
        Ok(with_purpose(call, user, "internal"))
    }
}

impl Metadata for DefaultExternalApi {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn get_token_metadata(&self, call: &Call, _login: &str, user: &User) -> PluginResult<Map> {
        Ok(with_purpose(call, user, "external_api"))
    }
}

/// The members in the order that clients get them in. The purpose is the plugin's, whoever is asked
/// about.
fn with_purpose(call: &Call, user: &User, purpose: &str) -> Map {
    let mut metadata = user.metadata(call);
    metadata.insert("purpose".to_owned(), Value::from(purpose));
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::mock::{MockHost, MockMetadata, TENANT, XIVO_UUID};

    const USER: &str = "6a1c3f52-9d7b-4e0a-8c64-5b2f7e9d1a30";

    #[test]
    fn the_members_keep_their_order_and_only_people_have_a_line() -> PluginResult<()> {
        let daemon = MockHost::new();
        let plugins: [(MockMetadata, &str, Value); 3] = [
            (
                daemon.metadata::<DefaultUser>(Value::Null)?,
                "user",
                json!(USER),
            ),
            (
                daemon.metadata::<DefaultInternal>(Value::Null)?,
                "internal",
                Value::Null,
            ),
            (
                daemon.metadata::<DefaultExternalApi>(Value::Null)?,
                "external_api",
                Value::Null,
            ),
        ];
        let user = json!({ "uuid": USER, "tenant_uuid": TENANT, "purpose": "other" });
        for (plugin, purpose, pbx_user_uuid) in plugins {
            let metadata = plugin.get_token_metadata(&daemon.call(), "alice", &user)?;
            assert_eq!(
                Value::Object(metadata).to_string(),
                json!({
                    "uuid": USER,
                    "tenant_uuid": TENANT,
                    "auth_id": USER,
                    "pbx_user_uuid": pbx_user_uuid,
                    "xivo_uuid": XIVO_UUID,
                    "purpose": purpose,
                })
                .to_string()
            );
            let kept = plugin.get_persistent_metadata(&daemon.call(), "alice", &user)?;
            assert!(kept.is_empty());
        }
        Ok(())
    }
}
