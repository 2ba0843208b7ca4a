//! A plugin whose panics end the process: it is built with `panic = "abort"`, and must not be loaded.

use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict};

struct Abort;

impl Backend for Abort {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, login: &str, _: &Secret) -> PluginResult<Verdict> {
        panic!("nobody catches this: {login}");
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        Ok(Map::new())
    }
}

wazo_auth_plugin::export! { backend "abort" => Abort }
