//! What clients read when something fails. Statuses and error ids stand here and nowhere else.

mod escalation;
mod group;
mod policy;
mod tenant;

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Map, Value, json};
use wazo_auth_model::report::chain;
use wazo_auth_plugin_host::{CallError, ErrorKind, PluginError};
use wazo_auth_services::{
    DatabaseError, Unserved,
    authentication::AuthenticationError,
    external_auth::ExternalAuthError,
    identity_provider::IdentityProviderError,
    refresh_token::RefreshTokenError,
    session::SessionError,
    token::TokenError,
    user::{LoginField, UserError},
};

use crate::{body, python};

/// The text for a request that cannot be understood.
pub const BAD_REQUEST: &str =
    "The browser (or proxy) sent a request that this server could not understand.";

/// How much of an error's message, and of its details, the log has, in characters.
const MAX_LOGGED: usize = 2_000;

/// An answer that is no success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    shape: Box<Shape>,
}

#[derive(Debug)]
enum Shape {
    /// Tokens and logins: the reason, in a list.
    Reason(String),
    /// Most others.
    Api {
        message: Value,
        error_id: String,
        details: Value,
        resource: Option<String>,
    },
    /// One answer that clients know with the members of [`Api`](Self::Api) in each other's places.
    Shifted {
        message: String,
        error_id: Value,
        details: &'static str,
    },
    /// What has to do with HTTP alone.
    Framework(String),
    /// No such route.
    Page,
}

const NOT_FOUND_PAGE: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n";

impl ApiError {
    /// `{"reason": [..], ..}`.
    pub fn reason(status: StatusCode, reason: impl Into<String>) -> Self {
        Self {
            status,
            shape: Box::new(Shape::Reason(reason.into())),
        }
    }

    /// `{"message": .., "error_id": .., "details": ..}`, with a resource or without.
    pub fn api(
        status: StatusCode,
        error_id: &str,
        resource: Option<&str>,
        message: impl Into<Value>,
        details: Value,
    ) -> Self {
        Self {
            status,
            shape: Box::new(Shape::Api {
                message: message.into(),
                error_id: error_id.to_owned(),
                details,
                resource: resource.map(str::to_owned),
            }),
        }
    }

    /// A request that cannot be understood.
    pub fn bad_request() -> Self {
        Self::framework(StatusCode::BAD_REQUEST, BAD_REQUEST)
    }

    /// A body that is too large.
    pub fn too_large() -> Self {
        Self::framework(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The data value transmitted exceeds the capacity limit.",
        )
    }

    /// A method that the path does not have.
    pub fn method_not_allowed() -> Self {
        Self::framework(
            StatusCode::METHOD_NOT_ALLOWED,
            "The method is not allowed for the requested URL.",
        )
    }

    /// A path that is none.
    pub fn no_route() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            shape: Box::new(Shape::Page),
        }
    }

    /// A failure of ours: the log keeps the cause, the client learns nothing.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        log::error!("a request failed: {}", chain(cause));
        Self::framework(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    /// Something that should be there in a moment.
    pub fn unavailable(cause: &(dyn std::error::Error + 'static)) -> Self {
        log::error!("a request could not be served now: {}", chain(cause));
        Self::framework(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
    }

    fn framework(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            shape: Box::new(Shape::Framework(message.into())),
        }
    }

    /// The answer itself.
    pub fn into_response(self) -> HttpResponse {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64());
        let value = match *self.shape {
            Shape::Page => {
                return HttpResponse::build(self.status)
                    .content_type("text/html; charset=utf-8")
                    .body(NOT_FOUND_PAGE);
            }
            Shape::Reason(reason) => json!({
                "reason": [reason],
                "timestamp": [now],
                "status_code": self.status.as_u16(),
            }),
            Shape::Framework(message) => json!({ "message": message }),
            Shape::Shifted {
                message,
                error_id,
                details,
            } => {
                log::error!("{message}");
                json!({
                    "message": message,
                    "error_id": error_id,
                    "details": details,
                    "timestamp": now,
                })
            }
            Shape::Api {
                message,
                error_id,
                details,
                resource,
            } => {
                log::error!("{}: {}", short(text(&message)), short(redacted(&details)));
                let mut value = Map::new();
                value.insert("message".to_owned(), message);
                value.insert("error_id".to_owned(), json!(error_id));
                value.insert("details".to_owned(), details);
                value.insert("timestamp".to_owned(), json!(now));
                if let Some(resource) = resource {
                    value.insert("resource".to_owned(), json!(resource));
                }
                Value::Object(value)
            }
        };
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("Retry-After", "1"));
        }
        body::json_with(response, &value)
    }
}

