//! `/tenants`.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wazo_auth_model::{
    domain_name,
    ids::{TenantId, UserId},
    slug,
};
use wazo_auth_services::tenant::{self, Address, Details, Filter, New, Order, Profile};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters, page},
    validation::fields::{self, Field, Pattern},
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/tenants", acl("auth.tenants.read"), list);
    routes.add(Method::POST, "/tenants", acl("auth.tenants.create"), create);
    routes.add(
        Method::GET,
        "/tenants/{tenant_uuid}",
        acl("auth.tenants.{tenant_uuid}.read"),
        get,
    );
    routes.add(
        Method::PUT,
        "/tenants/{tenant_uuid}",
        acl("auth.tenants.{tenant_uuid}.update"),
        update,
    );
    routes.add(
        Method::DELETE,
        "/tenants/{tenant_uuid}",
        acl("auth.tenants.{tenant_uuid}.delete"),
        delete,
    );
    routes.add(
        Method::GET,
        "/tenants/{tenant_uuid}/domains",
        acl("auth.tenants.{tenant_uuid}.domains.read"),
        list_domains,
    );
    routes.add(
        Method::PUT,
        "/tenants/{tenant_uuid}/parent/{parent_tenant_uuid}",
        acl("auth.tenants.{tenant_uuid}.parent.{parent_tenant_uuid}.update"),
        update_parent,
    );
}

/// Lists the tenants that the caller sees.
async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let mut parameters = Parameters::of(&exchange, &LIST);
    let paging = parameters.paging();
    let filter = Filter {
        uuid: parameters.text("uuid"),
        uuids: parameters.texts("uuids", MAX_UUIDS),
        name: parameters.text("name"),
        slug: parameters.text("slug"),
        domain_name: parameters
            .text("domain_name")
            .filter(|name| !name.is_empty()),
    };
    parameters.check()?;
    let tenants = exchange
        .run(move |cx| tenant::list(cx, filter, paging))
        .await?;
    Ok(body::json(&page(tenants, item)))
}

/// Makes a tenant below the caller's.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let body = read(&exchange, &[IDENTITY, SLUG, PROFILE])?;
    let new = New {
        uuid: body.uuid.clone(),
        slug: body.slug.clone(),
        profile: body.into(),
    };
    let created = exchange.run(move |cx| tenant::create(cx, new)).await?;
    Ok(body::json(&item(created)))
}

/// Shows a tenant.
async fn get(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = tenant_in(&exchange, "tenant_uuid")?;
    let found = exchange.run(move |cx| tenant::get(cx, &uuid)).await?;
    Ok(body::json(&item(found)))
}

/// Replaces what is said of a tenant.
async fn update(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = tenant_in(&exchange, "tenant_uuid")?;
    let profile = read(&exchange, &[IDENTITY, PROFILE])?.into();
    let updated = exchange
        .run(move |cx| tenant::update(cx, &uuid, profile))
        .await?;
    Ok(body::json(&item(updated)))
}

/// Deletes a tenant with everything in it.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = tenant_in(&exchange, "tenant_uuid")?;
    exchange.run(move |cx| tenant::delete(cx, &uuid)).await?;
    Ok(body::none())
}

/// Lists the domains of a tenant.
async fn list_domains(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = tenant_in(&exchange, "tenant_uuid")?;
    let domains = exchange
        .run(move |cx| tenant::list_domains(cx, &uuid))
        .await?;
    let items: Vec<Value> = domains
        .iter()
        .map(|domain| json!({ "name": domain.name, "uuid": domain.uuid }))
        .collect();
    Ok(body::json(&json!({ "total": items.len(), "items": items })))
}

/// Moves a tenant below another one.
async fn update_parent(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let uuid = tenant_in(&exchange, "tenant_uuid")?;
    let parent = tenant_in(&exchange, "parent_tenant_uuid")?;
    exchange
        .run(move |cx| tenant::update_parent(cx, &uuid, &parent))
        .await?;
    Ok(body::none())
}

fn tenant_in(exchange: &Exchange, parameter: &str) -> Result<TenantId, ApiError> {
    TenantId::parse(exchange.parameter(parameter)?).ok_or_else(ApiError::no_route)
}

