//! `/tokens` and `/users/{user_uuid}/tokens`: the clients that stay logged in.

use actix_web::{HttpResponse, http::Method};
use serde_json::{Value, json};
use wazo_auth_model::ids::UserId;
use wazo_auth_services::{
    list::Paging,
    refresh_token::{self, Filter, Listed, Order, RefreshTokenError},
};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters, page},
};

pub const LIST: List<Order> = List {
    columns: &[
        ("created_at", Order::CreatedAt),
        ("client_id", Order::ClientId),
        ("mobile", Order::Mobile),
    ],
    order: Order::CreatedAt,
    criteria: &[
        Criterion::text("client_id"),
        Criterion::time("created_at"),
        Criterion::boolean("mobile"),
    ],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/tokens", acl("auth.tokens.read"), list);
    routes.add(
        Method::GET,
        "/users/me/tokens",
        acl("auth.users.me.tokens.read"),
        list_own,
    );
    routes.add(
        Method::DELETE,
        "/users/me/tokens/{client_id}",
        acl("auth.users.me.tokens.{client_id}.delete"),
        delete_own,
    );
    routes.add(
        Method::GET,
        "/users/{user_uuid}/tokens",
        acl("auth.users.{user_uuid}.tokens.read"),
        list_of_user,
    );
    routes.add(
        Method::DELETE,
        "/users/{user_uuid}/tokens/{client_id}",
        acl("auth.users.{user_uuid}.tokens.{client_id}.delete"),
        delete,
    );
}

/// Lists the clients of all users.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (filter, paging, recurse) = parameters(&exchange)?;
    let clients = exchange
        .run(move |cx| refresh_token::list(cx, filter, paging, recurse))
        .await?;
    Ok(body::json(&page(clients, item)))
}

/// Lists the clients of a user.
async fn list_of_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    show(exchange, user).await
}

/// Lists the caller's own clients.
async fn list_own(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = caller(&exchange)?;
    show(exchange, user).await
}

async fn show(exchange: Exchange, user: UserId) -> Result<HttpResponse, ApiError> {
    let (filter, paging, _) = parameters(&exchange)?;
    let clients = exchange
        .run(move |cx| refresh_token::list_of_user(cx, &user, filter, paging))
        .await?;
    Ok(body::json(&page(clients, item)))
}

/// Takes the refresh token of a user's client away.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    take_away(exchange, user).await
}

/// Takes the refresh token of a client of the caller away.
async fn delete_own(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = caller(&exchange)?;
    take_away(exchange, user).await
}

async fn take_away(exchange: Exchange, user: UserId) -> Result<HttpResponse, ApiError> {
    let client_id = exchange.parameter("client_id")?.to_owned();
    exchange
        .run(move |cx| refresh_token::delete(cx, &user, &client_id))
        .await?;
    Ok(body::none())
}

/// The user of the caller's token. A login that only a backend knows has none.
fn caller(exchange: &Exchange) -> Result<UserId, ApiError> {
    exchange
        .caller
        .as_ref()
        .and_then(|caller| caller.token.metadata.get("uuid"))
        .and_then(Value::as_str)
        .map(|uuid| UserId::from_database(uuid.to_owned()))
        // Python's word for nothing: clients know this answer.
        .ok_or_else(|| RefreshTokenError::UnknownUser("None".to_owned()).into())
}

fn parameters(exchange: &Exchange) -> Result<(Filter, Paging<Order>, bool), ApiError> {
    let mut parameters = Parameters::of(exchange, &LIST);
    let paging = parameters.paging();
    let recurse = parameters.recurse();
    let filter = Filter {
        user_uuid: None,
        client_id: parameters.text("client_id"),
        created_at: parameters.time("created_at"),
        mobile: parameters.boolean("mobile"),
    };
    parameters.check()?;
    Ok((filter, paging, recurse))
}

fn item(listed: Listed) -> Value {
    let created_at = listed
        .created_at
        .map(|time| time.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string());
    json!({
        "client_id": listed.client_id,
        "created_at": created_at,
        "mobile": listed.mobile,
        "user_uuid": listed.user_uuid.as_str(),
        "tenant_uuid": listed.tenant_uuid.as_str(),
        "metadata": listed.metadata,
    })
}