/// Wrong credentials of whatever kind: nothing tells them apart.
fn authentication_failed() -> ApiError {
    ApiError::reason(StatusCode::UNAUTHORIZED, "Authentication Failed")
}

/// The beginning of a text that has a client's own words in it, which may be a whole body long.
fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_LOGGED) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn text(message: &Value) -> String {
    message
        .as_str()
        .map_or_else(|| python::repr(message), str::to_owned)
}

/// Details for the log: a token in them is a secret there.
fn redacted(details: &Value) -> String {
    let mut details = details.clone();
    if let Some(token) = details.get_mut("invalid_token") {
        *token = json!(wazo_auth_model::ids::redact_token(
            token.as_str().unwrap_or_default()
        ));
    }
    python::repr(&details)
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        if error.is_temporary() {
            Self::unavailable(&error)
        } else {
            Self::internal(&error)
        }
    }
}

impl From<Unserved> for ApiError {
    fn from(error: Unserved) -> Self {
        match error {
            Unserved::Overloaded => Self::unavailable(&error),
            Unserved::Panicked => Self::internal(&error),
        }
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Plugin(error) => error.into(),
            CallError::Busy
            | CallError::QueueFull
            | CallError::BreakerOpen
            | CallError::ShuttingDown => Self::unavailable(&error),
            CallError::Deadline => {
                log::error!("a request failed: {}", chain(&error));
                Self::framework(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout")
            }
            CallError::Panicked(_) | CallError::Malformed(_) | CallError::Nested => {
                Self::internal(&error)
            }
        }
    }
}

impl From<PluginError> for ApiError {
    fn from(error: PluginError) -> Self {
        match error.kind {
            ErrorKind::Refused => authentication_failed(),
            ErrorKind::Unavailable => Self::unavailable(&error),
            ErrorKind::Api => Self::from_plugin(error),
            ErrorKind::Internal
            | ErrorKind::Configuration
            | ErrorKind::Unsupported
            | ErrorKind::CallOver
            | ErrorKind::InvalidArgument
            | ErrorKind::Undeclared
            | ErrorKind::Panic => Self::internal(&error),
        }
    }
}

impl ApiError {
    /// An answer that a plugin chose. One that names no error is about HTTP alone.
    fn from_plugin(error: PluginError) -> Self {
        let answer = error.answer.clone().unwrap_or_default();
        let status = answer
            .status
            .and_then(|status| StatusCode::from_u16(status).ok())
            .filter(|status| status.is_client_error() || status.is_server_error());
        let Some(status) = status else {
            return Self::internal(&error);
        };
        match answer.error_id {
            Some(error_id) => Self::api(
                status,
                &error_id,
                answer.resource.as_deref(),
                error.message,
                answer.details.unwrap_or_else(|| json!({})),
            ),
            None => Self::framework(status, error.message),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unknown => Self::reason(StatusCode::NOT_FOUND, error.to_string()),
            // Clients get the access in ASCII.
            TokenError::NotGranted(_) => Self::reason(
                StatusCode::FORBIDDEN,
                deunicode::deunicode(&error.to_string()),
            ),
            TokenError::NotInTenant(_) => Self::reason(StatusCode::FORBIDDEN, error.to_string()),
            TokenError::UnknownUser(ref uuid) => Self::unknown_user(uuid, error.to_string()),
            TokenError::TooManySessions(_) => {
                Self::reason(StatusCode::TOO_MANY_REQUESTS, error.to_string())
            }
            TokenError::Authentication(error) => error.into(),
            TokenError::OfflineUnknownUser => Self::reason(
                StatusCode::BAD_REQUEST,
                python::repr(&json!({ "_schema": [error.to_string()] })),
            ),
            TokenError::Backend { .. } => Self::internal(&error),
            TokenError::Plugin(error) => error.into(),
            TokenError::Unserved(error) => error.into(),
            TokenError::Database(error) => error.into(),
        }
    }
}

