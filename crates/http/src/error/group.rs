//! What clients read when something is wrong with a group.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use wazo_auth_services::group::GroupError;

use super::ApiError;

impl From<GroupError> for ApiError {
    fn from(error: GroupError) -> Self {
        let message = error.to_string();
        match error {
            GroupError::Unknown(uuid) => groups(
                StatusCode::NOT_FOUND,
                "unknown-group",
                message,
                json!({ "uuid": uuid.as_str() }),
            ),
            GroupError::NoTenant => Self::no_tenant(),
            GroupError::Taken(_) => Self::reason(StatusCode::CONFLICT, message),
            GroupError::SystemManaged(uuid) => groups(
                StatusCode::FORBIDDEN,
                "forbidden-group",
                message,
                json!({ "uuid": uuid.as_str() }),
            ),
            GroupError::UnknownUser(uuid) => Self::unknown_user(uuid.as_str(), message),
            GroupError::OtherTenant { user, group } => groups(
                StatusCode::BAD_REQUEST,
                "missmatching-tenant",
                message,
                json!({ "user_tenant_uuid": user.as_str(), "group_tenant_uuid": group.as_str() }),
            ),
            GroupError::Policy(error) => error.into(),
            GroupError::Escalation(error) => error.into(),
            GroupError::Database(error) => error.into(),
        }
    }
}

fn groups(status: StatusCode, error_id: &str, message: String, details: Value) -> ApiError {
    ApiError::api(status, error_id, Some("groups"), message, details)
}
