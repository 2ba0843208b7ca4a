//! The backend `wazo_user`: logins of the users that wazo-auth itself keeps.

use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict};

/// The backend. Passwords, users and policies stay with the daemon.
pub struct WazoUser;

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

    /// What the metadata plugins of the user's purpose say, and nothing beside it.
    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        call.purposes().get_token_metadata(login)
    }

    /// First what every login gets, then the groups', last the user's own. What comes twice stays
    /// twice, since clients see this list as it is.
    fn get_acl(&self, call: &Call, login: &str) -> PluginResult<Vec<String>> {
        let user = call.user_service().get_user_by_login(login)?;
        let given = call.args().texts("acl");
        let mut acl: Vec<String> = given.into_iter().map(str::to_owned).collect();
        acl.extend(call.group_service().get_acl(&user.uuid)?);
        acl.extend(call.user_service().get_acl(&user.uuid)?);
        Ok(acl)
    }

    fn get_persistent_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        call.purposes().get_persistent_metadata(login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::{
        PluginError, Value, json,
        mock::{MockHost, TENANT},
    };

    const USER: &str = "6a1c3f52-9d7b-4e0a-8c64-5b2f7e9d1a30";

    /// A daemon that keeps `alice`.
    fn daemon() -> MockHost {
        let daemon = MockHost::new();
        daemon
            .needs(&[
                "user_service.verify_password",
                "user_service.get_user_by_login",
                "user_service.get_acl",
                "group_service.get_acl",
                "purposes.get_token_metadata",
                "purposes.get_persistent_metadata",
            ])
            .on("user_service.verify_password", |args| {
                let verdict = match (text(args, "login"), text(args, "password")) {
                    ("alice", "wonderland") => "accepted",
                    ("alice", _) => "refused",
                    _ => "unknown_login",
                };
                Ok(json!({ "verdict": verdict }))
            })
            .on("user_service.get_user_by_login", |args| {
                known(args)?;
                Ok(json!({
                    "uuid": USER, "tenant_uuid": TENANT, "purpose": "user", "username": "alice",
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
            })
            .on("purposes.get_token_metadata", |args| {
                known(args)?;
                Ok(json!({ "fresh": text(args, "login") }))
            })
            .on("purposes.get_persistent_metadata", |args| {
                known(args)?;
                Ok(json!({ "kept": text(args, "login") }))
            });
        daemon
    }

    fn known(args: &Value) -> PluginResult<()> {
        match text(args, "login") {
            "alice" => Ok(()),
            _ => Err(PluginError::api(404, "unknown-user", "No such user")),
        }
    }

    fn text<'a>(args: &'a Value, name: &str) -> &'a str {
        args.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    #[test]
    fn the_daemon_decides_on_the_password() -> PluginResult<()> {
        let daemon = daemon();
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
    fn the_metadata_are_those_of_the_purpose() -> PluginResult<()> {
        let daemon = daemon();
        let backend = daemon.backend::<WazoUser>(Value::Null)?;
        let call = daemon.call();
        let metadata = backend.get_metadata(&call, "alice")?;
        assert_eq!(json!(metadata), json!({ "fresh": "alice" }));
        let kept = backend.get_persistent_metadata(&call, "alice")?;
        assert_eq!(json!(kept), json!({ "kept": "alice" }));
        Ok(())
    }

    #[test]
    fn the_accesses_are_those_given_then_the_groups_then_the_users_own() -> PluginResult<()> {
        let daemon = daemon();
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
        let daemon = daemon();
        let backend = daemon.backend::<WazoUser>(Value::Null)?;
        let metadata = backend.get_metadata(&daemon.call(), "mallory");
        assert_eq!(metadata.err().and_then(|error| error.status()), Some(404));
        assert!(backend.get_acl(&daemon.call(), "mallory").is_err());
        Ok(())
    }
}
