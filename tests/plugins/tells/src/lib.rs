//! Metadata plugins of all sorts, and a backend that shows what it is given.

mod internal_token;

use std::{path::PathBuf, thread, time::Duration};

use wazo_auth_plugin::{
    Backend, Call, Config, ErrorKind, Map, Metadata, PluginError, PluginResult, Secret, Value,
    Verdict, json, services::User,
};

use internal_token::InternalToken;

/// `colour`: overwrites what others say, shows what it was told, and keeps something.
struct Colour {
    colour: String,
}

impl Metadata for Colour {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Ok(Self {
            colour: config.get("colour")?,
        })
    }

    fn get_token_metadata(&self, call: &Call, login: &str, user: &User) -> PluginResult<Map> {
        Ok(Map::from_iter([
            ("colour".to_owned(), json!(self.colour)),
            ("xivo_uuid".to_owned(), json!(null)),
            ("kept".to_owned(), json!("fresh")),
            (
                "told".to_owned(),
                json!([
                    login,
                    user.uuid,
                    user.tenant_uuid,
                    user.purpose,
                    user.username,
                    user.enabled,
                    user.authentication_method,
                    call.args().text("client_id"),
                ]),
            ),
        ]))
    }

    fn get_persistent_metadata(&self, _: &Call, login: &str, _: &User) -> PluginResult<Map> {
        Ok(Map::from_iter([
            ("colour_kept".to_owned(), json!(self.colour)),
            ("kept".to_owned(), json!(login)),
        ]))
    }
}

/// `plain`: what the SDK answers for whoever writes nothing.
struct Plain;

impl Metadata for Plain {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }
}

/// `no_start`: cannot be started.
struct NoStart;

impl Metadata for NoStart {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Err(PluginError::configuration("on purpose"))
    }
}

/// `fails`: fails in the way that the login names.
struct Fails {
    gate: PathBuf,
}

impl Metadata for Fails {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Ok(Self {
            gate: config.get::<Option<PathBuf>>("gate")?.unwrap_or_default(),
        })
    }

    fn get_token_metadata(&self, call: &Call, login: &str, _user: &User) -> PluginResult<Map> {
        match login {
            "error" => Err(PluginError::internal("on purpose")),
            "refuse" => Err(PluginError::refused("on purpose")),
            "api" => Err(PluginError::api(418, "teapot", "I am a teapot")),
            "panic" => panic!("on purpose"),
            "hang" => {
                // Where nobody waits for it, nobody misses it.
                drop(std::fs::write(self.gate.join("reached"), ""));
                while !self.gate.join("open").exists() {
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(Map::new())
            }
            "recurse" => call.purposes().get_token_metadata(login),
            "recurse_apart" => {
                let host = call.host().clone();
                let asked = thread::spawn(move || host.purposes().get_token_metadata("alice"));
                let refused = asked
                    .join()
                    .map_err(|_| PluginError::internal("the thread panicked"))?
                    .is_err_and(|error| error.kind() == ErrorKind::Internal);
                Ok(Map::from_iter([("refused".to_owned(), json!(refused))]))
            }
            _ => Ok(Map::new()),
        }
    }

    fn get_persistent_metadata(&self, _: &Call, login: &str, _: &User) -> PluginResult<Map> {
        match login {
            "fail_to_keep" => Err(PluginError::internal("on purpose")),
            _ => Ok(Map::new()),
        }
    }
}

/// `mirror`: a backend that lets everybody in, shows its arguments, and asks no metadata plugin.
struct Mirror;

impl Backend for Mirror {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, call: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        let args = Value::Object(call.args().as_map().clone());
        Ok(Verdict::accepted().with("seen", args))
    }

    fn get_metadata(&self, call: &Call, _login: &str) -> PluginResult<Map> {
        Ok(Map::from_iter([
            (
                "auth_id".to_owned(),
                json!("b7d94c1e-6f20-4a83-9e5b-0c1d2f3a4b5c"),
            ),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
            ("seen".to_owned(), json!(call.args().get("seen"))),
        ]))
    }

    fn get_acl(&self, call: &Call, _login: &str) -> PluginResult<Vec<String>> {
        let given = call.args().texts("acl");
        Ok(given.into_iter().map(str::to_owned).collect())
    }
}

wazo_auth_plugin::export! {
    metadata "colour" => Colour,
    metadata "plain" => Plain,
    metadata "no_start" => NoStart,
    metadata "fails" => Fails,
    metadata "internal_token" => InternalToken,
    backend "mirror" => Mirror,
    needs "purposes.get_token_metadata",
        "token_service.new_token_internal",
        "token_service.remove_token",
}
