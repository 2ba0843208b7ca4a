//! The document as Swagger 2.0 (<https://spec.openapis.org/oas/v2.0>).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Api,
    common::{self, info, place, responses, tags, used_schemas},
    operation::{Answer, JSON, Operation, Parameter},
    schema::{self, SCHEMAS},
};
use crate::routes::Access;

/// Where schemas that have a name stand.
const DEFINITIONS: &str = "#/definitions/";

/// The version of the form.
pub const VERSION: &str = "2.0";

/// The document, but for its version and where the daemon is.
pub fn render(api: &Api) -> Value {
    let mut paths = Map::new();
    for (operation, access) in &api.operations {
        let methods = paths
            .entry(operation.path.clone())
            .or_insert_with(|| json!({}));
        if let Value::Object(methods) = methods {
            methods.insert(
                operation.method.to_ascii_lowercase(),
                render_operation(operation, access),
            );
        }
    }
    let mut document = json!({
        "info": info(),
        "consumes": [JSON],
        "produces": [JSON],
        "tags": tags(api),
        "securityDefinitions": {
            "wazo_auth_token": { "type": "apiKey", "in": "header", "name": "X-Auth-Token" },
            "wazo_auth_query": { "type": "apiKey", "in": "query", "name": "token" },
            "wazo_auth_basic": { "type": "basic" },
        },
        "paths": paths,
    });
    let definitions = translated(&used_schemas(api, &document));
    if let Value::Object(document) = &mut document {
        document.insert("definitions".to_owned(), definitions);
    }
    document
}

fn render_operation(operation: &Operation, access: &Access) -> Value {
    let mut rendered = common::operation(operation, access);
    let media_types: BTreeSet<&str> = operation
        .answers
        .values()
        .flat_map(|answer| answer.contents.iter())
        .map(|(media_type, _)| media_type.as_str())
        .collect();
    if media_types.iter().any(|media_type| *media_type != JSON) {
        rendered.insert("produces".to_owned(), json!(media_types));
    }
    let mut parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    if let Some(body) = &operation.body {
        parameters.push(json!({
            "name": "body",
            "in": "body",
            "description": body.description,
            "required": true,
            "schema": translated(body.schema.value()),
        }));
    }
    if !parameters.is_empty() {
        rendered.insert("parameters".to_owned(), parameters.into());
    }
    rendered.insert("responses".to_owned(), responses(operation, response));
    Value::Object(rendered)
}

fn parameter(parameter: &Parameter) -> Value {
    let mut rendered = json!({
        "name": parameter.name,
        "in": place(parameter.place),
        "description": parameter.description,
        "required": parameter.required,
    });
    // The schema of a parameter stands in the parameter itself.
    if let (Value::Object(rendered), Value::Object(keywords)) =
        (&mut rendered, translated(parameter.schema.value()))
    {
        let list = keywords.get("type") == Some(&json!("array"));
        rendered.extend(keywords);
        if list {
            rendered.insert("collectionFormat".to_owned(), json!("multi"));
        }
    }
    rendered
}

fn response(answer: &Answer) -> Map<String, Value> {
    let mut response = common::answer(answer, |description, schema| {
        // The schema of a header stands in the header itself.
        translated(schema.clone().says(description).value())
    });
    // There is one schema for all media types, so it is the one of the JSON documents.
    let json = answer
        .contents
        .iter()
        .find(|(media_type, _)| media_type == JSON)
        .or(answer.contents.first());
    if let Some((_, schemas)) = json {
        let schema = translated(schema::any_of(schemas).value());
        response.insert("schema".to_owned(), schema);
    }
    response
}

/// Alternatives: this form of the document has no word for them.
fn any_of(schemas: Value) -> Value {
    json!({ "type": "object", "x-anyOf": schemas })
}

/// A schema in the words of this form.
fn translated(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => {
            if let Some(alternatives) = keywords.get("anyOf") {
                return any_of(translated(alternatives));
            }
            keywords
                .iter()
                .map(|(keyword, value)| match (keyword.as_str(), value) {
                    ("$ref", Value::String(path)) => {
                        (keyword.clone(), json!(path.replace(SCHEMAS, DEFINITIONS)))
                    }
                    ("nullable", Value::Bool(_)) => ("x-nullable".to_owned(), value.clone()),
                    _ => (keyword.clone(), translated(value)),
                })
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(translated).collect(),
        other => other.clone(),
    }
}
