//! The backend `@NAME@`: logins that stand in the configuration. Replace what it asks by what you have.

use std::collections::HashMap;

use wazo_auth_plugin::{
    Backend, Call, Config, Map, PluginError, PluginResult, Secret, Verdict, json,
};

/// One value of this serves all requests, from several threads at once.
struct Plugin {
    passwords: HashMap<String, Secret>,
    uuids: HashMap<String, String>,
}

impl Backend for Plugin {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Ok(Self {
            passwords: config.get("passwords")?,
            uuids: config.get("uuids")?,
        })
    }

    fn verify_password(
        &self,
        _call: &Call,
        login: &str,
        password: &Secret,
    ) -> PluginResult<Verdict> {
        Ok(match self.passwords.get(login) {
            // Another backend may know it.
            None => Verdict::UnknownLogin,
            Some(known) if known == password => Verdict::accepted(),
            Some(_) => Verdict::Refused,
        })
    }

    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        let uuid = self
            .uuids
            .get(login)
            .ok_or_else(|| PluginError::refused(format!("{login:?} has no UUID")))?;
        Ok(Map::from_iter([
            ("auth_id".to_owned(), json!(uuid)),
            ("username".to_owned(), json!(login)),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
        ]))
    }

    fn get_acl(&self, _call: &Call, login: &str) -> PluginResult<Vec<String>> {
        Ok(vec![format!("@NAME@.{login}.read")])
    }
}

wazo_auth_plugin::export! { backend "@NAME@" => Plugin }

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::{ErrorKind, mock::MockHost};

    const ALICE: &str = "@UUID@";

    #[test]
    fn who_stands_in_the_configuration_comes_in_with_the_password() -> PluginResult<()> {
        let daemon = MockHost::new();
        let backend = daemon.backend::<Plugin>(json!({
            "passwords": { "alice": "wonderland" },
            "uuids": { "alice": ALICE },
        }))?;
        let call = daemon.call();
        for (login, password, verdict) in [
            ("alice", "wonderland", Verdict::accepted()),
            ("alice", "looking-glass", Verdict::Refused),
            ("mallory", "wonderland", Verdict::UnknownLogin),
        ] {
            let answer = backend.verify_password(&call, login, &Secret::new(password))?;
            assert_eq!(answer, verdict, "{login} {password}");
        }
        assert_eq!(backend.get_metadata(&call, "alice")?["auth_id"], ALICE);
        assert_eq!(backend.get_acl(&call, "alice")?, ["@NAME@.alice.read"]);
        Ok(())
    }

    #[test]
    fn it_does_not_start_without_its_configuration() {
        let started = MockHost::new().backend::<Plugin>(json!({}));
        let kind = started.err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::Configuration));
    }
}
