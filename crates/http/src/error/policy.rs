//! What clients read when something is wrong with a policy.

use actix_web::http::StatusCode;
use serde_json::json;
use wazo_auth_services::policy::{Name, PolicyError};

use super::ApiError;
use crate::{python, validation::fields};

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        let message = error.to_string();
        match error {
            PolicyError::Unknown(name) => {
                let name = match name {
                    Name::Uuid(uuid) => json!({ "uuid": uuid.as_str() }),
                    Name::Slug(slug) => json!({ "slug": slug }),
                };
                Self::reason(
                    StatusCode::NOT_FOUND,
                    format!("No such policy {}", python::repr(&name)),
                )
            }
            PolicyError::Gone(_) => Self::reason(StatusCode::NOT_FOUND, message),
            PolicyError::NoTenant => Self::no_tenant(),
            PolicyError::Taken(_) | PolicyError::AccessTaken(_) => {
                Self::reason(StatusCode::CONFLICT, message)
            }
            PolicyError::ReadOnly(_) => Self::reason(StatusCode::FORBIDDEN, message),
            // As the check of a body has it, which knows nothing of the database.
            PolicyError::AccessTooLong => fields::invalid_field("acl"),
            PolicyError::UnknownUser(uuid) => Self::unknown_user(&uuid, message),
            PolicyError::Escalation(error) => error.into(),
            PolicyError::Database(error) => error.into(),
        }
    }
}
