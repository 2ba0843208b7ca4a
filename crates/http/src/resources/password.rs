//! Passwords of users: changing one, and setting one anew with a token from a mail.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use serde::Deserialize;
use serde_json::json;
use wazo_auth_model::{ids::UserId, secret::Secret};
use wazo_auth_services::user::{self, UserError};

use crate::{
    app::{Routes, acl, query_acl},
    body,
    error::ApiError,
    exchange::Exchange,
    validation::fields::{self, Field},
};

pub const CHANGE: &[Field] = &[
    Field::text("old_password").min_length(1).required(),
    Field::text("new_password").min_length(1).required(),
];

pub const RESET: &[Field] = &[Field::text("password").min_length(1).required().nullable()];

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::PUT,
        "/users/{user_uuid}/password",
        acl("auth.users.{user_uuid}.password.update"),
        change,
    );
    routes.add(
        Method::POST,
        "/users/password/reset",
        query_acl("auth.users.password.reset.{user_uuid}.create"),
        reset,
    );
}

#[derive(Deserialize)]
struct Change {
    old_password: Secret,
    new_password: Secret,
}

#[derive(Deserialize)]
struct Reset {
    password: Option<Secret>,
}

/// Changes a password, for somebody who knows the old one.
async fn change(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    let passwords: Change = fields::read(&exchange.json_members()?, &[CHANGE])
        .map_err(|failures| failures.first("users"))?;
    exchange
        .run(move |cx| {
            let (old, new) = (&passwords.old_password, &passwords.new_password);
            user::change_password(cx, &user, old, new)
        })
        .await?;
    Ok(body::none())
}

/// Sets a password anew, or takes it away.
async fn reset(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    // Compared as it is written, as the access was.
    let user = exchange.query("user_uuid");
    let user = UserId::from_database(user.unwrap_or_else(|| "None".to_owned()));
    let body: Reset = fields::read(&exchange.json_members()?, &[RESET])
        .map_err(|failures| failures.first_message("reset"))?;
    let token = exchange.query("token");
    let outcome = exchange
        .app
        .services
        .run(exchange.call(), move |cx| {
            user::reset_password(cx, &user, body.password.as_ref())
                .map_err(|error| (error, body.password.is_none()))
        })
        .await?;
    match outcome {
        Ok(()) => Ok(body::none()),
        Err((UserError::Unknown(uuid), true)) => Err(ApiError::api(
            StatusCode::NOT_FOUND,
            "unknown-user",
            Some("users"),
            UserError::Unknown(uuid.clone()).to_string(),
            json!({ "password": null, "uuid": uuid }),
        )),
        Err((UserError::TokenUsed, _)) => Err(ApiError::api(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            None,
            "Unauthorized",
            json!({ "invalid_token": token.as_deref().or(exchange.header("x-auth-token").as_deref()) }),
        )),
        Err((error, _)) => Err(error.into()),
    }
}
