//! What clients read when something is wrong with a tenant.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use wazo_auth_services::tenant::TenantError;

use super::{ApiError, Shape};
use crate::python;

impl From<TenantError> for ApiError {
    fn from(error: TenantError) -> Self {
        let message = error.to_string();
        match error {
            TenantError::Unknown(uuid) => tenants(
                StatusCode::NOT_FOUND,
                "unknown-tenant",
                message,
                json!({ "uuid": uuid.as_str() }),
            ),
            TenantError::NoTenant => Self::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized-tenant",
                None,
                message,
                json!({ "tenant_uuid": null }),
            ),
            TenantError::UnknownContact(uuid) => Self::unknown_user(uuid.as_str(), message),
            TenantError::InvalidMethod(method) => Self::invalid(
                "tenants",
                json!(message),
                json!({ "default_authentication_method": method }),
            ),
            TenantError::OwnParent => tenants(
                StatusCode::FORBIDDEN,
                "conflict",
                CONFLICT,
                json!({ "parent_uuid": { "constraint_id": "unique", "msg": message } }),
            ),
            TenantError::UuidTaken(_) => tenants(
                StatusCode::CONFLICT,
                "tenant-identity-conflict",
                "Tenant Conflict detected",
                json!({ "uuid": { "constraint_id": "unique", "message": message } }),
            ),
            TenantError::SlugTaken(_) => tenants(
                StatusCode::CONFLICT,
                "conflict",
                CONFLICT,
                json!({ "slug": { "constraint_id": "unique", "message": message } }),
            ),
            TenantError::DomainTaken(names) => {
                let message = format!(
                    "Domain name : \"{}\" is already in use, no duplicates allowed",
                    python::repr(&json!(names))
                );
                // The hyphen is what clients know.
                let details =
                    json!({ "domain_names": { "constraint-id": "unique", "message": message } });
                tenants(StatusCode::CONFLICT, "conflict", CONFLICT, details)
            }
            TenantError::OwnTenant(uuid) => tenants(
                StatusCode::FORBIDDEN,
                "deleting-own-tenant-forbidden",
                message,
                json!({ "tenant_uuid": uuid.as_str() }),
            ),
            TenantError::HasChildren(uuid) => Self {
                status: StatusCode::BAD_REQUEST,
                shape: Box::new(Shape::Shifted {
                    message,
                    error_id: json!({ "uuid": uuid.as_str() }),
                    details: "tenants",
                }),
            },
            TenantError::Descendant { tenant, parent } => tenants(
                StatusCode::CONFLICT,
                "conflict",
                message,
                json!({ "uuid": tenant.as_str(), "parent_uuid": parent.as_str() }),
            ),
            TenantError::Database(error) => error.into(),
        }
    }
}

const CONFLICT: &str = "Conflict detected";

fn tenants(
    status: StatusCode,
    error_id: &str,
    message: impl Into<Value>,
    details: Value,
) -> ApiError {
    ApiError::api(status, error_id, Some("tenants"), message, details)
}