impl ApiError {
    /// Something that must be unique, and is not. `details` say which field, and why.
    fn conflict(resource: &str, details: Value) -> Self {
        Self::api(
            StatusCode::CONFLICT,
            "conflict",
            Some(resource),
            "Conflict detected",
            details,
        )
    }

    /// Something that has to be made in a tenant, by a caller that has none.
    fn no_tenant() -> Self {
        Self::api(
            StatusCode::UNAUTHORIZED,
            "unauthorized-tenant",
            None,
            "Unauthorized tenant",
            json!({ "tenant_uuid": null }),
        )
    }

    /// A user that is none, or none that the caller may see.
    pub fn unknown_user(uuid: &str, message: String) -> Self {
        Self::api(
            StatusCode::NOT_FOUND,
            "unknown-user",
            Some("users"),
            message,
            json!({ "uuid": uuid }),
        )
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        let message = error.to_string();
        let taken = |field: &str| {
            Self::conflict(
                "users",
                json!({ field: { "constraint_id": "unique", "message": message } }),
            )
        };
        match error {
            UserError::Unknown(uuid) => Self::unknown_user(&uuid, message),
            UserError::LoginTaken { field, .. } => taken(match field {
                LoginField::Username => "username",
                LoginField::EmailAddress => "email_address",
            }),
            UserError::IdTaken(_) => taken("uuid"),
            UserError::UnknownMethod(method) => Self::invalid(
                "users",
                message.into(),
                json!({ "authentication_method": method }),
            ),
            UserError::UnknownEmail(uuid) => Self::api(
                StatusCode::NOT_FOUND,
                "unknown-email",
                Some("emails"),
                message,
                json!({ "uuid": uuid.as_str() }),
            ),
            UserError::WrongPassword(_) => authentication_failed(),
            UserError::PasswordManagedExternally(uuid) => Self::api(
                StatusCode::METHOD_NOT_ALLOWED,
                "password-managed-externally",
                Some("users"),
                message,
                json!({ "uuid": uuid.as_str() }),
            ),
            UserError::TokenUsed => Self::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                "Unauthorized",
                json!({}),
            ),
            UserError::NoTenant => Self::no_tenant(),
            UserError::Database(error) => error.into(),
            UserError::Unserved(error) => error.into(),
            UserError::Hash(_) => Self::internal(&error),
        }
    }
}

impl From<IdentityProviderError> for ApiError {
    fn from(error: IdentityProviderError) -> Self {
        let message = error.to_string();
        match error {
            IdentityProviderError::UnknownType(idp_type) => Self::api(
                StatusCode::NOT_FOUND,
                "unknown-idp-type",
                Some("idp"),
                message,
                json!({ "idp_type": idp_type }),
            ),
            IdentityProviderError::UnknownUser(uuid) => Self::unknown_user(&uuid, message),
            IdentityProviderError::Database(error) => error.into(),
        }
    }
}

impl From<RefreshTokenError> for ApiError {
    fn from(error: RefreshTokenError) -> Self {
        let message = error.to_string();
        match error {
            RefreshTokenError::UnknownUser(uuid) => Self::unknown_user(&uuid, message),
            RefreshTokenError::UnknownClient(client_id) => Self::api(
                StatusCode::NOT_FOUND,
                "cannot-find-refresh-token-matching-client-id",
                Some("tokens"),
                message,
                json!({ "client_id": client_id }),
            ),
            RefreshTokenError::Database(error) => error.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        let message = error.to_string();
        match error {
            SessionError::UnknownUser(uuid) => Self::unknown_user(&uuid, message),
            SessionError::Database(error) => error.into(),
        }
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused(_) => authentication_failed(),
            AuthenticationError::NoBackend(_) => Self::internal(&error),
            AuthenticationError::Plugin(error) => error.into(),
            AuthenticationError::Database(error) => error.into(),
        }
    }
}

impl From<ExternalAuthError> for ApiError {
    fn from(error: ExternalAuthError) -> Self {
        match error {
            ExternalAuthError::Database(error) => error.into(),
            // Named once, where plugins get the same answers.
            error => PluginError::from(error).into(),
        }
    }
}
