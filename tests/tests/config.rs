//! `/config`: what administrators see of the configuration, and what they may switch.

use std::{fs, sync::LazyLock};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, XIVO_UUID, http::Response, postgres::Server};
use wazo_auth_tests::shapes::{assert_api, assert_not_understood};

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A configuration with secrets in many places.
const SECRETS: &str = "\
bootstrap_user_password: hunter2
amqp: {uri: 'amqp://me:hunter2@localhost:5672/'}
consul: {token: hunter2}
google: {client_id: mine, client_secret: hunter2, scope: [a]}
log_level: WARNING
debug: true
unknown: {refresh_token: hunter2, url: 'http://me:hunter2@x/'}
";

fn get(daemon: &Daemon, token: &str) -> Response {
    daemon.client().get("/config").token(token).send()
}

fn patch(daemon: &Daemon, token: &str, body: &str) -> Response {
    daemon
        .client()
        .request("PATCH", "/config")
        .token(token)
        .header("Content-Type", "application/json")
        .body(body)
        .send()
}

fn replace(path: &str, value: impl Into<Value>) -> String {
    json!([{"op": "replace", "path": path, "value": value.into()}]).to_string()
}

#[test]
fn the_configuration_is_shown_as_it_is_in_effect() {
    let document = get(&DAEMON, &DAEMON.admin().token).expect(200);
    for (key, expected) in [
        ("uuid", json!(XIVO_UUID)),
        ("loaded_plugins", json!(["example", "wazo_user"])),
        ("log_level", json!(20)),
        ("debug", json!(false)),
        ("profiling_enabled", json!(false)),
        ("max_user_concurrent_sessions", json!(100)),
        ("default_user_policy", json!(null)),
    ] {
        let shown = document.get(key).cloned().unwrap_or_default();
        assert_eq!(shown, expected, "{key}");
    }
    assert_eq!(document["rest_api"]["listen"], "127.0.0.1");
    assert_eq!(document["rest_api"]["num_proxies"], 1);
    assert_eq!(document["enabled_backend_plugins"]["example"], true);
    assert_eq!(document["smtp"]["port"], 25);
}

#[test]
fn an_identity_that_the_daemon_gave_itself_is_shown() {
    let daemon = Daemon::builder().env("XIVO_UUID", "").start();
    let admin = daemon.admin();
    let document = get(&daemon, &admin.token).expect(200);
    assert_eq!(document["uuid"], admin.data["xivo_uuid"]);
    assert_eq!(document["uuid"].as_str().unwrap().len(), 36);
}

#[test]
fn secrets_are_not_shown_and_the_rest_is() {
    let daemon = Daemon::builder().config(SECRETS).start();
    let answer = get(&daemon, &daemon.admin().token).is(200);
    assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    let document = answer.json();
    assert_eq!(document["bootstrap_user_password"], "***");
    assert_eq!(document["amqp"]["uri"], "amqp://me:***@localhost:5672/");
    assert_eq!(document["consul"]["token"], "***");
    assert_eq!(
        document["google"],
        json!({"client_id": "mine", "client_secret": "***", "scope": ["a"]})
    );
    assert_eq!(
        document["unknown"],
        json!({"refresh_token": "***", "url": "http://me:***@x/"})
    );
    assert_eq!(document["log_level"], 30);
    assert_eq!(document["debug"], true);
}

#[test]
fn the_password_of_the_database_is_not_shown() {
    let server = Server::shared();
    let uri = server.uri(&server.database());
    let daemon = Daemon::builder()
        .database(&uri)
        .env("PGPASSWORD", "hunter2")
        .start();
    let answer = get(&daemon, &daemon.admin().token).is(200);
    let shown = answer.json()["db_uri"].as_str().unwrap().to_owned();
    match uri
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'))
    {
        Some((user, host)) if user.contains(':') => {
            let name = user.split(':').next().unwrap();
            assert_eq!(shown, format!("postgresql://{name}:***@{host}"));
        }
        _ => assert_eq!(shown, uri),
    }
}

#[test]
fn debug_takes_effect_at_once_and_ends_at_once() {
    let daemon = Daemon::builder().config("log_level: info\n").start();
    let token = daemon.admin().token;
    let debug_lines = || {
        let log = fs::read_to_string(daemon.installation().path("wazo-auth.log")).unwrap();
        log.lines().filter(|line| line.contains("(DEBUG)")).count()
    };
    let shown = patch(&daemon, &token, &replace("/debug", true)).expect(200);
    assert_eq!(shown["debug"], true);
    assert_eq!(shown["log_level"], 20);
    assert_eq!(get(&daemon, &token).expect(200)["debug"], true);
    let before = debug_lines();
    daemon.client().get("/backends").send().is(200);
    assert!(
        debug_lines() > before,
        "a request is followed at this level"
    );
    let shown = patch(&daemon, &token, &replace("/debug", "no")).expect(200);
    assert_eq!(shown["debug"], false);
    let before = debug_lines();
    daemon.client().get("/backends").send().is(200);
    assert_eq!(debug_lines(), before);
    // Nothing is kept.
    patch(&daemon, &token, &replace("/debug", true)).is(200);
    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    assert_eq!(
        get(&daemon, &daemon.admin().token).expect(200)["debug"],
        false
    );
}

