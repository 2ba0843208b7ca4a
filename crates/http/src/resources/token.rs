//! `/token/{token_uuid}`: asking whether a token is good for accesses, logging out.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use serde_json::{Map, Value, json};
use wazo_auth_model::{
    access::MAX_ACCESS_LENGTH,
    ids::TokenId,
    token::{Token, TokenTimes},
};
use wazo_auth_services::token;

use crate::{
    app::{Routes, public},
    body,
    error::ApiError,
    exchange::Exchange,
    python,
    validation::{self, fields},
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/token/{token_uuid}", public(), read);
    routes.add(Method::HEAD, "/token/{token_uuid}", public(), check);
    routes.add(Method::DELETE, "/token/{token_uuid}", public(), delete);
    routes.add(
        Method::POST,
        "/token/{token_uuid}/scopes/check",
        public(),
        check_scopes,
    );
}

/// Shows a token, if it is good for the access that `scope` names.
async fn read(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let token = look_up(&exchange).await?;
    let times = TokenTimes::stored(token.issued_t, token.expire_t, &chrono::Local);
    Ok(body::json(&json!({ "data": token.represent(&times) })))
}

/// Tells whether a token is good for the access that `scope` names.
async fn check(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    look_up(&exchange).await?;
    Ok(body::none())
}

async fn look_up(exchange: &Exchange) -> Result<Token, ApiError> {
    let id = token_id(exchange)?;
    let (scope, tenant) = if exchange.request.query_string().is_empty() {
        (None, None)
    } else {
        (exchange.query("scope"), exchange.query("tenant"))
    };
    if scope
        .as_ref()
        .is_some_and(|scope| scope.len() > MAX_ACCESS_LENGTH)
    {
        return Err(ApiError::bad_request());
    }
    let lookup = token::look_up(&exchange.app.services, id, tenant)
        .answer()
        .await?;
    Ok(lookup.judge(scope.as_deref())?)
}

/// Logs out.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let id = token_id(&exchange)?;
    exchange.run(move |cx| token::delete(cx, id)).await?;
    Ok(body::json(&json!({ "data": { "message": "success" } })))
}

fn token_id(exchange: &Exchange) -> Result<TokenId, ApiError> {
    TokenId::parse(exchange.parameter("token_uuid")?).ok_or_else(ApiError::no_route)
}

/// Tells for each of several accesses whether a token is good for it.
async fn check_scopes(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let id = token_id(&exchange)?;
    let (scopes, tenant) = scopes(&exchange.json_members()?)?;
    if scopes.iter().any(|scope| scope.len() > MAX_ACCESS_LENGTH) {
        return Err(ApiError::bad_request());
    }
    let granted: Map<String, Value> = exchange
        .run(move |cx| token::check_accesses(cx, id, tenant, scopes))
        .await?
        .into_iter()
        .map(|(scope, granted)| (scope, json!(granted)))
        .collect();
    Ok(body::json(&json!({ "scopes": granted })))
}

/// The body of a check: the accesses, and the tenant to act in.
fn scopes(document: &Value) -> Result<(Vec<String>, Option<String>), ApiError> {
    let fields = fields::members(document).map_err(fields::Failures::python)?;
    // In Python's notation at once: the places in the list are keys, and no texts.
    let mut failures = Vec::new();
    let mut scopes = Vec::new();
    match fields.get("scopes") {
        Some(Value::Array(items)) => {
            let mut places = Vec::new();
            for (place, item) in items.iter().enumerate() {
                match validation::text(item) {
                    Ok(scope) => scopes.push(scope.to_owned()),
                    Err(failure) => places.push(format!("{place}: {}", python::repr(&failure))),
                }
            }
            if !places.is_empty() {
                failures.push(format!("'scopes': {{{}}}", places.join(", ")));
            }
        }
        other => {
            let failure = match other {
                None => validation::missing(),
                Some(Value::Null) => validation::null(),
                Some(_) => validation::wrong_type("list"),
            };
            failures.push(format!("'scopes': {}", python::repr(&failure)));
        }
    }
    let mut tenant = None;
    match fields.get("tenant_uuid") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => tenant = Some(text.clone()),
        Some(_) => {
            let failure = python::repr(&validation::wrong_type("string"));
            failures.push(format!("'tenant_uuid': {failure}"));
        }
    }
    if failures.is_empty() {
        Ok((scopes, tenant))
    } else {
        Err(ApiError::reason(
            StatusCode::BAD_REQUEST,
            format!("{{{}}}", failures.join(", ")),
        ))
    }
}
