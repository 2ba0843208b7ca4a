//! `/users` and `/users/{user_uuid}`.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wazo_auth_model::{ids::UserId, secret::Secret};
use wazo_auth_services::user::{self, Described, Filter, NewUser, Order, Profile};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters, page},
    validation::fields::{self, Field},
};

/// What errors call the bodies of this resource.
const RESOURCE: &str = "users";

/// What is said about a user.
pub const PROFILE: &[Field] = &[
    Field::text("username").length(1, 256).nullable(),
    Field::text("firstname").nullable(),
    Field::text("lastname").nullable(),
    Field::text("purpose").one_of(&["user", "internal", "external_api"]),
    Field::text("authentication_method"),
    Field::boolean("enabled"),
];

/// What is said once, when it is made.
pub const NEW: &[Field] = &[
    Field::uuid("uuid"),
    Field::text("password").min_length(1).nullable(),
    Field::email("email_address").nullable(),
];

pub const LIST: List<Order> = List {
    columns: COLUMNS,
    order: Order::Username,
    criteria: &[
        Criterion::text("uuid"),
        Criterion::text("username"),
        Criterion::text("firstname"),
        Criterion::text("lastname"),
        Criterion::text("purpose"),
        Criterion::text("email_address"),
        Criterion::text("group_uuid"),
        Criterion::text("policy_uuid"),
        Criterion::text("policy_slug"),
        Criterion::text("has_policy_uuid"),
        Criterion::text("has_policy_slug"),
    ],
};

/// What a list of users can be ordered by.
pub const COLUMNS: &[(&str, Order)] = &[
    ("username", Order::Username),
    ("firstname", Order::Firstname),
    ("lastname", Order::Lastname),
];

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/users", acl("auth.users.read"), list);
    routes.add(Method::POST, "/users", acl("auth.users.create"), create);
    routes.add(
        Method::GET,
        "/users/{user_uuid}",
        acl("auth.users.{user_uuid}.read"),
        get,
    );
    routes.add(
        Method::PUT,
        "/users/{user_uuid}",
        acl("auth.users.{user_uuid}.update"),
        update,
    );
    routes.add(
        Method::DELETE,
        "/users/{user_uuid}",
        acl("auth.users.{user_uuid}.delete"),
        delete,
    );
}

/// Lists users.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let recurse = parameters.recurse();
    // An empty name of a policy has always meant any.
    let policy = |name| parameters.text(name).filter(|text| !text.is_empty());
    let filter = Filter {
        uuid: parameters.text("uuid"),
        username: parameters.text("username"),
        firstname: parameters.text("firstname"),
        lastname: parameters.text("lastname"),
        purpose: parameters.text("purpose"),
        email_address: parameters.text("email_address"),
        login: None,
        group_uuid: parameters.text("group_uuid"),
        policy_uuid: policy("policy_uuid"),
        policy_slug: policy("policy_slug"),
        has_policy_uuid: policy("has_policy_uuid"),
        has_policy_slug: policy("has_policy_slug"),
    };
    parameters.check()?;
    let users = exchange
        .run(move |cx| user::list(cx, filter, paging, recurse))
        .await?;
    Ok(body::json(&page(users, |user| represent(&user))))
}

/// Makes a user.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let document = exchange.json_members()?;
    let body: Body =
        fields::read(&document, &[PROFILE, NEW]).map_err(|failures| failures.first(RESOURCE))?;
    let new = NewUser {
        uuid: body.uuid.clone(),
        password: body.password.clone(),
        email_address: body.email_address.clone(),
        profile: body.profile(),
    };
    let made = exchange.run(move |cx| user::create(cx, new)).await?;
    Ok(body::json(&represent(&made)))
}

/// Shows a user.
async fn get(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = exchange.user()?;
    let found = exchange.run(move |cx| user::get(cx, &uuid)).await?;
    Ok(body::json(&represent(&found)))
}

/// Replaces what is said about a user.
async fn update(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = exchange.user()?;
    let body: Body = fields::read(&exchange.json_members()?, &[PROFILE])
        .map_err(|failures| failures.first(RESOURCE))?;
    let profile = body.profile();
    let changed = exchange
        .run(move |cx| user::update(cx, &uuid, profile))
        .await?;
    Ok(body::json(&represent(&changed)))
}

/// Deletes a user.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = exchange.user()?;
    exchange.run(move |cx| user::delete(cx, &uuid)).await?;
    Ok(body::none())
}

/// The body of a creation or, without what is said once, of a change.
#[derive(Deserialize)]
struct Body {
    username: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    purpose: Option<String>,
    authentication_method: Option<String>,
    enabled: Option<bool>,
    uuid: Option<UserId>,
    password: Option<Secret>,
    email_address: Option<String>,
}

impl Body {
    /// What is absent gets its default; people take the method of their tenant, accounts of programs
    /// have a password.
    fn profile(self) -> Profile {
        let purpose = self.purpose.unwrap_or_else(|| "user".to_owned());
        let method = self.authentication_method.unwrap_or_else(|| {
            let method = if purpose == "user" {
                "default"
            } else {
                "native"
            };
            method.to_owned()
        });
        Profile {
            username: self.username,
            firstname: self.firstname,
            lastname: self.lastname,
            purpose,
            authentication_method: method,
            enabled: self.enabled.unwrap_or(true),
        }
    }
}

/// A user as clients see it.
pub(super) fn represent(described: &Described) -> Value {
    let user = &described.user;
    let emails: Vec<Value> = described
        .emails
        .iter()
        .map(|email| {
            json!({
                "uuid": email.uuid.as_str(),
                "address": email.address,
                "main": email.main,
                "confirmed": email.confirmed,
            })
        })
        .collect();
    json!({
        "uuid": user.uuid.as_str(),
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "purpose": user.purpose,
        "enabled": user.enabled,
        "tenant_uuid": user.tenant_uuid.as_str(),
        "authentication_method": user.own_authentication_method,
        "emails": emails,
    })
}
