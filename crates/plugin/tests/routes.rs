//! Routes, requests and stored data of an external authentication type.

use wazo_auth_plugin::{
    Call, Config, Description, ExternalAuth, PluginError, PluginResult, Request, Response, Route,
    Value, json,
    mock::{MockExternalAuth, MockHost, MockRequest},
};

const USER: &str = "7B5A7F1C-8a0b-4a4d-9f0e-0d7a8d1f2b33";
const LOWER: &str = "7b5a7f1c-8a0b-4a4d-9f0e-0d7a8d1f2b33";

/// The daemon reads what is said of a route as these members, in daemons and plugins of all times.
#[test]
fn what_is_said_of_a_route_has_members_that_stay() {
    let said = Route::get("/x", "", 0)
        .summary("Shows x")
        .description("More.")
        .query("q", "What to search for.")
        .body("The thing.", json!({ "type": "object" }))
        .answers(200, "The thing", json!({ "type": "object" }))
        .answers(204, "Nothing", Value::Null);
    assert_eq!(
        said.said(),
        json!({
            "summary": "Shows x",
            "description": "More.",
            "query": [{ "name": "q", "description": "What to search for." }],
            "body": { "description": "The thing.", "schema": { "type": "object" } },
            "answers": [
                { "status": 200, "description": "The thing", "schema": { "type": "object" } },
                { "status": 204, "description": "Nothing", "schema": null },
            ],
        })
    );
    assert_eq!(Route::get("/x", "", 0).said(), json!({}));
}

struct Echo;

impl ExternalAuth for Echo {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn routes(&self) -> Vec<Route> {
        vec![
            Route::post(
                "/users/{user_uuid}/echo/{what}",
                "echo.{user_uuid}.create",
                7,
            ),
            Route::get("/echo/callback", "", 8).public(),
        ]
    }

    fn handle(&self, _: &Call, request: Request) -> PluginResult<Response> {
        if request.handler() == 8 {
            return Ok(Response::redirect("https://example.org").with_header("X-Echo", "1"));
        }
        Ok(Response::json(
            201,
            &json!({
                "method": request.method(),
                "path": request.path(),
                "user": request.param("user_uuid")?,
                "what": request.param("what")?,
                "missing": request.param("missing").is_err(),
                "q": request.query("q"),
                "pairs": request.query_pairs().count(),
                "header": request.header("X-Client"),
                "remote_addr": request.remote_addr(),
                "body": request.json()?,
                "length": request.body().len(),
            }),
        ))
    }
}

/// Answers from outside of what was promised.
struct Liar;

impl ExternalAuth for Liar {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn describe(&self, _: &Call) -> PluginResult<Description> {
        Ok(Description::new(json!({ "foo": "bar" })))
    }

    fn routes(&self) -> Vec<Route> {
        Vec::new()
    }

    fn handle(&self, _: &Call, _: Request) -> PluginResult<Response> {
        Err(PluginError::unavailable("never asked"))
    }

    fn filter_safe(&self, _: &Call, data: &Value) -> PluginResult<Value> {
        Ok(data.clone())
    }
}

fn echo(daemon: &MockHost) -> PluginResult<MockExternalAuth> {
    daemon.external_auth::<Echo>(Value::Null)
}

fn api<T>(result: PluginResult<T>) -> Option<(u16, String)> {
    let error = result.err()?;
    Some((
        error.status()?,
        error.error_id().unwrap_or_default().to_owned(),
    ))
}

#[test]
fn a_request_arrives_as_it_was_sent() -> PluginResult<()> {
    let daemon = MockHost::new();
    let path = format!("/users/{USER}/echo/thing");
    let request = MockRequest::post(&path, &json!([null]))
        .query("q", "1")
        .query("q", "2")
        .header("X-Client", "test");
    let response = echo(&daemon)?.send(&daemon.call(), request)?;
    assert_eq!(response.status(), 201);
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    assert_eq!(
        response.document(),
        json!({ "method": "POST", "path": path, "user": LOWER, "what": "thing", "missing": true,
                "q": "1", "pairs": 2, "header": "test", "remote_addr": "127.0.0.1",
                "body": [null], "length": 6 })
    );
    Ok(())
}

