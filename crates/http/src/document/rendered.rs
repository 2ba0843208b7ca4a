//! The document as it is sent: made when it is first asked for, and kept. What differs between
//! requests is where the client thinks the daemon is, and that is one line.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::OnceLock,
};

use serde_json::{Value, json};

use super::{Api, PREFIX, Told, openapi, swagger, yaml};
use crate::routes::Endpoint;

/// The forms of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Swagger 2.0.
    Swagger,
    /// OpenAPI 3.0.
    OpenApi,
}

/// The documents of a route table.
#[derive(Debug, Default)]
pub struct Documents {
    texts: OnceLock<Texts>,
}

/// What is the same for all clients.
#[derive(Debug)]
struct Texts {
    swagger: Text,
    openapi: Text,
}

#[derive(Debug)]
struct Text {
    text: String,
    hash: u64,
}

impl Text {
    fn of(value: &Value) -> Self {
        let text = yaml::write(value);
        let hash = hash(&text);
        Self { text, hash }
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A document for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The text, in YAML.
    pub text: String,
    /// What tells it from others, for the header `ETag`.
    pub tag: String,
}

impl Documents {
    /// The document of the API that has these endpoints, for clients to whom all paths begin with
    /// `prefix`. The endpoints are asked for once.
    pub fn document<'a>(
        &self,
        form: Form,
        prefix: &str,
        endpoints: impl FnOnce() -> (Vec<Endpoint>, &'a [Told]),
    ) -> Document {
        let texts = self.texts.get_or_init(|| {
            let (endpoints, told) = endpoints();
            let api = Api::of(&endpoints, told);
            Texts {
                swagger: Text::of(&swagger::render(&api)),
                openapi: Text::of(&openapi::render(&api)),
            }
        });
        let base = format!("{prefix}{PREFIX}");
        let (head, rest) = match form {
            Form::Swagger => {
                // Who has a prefix came through a proxy, and these speak TLS.
                let scheme = if prefix.is_empty() { "http" } else { "https" };
                (
                    json!({ "swagger": swagger::VERSION, "basePath": base, "schemes": [scheme] }),
                    &texts.swagger,
                )
            }
            Form::OpenApi => (
                json!({ "openapi": openapi::VERSION, "servers": [{ "url": base }] }),
                &texts.openapi,
            ),
        };
        Document {
            tag: format!("{:016x}", hash((rest.hash, prefix))),
            text: yaml::write(&head) + &rest.text,
        }
    }
}
