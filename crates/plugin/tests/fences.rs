//! A panic in a plugin fails one call, wherever it happens.
#![expect(clippy::panic, reason = "these plugins panic on purpose")]

use std::{panic::panic_any, thread};

use wazo_auth_plugin::{
    Backend, Call, Config, ErrorKind, ExternalAuth, Map, Metadata, PluginError, PluginResult,
    Request, Response, Route, Secret, Value, Verdict, json, log,
    mock::{MockBackend, MockHost, MockRequest},
    services::User,
};

/// Does what its configuration and its logins say.
struct Clumsy {
    panics_in_drop: bool,
}

impl Backend for Clumsy {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        let panics_in_drop = config.get::<Option<bool>>("panic_in_drop")?;
        match config.get::<Option<bool>>("panic_in_start")? {
            Some(true) => panic!("no\nlegs"),
            _ => Ok(Self {
                panics_in_drop: panics_in_drop.unwrap_or(false),
            }),
        }
    }

    fn verify_password(&self, _: &Call, login: &str, _: &Secret) -> PluginResult<Verdict> {
        match login {
            "text" => panic!("fell over {login}"),
            "bomb" => panic_any(Bomb(3)),
            "number" => panic_any(7_u8),
            "log" => {
                log::info!("before {} after", Unprintable);
                Ok(Verdict::accepted())
            }
            "thread" => {
                let fell = thread::spawn(|| panic!("in a thread")).join().is_err();
                Ok(Verdict::accepted().with("fell", fell))
            }
            _ => Ok(Verdict::Refused),
        }
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        panic!("no metadata")
    }

    fn get_acl(&self, _: &Call, _: &str) -> PluginResult<Vec<String>> {
        panic!("no acl")
    }

    fn get_persistent_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        panic!("no persistent metadata")
    }

    fn stop(&self, _: &Call) -> PluginResult<()> {
        panic!("no stop")
    }

    fn check(&self, _: &Call) -> PluginResult<Value> {
        panic!("no check")
    }

    fn call(&self, _: &Call, _: &str, _: Value) -> PluginResult<Value> {
        panic!("no call")
    }
}

impl Drop for Clumsy {
    fn drop(&mut self) {
        if self.panics_in_drop {
            panic!("slipped")
        }
    }
}

/// A panic's payload that panics again when it is dropped, several times over.
struct Bomb(u8);

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(next) = self.0.checked_sub(1) {
            panic_any(Bomb(next))
        }
    }
}

struct Unprintable;

impl std::fmt::Display for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("cannot be printed")
    }
}

impl Metadata for Clumsy {
    fn start(_: &Call, config: Config) -> PluginResult<Self> {
        let panics_in_drop = config.get::<Option<bool>>("panic_in_drop")?;
        Ok(Self {
            panics_in_drop: panics_in_drop.unwrap_or(false),
        })
    }

    fn get_token_metadata(&self, _: &Call, _: &str, _: &User) -> PluginResult<Map> {
        panic!("no metadata")
    }

    fn get_persistent_metadata(&self, _: &Call, _: &str, _: &User) -> PluginResult<Map> {
        panic!("nothing to keep")
    }

    fn stop(&self, _: &Call) -> PluginResult<()> {
        panic!("no stop")
    }

    fn check(&self, _: &Call) -> PluginResult<Value> {
        panic!("no check")
    }

    fn call(&self, _: &Call, _: &str, _: Value) -> PluginResult<Value> {
        panic!("no call")
    }
}

impl ExternalAuth for Clumsy {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self {
            panics_in_drop: false,
        })
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::get("/clumsy", "clumsy.read", 1)]
    }

    fn handle(&self, _: &Call, _: Request) -> PluginResult<Response> {
        panic!("no answer")
    }

    fn filter_safe(&self, _: &Call, _: &Value) -> PluginResult<Value> {
        panic!("nothing is safe")
    }

    fn on_message(&self, _: &Call, _: &Value) -> PluginResult<()> {
        panic!("no message")
    }
}

/// Panics when it is asked for its routes.
struct Lost;

impl ExternalAuth for Lost {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn routes(&self) -> Vec<Route> {
        panic!("no way")
    }

    fn handle(&self, _: &Call, _: Request) -> PluginResult<Response> {
        Ok(Response::no_content())
    }
}

#[track_caller]
fn assert_panicked<T>(result: PluginResult<T>, message: &str) {
    let error = result.err().unwrap_or_else(|| PluginError::internal(""));
    assert_eq!(error.kind(), ErrorKind::Panic, "{error}");
    let text = error.message();
    assert!(text.contains("tests/fences.rs:"), "{text}");
    assert!(text.ends_with(message), "{text}");
}

fn clumsy(daemon: &MockHost) -> PluginResult<MockBackend> {
    daemon.backend::<Clumsy>(Value::Null)
}

#[test]
fn a_panic_in_the_constructor_is_an_error_on_one_line() {
    let started = MockHost::new().backend::<Clumsy>(json!({ "panic_in_start": true }));
    assert_panicked(started, ": no legs");
}

