//! An example of a backend: three users that never change.
//!
//! `docs/plugins.md` walks through it.

use wazo_auth_plugin::{
    Backend, Call, Config, Map, PluginError, PluginResult, Secret, Verdict, json,
};

/// Someone who may log in.
struct User {
    login: &'static str,
    password: &'static str,
    uuid: &'static str,
    access: &'static str,
}

/// Passwords in a source file are for an example; a real backend asks whoever keeps them.
const USERS: [User; 3] = [
    User {
        login: "alice",
        password: "s3cre7",
        uuid: "a3a2c1e4-5f0b-4d52-9b7e-6d1f0c4b8a01",
        access: "example.alice.read",
    },
    User {
        login: "bob",
        password: "abc123",
        uuid: "b7d4e9f2-1c38-4f6a-8e25-93b0a7d5c602",
        access: "example.bob.read",
    },
    User {
        login: "charlie",
        password: "lovecat",
        uuid: "c91f6b85-7e2d-4a03-b4c8-2f5e8d1a9703",
        access: "example.charlie.read",
    },
];

struct Example;

impl Example {
    fn find(&self, login: &str) -> Option<&'static User> {
        USERS.iter().find(|user| user.login == login)
    }

    /// For the methods that the daemon calls after a password was accepted.
    fn accepted(&self, login: &str) -> PluginResult<&'static User> {
        self.find(login)
            .ok_or_else(|| PluginError::refused(format!("there is no user {login:?}")))
    }
}

impl Backend for Example {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(
        &self,
        _call: &Call,
        login: &str,
        password: &Secret,
    ) -> PluginResult<Verdict> {
        let Some(user) = self.find(login) else {
            return Ok(Verdict::UnknownLogin);
        };
        if *password == user.password {
            Ok(Verdict::accepted())
        } else {
            Ok(Verdict::Refused)
        }
    }

    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        let user = self.accepted(login)?;
        Ok(Map::from_iter([
            ("auth_id".to_owned(), json!(user.uuid)),
            ("username".to_owned(), json!(user.login)),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
            ("pbx_user_uuid".to_owned(), json!(null)),
        ]))
    }

    fn get_acl(&self, _call: &Call, login: &str) -> PluginResult<Vec<String>> {
        let user = self.accepted(login)?;
        Ok(vec![user.access.to_owned()])
    }
}

wazo_auth_plugin::export! { backend "example" => Example }

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::{
        ErrorKind, Value,
        mock::{MockHost, XIVO_UUID},
    };

    #[test]
    fn a_user_logs_in_with_their_own_password_alone() -> PluginResult<()> {
        let daemon = MockHost::new();
        let example = daemon.backend::<Example>(Value::Null)?;
        let verify = |login: &str, password: &str| {
            example.verify_password(&daemon.call(), login, &Secret::new(password))
        };
        for (login, password) in [
            ("alice", "s3cre7"),
            ("bob", "abc123"),
            ("charlie", "lovecat"),
        ] {
            assert_eq!(verify(login, password)?, Verdict::accepted());
            assert_eq!(verify(login, "wrong")?, Verdict::Refused);
            assert_eq!(verify(login, "")?, Verdict::Refused);
        }
        assert_eq!(verify("alice", "abc123")?, Verdict::Refused);
        assert_eq!(verify("mallory", "s3cre7")?, Verdict::UnknownLogin);
        Ok(())
    }

    #[test]
    fn the_metadata_says_who_it_is() -> PluginResult<()> {
        let daemon = MockHost::new();
        let example = daemon.backend::<Example>(Value::Null)?;
        assert_eq!(
            Value::Object(example.get_metadata(&daemon.call(), "alice")?),
            json!({
                "auth_id": "a3a2c1e4-5f0b-4d52-9b7e-6d1f0c4b8a01",
                "username": "alice",
                "xivo_uuid": XIVO_UUID,
                "pbx_user_uuid": null,
            })
        );
        let stranger = example.get_metadata(&daemon.call(), "mallory");
        assert_eq!(
            stranger.err().map(|error| error.kind()),
            Some(ErrorKind::Refused)
        );
        Ok(())
    }

    #[test]
    fn each_user_has_one_access_of_their_own() -> PluginResult<()> {
        let daemon = MockHost::new();
        let example = daemon.backend::<Example>(Value::Null)?;
        for user in USERS {
            let acl = example.get_acl(&daemon.call(), user.login)?;
            assert_eq!(acl, [format!("example.{}.read", user.login)]);
        }
        Ok(())
    }
}
