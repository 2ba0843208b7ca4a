//! Routes of plugins in the document: what a plugin says of them, or else what their path, method and
//! access say by themselves.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    operation::{Failure, Operation, Place},
    schema::{self, Schema},
};
use crate::routes::Endpoint;

/// A route of a plugin, with what the plugin says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The name of the plugin.
    pub plugin: String,
    /// The method, in capitals.
    pub method: String,
    /// The path below the API's version.
    pub path: String,
    /// The plugin's own words, as the plugin gave them; empty where it says nothing.
    pub description: Map<String, Value>,
}

/// What a plugin may say of a route.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    summary: Option<String>,
    description: Option<String>,
    query: Vec<Query>,
    body: Option<Body>,
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
struct Query {
    name: String,
    #[serde(default)]
    description: String,
}

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    description: String,
    #[serde(default)]
    schema: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    status: u16,
    #[serde(default)]
    description: String,
    #[serde(default)]
    schema: Option<Value>,
}

impl Told {
    /// Whether it is about this endpoint.
    pub fn is_of(&self, endpoint: &Endpoint) -> bool {
        self.method == endpoint.method && self.path == endpoint.path
    }

    /// The subject that routes of the plugin belong to.
    pub fn tag(&self) -> String {
        format!("plugin {}", self.plugin)
    }

    /// The operation: in the plugin's words, where they can be understood.
    pub fn operation(&self, endpoint: &Endpoint) -> Operation {
        let words = if self.description.is_empty() {
            None
        } else {
            self.words(endpoint)
                .inspect_err(|problem| {
                    log::warn!(
                        "what the plugin {:?} says of its route {} {} is not shown: {problem}",
                        self.plugin,
                        self.method,
                        self.path
                    );
                })
                .ok()
        };
        let mut operation = words.unwrap_or_else(|| unknown(endpoint));
        operation.tag = self.tag();
        operation
            .fails(401, Failure::Reason, "the plugin refuses the caller")
            .fails(504, Failure::Http, "the plugin took too long");
        operation
    }

    fn words(&self, endpoint: &Endpoint) -> Result<Operation, String> {
        let words: Words = serde_json::from_value(Value::Object(self.description.clone()))
            .map_err(|error| error.to_string())?;
        let foreign = |schema: Option<Value>| {
            schema
                .filter(|schema| !schema.is_null())
                .map(Schema::foreign)
                .transpose()
        };
        let mut operation = bare(endpoint);
        if let Some(summary) = words.summary {
            operation.summary = summary;
        }
        if let Some(description) = words.description {
            operation.says(&description);
        }
        for Query { name, description } in words.query {
            let known = |name: &str| {
                operation
                    .parameters
                    .iter()
                    .any(|known| known.place == Place::Query && known.name == name)
            };
            if name.is_empty() || known(&name) {
                return Err(format!("the parameter {name:?} has no name of its own"));
            }
            operation.query(&name, &description, schema::text());
        }
        if let Some(body) = words.body {
            let schema = foreign(body.schema)?.unwrap_or_else(schema::anything);
            operation.body_like(schema, &body.description);
        }
        if words.answers.is_empty() {
            any_answer(&mut operation);
        }
        for answer in words.answers {
            if !(200..=599).contains(&answer.status) {
                return Err(format!("{} is no status of an answer", answer.status));
            }
            match foreign(answer.schema)? {
                Some(schema) => operation.answers(answer.status, &answer.description, schema),
                None => operation.answers_nothing(answer.status, &answer.description),
            };
        }
        Ok(operation)
    }
}

/// An operation of which nobody says anything.
pub fn unknown(endpoint: &Endpoint) -> Operation {
    let mut operation = bare(endpoint);
    if matches!(endpoint.method.as_str(), "POST" | "PUT" | "PATCH") {
        operation.body_like(schema::anything(), "Whatever the plugin takes.");
    }
    any_answer(&mut operation);
    operation
}

/// Where nothing is said of the answers, the plugin may answer anything.
fn any_answer(operation: &mut Operation) {
    operation.answers_nothing(200, "Whatever the plugin answers");
    operation.any_status = true;
}

fn bare(endpoint: &Endpoint) -> Operation {
    let (method, path) = (&endpoint.method, &endpoint.path);
    let words: Vec<&str> = path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let id = format!("{}_{}", method.to_ascii_lowercase(), words.join("_"));
    Operation::new(method, path, &id, "", &format!("{method} {path}"))
}
