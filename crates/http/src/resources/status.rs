//! `/status`: whether the daemon serves.

use actix_web::{HttpResponse, http::Method};

use crate::{
    app::{Routes, public},
    error::ApiError,
    exchange::Exchange,
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::HEAD, "/status", public(), check);
}

async fn check(_: Exchange) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body("{}\n"))
}