/// How many ids a list can be asked for at once.
const MAX_UUIDS: usize = 25;

pub const LIST: List<Order> = List {
    columns: &[("name", Order::Name), ("slug", Order::Slug)],
    order: Order::Name,
    criteria: &[
        Criterion::text("uuid"),
        Criterion::texts("uuids", MAX_UUIDS),
        Criterion::text("name"),
        Criterion::text("slug"),
        Criterion::text("domain_name"),
    ],
};

const SLUG_PATTERN: Pattern = Pattern {
    shown: slug::TENANT.pattern,
    is: |text| slug::TENANT.matches(text),
};
const DOMAIN_NAME_PATTERN: Pattern = Pattern {
    shown: domain_name::PATTERN,
    is: domain_name::is_domain_name,
};

/// What both bodies begin with. The id of a tenant that is there does not change, but must be one.
pub const IDENTITY: &[Field] = &[
    Field::uuid("uuid").nullable(),
    Field::text("name").length(1, 128).nullable(),
];
/// Only a new tenant can be given one.
pub const SLUG: &[Field] = &[Field::text("slug")
    .length(1, slug::TENANT.max_length)
    .matching(&SLUG_PATTERN)
    .nullable()];
pub const PROFILE: &[Field] = &[
    Field::uuid("contact").nullable(),
    Field::text("phone").length(1, 32).nullable(),
    Field::text("default_authentication_method"),
    Field::list(
        "domain_names",
        &Field::text("").matching(&DOMAIN_NAME_PATTERN),
    )
    .max_items(MAX_DOMAIN_NAMES),
    Field::object("address", ADDRESS),
];
/// How many domains a tenant may have: all are looked for in one statement.
const MAX_DOMAIN_NAMES: usize = 1_000;
const ADDRESS: &[Field] = &[
    Field::text("line_1").length(1, 256).nullable(),
    Field::text("line_2").length(1, 256).nullable(),
    Field::text("city").length(1, 128).nullable(),
    Field::text("state").length(1, 128).nullable(),
    Field::text("country").length(1, 128).nullable(),
    Field::text("zip_code").length(1, 16).nullable(),
];

#[derive(Deserialize)]
struct Body {
    uuid: Option<TenantId>,
    name: Option<String>,
    slug: Option<String>,
    contact: Option<UserId>,
    phone: Option<String>,
    #[serde(default = "native")]
    default_authentication_method: String,
    #[serde(default)]
    domain_names: Vec<String>,
    #[serde(default)]
    address: AddressBody,
}

#[derive(Default, Deserialize)]
struct AddressBody {
    line_1: Option<String>,
    line_2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    zip_code: Option<String>,
}

fn native() -> String {
    "native".to_owned()
}

fn read(exchange: &Exchange, tables: &[&[Field]]) -> Result<Body, ApiError> {
    fields::read(&exchange.json_members()?, tables).map_err(|failures| failures.first("tenants"))
}

impl From<Body> for Profile {
    fn from(body: Body) -> Self {
        Self {
            name: body.name,
            phone: body.phone,
            contact_uuid: body.contact,
            default_authentication_method: body.default_authentication_method,
            domain_names: body.domain_names,
            address: Address {
                line_1: body.address.line_1,
                line_2: body.address.line_2,
                city: body.address.city,
                state: body.address.state,
                zip_code: body.address.zip_code,
                country: body.address.country,
            },
        }
    }
}

fn item(details: Details) -> Value {
    let Details {
        tenant,
        domain_names,
        address,
    } = details;
    json!({
        "uuid": tenant.uuid.as_str(),
        "parent_uuid": tenant.parent_uuid.as_str(),
        "name": tenant.name,
        "slug": tenant.slug,
        "contact": tenant.contact_uuid.as_ref().map(UserId::as_str),
        "phone": tenant.phone,
        "default_authentication_method": tenant.default_authentication_method,
        "domain_names": domain_names,
        "address": {
            "line_1": address.line_1,
            "line_2": address.line_2,
            "city": address.city,
            "state": address.state,
            "country": address.country,
            "zip_code": address.zip_code,
        },
    })
}
