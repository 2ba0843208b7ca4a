//! Entries of any kind, for checks that are the same for all.

use std::sync::Arc;

use serde_json::{Value, json};
use wazo_auth_plugin_host::{
    BackendEntry, CallError, ErrorKind, ExternalAuthEntry, MetadataEntry, Registry, Request,
    RouteInfo, Verdict,
};

use super::{daemon, input};

/// A started entry.
pub enum Entry {
    Backend(Arc<BackendEntry>),
    ExternalAuth(Arc<ExternalAuthEntry>),
    Metadata(Arc<MetadataEntry>),
}

impl Entry {
    pub fn find(registry: &Registry, kind: &str, name: &str) -> Option<Self> {
        match kind {
            "backend" => registry.backend(name).map(Self::Backend),
            "external_auth" => registry.external_auth(name).map(Self::ExternalAuth),
            "metadata" => registry.metadata(name).map(Self::Metadata),
            _ => None,
        }
    }

    /// An ordinary call, as the daemon makes most.
    pub fn ordinary(&self) -> Result<(), String> {
        match self {
            Self::Backend(entry) => self.login(entry, "nobody", "nothing"),
            Self::Metadata(entry) => describe(entry, "alice", &daemon::user(&json!("alice"))),
            Self::ExternalAuth(entry) => {
                let data = json!({ "token": "t", "scope": ["a"] });
                safe(entry, &data)?;
                entry.routes().iter().try_for_each(|route| {
                    let body = data.to_string().into_bytes();
                    match handle(entry, route, body) {
                        // Not for what the client sent, but for what the daemon answered.
                        Fate::FailedInside(_) | Fate::Answered => Ok(()),
                        Fate::Broken(fault) => Err(fault),
                    }
                })
            }
        }
    }

    /// Everything odd, one after the other: how many calls, or the first that was answered against the
    /// contract.
    pub fn odd(&self) -> Result<usize, String> {
        let mut calls = 0;
        let mut made = |answer: Result<(), String>| {
            calls += 1;
            answer
        };
        match self {
            Self::Backend(entry) => {
                for text in input::texts() {
                    // The daemon lets no NUL character and no empty password through.
                    if !text.contains('\0') {
                        made(self.login(entry, &text, "password"))?;
                        made(self.login(entry, "nobody", &text))?;
                    }
                }
            }
            Self::Metadata(entry) => {
                for text in input::texts() {
                    made(describe(entry, &text, &daemon::user(&json!(text))))?;
                }
                // Some users have no name.
                made(describe(
                    entry,
                    "a@example.com",
                    &daemon::user(&Value::Null),
                ))?;
            }
            Self::ExternalAuth(entry) => {
                for document in input::documents() {
                    made(safe(entry, &document))?;
                }
                for route in entry.routes() {
                    for body in input::bodies() {
                        // The client would get a 500 for a request of its own making.
                        made(match handle(entry, route, body) {
                            Fate::Answered => Ok(()),
                            Fate::FailedInside(fault) | Fate::Broken(fault) => Err(fault),
                        })?;
                    }
                }
            }
        }
        Ok(calls)
    }

    /// Passwords that nobody has: how many were refused, or one that was not. Of backends alone.
    pub fn made_up(&self) -> Option<Result<usize, String>> {
        let Self::Backend(entry) = self else {
            return None;
        };
        let mut refused = 0;
        for text in input::texts() {
            if text.contains('\0') {
                continue;
            }
            for (login, password) in [
                ("nobody", text.as_str()),
                (&text, "password"),
                (&text, &text),
            ] {
                let verdict = entry.verify_password(&daemon::context(), login, password);
                if matches!(verdict, Ok(Verdict::Accepted { .. })) {
                    return Some(Err(format!(
                        "the login {} is accepted with the password {}",
                        shown(login),
                        shown(password)
                    )));
                }
                refused += 1;
            }
        }
        Some(Ok(refused))
    }

    /// A login, and what comes after one, whether it was accepted or not.
    fn login(&self, entry: &BackendEntry, login: &str, password: &str) -> Result<(), String> {
        let context = daemon::context();
        let shown = shown(login);
        let what = |method: &str| format!("{method} for the login {shown}");
        let answers = [
            (
                "verify_password",
                entry.verify_password(&context, login, password).map(drop),
            ),
            (
                "get_metadata",
                entry.get_metadata(&context, login).map(drop),
            ),
            ("get_acl", entry.get_acl(&context, login).map(drop)),
            (
                "get_persistent_metadata",
                entry.get_persistent_metadata(&context, login).map(drop),
            ),
        ];
        for (method, answer) in answers {
            answer.or_else(|error| tolerable(error, &what(method)))?;
        }
        Ok(())
    }

