//! The metadata plugin `user_admin_status`: whether the user is an administrator.

use wazo_auth_plugin::{Call, Config, Map, Metadata, PluginResult, json, services::User};

/// Slug of the policy that makes an administrator of whoever has it itself.
const POLICY: &str = "wazo_default_admin_policy";
/// Slug of the group whose members are administrators.
const GROUP: &str = "wazo_default_admin_group";

/// Says whether the user has a certain policy, not through a group, or is in a certain group.
pub struct UserAdminStatus;

impl Metadata for UserAdminStatus {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn get_token_metadata(&self, call: &Call, _login: &str, user: &User) -> PluginResult<Map> {
        let users = call.user_service();
        let policies = users.list_policies(&user.uuid)?;
        let admin = policies.iter().any(|policy| policy.slug == POLICY)
            || (users.list_groups(&user.uuid)?)
                .iter()
                .any(|group| group.slug == GROUP);
        Ok(Map::from_iter([("admin".to_owned(), json!(admin))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::{
        Value,
        mock::{MockHost, TENANT},
    };

    #[test]
    fn the_policy_or_the_group_makes_an_administrator() -> PluginResult<()> {
        for (policy, group, admin) in [
            (POLICY, "x", true),
            ("x", GROUP, true),
            ("x", "x", false),
            (GROUP, POLICY, false),
            (
                "Wazo_default_admin_policy",
                "WAZO_default_admin_group",
                false,
            ),
        ] {
            let daemon = MockHost::new();
            let list = |slug: &'static str| {
                move |args: &Value| {
                    assert_eq!(*args, json!({ "user_uuid": "u" }));
                    Ok(json!([{ "uuid": "p", "name": "n", "slug": slug, "tenant_uuid": TENANT }]))
                }
            };
            daemon
                .on("user_service.list_policies", list(policy))
                .on("user_service.list_groups", list(group));
            let plugin = daemon.metadata::<UserAdminStatus>(Value::Null)?;
            let user = json!({ "uuid": "u", "tenant_uuid": TENANT, "purpose": "user" });
            let metadata = plugin.get_token_metadata(&daemon.call(), "alice", &user)?;
            assert_eq!(
                json!(metadata),
                json!({ "admin": admin }),
                "{policy} {group}"
            );
        }
        Ok(())
    }
}
