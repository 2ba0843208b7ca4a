//! `/idp`: identity providers, and which users have which.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::json;
use wazo_auth_services::identity_provider::{self, IdentityProviderError};

use crate::{
    app::{Routes, acl, tenantless_acl},
    body,
    error::ApiError,
    exchange::Exchange,
    validation::fields::{self, Field},
};

/// How many users one request may change.
const MAX_USERS: usize = 10_000;

/// Users who are to have a provider.
pub const USERS: &[Field] = &[Field::list(
    "users",
    &Field::object("", &[Field::text("uuid").required()]),
)
.max_items(MAX_USERS)
.required()];

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/idp", tenantless_acl("auth.idp.read"), list);
    routes.add(
        Method::PUT,
        "/idp/{idp_type}/users",
        acl("auth.idp.{idp_type}.users.update"),
        add_users,
    );
    routes.add(
        Method::PUT,
        "/idp/{idp_type}/users/{user_uuid}",
        acl("auth.idp.{idp_type}.users.{user_uuid}.create"),
        add_user,
    );
    routes.add(
        Method::DELETE,
        "/idp/{idp_type}/users/{user_uuid}",
        acl("auth.idp.{idp_type}.users.{user_uuid}.delete"),
        remove_user,
    );
}

/// Lists the types.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let types = exchange
        .run(|cx| Ok::<_, ApiError>(identity_provider::list(cx)))
        .await?;
    Ok(body::json(&json!({
        "total": types.len(),
        "filtered": types.len(),
        "items": types,
    })))
}

#[derive(Deserialize)]
struct Body {
    users: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    uuid: String,
}

/// Gives several users a provider: all of them, or none.
async fn add_users(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let idp_type = exchange.parameter("idp_type")?.to_owned();
    let document = exchange.json_members();
    exchange
        .run(move |cx| {
            identity_provider::check(cx, &idp_type)?;
            let body: Body =
                fields::read(&document?, &[USERS]).map_err(fields::Failures::list_parameters)?;
            let users: Vec<String> = body.users.into_iter().map(|user| user.uuid).collect();
            Ok::<_, ApiError>(identity_provider::add_users(cx, &idp_type, &users)?)
        })
        .await?;
    Ok(body::none())
}

/// Gives a user a provider.
async fn add_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (idp_type, user) = names(&exchange)?;
    exchange
        .run(move |cx| identity_provider::add_users(cx, &idp_type, &[user]))
        .await?;
    Ok(body::none())
}

/// Takes a provider from a user.
async fn remove_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (idp_type, user) = names(&exchange)?;
    exchange
        .run(move |cx| -> Result<(), IdentityProviderError> {
            identity_provider::remove_user(cx, &idp_type, &user)
        })
        .await?;
    Ok(body::none())
}

fn names(exchange: &Exchange) -> Result<(String, String), ApiError> {
    let idp_type = exchange.parameter("idp_type")?.to_owned();
    Ok((idp_type, exchange.user()?.to_string()))
}
