//! What a plugin sees of a call, and what it may do in one.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use wazo_auth_plugin::{
    Backend, Call, Config, ErrorKind, Host, Map, PluginError, PluginResult, Secret, Value, Verdict,
    host, json, log,
    mock::{MockHost, TENANT, TOP_TENANT, XIVO_UUID},
};

const USER: &str = "7b5a7f1c-8a0b-4a4d-9f0e-0d7a8d1f2b33";

/// Answers what it was told, and keeps the host of its first call.
struct Witness {
    first: Host,
    last: Mutex<Option<Host>>,
    background: Host,
}

impl Backend for Witness {
    fn start(call: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self {
            first: call.host().clone(),
            last: Mutex::new(None),
            background: host(),
        })
    }

    fn verify_password(
        &self,
        call: &Call,
        login: &str,
        password: &Secret,
    ) -> PluginResult<Verdict> {
        log::warn!(target: "witness", "{login} came with {password:?}");
        call.user_service().verify_password(login, password)
    }

    fn get_metadata(&self, call: &Call, _: &str) -> PluginResult<Map> {
        let principal = call.principal();
        let metadata = json!({
            "tenant": call.tenant(),
            "top_tenant": call.top_tenant(),
            "xivo_uuid": call.xivo_uuid(),
            "auth_id": principal.and_then(|principal| principal.auth_id()),
            "session": principal.and_then(|principal| principal.session_uuid()),
            "args": call.args().as_map(),
            "in_time": call.remaining().is_some_and(|left| left > Duration::ZERO),
            "trace": call.trace(),
        });
        Ok(metadata.as_object().cloned().unwrap_or_default())
    }

    fn get_acl(&self, call: &Call, _: &str) -> PluginResult<Vec<String>> {
        let before = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(call.host().clone());
        let user = call.user_service().get_acl(USER)?;
        match before {
            Some(ended) => ended.user_service().get_acl(USER),
            None => Ok(user),
        }
    }

    fn check(&self, _: &Call) -> PluginResult<Value> {
        let ended = self.first.user_service().get_acl(USER);
        Ok(json!({
            "ended": ended.is_err_and(|error| error.kind() == ErrorKind::CallOver),
            "background": self.background.user_service().get_acl(USER)?,
        }))
    }

    fn call(&self, _: &Call, method: &str, args: Value) -> PluginResult<Value> {
        match method {
            "echo" => Ok(args),
            _ => Err(PluginError::refused("no")),
        }
    }
}

/// Has only what it must have.
struct Plain;

