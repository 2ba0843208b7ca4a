//! From a request to the handler of its route: path, method, token, body, in this order.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{ALLOW, HeaderValue, SERVER},
    },
    web::{self, Bytes},
};

use crate::{
    app::App, body::MAX_BODY, check::Check, document::PREFIX, error::ApiError, exchange::Exchange,
    request_log::Record, routes::Bodies,
};

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
    let mut record = Record::of(&app.settings.proxies, &request);
    let mut response = answer(Arc::clone(&app), request.clone(), payload, &mut record)
        .await
        .unwrap_or_else(ApiError::into_response);
    if let Some(cors) = &app.settings.cors {
        cors.apply(request.method(), request.headers(), response.headers_mut());
    }
    response.headers_mut().insert(SERVER, SERVER_NAME);
    match record {
        Some(record) => record.reply(response),
        None => response,
    }
}

async fn answer(
    app: Arc<App>,
    request: HttpRequest,
    payload: web::Payload,
    record: &mut Option<Record>,
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
    if let (Some(record), Bodies::Known) = (record.as_mut(), action.bodies) {
        record.show_bodies();
    }
    let caller = match Check::of(&action.access, &request, parameters.as_slice()) {
        Some(check) => Some(check.pass(&app, &request).await?),
        None => None,
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
    if let Some(record) = record {
        record.arrive(&body);
    }
    (action.handler)(Exchange {
        app,
        request,
        parameters,
        body,
        caller,
    })
    .await
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
