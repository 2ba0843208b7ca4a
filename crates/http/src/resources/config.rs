//! `/config`: the configuration as a whole, and two switches in it.

use actix_web::{HttpResponse, http::Method};
use serde_json::Value;

use crate::{
    app::{Routes, top_tenant_acl},
    body, config_patch,
    error::ApiError,
    exchange::Exchange,
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/config",
        top_tenant_acl("auth.config.read"),
        read,
    );
    routes.add(
        Method::PATCH,
        "/config",
        top_tenant_acl("auth.config.update"),
        update,
    );
}

async fn read(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    Ok(show(&exchange))
}

/// Switches, if all of the patch can be carried out.
async fn update(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let changes = config_patch::changes(&exchange.json()?)?;
    for (switch, on) in &changes {
        log::info!(
            "{} was switched {} by {}",
            switch.key(),
            if *on { "on" } else { "off" },
            exchange
                .caller
                .as_ref()
                .map_or("nobody", |caller| caller.token.auth_id.as_str()),
        );
    }
    exchange.app.configuration.switch(&changes);
    Ok(show(&exchange))
}

fn show(exchange: &Exchange) -> HttpResponse {
    body::json(&Value::Object(exchange.app.configuration.document()))
}
