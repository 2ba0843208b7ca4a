//! An example of an external authentication type: users keep their credentials for the service
//! `bar` with the daemon.
//!
//! `docs/plugins.md` walks through it.

use wazo_auth_plugin::{
    Call, Config, Description, ExternalAuth, PluginError, PluginResult, Request, Response, Route,
    Value, json,
};

/// The name that the data is stored under, and that `export!` gives to the plugin.
const BAR: &str = "bar";
const PATH: &str = "/users/{user_uuid}/external/bar";

/// Numbers of the routes.
mod handler {
    pub const CREATE: u32 = 0;
    pub const READ: u32 = 1;
    pub const UPDATE: u32 = 2;
    pub const DELETE: u32 = 3;
}

struct Bar;

impl ExternalAuth for Bar {
    fn start(_call: &Call, _config: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn describe(&self, _call: &Call) -> PluginResult<Description> {
        Ok(Description::new(json!({
            "required_acl": ["view-all-contacts", "list-email-addresses"],
        })))
    }

    fn routes(&self) -> Vec<Route> {
        let data = || json!({ "description": "Any JSON document." });
        let failure = || json!({ "type": "object" });
        vec![
            Route::post(
                PATH,
                "auth.users.{user_uuid}.external.bar.create",
                handler::CREATE,
            )
            .summary("Stores a user's credentials for bar")
            .body("The credentials.", data())
            .answers(200, "The credentials", data())
            .answers(404, "there is no such user", failure())
            .answers(409, "the user has some already", failure()),
            Route::get(
                PATH,
                "auth.users.{user_uuid}.external.bar.read",
                handler::READ,
            )
            .summary("Shows a user's credentials for bar")
            .answers(200, "The credentials", data())
            .answers(404, "the user has none", failure()),
            Route::put(
                PATH,
                "auth.users.{user_uuid}.external.bar.update",
                handler::UPDATE,
            )
            .summary("Replaces a user's credentials for bar")
            .body("The credentials.", data())
            .answers(200, "The credentials", data())
            .answers(404, "the user has none", failure()),
            Route::delete(
                PATH,
                "auth.users.{user_uuid}.external.bar.delete",
                handler::DELETE,
            )
            .summary("Deletes a user's credentials for bar")
            .answers(204, "There are none any more", Value::Null)
            .answers(404, "the user has none", failure()),
        ]
    }

    fn handle(&self, call: &Call, request: Request) -> PluginResult<Response> {
        let stored = call.external_auth_service();
        let user = request.param("user_uuid")?;
        match request.handler() {
            handler::CREATE => {
                let data = stored.create(user, BAR, &document(&request)?)?;
                Ok(Response::json(200, &data))
            }
            handler::READ => Ok(Response::json(200, &stored.get(user, BAR)?)),
            handler::UPDATE => {
                let data = stored.update(user, BAR, &document(&request)?)?;
                Ok(Response::json(200, &data))
            }
            handler::DELETE => {
                stored.delete(user, BAR)?;
                Ok(Response::no_content())
            }
            other => Err(PluginError::internal(format!(
                "there is no handler {other}"
            ))),
        }
    }

    fn filter_safe(&self, _call: &Call, data: &Value) -> PluginResult<Value> {
        match data.get("scope") {
            Some(scope) if is_list_of_text(scope) => Ok(json!({ "scope": scope })),
            _ => Ok(json!({})),
        }
    }
}

/// The body; an empty document of any type counts as an empty object.
fn document(request: &Request) -> PluginResult<Value> {
    let document = request.json()?;
    let is_empty = match &document {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    Ok(if is_empty { json!({}) } else { document })
}

fn is_list_of_text(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(Value::is_string))
}

wazo_auth_plugin::export! {
    external_auth "bar" => Bar,
    needs "external_auth_service.create",
        "external_auth_service.get",
        "external_auth_service.update",
        "external_auth_service.delete",
}

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_plugin::mock::{MockHost, MockRequest};

    const USER: &str = "0f1d5cc5-6b7a-4c9d-8e4f-3a2b1c0d9e8f";

    fn path() -> String {
        PATH.replace("{user_uuid}", USER)
    }

