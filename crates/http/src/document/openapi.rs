//! The document as OpenAPI 3.0 (<https://spec.openapis.org/oas/v3.0.3>).

use serde_json::{Map, Value, json};

use super::{
    Api,
    common::{self, info, place, responses, tags, used_schemas},
    operation::{Answer, JSON, Operation, Parameter, Place},
    schema,
};
use crate::routes::Access;

/// The version of the form.
pub const VERSION: &str = "3.0.3";

/// The document, but for its version and where the daemon is.
pub fn render(api: &Api) -> Value {
    let mut paths = Map::new();
    let mut shapes: Vec<(String, String)> = Vec::new();
    for (operation, access) in &api.operations {
        // Paths that differ in the names of their parameters alone are one path here, and it is known by
        // the one that came first.
        let shape = shape(&operation.path);
        let path = match shapes.iter().find(|(known, _)| *known == shape) {
            Some((_, path)) => path.clone(),
            None => {
                shapes.push((shape, operation.path.clone()));
                operation.path.clone()
            }
        };
        let same_path = path == operation.path;
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        let method = operation.method.to_ascii_lowercase();
        match methods.get_mut(&method) {
            Some(known) if !same_path => also(known, operation),
            _ => {
                if let Value::Object(methods) = methods {
                    methods.insert(method, render_operation(operation, access));
                }
            }
        }
    }
    let mut document = json!({
        "info": info(),
        "tags": tags(api),
        "paths": paths,
        "components": {
            "schemas": {},
            "securitySchemes": {
                "wazo_auth_token": { "type": "apiKey", "in": "header", "name": "X-Auth-Token" },
                "wazo_auth_query": { "type": "apiKey", "in": "query", "name": "token" },
                "wazo_auth_basic": { "type": "http", "scheme": "basic" },
            },
        },
    });
    let schemas = used_schemas(api, &document);
    if let Some(place) = document.pointer_mut("/components/schemas") {
        *place = schemas;
    }
    document
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// The other path of an operation that has two: its parameters take what either path takes.
fn also(known: &mut Value, other: &Operation) {
    let others: Vec<&Parameter> = other
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Path)
        .collect();
    let parameters = known.get_mut("parameters").and_then(Value::as_array_mut);
    let in_path = parameters
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
        .filter(|parameter| parameter.get("in") == Some(&json!("path")));
    for (parameter, other) in in_path.zip(others) {
        if parameter.get("name") == Some(&json!(other.name)) {
            continue;
        }
        let description = parameter.get("description").and_then(Value::as_str);
        let description = format!(
            "{} Or: {}",
            description.unwrap_or_default(),
            other.description
        );
        parameter.insert("description".to_owned(), json!(description));
        parameter.insert(
            "schema".to_owned(),
            json!({ "type": "string", "minLength": 1 }),
        );
    }
}

fn render_operation(operation: &Operation, access: &Access) -> Value {
    let mut rendered = common::operation(operation, access);
    let parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    if !parameters.is_empty() {
        rendered.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = &operation.body {
        rendered.insert(
            "requestBody".to_owned(),
            json!({
                "description": body.description,
                "required": true,
                "content": { JSON: { "schema": body.schema.value() } },
            }),
        );
    }
    rendered.insert("responses".to_owned(), responses(operation, response));
    Value::Object(rendered)
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": place(parameter.place),
        "description": parameter.description,
        "required": parameter.required,
        "schema": parameter.schema.value(),
    })
}

fn response(answer: &Answer) -> Map<String, Value> {
    let mut response = common::answer(
        answer,
        |description, schema| json!({ "description": description, "schema": schema.value() }),
    );
    if !answer.contents.is_empty() {
        let contents: Map<String, Value> = answer
            .contents
            .iter()
            .map(|(media_type, schemas)| {
                let schema = schema::any_of(schemas);
                (media_type.clone(), json!({ "schema": schema.value() }))
            })
            .collect();
        response.insert("content".to_owned(), contents.into());
    }
    response
}
