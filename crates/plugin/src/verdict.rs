//! The answer to a password check.

use serde_json::Value;
use wazo_auth_core::backend::{self as abi, verdict};

use crate::{Map, PluginError, PluginResult, document};

/// The answer to a password check.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Login and password belong together.
    #[non_exhaustive]
    Accepted {
        /// Merged into the arguments of the login, for whoever looks at them later.
        args_patch: Map,
    },
    /// The password is wrong, or the login may not be used.
    Refused,
    /// This backend does not know the login; another one may.
    UnknownLogin,
}

impl Verdict {
    /// Login and password belong together.
    pub fn accepted() -> Self {
        Self::Accepted {
            args_patch: Map::new(),
        }
    }

    /// Sets an argument of the login, found in [`Call::args`](crate::Call::args) from then on.
    ///
    /// Does nothing to a verdict that is not [`Accepted`](Self::Accepted).
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Self::Accepted { args_patch } = &mut self {
            args_patch.insert(name.into(), value.into());
        }
        self
    }

    /// Whether login and password belong together.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    pub(crate) fn into_abi(self) -> abi::Verdict {
        let (code, details) = match self {
            Self::Accepted { args_patch } if args_patch.is_empty() => {
                (verdict::ACCEPTED, String::new())
            }
            Self::Accepted { args_patch } => {
                let mut details = Map::new();
                details.insert("args_patch".to_owned(), Value::Object(args_patch));
                (verdict::ACCEPTED, document::write_map(details))
            }
            Self::Refused => (verdict::REFUSED, String::new()),
            Self::UnknownLogin => (verdict::UNKNOWN_LOGIN, String::new()),
        };
        abi::Verdict {
            code,
            details: details.into(),
            extra: String::new().into(),
        }
    }

    pub(crate) fn from_abi(answer: &abi::Verdict) -> PluginResult<Self> {
        match answer.code {
            verdict::ACCEPTED => {
                let mut details = document::read_object("verdict", answer.details.as_str())?;
                match details.remove("args_patch") {
                    None => Ok(Self::accepted()),
                    Some(Value::Object(args_patch)) => Ok(Self::Accepted { args_patch }),
                    Some(_) => Err(PluginError::invalid_argument(
                        "the verdict's args_patch is no object",
                    )),
                }
            }
            verdict::UNKNOWN_LOGIN => Ok(Self::UnknownLogin),
            _ => Ok(Self::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_crosses_the_boundary_and_back() {
        for verdict in [
            Verdict::accepted(),
            Verdict::accepted().with("user_email", "a@b.example"),
            Verdict::Refused,
            Verdict::UnknownLogin,
        ] {
            let back = Verdict::from_abi(&verdict.clone().into_abi());
            assert_eq!(back.ok(), Some(verdict));
        }
    }

    #[test]
    fn an_unknown_code_is_a_refusal() {
        let mut abi = Verdict::accepted().into_abi();
        abi.code = 77;
        assert_eq!(Verdict::from_abi(&abi).ok(), Some(Verdict::Refused));
    }

    #[test]
    fn a_refusal_patches_nothing() {
        assert_eq!(Verdict::Refused.with("a", 1), Verdict::Refused);
    }
}
