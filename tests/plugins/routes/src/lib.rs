//! A plugin with one good route and, as the configuration says, one that it must not have.
//!
//! The key `add` is a list of further routes, each with `method`, `path` and `access`, and `public`
//! where no token shall be asked for. Whatever a client reaches answers where it was.

use wazo_auth_plugin::{
    Call, Config, ExternalAuth, PluginResult, Request, Response, Route, Value, json,
};

struct Routes {
    add: Vec<Value>,
}

impl ExternalAuth for Routes {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        let add = config.get::<Option<Vec<Value>>>("add")?.unwrap_or_default();
        Ok(Self { add })
    }

    fn routes(&self) -> Vec<Route> {
        let good = Route::get(
            "/users/{user_uuid}/external/routes",
            "auth.users.{user_uuid}.external.routes.read",
            0,
        );
        let added = self.add.iter().zip(1..).map(|(route, handler)| {
            let text = |name: &str| route.get(name).and_then(Value::as_str).unwrap_or_default();
            let made = Route::new(text("method"), text("path"), text("access"), handler);
            let public = route.get("public") == Some(&Value::Bool(true));
            if public { made.public() } else { made }
        });
        [good].into_iter().chain(added).collect()
    }

    fn handle(&self, _call: &Call, request: Request) -> PluginResult<Response> {
        Ok(Response::json(
            200,
            &json!({ "handler": request.handler() }),
        ))
    }
}

wazo_auth_plugin::export! { external_auth "routes" => Routes }
