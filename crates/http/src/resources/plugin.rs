//! Routes that plugins bring: their token, access and tenant are checked like any other's, then the
//! plugin answers.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use wazo_auth_plugin_host::{ExternalAuthEntry, Request};

use crate::{
    app::{Routes, acl, public},
    body,
    document::{PREFIX, Told},
    error::ApiError,
    exchange::Exchange,
    routes::Answer,
};

/// Headers that plugins do not get to see: they carry the caller's credentials.
const CREDENTIALS: &[&str] = &["x-auth-token", "authorization", "cookie"];

/// Adds the routes of a plugin; those whose place is taken are left out.
pub fn mount(routes: &mut Routes<'_>, entry: &Arc<ExternalAuthEntry>) {
    for route in entry.routes() {
        let access = if route.public {
            public()
        } else {
            acl(&route.access)
        };
        let Ok(method) = Method::from_bytes(route.method.as_bytes()) else {
            continue;
        };
        let (entry_of_route, number) = (Arc::clone(entry), route.handler);
        let handler = Box::new(move |exchange| {
            Box::pin(handle(exchange, Arc::clone(&entry_of_route), number)) as Answer
        });
        if let Err(error) = routes.add_foreign(method, &route.path, access, handler) {
            log::error!(
                "a route of the external authentication plugin {:?} is left out: {error}",
                entry.name()
            );
            continue;
        }
        routes.tell(Told {
            plugin: entry.name().to_owned(),
            method: route.method.clone(),
            path: route.path.clone(),
            description: route.description.clone(),
        });
    }
}

async fn handle(
    exchange: Exchange,
    entry: Arc<ExternalAuthEntry>,
    handler: u32,
) -> Result<HttpResponse, ApiError> {
    if body::is_json_with_nul(&exchange.body) {
        return Err(ApiError::bad_request());
    }
    let headers = exchange
        .request
        .headers()
        .iter()
        .filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let request = Request {
        handler,
        method: exchange.request.method().as_str().to_owned(),
        path: exchange
            .request
            .path()
            .strip_prefix(PREFIX)
            .unwrap_or_default()
            .to_owned(),
        path_params: exchange.parameters.clone(),
        query: exchange.query_pairs(),
        headers,
        body: exchange.body.to_vec(),
        remote_addr: Some(exchange.remote_addr()),
    };
    let response = exchange
        .app
        .services
        .run_plugin(exchange.call(), move |cx| entry.handle(cx.call(), request))
        .await??;
    // The host has checked status and headers.
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    if !response
        .headers
        .iter()
        .any(|(name, _)| name == "content-type")
    {
        // As every answer of the API has it, also one without a body.
        answer.content_type("application/json");
    }
    for (name, value) in response.headers {
        answer.append_header((name, value));
    }
    Ok(if response.body.is_empty() {
        answer.finish()
    } else {
        answer.body(response.body)
    })
}
