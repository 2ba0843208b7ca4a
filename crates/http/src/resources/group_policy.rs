//! `/groups/{group_uuid}/policies`: which policies a group has.

use actix_web::{HttpResponse, http::Method};
use wazo_auth_services::{
    group,
    policy::{Filter, Order},
};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::{
        group::group_in,
        list::{Criterion, List, Parameters, page},
        policy::{item, name_in},
    },
};

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
        Criterion::text("user_uuid"),
        Criterion::text("tenant_uuid"),
    ],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/groups/{group_uuid}/policies",
        acl("auth.groups.{group_uuid}.policies.read"),
        list,
    );
    routes.add(
        Method::PUT,
        "/groups/{group_uuid}/policies/{policy_uuid}",
        acl("auth.groups.{group_uuid}.policies.{policy_uuid}.create"),
        add,
    );
    routes.add(
        Method::DELETE,
        "/groups/{group_uuid}/policies/{policy_uuid}",
        acl("auth.groups.{group_uuid}.policies.{policy_uuid}.delete"),
        remove,
    );
    routes.add(
        Method::PUT,
        "/groups/{group_uuid}/policies/{policy_slug}",
        acl("auth.groups.{group_uuid}.policies.{policy_slug}.create"),
        add,
    );
    routes.add(
        Method::DELETE,
        "/groups/{group_uuid}/policies/{policy_slug}",
        acl("auth.groups.{group_uuid}.policies.{policy_slug}.delete"),
        remove,
    );
}

/// Lists the policies of a group.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let group = group_in(&exchange)?;
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let filter = Filter {
        uuid: parameters.text("uuid"),
        name: parameters.text("name"),
        user_uuid: parameters.text("user_uuid"),
        tenant_uuid: parameters.text("tenant_uuid"),
        ..Filter::default()
    };
    parameters.check()?;
    let policies = exchange
        .run(move |cx| group::list_policies(cx, &group, filter, paging))
        .await?;
    Ok(body::json(&page(policies, item)))
}

/// Gives a policy to a group.
async fn add(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (group, name) = (group_in(&exchange)?, name_in(&exchange)?);
    exchange
        .run(move |cx| group::add_policy(cx, &group, &name))
        .await?;
    Ok(body::none())
}

/// Takes a policy from a group.
async fn remove(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (group, name) = (group_in(&exchange)?, name_in(&exchange)?);
    exchange
        .run(move |cx| group::remove_policy(cx, &group, &name))
        .await?;
    Ok(body::none())
}
