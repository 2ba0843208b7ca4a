//! The error of plugins, and of the daemon's operations.

use std::{error::Error, fmt};

use serde_json::Value;
use wazo_auth_core::{AbiError, error::code};

use crate::{Map, document};

/// What a fallible method of a plugin answers.
pub type PluginResult<T> = Result<T, PluginError>;

/// A failure.
///
/// Every error of other libraries converts into one with `?` and is then
/// [`Internal`](ErrorKind::Internal): the daemon logs it and the client reads nothing but
/// "Internal Server Error". Therefore this type is no [`std::error::Error`] itself.
///
/// The message goes to the daemon's log, so it never holds a password or a token.
#[derive(Clone, PartialEq)]
pub struct PluginError {
    code: u32,
    message: String,
    extra: Map,
}

/// What kind of failure a [`PluginError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something failed inside; the client learns nothing of it.
    Internal,
    /// The plugin's configuration is missing or wrong.
    Configuration,
    /// The other side has no such method or operation.
    Unsupported,
    /// Something needed could not be reached; trying again later may help.
    Unavailable,
    /// The call that the request to the daemon belonged to has ended.
    CallOver,
    /// An answer for the client.
    Api,
    /// The credentials are refused.
    Refused,
    /// The arguments cannot be understood.
    InvalidArgument,
    /// The operation is not among the `needs` that the plugin exports.
    Undeclared,
    /// The plugin panicked.
    Panic,
}

impl PluginError {
    fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            extra: Map::new(),
        }
    }

    /// Something failed inside; the client learns nothing of it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL, message)
    }

    /// The plugin's configuration is missing or wrong; `message` says which key.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(code::CONFIGURATION, message)
    }

    /// The plugin does not have what was asked for.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(code::UNSUPPORTED, message)
    }

    /// Something needed, such as a directory server, could not be reached.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(code::UNAVAILABLE, message)
    }

    /// The credentials are refused: the client gets the answer of every failed login.
    ///
    /// A wrong password is no error but [`Verdict::Refused`](crate::Verdict::Refused); this is for
    /// the methods that answer no verdict.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(code::REFUSED, message)
    }

    /// The arguments cannot be understood.
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_ARGUMENT, message)
    }

    /// An answer for the client: an HTTP status of 400 to 599, an identifier that programs compare
    /// (such as `unknown-user`), and a message for people.
    pub fn api(status: u16, error_id: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::http(status, message);
        error
            .extra
            .insert("error_id".to_owned(), Value::from(error_id.into()));
        error
    }

    /// An answer for the client that is a status and a message, and nothing else.
    pub fn http(status: u16, message: impl Into<String>) -> Self {
        let mut error = Self::new(code::API, message);
        error.extra.insert("status".to_owned(), Value::from(status));
        error
    }

    /// Names the resource that an [`api`](Self::api) error is about, such as `users`.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.extra
            .insert("resource".to_owned(), Value::from(resource.into()));
        self
    }

    /// Adds a member to the `details` of an [`api`](Self::api) error.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let details = self
            .extra
            .entry("details")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(details) = details {
            details.insert(name.into(), value.into());
        }
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self.code {
            code::CONFIGURATION => ErrorKind::Configuration,
            code::UNSUPPORTED => ErrorKind::Unsupported,
            code::UNAVAILABLE => ErrorKind::Unavailable,
            code::CALL_OVER => ErrorKind::CallOver,
            code::API => ErrorKind::Api,
            code::REFUSED => ErrorKind::Refused,
            code::INVALID_ARGUMENT => ErrorKind::InvalidArgument,
            code::UNDECLARED => ErrorKind::Undeclared,
            code::PANIC => ErrorKind::Panic,
            // Also what only newer daemons know.
            _ => ErrorKind::Internal,
        }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status of an [`api`](Self::api) error.
    pub fn status(&self) -> Option<u16> {
        u16::try_from(self.extra.get("status")?.as_u64()?).ok()
    }

    /// The identifier of an [`api`](Self::api) error.
    pub fn error_id(&self) -> Option<&str> {
        self.extra.get("error_id")?.as_str()
    }

    /// The `details` of an [`api`](Self::api) error.
    pub fn details(&self) -> Option<&Map> {
        self.extra.get("details")?.as_object()
    }

    pub(crate) fn call_over() -> Self {
        Self::new(code::CALL_OVER, "the call has ended")
    }

    pub(crate) fn undeclared(operation: &str) -> Self {
        Self::new(
            code::UNDECLARED,
            format!("`{operation}` is not among the needs that the plugin exports"),
        )
    }

    pub(crate) fn panic(message: impl Into<String>) -> Self {
        Self::new(code::PANIC, message)
    }

    pub(crate) fn from_abi(error: AbiError) -> Self {
        Self {
            code: error.code,
            message: error.message.into(),
            // Room to grow: what a newer daemon writes there must not hide the error itself.
            extra: document::read_object("details of an error", error.extra.as_str())
                .unwrap_or_default(),
        }
    }

    pub(crate) fn into_abi(self) -> AbiError {
        let message = if self.code == code::API {
            self.message
        } else {
            one_line(&self.message)
        };
        AbiError {
            code: self.code,
            message: message.into(),
            extra: document::write_optional(self.extra).into(),
        }
    }
}

impl<E: Error> From<E> for PluginError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many libraries repeat their cause in their own message.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        Self::internal(message)
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind(), self.message)?;
        if !self.extra.is_empty() {
            write!(f, " {}", Value::Object(self.extra.clone()))?;
        }
        Ok(())
    }
}

/// A log line that a message cannot break.
pub(crate) fn one_line(text: &str) -> String {
    text.split(['\n', '\r'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_api_error_crosses_the_boundary_and_back_unchanged() {
        let error = PluginError::api(404, "unknown-user", "No such user: \"x\"")
            .resource("users")
            .detail("uuid", "x");
        let abi = error.clone().into_abi();
        assert_eq!(abi.code, code::API);
        assert_eq!(
            serde_json::from_str::<Value>(abi.extra.as_str()).unwrap_or_default(),
            json!({"status": 404, "error_id": "unknown-user", "resource": "users", "details": {"uuid": "x"}})
        );
        let back = PluginError::from_abi(abi);
        assert_eq!(back, error);
        assert_eq!(back.status(), Some(404));
        assert_eq!(back.error_id(), Some("unknown-user"));
    }

    #[test]
    fn a_code_that_only_newer_daemons_know_is_an_internal_error() {
        let error = PluginError::from_abi(AbiError::new(4711, "?"));
        assert_eq!(error.kind(), ErrorKind::Internal);
    }

    #[test]
    fn nonsense_beside_an_error_does_not_hide_it() {
        let mut abi = AbiError::new(code::UNAVAILABLE, "down");
        abi.extra = "[1, 2".into();
        let error = PluginError::from_abi(abi);
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Unavailable, "down")
        );
    }

    #[test]
    fn errors_of_libraries_keep_their_causes_and_fit_on_one_line() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no\n  port")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        fn fails() -> PluginResult<u8> {
            "x".parse().map_err(Outer).map_err(PluginError::from)
        }
        let error = fails().err().map(PluginError::into_abi);
        assert_eq!(
            error.map(|error| error.message.into_string()),
            Some("no port: invalid digit found in string".to_owned())
        );
    }
}