#[test]
fn a_body_that_is_no_json_is_the_clients_fault() -> PluginResult<()> {
    let daemon = MockHost::new();
    let path = format!("/users/{USER}/echo/thing");
    for body in ["", "{", "nope"] {
        let sent = echo(&daemon)?.send(&daemon.call(), MockRequest::new("POST", &path).body(body));
        let error = sent.err().unwrap_or_else(|| PluginError::internal(""));
        assert_eq!(error.status(), Some(400));
        assert_eq!(
            error.message(),
            "The browser (or proxy) sent a request that this server could not understand."
        );
    }
    Ok(())
}

#[test]
fn routes_carry_their_access() -> PluginResult<()> {
    let daemon = MockHost::new();
    let echo = echo(&daemon)?;
    let path = format!("/users/{USER}/echo/thing");
    assert_eq!(echo.access("POST", &path), Some("echo.{user_uuid}.create"));
    assert_eq!(echo.access("GET", "/echo/callback"), None);
    let response = echo.send(&daemon.call(), MockRequest::get("/echo/callback"))?;
    assert_eq!(
        (response.status(), response.header("x-echo")),
        (302, Some("1"))
    );
    for nowhere in [
        "/users/no-uuid/echo/thing",
        "/echo",
        "/echo/callback/",
        "/echo/callback/x",
    ] {
        let answer = echo.send(&daemon.call(), MockRequest::new("POST", nowhere));
        assert_eq!(api(answer), Some((404, String::new())), "{nowhere}");
    }
    Ok(())
}

#[test]
fn the_defaults_show_nothing() -> PluginResult<()> {
    let daemon = MockHost::new();
    let (echo, call) = (echo(&daemon)?, daemon.call());
    assert_eq!(echo.plugin_info(&call)?, json!({}));
    assert_eq!(echo.filter_safe(&call, &json!({ "secret": 1 }))?, json!({}));
    assert_eq!(echo.check(&call)?, json!({}));
    assert!(echo.on_message(&call, &json!({})).is_err());
    assert!(echo.call(&call, "x", &json!({})).is_err());
    echo.stop(&call)
}

#[test]
fn safe_data_that_is_no_object_is_refused() -> PluginResult<()> {
    let daemon = MockHost::new();
    let (liar, call) = (daemon.external_auth::<Liar>(Value::Null)?, daemon.call());
    assert_eq!(liar.plugin_info(&call)?, json!({ "foo": "bar" }));
    assert_eq!(
        liar.filter_safe(&call, &json!({ "a": 1 }))?,
        json!({ "a": 1 })
    );
    assert!(liar.filter_safe(&call, &json!([1])).is_err());
    Ok(())
}

#[test]
fn the_store_answers_like_the_daemon() -> PluginResult<()> {
    let daemon = MockHost::new();
    let host = daemon.host();
    let stored = host.external_auth_service();
    let unknown_type = Some((404, "unknown-external-auth-type".to_owned()));
    assert_eq!(api(stored.get(LOWER, "bar")), unknown_type);
    assert_eq!(api(stored.delete(LOWER, "bar")), unknown_type);

    assert_eq!(
        stored.create(LOWER, "bar", &json!({ "a": 1 }))?,
        json!({ "a": 1 })
    );
    let again = stored.create(LOWER, "bar", &Value::Null);
    assert_eq!(api(again), Some((409, "conflict".to_owned())));
    assert_eq!(stored.update(LOWER, "bar", &Value::Null)?, Value::Null);
    assert_eq!(stored.get(LOWER, "bar")?, Value::Null);
    stored.delete(LOWER, "bar")?;

    let gone = Some((404, "unknown-external-auth".to_owned()));
    assert_eq!(api(stored.get(LOWER, "bar")), gone);
    assert_eq!(api(stored.delete(LOWER, "bar")), gone);
    assert_eq!(api(stored.update(LOWER, "bar", &json!(1))), gone);
    assert_eq!(stored.update_or_create(LOWER, "bar", &json!(1))?, json!(1));
    assert_eq!(daemon.stored(LOWER, "bar"), Some(json!(1)));

    daemon.without_user(LOWER);
    let unknown_user = Some((404, "unknown-user".to_owned()));
    assert_eq!(api(stored.create(LOWER, "bar", &json!(1))), unknown_user);
    assert_eq!(api(stored.get(LOWER, "bar")), unknown_user);
    assert_eq!(
        api(stored.get(LOWER, "foo")),
        Some((404, "unknown-external-auth-type".to_owned()))
    );
    Ok(())
}
