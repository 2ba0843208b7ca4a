//! A plugin that panics wherever it can. What goes wrong must cost one call, and nothing else.
//!
//! The login says where the backend `panics` does it: `verify`, `metadata`, `acl`, `payload` (what the
//! panic carries panics when it is dropped) or `thread` (on a thread of the plugin's own; the login
//! succeeds). Any other login succeeds.

use std::thread;

use wazo_auth_plugin::{
    Backend, Call, Config, ExternalAuth, Map, PluginError, PluginResult, Request, Response, Route,
    Secret, Value, Verdict, json,
};

/// Who everybody is that logs in.
const AUTH_ID: &str = "d2b0f6c4-3a51-4e7f-8d19-6c5e0b7a9f31";

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped a bomb");
    }
}

struct Panics;

impl Backend for Panics {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, login: &str, _: &Secret) -> PluginResult<Verdict> {
        match login {
            "verify" => panic!("panicked while it verified"),
            "payload" => std::panic::panic_any(Bomb),
            "thread" => {
                let ended = thread::Builder::new()
                    .name("own".to_owned())
                    .spawn(|| panic!("panicked on a thread of its own"))?
                    .join();
                assert!(ended.is_err());
                Ok(Verdict::accepted())
            }
            _ => Ok(Verdict::accepted()),
        }
    }

    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        assert_ne!(login, "metadata", "panicked while it described");
        Ok(Map::from_iter([
            ("auth_id".to_owned(), json!(AUTH_ID)),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
        ]))
    }

    fn get_acl(&self, _call: &Call, login: &str) -> PluginResult<Vec<String>> {
        assert_ne!(login, "acl", "panicked while it granted");
        Ok(vec!["panics.read".to_owned()])
    }

    fn stop(&self, _call: &Call) -> PluginResult<()> {
        panic!("panicked while it stopped");
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("panicked while it was dropped");
    }
}

struct PanicsOnStart;

impl Backend for PanicsOnStart {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        panic!("panicked while it started");
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        Ok(Map::new())
    }
}

/// Panics in everything that the daemon asks of it after the start.
struct PanickingRoutes {
    in_routes: bool,
}

impl ExternalAuth for PanickingRoutes {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        let in_routes = config.get::<Option<bool>>("in_routes")?.unwrap_or(false);
        Ok(Self { in_routes })
    }

    fn routes(&self) -> Vec<Route> {
        assert!(!self.in_routes, "panicked while it named its routes");
        let path = "/users/{user_uuid}/external/panicking";
        let access = "auth.users.{user_uuid}.external.panicking";
        vec![
            Route::get(path, &format!("{access}.read"), 0),
            Route::post(path, &format!("{access}.create"), 1),
        ]
    }

    fn handle(&self, call: &Call, request: Request) -> PluginResult<Response> {
        if request.handler() == 0 {
            return Err(PluginError::internal(bomb()));
        }
        let data = request.json()?;
        let user = request.param("user_uuid")?;
        call.external_auth_service()
            .create(user, "panicking", &data)?;
        Ok(Response::json(200, &data))
    }

    fn filter_safe(&self, _call: &Call, _data: &Value) -> PluginResult<Value> {
        panic!("panicked while it filtered");
    }
}

fn bomb() -> String {
    panic!("panicked while it handled")
}

wazo_auth_plugin::export! {
    backend "panics" => Panics,
    backend "panics_on_start" => PanicsOnStart,
    external_auth "panicking" => PanickingRoutes,
    needs "external_auth_service.create",
}
