//! The check in front of a route: which token, which access, which tenant.

use std::{borrow::Cow, sync::Arc};

use actix_web::{HttpRequest, http::StatusCode};
use serde_json::json;
use wazo_auth_services::authorization::{self, AuthorizationError, Caller};

use crate::{
    app::App,
    error::ApiError,
    exchange::{header, query_pairs},
    routes::Access,
};

/// What a request has to show, filled with its own parameters.
pub struct Check {
    access: String,
    token: String,
    tenant: Option<String>,
    for_platform: bool,
    terse: bool,
}

impl Check {
    /// What a request has to show; `None` on public routes.
    pub fn of(access: &Access, request: &HttpRequest, path: &[(String, String)]) -> Option<Self> {
        let token = || {
            header(request, "x-auth-token")
                .unwrap_or_default()
                .into_owned()
        };
        let check = |template: &str| Self {
            access: required_access(template, path, ""),
            token: token(),
            tenant: header(request, "wazo-tenant")
                .filter(|tenant| !tenant.is_empty())
                .map(Cow::into_owned),
            for_platform: false,
            terse: false,
        };
        let linked = |query: &[(String, String)]| {
            let given = query.iter().find(|(name, _)| name == "token");
            given.map_or_else(token, |(_, token)| token.clone())
        };
        Some(match access {
            Access::Public => return None,
            Access::Token(template) => check(template),
            Access::TopTenantToken(template) => Self {
                for_platform: true,
                ..check(template)
            },
            Access::TenantlessToken(template) => Self {
                tenant: None,
                ..check(template)
            },
            Access::LinkToken(template) => Self {
                token: linked(&query_pairs(request)),
                ..check(template)
            },
            Access::QueryToken(template) => {
                let query = query_pairs(request);
                Self {
                    // Python's word for nothing: accesses have it.
                    access: required_access(template, &query, "None"),
                    token: linked(&query),
                    terse: true,
                    ..check(template)
                }
            }
        })
    }

    /// Lets a caller through whose token grants the access.
    pub async fn pass(self, app: &Arc<App>, request: &HttpRequest) -> Result<Caller, ApiError> {
        authorization::look_up(&app.services, &self.token, self.tenant.clone())
            .answer()
            .await
            .and_then(|credentials| {
                if self.for_platform {
                    credentials.judge_for_platform(app.services.top_tenant(), &self.access)
                } else {
                    credentials.judge(&self.access)
                }
            })
            .map_err(|error| self.refusal(error, request))
    }

    fn refusal(&self, error: AuthorizationError, request: &HttpRequest) -> ApiError {
        let message = error.to_string();
        let unauthorized = |details| {
            ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                message.clone(),
                details,
            )
        };
        match error {
            AuthorizationError::UnknownToken | AuthorizationError::NotGranted if self.terse => {
                unauthorized(json!({ "invalid_token": self.token }))
            }
            AuthorizationError::UnknownToken => unauthorized(json!({
                "invalid_token": self.token,
                "reason": "not_found_or_expired",
                "required_access": self.access,
            })),
            AuthorizationError::NotGranted => unauthorized(json!({
                "invalid_token": self.token,
                "reason": "missing_permission_or_invalid_tenant",
                "required_access": self.access,
                "tenant_uuid": header(request, "wazo-tenant").filter(|tenant| !tenant.is_empty()),
            })),
            AuthorizationError::NotOfTopTenant => {
                unauthorized(json!({ "invalid_token": self.token }))
            }
            AuthorizationError::UnknownTenant => ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized-tenant",
                None,
                message,
                json!({ "tenant_uuid": self.tenant }),
            ),
            AuthorizationError::UnknownUser(ref uuid) => ApiError::unknown_user(uuid, message),
            AuthorizationError::Database(error) => error.into(),
        }
    }
}

/// A template with the path's parameters in the places of their names. What a parameter holds is text,
/// even if it looks like a name.
fn required_access(template: &str, parameters: &[(String, String)], absent: &str) -> String {
    let mut access = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, (name, behind))) = rest
        .split_once('{')
        .and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        access.push_str(before);
        let value = parameters.iter().find(|(known, _)| known == name);
        let value = value.map_or(absent, |(_, value)| value.as_str());
        // A dot in a value must not open a new word of the access.
        access.push_str(&value.replace('.', "_"));
        rest = behind;
    }
    access.push_str(rest);
    access
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_text_whatever_it_looks_like() {
        let parameters = vec![
            ("a".to_owned(), "{b}".to_owned()),
            ("b".to_owned(), "x.y".to_owned()),
        ];
        for (template, access) in [
            ("p.{a}.{b}", "p.{b}.x_y"),
            ("{b}{a}", "x_y{b}"),
            ("plain", "plain"),
            ("{c}.z", ".z"),
            ("{", "{"),
        ] {
            assert_eq!(required_access(template, &parameters, ""), access);
        }
    }
}
