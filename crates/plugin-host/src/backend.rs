//! A started backend.

use wazo_auth_core::{BackendObject, backend::verdict};
use zeroize::Zeroizing;

use crate::{CallContext, CallError, Map, bridge::within_bounds, document::object, entry::Entry};

/// The answer to a password check.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Login and password belong together.
    Accepted {
        /// All that the backend says of it.
        details: Map,
        /// What is merged into the login's arguments.
        args_patch: Map,
    },
    /// The password is wrong, or the login may not be used.
    Refused,
    /// The backend does not know the login.
    UnknownLogin,
}

/// A source of logins that has been started.
pub struct BackendEntry(pub(crate) Entry<BackendObject>);

impl BackendEntry {
    /// The name that the configuration knows it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether login and password belong together. A verdict that is none is a refusal.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, or does not answer in time.
    pub fn verify_password(
        &self,
        context: &CallContext,
        login: &str,
        password: &str,
    ) -> Result<Verdict, CallError> {
        let login = login.to_owned();
        let password = Zeroizing::new(password.to_owned());
        let answer = self
            .0
            .call(context, "verify_password", move |backend, call| {
                backend.verify_password(call, login.as_str().into(), password.as_str().into())
            })?;
        match answer.code {
            verdict::ACCEPTED => {
                let malformed = |problem: &str| {
                    self.0.malformed(
                        "verify_password",
                        &format!("answered details that {problem}"),
                    )
                };
                let details =
                    object(answer.details.as_str()).map_err(|problem| malformed(&problem))?;
                let args_patch = match details.get("args_patch") {
                    None => Map::new(),
                    Some(serde_json::Value::Object(patch)) => patch.clone(),
                    Some(_) => return Err(malformed("have an args_patch that is no object")),
                };
                Ok(Verdict::Accepted {
                    details,
                    args_patch,
                })
            }
            verdict::UNKNOWN_LOGIN => Ok(Verdict::UnknownLogin),
            verdict::REFUSED => Ok(Verdict::Refused),
            code => {
                log::warn!(
                    "{}: verify_password answered the unknown verdict {code}: refused",
                    self.0.label
                );
                Ok(Verdict::Refused)
            }
        }
    }

    /// The metadata of the token to be made.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers no JSON object.
    pub fn get_metadata(&self, context: &CallContext, login: &str) -> Result<Map, CallError> {
        let login = login.to_owned();
        let text = self.0.call(context, "get_metadata", move |backend, call| {
            backend.get_metadata(call, login.as_str().into())
        })?;
        object(text.as_str()).map_err(|problem| {
            self.0
                .malformed("get_metadata", &format!("answered what {problem}"))
        })
    }

    /// The accesses of the token to be made.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers more than a document may
    /// hold.
    pub fn get_acl(&self, context: &CallContext, login: &str) -> Result<Vec<String>, CallError> {
        let login = login.to_owned();
        let acl = self.0.call(context, "get_acl", move |backend, call| {
            backend.get_acl(call, login.as_str().into())
        })?;
        if !within_bounds(&acl) {
            return Err(self
                .0
                .malformed("get_acl", "answered more than a megabyte of accesses"));
        }
        if acl.iter().any(|access| access.as_str().contains('\0')) {
            return Err(self
                .0
                .malformed("get_acl", "answered an access with a NUL character"));
        }
        Ok(acl.into_iter().map(Into::into).collect())
    }

    /// What a refresh token keeps of the login, for the metadata of tokens made with it.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers no JSON object.
    pub fn get_persistent_metadata(
        &self,
        context: &CallContext,
        login: &str,
    ) -> Result<Map, CallError> {
        const METHOD: &str = "get_persistent_metadata";
        let login = login.to_owned();
        let text = self.0.call(context, METHOD, move |backend, call| {
            backend.get_persistent_metadata(call, login.as_str().into())
        })?;
        object(text.as_str()).map_err(|problem| {
            self.0
                .malformed(METHOD, &format!("answered what {problem}"))
        })
    }
}