#[test]
fn an_empty_patch_changes_nothing() {
    let token = DAEMON.admin().token;
    let before = get(&DAEMON, &token).expect(200);
    assert_eq!(patch(&DAEMON, &token, "[]").expect(200), before);
    let shown = patch(&DAEMON, &token, &replace("/profiling_enabled", 1)).expect(200);
    assert_eq!(shown["profiling_enabled"], true);
    let shown = patch(&DAEMON, &token, &replace("/profiling_enabled", "off")).expect(200);
    assert_eq!(shown, before);
}

#[test]
fn a_patch_that_cannot_be_carried_out_is_refused_as_a_whole() {
    let token = DAEMON.admin().token;
    let before = get(&DAEMON, &token).expect(200);
    let must_be = |message: &str, id: &str, constraint: Value| json!({"constraint_id": id, "constraint": constraint, "message": message});
    let paths = ["/debug", "/profiling_enabled"];
    let missing = json!({
        "message": "Missing data for required field.",
        "constraint_id": "required",
        "constraint": "required",
    });
    let input = json!({"message": "Invalid input type."});
    for (bad, field, failure) in [
        (
            json!({"op": "add", "path": "/debug", "value": true}),
            "op",
            must_be(
                "Must be equal to replace.",
                "equal",
                json!({"must_be": "replace"}),
            ),
        ),
        (
            json!({"op": "replace", "path": "/db_uri", "value": true}),
            "path",
            must_be(
                "Must be one of: /debug, /profiling_enabled.",
                "enum",
                json!({"choices": paths}),
            ),
        ),
        (
            json!({"op": "replace", "path": "/debug", "value": "perhaps"}),
            "value",
            json!({"message": "Not a valid boolean.", "constraint_id": "type", "constraint": "boolean"}),
        ),
        (
            json!({"op": "replace", "path": "/debug", "value": null}),
            "value",
            json!({"message": "Field may not be null.", "constraint_id": "not_null", "constraint": "not_null"}),
        ),
        (
            json!({"op": "replace", "path": "/debug"}),
            "value",
            missing.clone(),
        ),
        (json!({"path": "/debug", "value": true}), "op", missing),
        (
            json!({"op": "replace", "path": "/debug", "value": true, "from": "/x"}),
            "from",
            json!({"message": "Unknown field."}),
        ),
        (json!("replace"), "_schema", input.clone()),
        (json!([]), "_schema", input.clone()),
    ] {
        let good = json!({"op": "replace", "path": "/profiling_enabled", "value": true});
        let answer = patch(&DAEMON, &token, &json!([good, bad]).to_string());
        assert_api(
            &answer,
            400,
            ("invalid-data", "config"),
            failure["message"].clone(),
            &json!({field: failure}),
        );
    }
    for body in ["{}", "null", "\"x\"", "1", "{\"op\": \"replace\"}"] {
        let answer = patch(&DAEMON, &token, body);
        let details = json!({"_schema": input});
        assert_api(
            &answer,
            400,
            ("invalid-data", "config"),
            "Invalid input type.",
            &details,
        );
    }
    for body in ["", "x", "[", "[{\"op\": \"\\u0000\"}]"] {
        assert_not_understood(&patch(&DAEMON, &token, body));
    }
    assert_eq!(get(&DAEMON, &token).expect(200), before);
}

#[test]
fn the_configuration_is_for_the_topmost_tenant_alone() {
    const OTHER: &str = "7c0c2b8e-1111-4222-8333-9d0e1f2a3b4c";
    let server = Server::shared();
    let name = server.database();
    let daemon = Daemon::builder().database(server.uri(&name)).start();
    let token = daemon.admin().token;
    get(&daemon, &token).is(200);
    server.sql(
        &name,
        &format!(
            "UPDATE auth_token SET metadata = '{{\"tenant_uuid\": \"{OTHER}\"}}' WHERE uuid = '{token}'"
        ),
    );
    for answer in [get(&daemon, &token), patch(&daemon, &token, "[]")] {
        assert_api(
            &answer,
            401,
            ("unauthorized", ""),
            "Unauthorized",
            &json!({"invalid_token": token}),
        );
    }
}

#[test]
fn a_tenant_that_is_not_below_the_callers_is_refused() {
    let answer = DAEMON
        .client()
        .get("/config")
        .token(&DAEMON.admin().token)
        .header("Wazo-Tenant", "elsewhere")
        .send();
    assert_api(
        &answer,
        401,
        ("unauthorized-tenant", ""),
        "Unauthorized tenant",
        &json!({"tenant_uuid": "elsewhere"}),
    );
}
