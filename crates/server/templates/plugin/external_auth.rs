//! The external authentication type `@NAME@`: users keep their credentials for a service with the daemon.

use wazo_auth_plugin::{
    Call, Config, Description, ExternalAuth, PluginError, PluginResult, Request, Response, Route,
    Value, json,
};

/// The name that the data is stored under, and that `export!` gives to the plugin.
const NAME: &str = "@NAME@";
const PATH: &str = "/users/{user_uuid}/external/@NAME@";

/// Numbers of the routes.
mod handler {
    pub const CREATE: u32 = 0;
    pub const READ: u32 = 1;
    pub const DELETE: u32 = 2;
}

struct Plugin;

impl ExternalAuth for Plugin {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn describe(&self, _call: &Call) -> PluginResult<Description> {
        Ok(Description::new(json!({})))
    }

    fn routes(&self) -> Vec<Route> {
        // The daemon checks the token, the access and the tenant before `handle`.
        let access = |verb: &str| format!("auth.users.{{user_uuid}}.external.{NAME}.{verb}");
        // What is said of a route is shown in the API's document, to read and to try.
        let data = || json!({ "type": "object", "required": ["token"] });
        vec![
            Route::post(PATH, &access("create"), handler::CREATE)
                .summary("Stores a user's credentials for @NAME@")
                .body("The credentials.", data())
                .answers(200, "The credentials", data())
                .answers(409, "The user has some already", Value::Null),
            Route::get(PATH, &access("read"), handler::READ)
                .summary("Shows a user's credentials for @NAME@")
                .answers(200, "The credentials", data())
                .answers(404, "The user has none", Value::Null),
            Route::delete(PATH, &access("delete"), handler::DELETE)
                .summary("Deletes a user's credentials for @NAME@")
                .answers(204, "There are none any more", Value::Null)
                .answers(404, "The user has none", Value::Null),
        ]
    }

    fn handle(&self, call: &Call, request: Request) -> PluginResult<Response> {
        let stored = call.external_auth_service();
        let user = request.param("user_uuid")?;
        match request.handler() {
            handler::CREATE => {
                let data = request.json()?;
                if !data.get("token").is_some_and(Value::is_string) {
                    return Err(PluginError::http(400, "token: a text is needed"));
                }
                Ok(Response::json(200, &stored.create(user, NAME, &data)?))
            }
            handler::READ => Ok(Response::json(200, &stored.get(user, NAME)?)),
            handler::DELETE => {
                stored.delete(user, NAME)?;
                Ok(Response::no_content())
            }
            other => Err(PluginError::internal(format!(
                "there is no handler {other}"
            ))),
        }
    }

    fn filter_safe(&self, _call: &Call, _data: &Value) -> PluginResult<Value> {
        // What lists may show of the stored data: nothing that is a credential.
        Ok(json!({}))
    }
}

wazo_auth_plugin::export! {
    external_auth "@NAME@" => Plugin,
    needs "external_auth_service.create",
        "external_auth_service.get",
        "external_auth_service.delete",
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::mock::{MockHost, MockRequest};

    const USER: &str = "@UUID@";

    #[test]
    fn credentials_are_stored_read_and_deleted() -> PluginResult<()> {
        let daemon = MockHost::new();
        let plugin = daemon.external_auth::<Plugin>(Value::Null)?;
        let call = daemon.call();
        let path = PATH.replace("{user_uuid}", USER);
        let data = json!({ "token": "t" });
        let created = plugin.send(&call, MockRequest::post(&path, &data))?;
        assert_eq!((created.status(), created.document()), (200, data.clone()));
        assert_eq!(daemon.stored(USER, NAME), Some(data));
        let deleted = plugin.send(&call, MockRequest::delete(&path))?;
        assert_eq!(deleted.status(), 204);
        let gone = plugin.send(&call, MockRequest::get(&path));
        assert_eq!(gone.err().and_then(|error| error.status()), Some(404));
        Ok(())
    }

    #[test]
    fn what_is_no_credential_is_refused() -> PluginResult<()> {
        let daemon = MockHost::new();
        let plugin = daemon.external_auth::<Plugin>(Value::Null)?;
        let path = PATH.replace("{user_uuid}", USER);
        for body in ["", "nope", "[]", "{\"token\": 1}"] {
            let request = MockRequest::new("POST", &path).body(body);
            let answer = plugin.send(&daemon.call(), request);
            assert_eq!(answer.err().and_then(|error| error.status()), Some(400));
        }
        assert_eq!(daemon.stored(USER, NAME), None);
        Ok(())
    }
}