impl Backend for Plain {
    fn start(_: &Call, config: Config) -> PluginResult<Self> {
        config.get::<String>("uri").map(|_| Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Err("x"
            .parse::<u8>()
            .map_or_else(PluginError::from, |_| PluginError::internal("")))
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        Ok(Map::from_iter([("auth_id".to_owned(), json!(USER))]))
    }
}

fn kind<T>(result: PluginResult<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn a_call_says_who_asks_and_where() -> PluginResult<()> {
    let daemon = MockHost::new();
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let call = daemon
        .call()
        .principal(USER, "5e55")
        .args(json!({ "backend": "witness", "mobile": false }));
    assert_eq!(
        Value::Object(witness.get_metadata(&call, "alice")?),
        json!({
            "tenant": TENANT,
            "top_tenant": TOP_TENANT,
            "xivo_uuid": XIVO_UUID,
            "auth_id": USER,
            "session": "5e55",
            "args": { "backend": "witness", "mobile": false },
            "in_time": true,
            "trace": "mock",
        })
    );
    let late = daemon.call().without_tenant().deadline(Duration::ZERO);
    let metadata = witness.get_metadata(&late, "alice")?;
    assert_eq!(metadata.get("in_time"), Some(&json!(false)));
    assert_eq!(metadata.get("tenant"), Some(&Value::Null));
    assert_eq!(metadata.get("auth_id"), Some(&Value::Null));
    Ok(())
}

#[test]
fn an_empty_context_is_a_call_of_nobody() -> PluginResult<()> {
    let daemon = MockHost::new();
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let metadata = witness.get_metadata(&daemon.call().raw_context(""), "")?;
    assert_eq!(metadata.get("tenant"), Some(&Value::Null));
    Ok(())
}

#[test]
fn nonsense_from_the_daemon_is_an_error_and_no_panic() -> PluginResult<()> {
    let daemon = MockHost::new();
    let witness = daemon.backend::<Witness>(Value::Null)?;
    for context in [
        "{",
        "[1]",
        "7",
        r#"{"deadline_ms": -1}"#,
        r#"{"principal": "x"}"#,
    ] {
        let call = daemon.call().raw_context(context);
        let answer = witness.get_metadata(&call, "");
        assert_eq!(kind(answer), Some(ErrorKind::InvalidArgument), "{context}");
    }
    let call = daemon.call().args(json!(["no", "object"]));
    assert_eq!(
        kind(witness.get_metadata(&call, "")),
        Some(ErrorKind::InvalidArgument)
    );
    Ok(())
}

#[test]
fn an_ended_call_answers_errors_and_the_background_host_does_not() -> PluginResult<()> {
    let daemon = MockHost::new();
    daemon.on("user_service.get_acl", |_| Ok(json!(["a"])));
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let call = daemon.call();
    assert_eq!(witness.get_acl(&call, "")?, ["a"]);
    // The same builder, but another call.
    assert_eq!(kind(witness.get_acl(&call, "")), Some(ErrorKind::CallOver));
    assert_eq!(
        witness.check(&call)?,
        json!({ "ended": true, "background": ["a"] })
    );
    Ok(())
}

#[test]
fn verdicts_of_the_daemon_map_one_to_one() -> PluginResult<()> {
    let daemon = MockHost::new();
    daemon.on("user_service.verify_password", |args| {
        Ok(json!({ "verdict": args.get("login") }))
    });
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let call = daemon.call();
    let password = Secret::new("s3cre7 \"\u{1}");
    for (answer, verdict) in [
        ("accepted", Verdict::accepted()),
        ("refused", Verdict::Refused),
        ("unknown_login", Verdict::UnknownLogin),
        ("something new", Verdict::Refused),
    ] {
        assert_eq!(witness.verify_password(&call, answer, &password)?, verdict);
    }
    let passwords: Vec<Value> = daemon
        .operations()
        .iter()
        .filter_map(|(_, args)| args.get("password").cloned())
        .collect();
    assert_eq!(passwords, vec![json!("s3cre7 \"\u{1}"); 4]);
    Ok(())
}

#[test]
fn log_records_reach_the_daemon_without_the_secret() -> PluginResult<()> {
    let daemon = MockHost::new();
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let _ = witness.verify_password(&daemon.call(), "alice", &Secret::new("s3cre7"));
    let logs = daemon.logs();
    let record = logs.iter().find(|record| record.target == "witness");
    assert_eq!(
        record.map(|record| (record.level, record.message.as_str())),
        Some((log::Level::Warn, "alice came with Secret(…)"))
    );
    assert!(record.is_some_and(|record| record.file.ends_with("calls.rs") && record.line > 0));
    Ok(())
}

#[test]
fn operations_that_are_unknown_or_not_declared_are_errors() {
    let daemon = MockHost::new();
    let unknown = daemon.host().call("no.such", &json!({}));
    assert_eq!(kind(unknown), Some(ErrorKind::Unsupported));
    daemon.needs(&["user_service.get_acl"]);
    let undeclared = daemon.host().group_service().get_acl(USER);
    assert_eq!(kind(undeclared), Some(ErrorKind::Undeclared));
}

#[test]
fn an_answer_of_another_form_is_an_error_that_does_not_quote_it() {
    let daemon = MockHost::new();
    daemon.on("user_service.get_user_by_login", |_| Ok(json!("s3cre7")));
    let error = daemon.host().user_service().get_user_by_login("alice");
    let message = error
        .err()
        .map(|error| format!("{error:?}"))
        .unwrap_or_default();
    assert!(
        message.contains("user_service.get_user_by_login"),
        "{message}"
    );
    assert!(!message.contains("s3cre7"), "{message}");
}

#[test]
fn a_user_is_read_with_what_may_be_missing() -> PluginResult<()> {
    let daemon = MockHost::new();
    daemon.on("user_service.get_user_by_login", |_| {
        Ok(
            json!({ "uuid": USER, "tenant_uuid": TENANT, "purpose": "user", "username": null,
                   "enabled": true, "authentication_method": "native", "new": 1 }),
        )
    });
    let user = daemon.host().user_service().get_user_by_login("alice")?;
    assert_eq!(
        (user.uuid.as_str(), user.username, user.enabled),
        (USER, None, true)
    );
    Ok(())
}

#[test]
fn a_plain_backend_has_the_defaults() -> PluginResult<()> {
    let daemon = MockHost::new();
    let plain = daemon.backend::<Plain>(json!({ "uri": "x" }))?;
    let call = daemon.call();
    let metadata = plain.get_metadata(&call, "alice")?;
    assert_eq!(Value::Object(metadata), json!({ "auth_id": USER }));
    assert!(plain.get_acl(&call, "alice")?.is_empty());
    assert!(plain.get_persistent_metadata(&call, "alice")?.is_empty());
    assert_eq!(plain.check(&call)?, json!({}));
    plain.stop(&call)?;
    assert_eq!(
        kind(plain.call(&call, "x", &Value::Null)),
        Some(ErrorKind::Unsupported)
    );
    assert_eq!(
        kind(plain.verify_password(&call, "alice", &Secret::new(""))),
        Some(ErrorKind::Internal)
    );
    Ok(())
}

#[test]
fn methods_of_newer_daemons_reach_the_plugin() -> PluginResult<()> {
    let daemon = MockHost::new();
    let witness = daemon.backend::<Witness>(Value::Null)?;
    let call = daemon.call();
    assert_eq!(witness.call(&call, "echo", &json!([1]))?, json!([1]));
    assert_eq!(
        kind(witness.call(&call, "other", &Value::Null)),
        Some(ErrorKind::Refused)
    );
    Ok(())
}

#[test]
fn a_backend_whose_configuration_is_wrong_says_the_key() {
    let started = MockHost::new().backend::<Plain>(json!({}));
    let error = started
        .err()
        .map(|error| (error.kind(), error.message().to_owned()));
    assert_eq!(
        error,
        Some((
            ErrorKind::Configuration,
            "the key `uri` is missing".to_owned()
        ))
    );
}
