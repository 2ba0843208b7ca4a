//! `/api`: the API's own document, in both forms.

use actix_web::{
    HttpResponse,
    http::{
        Method,
        header::{CACHE_CONTROL, ETAG},
    },
    web::Bytes,
};

use crate::{
    app::{Routes, public},
    document::Form,
    error::ApiError,
    exchange::Exchange,
};

/// What documents in YAML are called, also by clients that are older than the registered name.
const YAML: &str = "application/x-yaml";

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/api/api.yml", public(), |exchange| {
        show(exchange, Form::Swagger)
    });
    routes.add(Method::GET, "/api/openapi.yml", public(), |exchange| {
        show(exchange, Form::OpenApi)
    });
}

async fn show(exchange: Exchange, form: Form) -> Result<HttpResponse, ApiError> {
    let origin = exchange.app.settings.proxies.origin(&exchange.request);
    let document = exchange.app.routes().document(form, &origin.prefix);
    Ok(cached(&exchange, YAML, &document.tag, document.text))
}

/// An answer that changes with the program or its configuration alone: clients keep it, and ask whether
/// it is still what they have.
pub fn cached(
    exchange: &Exchange,
    media_type: &str,
    tag: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let tag = format!("\"{tag}\"");
    let known = exchange.header("if-none-match").unwrap_or_default();
    let same = known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*");
    let mut response = if same {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response.insert_header((ETAG, tag));
    response.insert_header((CACHE_CONTROL, "no-cache"));
    response.content_type(media_type);
    if same {
        response.finish()
    } else {
        response.body(body.into())
    }
}
