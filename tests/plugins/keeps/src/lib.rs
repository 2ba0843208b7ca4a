//! The backend `keeps`, which accepts every password and gives refresh tokens something to keep.

use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict, json};

struct Keeps;

impl Backend for Keeps {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    /// Shows the arguments that it got, too.
    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        let user = call.user_service().get_user_by_login(login)?;
        let mut metadata = Map::from_iter([
            ("auth_id".to_owned(), json!(user.uuid)),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
            ("source".to_owned(), json!("fresh")),
            ("client".to_owned(), json!(call.args().text("client_id"))),
        ]);
        if let Some(kept) = call.args().get("persistent_metadata") {
            metadata.insert("given".to_owned(), kept.clone());
        }
        Ok(metadata)
    }

    fn get_persistent_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        Ok(Map::from_iter([
            ("kept".to_owned(), json!(login)),
            ("source".to_owned(), json!("kept")),
            ("agent".to_owned(), json!(call.args().text("user_agent"))),
        ]))
    }
}

wazo_auth_plugin::export! {
    backend "keeps" => Keeps,
    needs "user_service.get_user_by_login",
}
