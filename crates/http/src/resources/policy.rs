//! `/policies`.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wazo_auth_model::{access::MAX_ACCESS_LENGTH, ids::PolicyId, slug};
use wazo_auth_services::policy::{self, Exposed, Filter, Name, New, Order, Profile};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters, Sortable, sortable},
    validation::fields::{self, Field, Pattern},
};

pub const LIST: List<Sortable<Order>> = List {
    columns: &[
        ("name", Ok(Order::Name)),
        ("slug", Ok(Order::Slug)),
        ("description", Ok(Order::Description)),
        ("uuid", Ok(Order::Uuid)),
        ("read_only", Err("read_only")),
    ],
    order: Ok(Order::Name),
    criteria: &[
        Criterion::text("uuid"),
        Criterion::text("name"),
        Criterion::text("slug"),
        Criterion::text("tenant_uuid"),
        Criterion::text("user_uuid"),
        Criterion::text("group_uuid"),
        Criterion::flag("read_only"),
    ],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/policies", acl("auth.policies.read"), list);
    routes.add(
        Method::POST,
        "/policies",
        acl("auth.policies.create"),
        create,
    );
    routes.add(
        Method::GET,
        "/policies/{policy_uuid}",
        acl("auth.policies.{policy_uuid}.read"),
        get,
    );
    routes.add(
        Method::PUT,
        "/policies/{policy_uuid}",
        acl("auth.policies.{policy_uuid}.update"),
        update,
    );
    routes.add(
        Method::DELETE,
        "/policies/{policy_uuid}",
        acl("auth.policies.{policy_uuid}.delete"),
        delete,
    );
    routes.add(
        Method::PUT,
        "/policies/{policy_uuid}/acl/{access}",
        acl("auth.policies.{policy_uuid}.update"),
        add_access,
    );
    routes.add(
        Method::DELETE,
        "/policies/{policy_uuid}/acl/{access}",
        acl("auth.policies.{policy_uuid}.update"),
        remove_access,
    );
    routes.add(
        Method::GET,
        "/policies/{policy_slug}",
        acl("auth.policies.{policy_slug}.read"),
        get,
    );
    routes.add(
        Method::PUT,
        "/policies/{policy_slug}",
        acl("auth.policies.{policy_slug}.update"),
        update,
    );
    routes.add(
        Method::DELETE,
        "/policies/{policy_slug}",
        acl("auth.policies.{policy_slug}.delete"),
        delete,
    );
    routes.add(
        Method::PUT,
        "/policies/{policy_slug}/acl/{access}",
        acl("auth.policies.{policy_slug}.update"),
        add_access,
    );
    routes.add(
        Method::DELETE,
        "/policies/{policy_slug}/acl/{access}",
        acl("auth.policies.{policy_slug}.update"),
        remove_access,
    );
}

/// Lists the policies that the caller sees.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let recurse = parameters.recurse();
    let filter = Filter {
        uuid: parameters.text("uuid"),
        name: parameters.text("name"),
        slug: parameters.text("slug"),
        tenant_uuid: parameters.text("tenant_uuid"),
        user_uuid: parameters.text("user_uuid"),
        group_uuid: parameters.text("group_uuid"),
        read_only: parameters.flag("read_only"),
    };
    parameters.check()?;
    let paging = sortable(paging)?;
    let (policies, total) = exchange
        .run(move |cx| policy::list(cx, filter, paging, recurse))
        .await?;
    let items: Vec<Value> = policies.into_iter().map(item).collect();
    Ok(body::json(&json!({ "items": items, "total": total })))
}

/// Makes a policy.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let body = read(&exchange, &[NAME, SLUG, PROFILE, SHARED])?;
    let new = New {
        slug: body.slug.clone(),
        shared: body.shared,
        profile: body.into(),
    };
    let made = exchange.run(move |cx| policy::create(cx, new)).await?;
    Ok(body::json(&item(made)))
}

