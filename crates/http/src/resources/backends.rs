//! `/backends`: the names of the loaded backends.

use actix_web::{HttpResponse, http::Method};
use serde_json::json;

use crate::{
    app::{Routes, public},
    body,
    error::ApiError,
    exchange::Exchange,
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/backends", public(), list);
}

async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let names = exchange
        .app
        .services
        .plugins()
        .map(|plugins| plugins.listed_backends())
        .unwrap_or_default();
    Ok(body::json(&json!({ "data": names })))
}
