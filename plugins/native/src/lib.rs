//! The backend `wazo_user`: logins of the users that wazo-auth itself keeps.
//!
//! Passwords, users and policies stay with the daemon; what is decided here is what a token of such
//! a user holds.

use wazo_auth_plugin::{
    Backend, Call, Config, Map, PluginResult, Secret, Verdict, json, services::User,
};

struct WazoUser;

impl Backend for WazoUser {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(
        &self,
        call: &Call,
        login: &str,
        password: &Secret,
    ) -> PluginResult<Verdict> {
        call.user_service().verify_password(login, password)
    }

    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        let user = call.user_service().get_user_by_login(login)?;
        Ok(metadata(&user, call.xivo_uuid()))
    }

    /// First what the token would have anyway, then the groups', last the user's own. What comes
    /// twice stays twice, since clients see this list as it is.
    fn get_acl(&self, call: &Call, login: &str) -> PluginResult<Vec<String>> {
        let user = call.user_service().get_user_by_login(login)?;
        let given = call.args().texts("acl");
        let mut acl: Vec<String> = given.into_iter().map(str::to_owned).collect();
        acl.extend(call.group_service().get_acl(&user.uuid)?);
        acl.extend(call.user_service().get_acl(&user.uuid)?);
        Ok(acl)
    }
}

/// The members in the order that clients get them in.
fn metadata(user: &User, xivo_uuid: Option<&str>) -> Map {
    // Only people have a line on the PBX; accounts of programs have not.
    let pbx_user_uuid = (user.purpose == "user").then_some(&user.uuid);
    Map::from_iter([
        ("uuid".to_owned(), json!(user.uuid)),
        ("tenant_uuid".to_owned(), json!(user.tenant_uuid)),
        ("auth_id".to_owned(), json!(user.uuid)),
        ("pbx_user_uuid".to_owned(), json!(pbx_user_uuid)),
        ("xivo_uuid".to_owned(), json!(xivo_uuid)),
        ("purpose".to_owned(), json!(user.purpose)),
    ])
}

wazo_auth_plugin::export! {
    backend "wazo_user" => WazoUser,
    needs "user_service.verify_password",
        "user_service.get_user_by_login",
        "user_service.get_acl",
        "group_service.get_acl",
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::{
        PluginError, Value,
        mock::{MockHost, TENANT, XIVO_UUID},
    };

    const USER: &str = "6a1c3f52-9d7b-4e0a-8c64-5b2f7e9d1a30";

    /// A daemon that keeps `alice`, whose account is for `purpose`.
    fn daemon(purpose: &'static str) -> MockHost {
        let daemon = MockHost::new();
        daemon
            .needs(&[
                "user_service.verify_password",
                "user_service.get_user_by_login",
                "user_service.get_acl",
                "group_service.get_acl",
            ])
            .on("user_service.verify_password", |args| {
                let verdict = match (text(args, "login"), text(args, "password")) {
                    ("alice", "wonderland") => "accepted",
                    ("alice", _) => "refused",
                    _ => "unknown_login",
                };
                Ok(json!({ "verdict": verdict }))
            })
            .on("user_service.get_user_by_login", move |args| {
                if text(args, "login") != "alice" {
                    return Err(PluginError::api(404, "unknown-user", "No such user"));
                }
                Ok(json!({
                    "uuid": USER, "tenant_uuid": TENANT, "purpose": purpose, "username": "alice",
                    "enabled": true, "authentication_method": "native",
                }))
            })
            .on("user_service.get_acl", |args| {
                assert_eq!(text(args, "user_uuid"), USER);
                Ok(json!(["own", "both"]))
            })
            .on("group_service.get_acl", |args| {
                assert_eq!(text(args, "user_uuid"), USER);
                Ok(json!(["group", "both"]))
            });
        daemon
    }

    fn text<'a>(args: &'a Value, name: &str) -> &'a str {
        args.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    #[test]
    fn the_daemon_decides_on_the_password() -> PluginResult<()> {
        let daemon = daemon("user");
        let backend = daemon.backend::<WazoUser>(Value::Null)?;
        for (login, password, verdict) in [
            ("alice", "wonderland", Verdict::accepted()),
            ("alice", "wrong", Verdict::Refused),
            ("mallory", "wonderland", Verdict::UnknownLogin),
        ] {
            let answer = backend.verify_password(&daemon.call(), login, &Secret::new(password))?;
            assert_eq!(answer, verdict);
        }
        Ok(())
    }

    #[test]
    fn the_metadata_follows_the_purpose_and_keeps_its_order() -> PluginResult<()> {
        for (purpose, pbx_user_uuid) in [
            ("user", json!(USER)),
            ("internal", json!(null)),
            ("external_api", json!(null)),
        ] {
            let daemon = daemon(purpose);
            let backend = daemon.backend::<WazoUser>(Value::Null)?;
            let metadata = backend.get_metadata(&daemon.call(), "alice")?;
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
        }
        Ok(())
    }

    #[test]
    fn the_accesses_are_those_given_then_the_groups_then_the_users_own() -> PluginResult<()> {
        let daemon = daemon("user");
        let backend = daemon.backend::<WazoUser>(Value::Null)?;
        let call = daemon.call().args(json!({ "acl": ["given", "own"] }));
        assert_eq!(
            backend.get_acl(&call, "alice")?,
            ["given", "own", "group", "both", "own", "both"]
        );
        assert_eq!(
            backend.get_acl(&daemon.call(), "alice")?,
            ["group", "both", "own", "both"]
        );
        Ok(())
    }

    #[test]
    fn an_unknown_login_has_no_token() -> PluginResult<()> {
        let daemon = daemon("user");
        let backend = daemon.backend::<WazoUser>(Value::Null)?;
        let metadata = backend.get_metadata(&daemon.call(), "mallory");
        assert_eq!(metadata.err().and_then(|error| error.status()), Some(404));
        assert!(backend.get_acl(&daemon.call(), "mallory").is_err());
        Ok(())
    }
}
