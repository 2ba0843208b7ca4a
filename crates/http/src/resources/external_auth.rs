//! `/users/{user_uuid}/external`: what a user stored for external services.

use actix_web::{HttpResponse, http::Method};
use serde_json::{Value, json};
use wazo_auth_services::{
    external_auth::{self, Filter},
    list::Direction,
};

use crate::{
    app::{Routes, acl},
    body,
    error::ApiError,
    exchange::Exchange,
    resources::list::{Criterion, List, Parameters},
};

pub const LIST: List<()> = List {
    columns: &[("type", ())],
    order: (),
    criteria: &[Criterion::text("type")],
};

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::GET,
        "/users/{user_uuid}/external",
        acl("auth.users.{user_uuid}.external.read"),
        list,
    );
}

async fn list(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let filter = filter(&exchange)?;
    let user = exchange.user()?;
    let page = exchange
        .run(move |cx| external_auth::list(cx, &user, &filter))
        .await?;
    let items: Vec<Value> = page
        .items
        .into_iter()
        .map(|item| {
            json!({
                "type": item.name,
                "data": item.data,
                "enabled": item.connected,
                "plugin_info": item.plugin_info,
            })
        })
        .collect();
    Ok(body::json(&json!({
        "filtered": page.filtered,
        "total": page.total,
        "items": items,
    })))
}

fn filter(exchange: &Exchange) -> Result<Filter, ApiError> {
    let mut parameters = Parameters::of(exchange, &LIST);
    let paging = parameters.paging();
    parameters.recurse();
    let name = parameters.text("type");
    parameters.check()?;
    // More than fits is more than there is.
    let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Filter {
        search: paging.search,
        name,
        descending: paging.direction == Direction::Descending,
        offset: number(paging.offset),
        limit: paging.limit.map(number),
    })
}
