//! A second plugin with the backend of the example. Nobody can tell which one is meant, so neither is
//! used.

use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict};

struct Duplicate;

impl Backend for Duplicate {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        Ok(Map::new())
    }
}

wazo_auth_plugin::export! { backend "example" => Duplicate }
