//! What both forms of the document have in common.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Api, PREFIX,
    operation::{Answer, Operation, Place},
    schema::Schema,
};
use crate::routes::Access;

/// What the document says of the API as a whole.
pub fn info() -> Value {
    json!({
        "title": "wazo-auth",
        "version": PREFIX.trim_start_matches('/'),
        "description": include_str!("introduction.md"),
    })
}

/// The subjects that operations belong to.
pub fn tags(api: &Api) -> Value {
    api.tags
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect()
}

/// What an operation has in both forms.
pub fn operation(operation: &Operation, access: &Access) -> Map<String, Value> {
    let token = json!({ "wazo_auth_token": [] });
    let (required, security) = match access {
        Access::Public if operation.basic => (None, json!([{ "wazo_auth_basic": [] }, {}])),
        Access::Public => (None, json!([])),
        Access::Token(template)
        | Access::TopTenantToken(template)
        | Access::TenantlessToken(template) => (Some(template), json!([token])),
        Access::LinkToken(template) | Access::QueryToken(template) => {
            (Some(template), json!([token, { "wazo_auth_query": [] }]))
        }
    };
    let mut common = Map::new();
    common.insert("operationId".to_owned(), json!(operation.id));
    if !operation.tag.is_empty() {
        common.insert("tags".to_owned(), json!([operation.tag]));
    }
    common.insert("summary".to_owned(), json!(operation.summary));
    let description = operation.description.join("\n\n");
    common.insert("description".to_owned(), json!(description));
    // Of public operations it is said, too, so that none can be forgotten.
    common.insert("x-required-access".to_owned(), json!(required));
    common.insert("security".to_owned(), security);
    common
}

/// The answers of an operation, by their statuses.
pub fn responses(operation: &Operation, response: impl Fn(&Answer) -> Map<String, Value>) -> Value {
    let mut responses: Map<String, Value> = operation
        .answers
        .iter()
        .map(|(status, answer)| (status.to_string(), response(answer).into()))
        .collect();
    if operation.any_status {
        responses.insert(
            "default".to_owned(),
            json!({ "description": "Whatever the plugin answers" }),
        );
    }
    responses.into()
}

/// What an answer has in both forms; `header` writes one of its headers.
pub fn answer(answer: &Answer, header: impl Fn(&str, &Schema) -> Value) -> Map<String, Value> {
    let mut common = Map::new();
    common.insert("description".to_owned(), json!(answer.text()));
    if !answer.headers.is_empty() {
        let headers: Map<String, Value> = answer
            .headers
            .iter()
            .map(|(name, description, schema)| (name.clone(), header(description, schema)))
            .collect();
        common.insert("headers".to_owned(), headers.into());
    }
    common
}

/// Where a parameter stands.
pub fn place(place: Place) -> &'static str {
    match place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    }
}

/// The schemas that something names, by name.
pub fn used_schemas(api: &Api, document: &Value) -> Value {
    let mut names = BTreeSet::new();
    named_in(document, &mut names);
    loop {
        let before = names.len();
        for (name, schema) in &api.schemas {
            if names.contains(name) {
                named_in(schema.value(), &mut names);
            }
        }
        if names.len() == before {
            break;
        }
    }
    let used = api.schemas.iter().filter(|(name, _)| names.contains(name));
    used.map(|(name, schema)| (name.clone(), schema.value().clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn named_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("$ref", Value::String(path)) => {
                        names.extend(path.rsplit('/').next().map(str::to_owned));
                    }
                    _ => named_in(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named_in(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
