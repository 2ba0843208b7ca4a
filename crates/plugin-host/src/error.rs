//! What goes wrong when a plugin is called, or calls the daemon.

use serde_json::Value;
use wazo_auth_core::{AbiError, error::code};

use crate::{Map, document};

/// A plugin's message for the log is cut here.
const MAX_MESSAGE: usize = 4096;

/// A failure that a plugin reports, or that an operation reports to a plugin.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct PluginError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// One line for the log; under [`ErrorKind::Api`] the client's message.
    pub message: String,
    /// What else an [`ErrorKind::Api`] error tells the client.
    pub answer: Option<Box<Answer>>,
}

/// What an error tells the client, beside its message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The identifier that clients compare.
    pub error_id: Option<String>,
    /// The details.
    pub details: Option<Value>,
    /// The resource that the error is about, such as `users`.
    pub resource: Option<String>,
}

/// What kind of failure a [`PluginError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something failed inside; the client learns nothing of it.
    Internal,
    /// The plugin's configuration is missing or wrong.
    Configuration,
    /// The other side has no such method or operation.
    Unsupported,
    /// Something needed could not be reached; trying again later may help.
    Unavailable,
    /// The call that the request belonged to has ended.
    CallOver,
    /// An answer for the client.
    Api,
    /// The credentials are refused.
    Refused,
    /// The arguments cannot be understood.
    InvalidArgument,
    /// The operation is not among the needs that the plugin's manifest declares.
    Undeclared,
    /// The plugin panicked.
    Panic,
}

/// The code of each kind.
const CODES: [(u32, ErrorKind); 10] = [
    (code::INTERNAL, ErrorKind::Internal),
    (code::CONFIGURATION, ErrorKind::Configuration),
    (code::UNSUPPORTED, ErrorKind::Unsupported),
    (code::UNAVAILABLE, ErrorKind::Unavailable),
    (code::CALL_OVER, ErrorKind::CallOver),
    (code::API, ErrorKind::Api),
    (code::REFUSED, ErrorKind::Refused),
    (code::INVALID_ARGUMENT, ErrorKind::InvalidArgument),
    (code::UNDECLARED, ErrorKind::Undeclared),
    (code::PANIC, ErrorKind::Panic),
];

impl ErrorKind {
    fn from_code(code: u32) -> Self {
        CODES
            .iter()
            .find(|known| known.0 == code)
            .map_or(Self::Internal, |known| known.1)
    }

    fn code(self) -> u32 {
        CODES
            .iter()
            .find(|known| known.1 == self)
            .map_or(code::INTERNAL, |known| known.0)
    }
}

impl PluginError {
    /// An error that is nothing for the client.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            answer: None,
        }
    }

    /// An answer for the client.
    pub fn api(message: impl Into<String>, answer: Answer) -> Self {
        Self {
            answer: Some(Box::new(answer)),
            ..Self::new(ErrorKind::Api, message)
        }
    }

    pub(crate) fn from_abi(error: AbiError) -> Self {
        let kind = ErrorKind::from_code(error.code);
        let message = error.message.as_str();
        // Nonsense beside an error must not hide the error.
        let extra = document::object(error.extra.as_str()).unwrap_or_default();
        let text = |member: &str| extra.get(member)?.as_str().map(str::to_owned);
        Self {
            kind,
            message: if kind == ErrorKind::Api {
                document::cut(message, MAX_MESSAGE).to_owned()
            } else {
                document::one_line(message, MAX_MESSAGE)
            },
            answer: (kind == ErrorKind::Api).then(|| {
                Box::new(Answer {
                    error_id: text("error_id"),
                    resource: text("resource"),
                    status: extra
                        .get("status")
                        .and_then(Value::as_u64)
                        .and_then(|status| u16::try_from(status).ok()),
                    details: extra.get("details").cloned(),
                })
            }),
        }
    }

    pub(crate) fn into_abi(self) -> AbiError {
        let answer = self.answer.map(|answer| *answer).unwrap_or_default();
        let members = [
            ("status", answer.status.map(Value::from)),
            ("error_id", answer.error_id.map(Value::from)),
            ("resource", answer.resource.map(Value::from)),
            ("details", answer.details),
        ];
        let extra: Map = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        AbiError {
            code: self.kind.code(),
            message: self.message.into(),
            extra: document::write_object(&extra).into(),
        }
    }
}

/// Why a call has no answer.
///
/// Which entry was called and for which request is in the log, on a line of its own.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The plugin says so.
    #[error("{0}")]
    Plugin(PluginError),
    /// The plugin panicked; the text names the entry and the place.
    #[error("{0}")]
    Panicked(String),
    /// All calls of the entry were taken until the deadline.
    #[error("the plugin is busy with other calls")]
    Busy,
    /// Too many callers wait for the entry already.
    #[error("too many callers wait for the plugin")]
    QueueFull,
    /// The plugin did not answer in time.
    #[error("the plugin did not answer in time")]
    Deadline,
    /// The entry failed repeatedly, and is left alone for a while.
    #[error("the plugin has failed repeatedly and is not called for a while")]
    BreakerOpen,
    /// A plugin that was called for another plugin asked for something that calls a third one.
    #[error("a plugin that was called for another plugin cannot lead to a further one")]
    Nested,
    /// The daemon stops.
    #[error("the daemon is shutting down")]
    ShuttingDown,
    /// The plugin's answer breaks the rules; the text names the entry and the rule.
    #[error("{0}")]
    Malformed(String),
}

impl CallError {
    /// What a plugin's error means for the caller of the entry that `label` names.
    pub(crate) fn from_abi(label: &str, error: AbiError) -> Self {
        let error = PluginError::from_abi(error);
        match error.kind {
            ErrorKind::Panic => Self::Panicked(format!("{label}: {}", error.message)),
            _ => Self::Plugin(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_survives_the_boundary() {
        let answer = Answer {
            status: Some(404),
            error_id: Some("unknown-user".to_owned()),
            details: Some(json!({"uuid": "x"})),
            resource: Some("users".to_owned()),
        };
        let error = PluginError::api("No such user", answer);
        assert_eq!(PluginError::from_abi(error.clone().into_abi()), error);
    }

    #[test]
    fn an_unknown_code_is_an_internal_error() {
        let error = PluginError::from_abi(AbiError::new(4711, "?"));
        assert_eq!(error.kind, ErrorKind::Internal);
    }

    #[test]
    fn a_message_fits_on_one_line_of_the_log() {
        let error = PluginError::from_abi(AbiError::new(code::INTERNAL, "a\nb\x1b[2J"));
        assert_eq!(error.message, "a\\nb\\u{1b}[2J");
    }
}
