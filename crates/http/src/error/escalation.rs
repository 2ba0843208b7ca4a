//! What clients read who would hand out more than they have.

use actix_web::http::StatusCode;
use serde_json::{Map, json};
use wazo_auth_services::escalation::EscalationError;

use super::ApiError;

impl From<EscalationError> for ApiError {
    fn from(error: EscalationError) -> Self {
        let mut details = Map::new();
        details.insert("invalid_token".to_owned(), json!(error.token.expose()));
        // An empty access has never been named.
        if !error.access.is_empty() {
            details.insert("required_access".to_owned(), json!(error.access));
        }
        Self::api(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            None,
            "Unauthorized",
            details.into(),
        )
    }
}