    fn status<T>(answer: PluginResult<T>) -> Option<u16> {
        answer.err()?.status()
    }

    #[test]
    fn credentials_are_stored_read_replaced_and_deleted() -> PluginResult<()> {
        let daemon = MockHost::new();
        let bar = daemon.external_auth::<Bar>(Value::Null)?;
        let call = daemon.call();
        let (first, second) = (
            json!({ "scope": ["a"], "token": "t" }),
            json!({ "token": "u" }),
        );

        let created = bar.send(&call, MockRequest::post(&path(), &first))?;
        assert_eq!((created.status(), created.document()), (200, first.clone()));
        let read = bar.send(&call, MockRequest::get(&path()))?;
        assert_eq!((read.status(), read.document()), (200, first.clone()));
        let again = bar.send(&call, MockRequest::post(&path(), &first));
        assert_eq!(status(again), Some(409));

        let replaced = bar.send(&call, MockRequest::put(&path(), &second))?;
        assert_eq!(
            (replaced.status(), replaced.document()),
            (200, second.clone())
        );
        assert_eq!(daemon.stored(USER, BAR), Some(second.clone()));

        let deleted = bar.send(&call, MockRequest::delete(&path()))?;
        assert_eq!((deleted.status(), deleted.body().len()), (204, 0));
        for request in [
            MockRequest::get(&path()),
            MockRequest::put(&path(), &second),
            MockRequest::delete(&path()),
        ] {
            assert_eq!(status(bar.send(&call, request)), Some(404));
        }
        Ok(())
    }

    #[test]
    fn each_method_needs_its_own_access() -> PluginResult<()> {
        let bar = MockHost::new().external_auth::<Bar>(Value::Null)?;
        for (method, verb) in [
            ("POST", "create"),
            ("GET", "read"),
            ("PUT", "update"),
            ("DELETE", "delete"),
        ] {
            let access = format!("auth.users.{{user_uuid}}.external.bar.{verb}");
            assert_eq!(bar.access(method, &path()), Some(access.as_str()));
        }
        Ok(())
    }

    #[test]
    fn an_empty_document_is_an_empty_object_and_no_document_is_refused() -> PluginResult<()> {
        for body in ["null", "[]", "0", "0.0", "\"\"", "false", "{}"] {
            let daemon = MockHost::new();
            let bar = daemon.external_auth::<Bar>(Value::Null)?;
            let request = MockRequest::new("POST", &path()).body(body);
            let answer = bar.send(&daemon.call(), request)?;
            assert_eq!(answer.document(), json!({}), "{body}");
        }
        let daemon = MockHost::new();
        let bar = daemon.external_auth::<Bar>(Value::Null)?;
        for body in ["", "nope"] {
            let request = MockRequest::new("POST", &path()).body(body);
            assert_eq!(status(bar.send(&daemon.call(), request)), Some(400));
        }
        Ok(())
    }

    #[test]
    fn only_a_list_of_scopes_is_shown() -> PluginResult<()> {
        let daemon = MockHost::new();
        let bar = daemon.external_auth::<Bar>(Value::Null)?;
        for (data, shown) in [
            (
                json!({ "scope": ["a", "b"], "secret": "x" }),
                json!({ "scope": ["a", "b"] }),
            ),
            (json!({ "scope": [] }), json!({ "scope": [] })),
            (json!({ "scope": 3 }), json!({})),
            (json!({ "scope": ["a", 3] }), json!({})),
            (json!(["scope"]), json!({})),
            (json!("scope"), json!({})),
            (json!(null), json!({})),
        ] {
            assert_eq!(bar.filter_safe(&daemon.call(), &data)?, shown, "{data}");
        }
        Ok(())
    }

    #[test]
    fn clients_are_told_what_the_service_wants() -> PluginResult<()> {
        let daemon = MockHost::new();
        let bar = daemon.external_auth::<Bar>(Value::Null)?;
        assert_eq!(
            bar.plugin_info(&daemon.call())?,
            json!({ "required_acl": ["view-all-contacts", "list-email-addresses"] })
        );
        Ok(())
    }
}
