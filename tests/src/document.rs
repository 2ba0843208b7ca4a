//! The API's document, as clients read it.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};
use wazo_auth_test_support::{Daemon, http::Response};

/// Methods, paths and required accesses; `None` where nothing is asked for.
pub type Accesses = BTreeMap<(String, String), Option<String>>;

/// Where Swagger 2.0 is.
pub const SWAGGER: &str = "/api/api.yml";
/// Where OpenAPI 3 is.
pub const OPENAPI: &str = "/api/openapi.yml";

/// A document, as JSON.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn read(daemon: &Daemon, path: &str) -> Value {
    parse(&daemon.client().get(path).send().is(200))
}

/// The document in an answer, as JSON.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn parse(answer: &Response) -> Value {
    let documents = Yaml::load_from_str(&answer.body).expect("the document is YAML");
    let [document] = documents.as_slice() else {
        panic!("there is no one document: {answer:?}");
    };
    json_of(document)
}

fn json_of(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(members) => members
            .iter()
            .map(|(name, value)| {
                let name = name.as_str().expect("names are texts");
                (name.to_owned(), json_of(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        other => panic!("nothing that the document has: {other:?}"),
    }
}

/// What a document says of the accesses.
///
/// # Panics
///
/// When it does not say it of all operations.
#[must_use]
pub fn accesses(document: &Value) -> Accesses {
    let mut accesses = Accesses::new();
    for (path, method, operation) in operations(document) {
        let access = operation
            .get("x-required-access")
            .unwrap_or_else(|| panic!("{method} {path} does not say which access it asks for"));
        accesses.insert((method, path), access.as_str().map(str::to_owned));
    }
    accesses
}

/// All operations of a document: path, method in capitals, and what is said.
#[must_use]
pub fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flatten()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object();
            methods
                .into_iter()
                .flatten()
                .map(move |(method, value)| (path.clone(), method.to_ascii_uppercase(), value))
        })
        .collect()
}