    /// A login that the author says is good: what its token needs is there.
    pub fn accepted(&self, login: &str, password: &str) -> Option<Result<(), String>> {
        let Self::Backend(entry) = self else {
            return None;
        };
        let mut context = daemon::context();
        context.args.insert("login".to_owned(), json!(login));
        Some((|| {
            let failed =
                |method: &'static str| move |error: CallError| format!("{method}: {error}");
            let verdict = entry
                .verify_password(&context, login, password)
                .map_err(failed("verify_password"))?;
            let Verdict::Accepted { args_patch, .. } = verdict else {
                return Err("it is not accepted".to_owned());
            };
            context.args.extend(args_patch);
            let metadata = entry
                .get_metadata(&context, login)
                .map_err(failed("get_metadata"))?;
            if !metadata.get("auth_id").is_some_and(Value::is_string) {
                return Err("get_metadata: \"auth_id\" is no text".to_owned());
            }
            if !metadata.contains_key("xivo_uuid") {
                return Err("get_metadata: \"xivo_uuid\" is missing".to_owned());
            }
            entry.get_acl(&context, login).map_err(failed("get_acl"))?;
            entry
                .get_persistent_metadata(&context, login)
                .map_err(failed("get_persistent_metadata"))?;
            match entry.verify_password(&context, login, &format!("{password}x")) {
                Ok(Verdict::Accepted { .. }) => {
                    Err("it is accepted with another password too".to_owned())
                }
                _ => Ok(()),
            }
        })())
    }
}

fn describe(entry: &MetadataEntry, login: &str, user: &Value) -> Result<(), String> {
    let context = daemon::context();
    let what = format!("the login {}", shown(login));
    for answer in [
        entry.get_token_metadata(&context, login, user),
        entry.get_persistent_metadata(&context, login, user),
    ] {
        answer.map(drop).or_else(|error| tolerable(error, &what))?;
    }
    Ok(())
}

fn safe(entry: &ExternalAuthEntry, data: &Value) -> Result<(), String> {
    entry
        .filter_safe(&daemon::context(), data)
        .map(drop)
        .or_else(|error| {
            tolerable(
                error,
                &format!("filter_safe of {}", shown(&data.to_string())),
            )
        })
}

/// What became of a request.
enum Fate {
    Answered,
    /// With an error that the client cannot help.
    FailedInside(String),
    /// Against the contract.
    Broken(String),
}

fn handle(entry: &ExternalAuthEntry, route: &RouteInfo, body: Vec<u8>) -> Fate {
    let what = format!(
        "{} {} with the body {}",
        route.method,
        route.path,
        shown(&String::from_utf8_lossy(&body))
    );
    let mut path = String::new();
    let mut path_params = Vec::new();
    for segment in route.path.split('/').skip(1) {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        let value = name.map_or(segment, |_| daemon::USER);
        if let Some(name) = name {
            path_params.push((name.to_owned(), value.to_owned()));
        }
        path.push('/');
        path.push_str(value);
    }
    let request = Request {
        handler: route.handler,
        method: route.method.clone(),
        path,
        path_params,
        query: vec![("é".to_owned(), String::new())],
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body,
        remote_addr: Some("127.0.0.1".to_owned()),
    };
    match entry.handle(&daemon::context(), request) {
        Ok(answer) if answer.status >= 500 => {
            Fate::FailedInside(format!("{what} is answered with {}", answer.status))
        }
        Ok(_) => Fate::Answered,
        Err(CallError::Plugin(error)) if error.kind == ErrorKind::Internal => {
            Fate::FailedInside(format!("{what} fails inside: {error}"))
        }
        Err(error) => match tolerable(error, &what) {
            Ok(()) => Fate::Answered,
            Err(fault) => Fate::Broken(fault),
        },
    }
}

/// Whether a failure is one that a plugin may report.
fn tolerable(error: CallError, what: &str) -> Result<(), String> {
    match error {
        CallError::Plugin(_) => Ok(()),
        fault => Err(format!("{what}: {fault}")),
    }
}

/// The beginning of a text.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
