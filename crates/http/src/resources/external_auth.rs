//! `/users/{user_uuid}/external`: what a user stored for external services.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use serde_json::{Value, json};
use wazo_auth_services::external_auth::{self, Filter};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    validation::{self, Failures},
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/users/{user_uuid}/external",
        acl("auth.users.{user_uuid}.external.read"),
        list,
    );
}

async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let filter = filter(&exchange)?;
    let user = exchange.user()?;
    let page = exchange
        .run(move |cx| external_auth::list(cx, &user, &filter))
        .await?;
    let items: Vec<Value> = page
        .items
        .into_iter()
        .map(|item| {
            json!({
                "type": item.name,
                "data": item.data,
                "enabled": item.connected,
                "plugin_info": item.plugin_info,
            })
        })
        .collect();
    Ok(body::json(&json!({
        "filtered": page.filtered,
        "total": page.total,
        "items": items,
    })))
}

fn filter(exchange: &Exchange) -> Result<Filter, ApiError> {
    let mut failures = Failures::new();
    let mut number = |name: &str| {
        let text = exchange.query(name)?;
        let failure = match validation::integer_text(&text) {
            None => validation::wrong_type("integer"),
            Some(number) if number < 0 => validation::broken(
                "range",
                json!({ "min": 0 }),
                "Must be greater than or equal to 0.",
            ),
            // More than fits is more than there is.
            Some(number) => return Some(usize::try_from(number).unwrap_or(usize::MAX)),
        };
        failures.insert(name.to_owned(), failure);
        None
    };
    let limit = number("limit");
    let offset = number("offset").unwrap_or(0);
    let mut choice = |name: &str, choices: &[&str]| {
        if let Some(text) = exchange.query(name)
            && let Err(failure) = validation::one_of(&text, choices)
        {
            failures.insert(name.to_owned(), failure);
        }
    };
    choice("order", &["type"]);
    choice("direction", &["asc", "desc"]);
    if let Some(text) = exchange.query("recurse")
        && validation::boolean_text(&text).is_none()
    {
        failures.insert("recurse".to_owned(), validation::wrong_type("boolean"));
    }
    if !failures.is_empty() {
        return Err(ApiError::api(
            StatusCode::BAD_REQUEST,
            "invalid-list-param",
            Some("users"),
            Value::Object(failures),
            json!({}),
        ));
    }
    Ok(Filter {
        search: exchange.query("search"),
        name: exchange.query("type"),
        descending: exchange.query("direction").as_deref() == Some("desc"),
        offset,
        limit,
    })
}
