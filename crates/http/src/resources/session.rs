//! `/sessions` and `/users/{user_uuid}/sessions`.

use actix_web::{HttpResponse, http::Method};
use serde_json::{Value, json};
use wazo_auth_model::ids::SessionId;
use wazo_auth_services::{
    list::Paging,
    session::{self, Order, Session},
};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{List, Parameters, page},
};

pub const LIST: List<Order> = List {
    columns: &[("mobile", Order::Mobile)],
    order: Order::Uuid,
    criteria: &[],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/sessions", acl("auth.sessions.read"), list);
    routes.add(
        Method::DELETE,
        "/sessions/{session_uuid}",
        acl("auth.sessions.{session_uuid}.delete"),
        delete,
    );
    routes.add(
        Method::GET,
        "/users/{user_uuid}/sessions",
        acl("auth.users.{user_uuid}.sessions.read"),
        list_of_user,
    );
    routes.add(
        Method::DELETE,
        "/users/{user_uuid}/sessions/{session_uuid}",
        acl("auth.users.{user_uuid}.sessions.{session_uuid}.delete"),
        delete_of_user,
    );
}

/// Lists all sessions.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (paging, recurse) = parameters(&exchange)?;
    let sessions = exchange
        .run(move |cx| session::list(cx, paging, recurse))
        .await?;
    Ok(body::json(&page(sessions, item)))
}

/// Lists the sessions of a user.
async fn list_of_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (paging, _) = parameters(&exchange)?;
    let user = exchange.user()?;
    let sessions = exchange
        .run(move |cx| session::list_of_user(cx, &user, paging))
        .await?;
    Ok(body::json(&page(sessions, item)))
}

/// Ends a session.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let session = session(&exchange)?;
    exchange
        .run(move |cx| session::delete(cx, &session))
        .await?;
    Ok(body::none())
}

/// Ends a session of a user.
async fn delete_of_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (user, session) = (exchange.user()?, session(&exchange)?);
    exchange
        .run(move |cx| session::delete_of_user(cx, &user, &session))
        .await?;
    Ok(body::none())
}

fn session(exchange: &Exchange) -> Result<SessionId, ApiError> {
    SessionId::parse(exchange.parameter("session_uuid")?).ok_or_else(ApiError::no_route)
}

fn parameters(exchange: &Exchange) -> Result<(Paging<Order>, bool), ApiError> {
    let mut parameters = Parameters::of(exchange, &LIST);
    let paging = parameters.paging();
    let recurse = parameters.recurse();
    parameters.check()?;
    Ok((paging, recurse))
}

fn item(session: Session) -> Value {
    json!({
        "uuid": session.uuid.as_str(),
        "mobile": session.mobile,
        "tenant_uuid": session.tenant_uuid.as_str(),
        "user_uuid": session::user_of(&session),
    })
}
