//! From a request to the handler of its route: path, method, token, body, in this order.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{ALLOW, HeaderValue, SERVER},
    },
    web::{self, Bytes},
};
use serde_json::json;
use wazo_auth_services::authorization::{self, AuthorizationError, Caller};

use crate::{
    app::App,
    body::MAX_BODY,
    error::ApiError,
    exchange::{Exchange, header},
    request_log,
    routes::{Access, Parameters},
};

/// The version of the API, in front of every path.
const PREFIX: &str = "/0.1";
/// What serves, for the header `Server`. Its version is nobody's business.
const SERVER_NAME: HeaderValue = HeaderValue::from_static("wazo-auth");

/// Makes an actix application of ours.
pub fn configure(app: Arc<App>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(web::Data::from(app))
            .default_service(web::to(dispatch));
    }
}

async fn dispatch(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let app = app.into_inner();
    let record = request_log::arrival(&app.settings.proxies, &request);
    let mut response = answer(Arc::clone(&app), request.clone(), payload)
        .await
        .unwrap_or_else(ApiError::into_response);
    if let Some(cors) = &app.settings.cors {
        cors.apply(request.method(), request.headers(), response.headers_mut());
    }
    response.headers_mut().insert(SERVER, SERVER_NAME);
    if let Some(record) = record {
        record.reply(&response);
    }
    response
}

async fn answer(
    app: Arc<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    if request.path().contains("//") {
        return Ok(redirect(&app, &request));
    }
    let routes = app.routes();
    let (resource, parameters) = request
        .path()
        .strip_prefix(PREFIX)
        .and_then(|path| routes.find(path))
        .ok_or_else(ApiError::no_route)?;
    // No text of ours holds a NUL character, and databases cannot compare one.
    if request.query_string().contains("%00") {
        return Err(ApiError::bad_request());
    }
    let Some(action) = resource.action(request.method()) else {
        let options = request.method() == Method::OPTIONS;
        let mut response = if options {
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .finish()
        } else {
            ApiError::method_not_allowed().into_response()
        };
        if let Ok(allow) = resource.allow().parse() {
            response.headers_mut().insert(ALLOW, allow);
        }
        return Ok(response);
    };
    let caller = match &action.access {
        Access::Public => None,
        Access::Token(template) | Access::TopTenantToken(template) => {
            let for_platform = matches!(action.access, Access::TopTenantToken(_));
            Some(authorize(&app, &request, template, for_platform, &parameters).await?)
        }
    };
    let body = if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::DELETE
    ) {
        Bytes::new()
    } else {
        payload
            .to_bytes_limited(MAX_BODY)
            .await
            .map_err(|_| ApiError::too_large())?
            .map_err(|_| ApiError::bad_request())?
    };
    (action.handler)(Exchange {
        app,
        request,
        parameters,
        body,
        caller,
    })
    .await
}

/// Lets a caller through whose token grants the access.
async fn authorize(
    app: &Arc<App>,
    request: &HttpRequest,
    template: &str,
    for_platform: bool,
    parameters: &Parameters,
) -> Result<Caller, ApiError> {
    let token = header(request, "x-auth-token").unwrap_or_default();
    let tenant = header(request, "wazo-tenant").filter(|tenant| !tenant.is_empty());
    let access = required_access(template, parameters);
    authorization::look_up(&app.services, token, tenant.map(str::to_owned))
        .answer()
        .await
        .and_then(|credentials| {
            if for_platform {
                credentials.judge_for_platform(app.services.top_tenant(), &access)
            } else {
                credentials.judge(&access)
            }
        })
        .map_err(|error| match error {
            AuthorizationError::UnknownToken => ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                error.to_string(),
                json!({
                    "invalid_token": token,
                    "reason": "not_found_or_expired",
                    "required_access": access,
                }),
            ),
            AuthorizationError::NotGranted => ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                error.to_string(),
                json!({
                    "invalid_token": token,
                    "reason": "missing_permission_or_invalid_tenant",
                    "required_access": access,
                    "tenant_uuid": tenant,
                }),
            ),
            AuthorizationError::NotOfTopTenant => ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                error.to_string(),
                json!({ "invalid_token": token }),
            ),
            AuthorizationError::UnknownTenant => ApiError::api(
                StatusCode::UNAUTHORIZED,
                "unauthorized-tenant",
                None,
                error.to_string(),
                json!({ "tenant_uuid": tenant }),
            ),
            AuthorizationError::UnknownUser(ref uuid) => ApiError::api(
                StatusCode::NOT_FOUND,
                "unknown-user",
                Some("users"),
                error.to_string(),
                json!({ "uuid": uuid }),
            ),
            AuthorizationError::Database(error) => error.into(),
        })
}

/// A template with the path's parameters in the places of their names. What a parameter holds is text,
/// even if it looks like a name.
fn required_access(template: &str, parameters: &Parameters) -> String {
    let mut access = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, (name, behind))) = rest
        .split_once('{')
        .and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        access.push_str(before);
        if let Some((_, value)) = parameters.iter().find(|(known, _)| known == name) {
            // A dot in a value must not open a new word of the access.
            access.push_str(&value.replace('.', "_"));
        }
        rest = behind;
    }
    access.push_str(rest);
    access
}

/// `//` in a path: the same without it.
fn redirect(app: &App, request: &HttpRequest) -> HttpResponse {
    let mut path = request.path().to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let mut location = app.settings.proxies.origin(request).base() + &path;
    if !request.query_string().is_empty() {
        location.push('?');
        location.push_str(request.query_string());
    }
    HttpResponse::PermanentRedirect()
        .insert_header(("Location", location))
        .content_type("text/html; charset=utf-8")
        .finish()
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
            assert_eq!(required_access(template, &parameters), access);
        }
    }
}
