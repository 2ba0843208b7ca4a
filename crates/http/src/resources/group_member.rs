//! `/groups/{group_uuid}/users` and `/users/{user_uuid}/groups`.

use actix_web::{HttpResponse, http::Method};
use wazo_auth_services::{
    group::{self, Order},
    user,
};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::{
        group::{group_in, represent},
        list::{Criterion, List, Parameters, page},
        user as users,
    },
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/groups/{group_uuid}/users",
        acl("auth.groups.{group_uuid}.users.read"),
        list,
    );
    routes.add(
        Method::PUT,
        "/groups/{group_uuid}/users/{user_uuid}",
        acl("auth.groups.{group_uuid}.users.{user_uuid}.create"),
        add,
    );
    routes.add(
        Method::DELETE,
        "/groups/{group_uuid}/users/{user_uuid}",
        acl("auth.groups.{group_uuid}.users.{user_uuid}.delete"),
        remove,
    );
    routes.add(
        Method::GET,
        "/users/{user_uuid}/groups",
        acl("auth.users.{user_uuid}.groups.read"),
        list_of_user,
    );
}

/// The members of a group.
pub const MEMBERS: List<user::Order> = List {
    columns: &[("username", user::Order::Username)],
    order: user::Order::Username,
    criteria: &[
        Criterion::text("uuid"),
        Criterion::text("username"),
        Criterion::text("firstname"),
        Criterion::text("lastname"),
        Criterion::text("purpose"),
        Criterion::text("email_address"),
    ],
};

/// The groups of a user.
pub const GROUPS: List<Order> = List {
    columns: &[("name", Order::Name), ("uuid", Order::Uuid)],
    order: Order::Name,
    criteria: &[Criterion::text("uuid"), Criterion::text("name")],
};

/// Lists the members of a group.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let group = group_in(&exchange)?;
    let mut parameters = Parameters::of(&exchange, &MEMBERS);
    let paging = parameters.paging();
    let filter = user::Filter {
        uuid: parameters.text("uuid"),
        username: parameters.text("username"),
        firstname: parameters.text("firstname"),
        lastname: parameters.text("lastname"),
        purpose: parameters.text("purpose"),
        email_address: parameters.text("email_address"),
        ..user::Filter::default()
    };
    parameters.check()?;
    let members = exchange
        .run(move |cx| group::list_members(cx, &group, filter, paging))
        .await?;
    Ok(body::json(&page(members, |user| users::represent(&user))))
}

/// Makes a user a member.
async fn add(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (group, user) = (group_in(&exchange)?, exchange.user()?);
    exchange
        .run(move |cx| group::add_member(cx, &group, &user))
        .await?;
    Ok(body::none())
}

/// Takes a user out of a group.
async fn remove(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (group, user) = (group_in(&exchange)?, exchange.user()?);
    exchange
        .run(move |cx| group::remove_member(cx, &group, &user))
        .await?;
    Ok(body::none())
}

/// Lists the groups of a user.
async fn list_of_user(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    let mut parameters = Parameters::of(&exchange, &GROUPS);
    let paging = parameters.paging();
    let filter = group::Filter {
        uuid: parameters.text("uuid"),
        name: parameters.text("name"),
        ..group::Filter::default()
    };
    parameters.check()?;
    let groups = exchange
        .run(move |cx| group::list_of_user(cx, &user, filter, paging))
        .await?;
    Ok(body::json(&page(groups, represent)))
}