/// Shows a policy.
async fn get(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let name = name_in(&exchange)?;
    let found = exchange.run(move |cx| policy::get(cx, &name)).await?;
    Ok(body::json(&item(found)))
}

/// Replaces what is said of a policy, and what is in it.
async fn update(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let name = name_in(&exchange)?;
    if let Name::Slug(_) = &name {
        // Whether a slug is known is said before anything about the body.
        let wanted = name.clone();
        exchange.run(move |cx| policy::get(cx, &wanted)).await?;
    }
    let profile = read(&exchange, &[NAME, PROFILE])?.into();
    let changed = exchange
        .run(move |cx| policy::update(cx, &name, profile))
        .await?;
    Ok(body::json(&item(changed)))
}

/// Deletes a policy.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let name = name_in(&exchange)?;
    exchange.run(move |cx| policy::delete(cx, &name)).await?;
    Ok(body::none())
}

/// Puts an access into a policy.
async fn add_access(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (name, access) = (name_in(&exchange)?, access_in(&exchange)?);
    exchange
        .run(move |cx| policy::add_access(cx, &name, &access))
        .await?;
    Ok(body::none())
}

/// Takes an access out of a policy.
async fn remove_access(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let (name, access) = (name_in(&exchange)?, access_in(&exchange)?);
    exchange
        .run(move |cx| policy::remove_access(cx, &name, &access))
        .await?;
    Ok(body::none())
}

/// The policy that a path names.
pub fn name_in(exchange: &Exchange) -> Result<Name, ApiError> {
    match exchange.parameter("policy_uuid") {
        Ok(uuid) => PolicyId::parse(uuid)
            .map(Name::Uuid)
            .ok_or_else(ApiError::no_route),
        Err(_) => Ok(Name::Slug(exchange.parameter("policy_slug")?.to_owned())),
    }
}

fn access_in(exchange: &Exchange) -> Result<String, ApiError> {
    let access = exchange.parameter("access")?;
    if access.len() > MAX_ACCESS_LENGTH {
        return Err(fields::invalid_field("access"));
    }
    Ok(access.to_owned())
}

const SLUG_PATTERN: Pattern = Pattern {
    shown: slug::POLICY.pattern,
    is: |text| slug::POLICY.matches(text),
};
/// Longer ones cost too much to be checked. Clients are not shown the rule that a list breaks.
const SHORT_ENOUGH: Pattern = Pattern {
    shown: "",
    is: |text| text.len() <= MAX_ACCESS_LENGTH,
};

pub const NAME: &[Field] = &[Field::text("name").length(1, 80).required()];
pub const SLUG: &[Field] = &[Field::text("slug")
    .length(1, slug::POLICY.max_length)
    .matching(&SLUG_PATTERN)
    .nullable()];
pub const PROFILE: &[Field] = &[
    Field::text("description").nullable(),
    Field::list("acl", &Field::text("").matching(&SHORT_ENOUGH)),
];
/// Only a new policy can be given it.
pub const SHARED: &[Field] = &[Field::boolean("shared")];

#[derive(Deserialize)]
struct Body {
    name: String,
    slug: Option<String>,
    description: Option<String>,
    #[serde(default)]
    acl: Vec<String>,
    #[serde(default)]
    shared: bool,
}

impl From<Body> for Profile {
    fn from(body: Body) -> Self {
        Self {
            name: body.name,
            description: body.description,
            accesses: body.acl,
        }
    }
}

fn read(exchange: &Exchange, tables: &[&[Field]]) -> Result<Body, ApiError> {
    fields::read(&exchange.json()?, tables).map_err(|failures| failures.first_field())
}

/// A policy as clients see it.
pub fn item(exposed: Exposed) -> Value {
    let Exposed { policy, read_only } = exposed;
    json!({
        "uuid": policy.uuid.as_str(),
        "tenant_uuid": policy.tenant_uuid.as_str(),
        "name": policy.name,
        "slug": policy.slug,
        "description": policy.description,
        "acl": policy.accesses,
        "read_only": read_only,
        "shared": policy.shared,
    })
}
