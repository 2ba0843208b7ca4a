//! `/groups` and `/groups/{group_uuid}`.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wazo_auth_model::{ids::GroupId, slug};
use wazo_auth_services::group::{self, Filter, Group, Order};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters, Sortable, page, sortable},
    validation::fields::{self, Field, Pattern},
};

/// What errors call the bodies of this resource.
const RESOURCE: &str = "groups";

pub const NAME: &[Field] = &[Field::text("name").length(1, 128).required()];
/// Only a new group can be given one.
pub const SLUG: &[Field] = &[Field::text("slug")
    .length(1, slug::POLICY.max_length)
    .matching(&SLUG_PATTERN)
    .nullable()];
const SLUG_PATTERN: Pattern = Pattern {
    shown: slug::POLICY.pattern,
    is: |text| slug::POLICY.matches(text),
};

pub const LIST: List<Sortable<Order>> = List {
    columns: &[
        ("name", Ok(Order::Name)),
        ("slug", Err("slug")),
        ("uuid", Ok(Order::Uuid)),
        ("read_only", Err("read_only")),
    ],
    order: Ok(Order::Name),
    criteria: &[
        Criterion::text("uuid"),
        Criterion::text("name"),
        Criterion::text("slug"),
        Criterion::text("user_uuid"),
        Criterion::text("policy_uuid"),
        Criterion::text("policy_slug"),
        Criterion::flag("read_only"),
    ],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/groups", acl("auth.groups.read"), list);
    routes.add(Method::POST, "/groups", acl("auth.groups.create"), create);
    routes.add(
        Method::GET,
        "/groups/{group_uuid}",
        acl("auth.groups.{group_uuid}.read"),
        get,
    );
    routes.add(
        Method::PUT,
        "/groups/{group_uuid}",
        acl("auth.groups.{group_uuid}.update"),
        update,
    );
    routes.add(
        Method::DELETE,
        "/groups/{group_uuid}",
        acl("auth.groups.{group_uuid}.delete"),
        delete,
    );
}

/// Lists groups.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let recurse = parameters.recurse();
    // An empty name of a policy means any, as in lists of users.
    let policy = |name| parameters.text(name).filter(|text| !text.is_empty());
    let filter = Filter {
        uuid: parameters.text("uuid"),
        name: parameters.text("name"),
        slug: parameters.text("slug"),
        user_uuid: parameters.text("user_uuid"),
        policy_uuid: policy("policy_uuid"),
        policy_slug: policy("policy_slug"),
        system_managed: parameters.flag("read_only"),
    };
    parameters.check()?;
    let paging = sortable(paging)?;
    let groups = exchange
        .run(move |cx| group::list(cx, filter, paging, recurse))
        .await?;
    Ok(body::json(&page(groups, represent)))
}

/// Makes a group.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let Body { name, slug } = read(&exchange, &[NAME, SLUG])?;
    let made = exchange
        .run(move |cx| group::create(cx, name, slug))
        .await?;
    Ok(body::json(&represent(made)))
}

/// Shows a group.
async fn get(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = group_in(&exchange)?;
    let found = exchange.run(move |cx| group::get(cx, &uuid)).await?;
    Ok(body::json(&represent(found)))
}

/// Renames a group.
async fn update(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = group_in(&exchange)?;
    // Whether it is there comes before what is wrong with the body.
    let known = uuid.clone();
    exchange.run(move |cx| group::get(cx, &known)).await?;
    let Body { name, .. } = read(&exchange, &[NAME])?;
    let renamed = exchange
        .run(move |cx| group::update(cx, &uuid, name))
        .await?;
    Ok(body::json(&represent(renamed)))
}

/// Deletes a group.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = group_in(&exchange)?;
    exchange.run(move |cx| group::delete(cx, &uuid)).await?;
    Ok(body::none())
}

/// The group that the path names.
pub(super) fn group_in(exchange: &Exchange) -> Result<GroupId, ApiError> {
    GroupId::parse(exchange.parameter("group_uuid")?).ok_or_else(ApiError::no_route)
}

#[derive(Deserialize)]
struct Body {
    name: String,
    slug: Option<String>,
}

fn read(exchange: &Exchange, tables: &[&[Field]]) -> Result<Body, ApiError> {
    fields::read(&exchange.json()?, tables).map_err(|failures| failures.first(RESOURCE))
}

/// A group as clients see it.
pub(super) fn represent(group: Group) -> Value {
    json!({
        "uuid": group.uuid.as_str(),
        "name": group.name,
        "slug": group.slug,
        "tenant_uuid": group.tenant_uuid.as_str(),
        "system_managed": group.system_managed,
        "read_only": group.system_managed,
    })
}