#[test]
fn a_panic_in_any_method_is_an_error_with_its_place() -> PluginResult<()> {
    let daemon = MockHost::new();
    let clumsy = clumsy(&daemon)?;
    let call = daemon.call();
    let password = Secret::new("");
    assert_panicked(
        clumsy.verify_password(&call, "text", &password),
        ": fell over text",
    );
    assert_panicked(clumsy.get_metadata(&call, ""), ": no metadata");
    assert_panicked(clumsy.get_acl(&call, ""), ": no acl");
    assert_panicked(
        clumsy.get_persistent_metadata(&call, ""),
        ": no persistent metadata",
    );
    assert_panicked(clumsy.check(&call), ": no check");
    assert_panicked(clumsy.call(&call, "", &Value::Null), ": no call");
    assert_panicked(clumsy.stop(&call), ": no stop");
    // And it still works.
    assert_eq!(
        clumsy.verify_password(&call, "", &password)?,
        Verdict::Refused
    );
    Ok(())
}

#[test]
fn a_panic_in_a_plugin_with_routes_is_an_error_too() -> PluginResult<()> {
    let daemon = MockHost::new();
    let clumsy = daemon.external_auth::<Clumsy>(Value::Null)?;
    let call = daemon.call();
    assert_panicked(
        clumsy.send(&call, MockRequest::get("/clumsy")),
        ": no answer",
    );
    assert_panicked(clumsy.filter_safe(&call, &json!({})), ": nothing is safe");
    assert_panicked(clumsy.on_message(&call, &json!({})), ": no message");
    assert_panicked(daemon.external_auth::<Lost>(Value::Null), ": no way");
    Ok(())
}

#[test]
fn a_payload_that_panics_when_it_is_dropped_stays_inside() -> PluginResult<()> {
    let daemon = MockHost::new();
    let clumsy = clumsy(&daemon)?;
    let fell = clumsy.verify_password(&daemon.call(), "bomb", &Secret::new(""));
    let error = fell.err().unwrap_or_else(|| PluginError::internal(""));
    assert_eq!(error.kind(), ErrorKind::Panic);
    Ok(())
}

#[test]
fn a_payload_that_is_no_text_leaves_its_place_behind() -> PluginResult<()> {
    let daemon = MockHost::new();
    let clumsy = clumsy(&daemon)?;
    let fell = clumsy.verify_password(&daemon.call(), "number", &Secret::new(""));
    let error = fell.err().unwrap_or_else(|| PluginError::internal(""));
    assert!(error.message().contains("tests/fences.rs:"), "{error}");
    Ok(())
}

#[test]
fn a_panic_in_drop_is_logged() -> PluginResult<()> {
    let daemon = MockHost::new();
    drop(daemon.backend::<Clumsy>(json!({ "panic_in_drop": true }))?);
    let logs = daemon.logs();
    assert!(
        logs.iter().any(|record| record.level == log::Level::Error
            && record.message.starts_with("while it was dropped, ")
            && record.message.ends_with(": slipped")),
        "{logs:?}"
    );
    Ok(())
}

#[test]
fn a_log_record_that_cannot_be_printed_does_not_fail_the_call() -> PluginResult<()> {
    let daemon = MockHost::new();
    let verdict = clumsy(&daemon)?.verify_password(&daemon.call(), "log", &Secret::new(""))?;
    assert!(verdict.is_accepted());
    let logs = daemon.logs();
    assert!(
        logs.iter()
            .any(|record| record.message.ends_with(": cannot be printed)")),
        "{logs:?}"
    );
    Ok(())
}

#[test]
fn a_panic_in_a_thread_of_the_plugin_ends_there() -> PluginResult<()> {
    let daemon = MockHost::new();
    let verdict = clumsy(&daemon)?.verify_password(&daemon.call(), "thread", &Secret::new(""))?;
    assert_eq!(verdict, Verdict::accepted().with("fell", true));
    Ok(())
}

#[test]
fn a_panic_in_an_answer_of_the_mock_is_an_error_of_the_operation() {
    let daemon = MockHost::new();
    daemon.on("some.thing", |_| panic!("not this"));
    assert_panicked(daemon.host().call("some.thing", &json!({})), ": not this");
}

#[test]
fn a_panic_in_a_metadata_plugin_is_an_error_too() -> PluginResult<()> {
    let daemon = MockHost::new();
    let clumsy = daemon.metadata::<Clumsy>(json!({ "panic_in_drop": true }))?;
    let call = daemon.call();
    let user = json!({ "uuid": "u", "tenant_uuid": "t", "purpose": "user" });
    let failures = [
        clumsy.get_token_metadata(&call, "a", &user).err(),
        clumsy.get_persistent_metadata(&call, "a", &user).err(),
        clumsy.stop(&call).err(),
        clumsy.check(&call).err(),
        clumsy.call(&call, "x", &json!({})).err(),
    ];
    for failure in failures {
        assert_eq!(failure.map(|error| error.kind()), Some(ErrorKind::Panic));
    }
    drop(clumsy);
    assert!(
        daemon
            .logs()
            .iter()
            .any(|record| record.message.contains("slipped"))
    );
    Ok(())
}
