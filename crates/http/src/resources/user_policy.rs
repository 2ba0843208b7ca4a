//! `/users/{user_uuid}/policies`: which policies a user has, not through a group.

use actix_web::{HttpResponse, http::Method};
use wazo_auth_services::policy::{self, Filter, Order};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::{
        list::{Criterion, List, Parameters, page},
        policy::{item, name_in},
    },
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/users/{user_uuid}/policies",
        acl("auth.users.{user_uuid}.policies.read"),
        list,
    );
    routes.add(
        Method::PUT,
        "/users/{user_uuid}/policies/{policy_uuid}",
        acl("auth.users.{user_uuid}.policies.{policy_uuid}.create"),
        add,
    );
    routes.add(
        Method::DELETE,
        "/users/{user_uuid}/policies/{policy_uuid}",
        acl("auth.users.{user_uuid}.policies.{policy_uuid}.delete"),
        remove,
    );
    routes.add(
        Method::PUT,
        "/users/{user_uuid}/policies/{policy_slug}",
        acl("auth.users.{user_uuid}.policies.{policy_slug}.create"),
        add,
    );
    routes.add(
        Method::DELETE,
        "/users/{user_uuid}/policies/{policy_slug}",
        acl("auth.users.{user_uuid}.policies.{policy_slug}.delete"),
        remove,
    );
}

pub const LIST: List<Order> = List {
    columns: &[
        ("name", Order::Name),
        ("description", Order::Description),
        ("uuid", Order::Uuid),
    ],
    order: Order::Name,
    criteria: &[
        Criterion::text("uuid"),
        Criterion::text("name"),
        Criterion::text("group_uuid"),
        Criterion::text("tenant_uuid"),
    ],
};

/// Lists the policies of a user.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let filter = Filter {
        uuid: parameters.text("uuid"),
        name: parameters.text("name"),
        group_uuid: parameters.text("group_uuid"),
        tenant_uuid: parameters.text("tenant_uuid"),
        ..Filter::default()
    };
    parameters.check()?;
    let policies = exchange
        .run(move |cx| policy::list_of_user(cx, &user, filter, paging))
        .await?;
    Ok(body::json(&page(policies, item)))
}

/// Gives a policy to a user.
async fn add(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (user, name) = (exchange.user()?, name_in(&exchange)?);
    exchange
        .run(move |cx| policy::add_to_user(cx, &user, &name))
        .await?;
    Ok(body::none())
}

/// Takes a policy from a user.
async fn remove(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (user, name) = (exchange.user()?, name_in(&exchange)?);
    exchange
        .run(move |cx| policy::remove_from_user(cx, &user, &name))
        .await?;
    Ok(body::none())
}
