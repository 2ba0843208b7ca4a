//! The document itself, and the page that shows it.

use crate::document::{
    Api,
    operation::{Operation, Place},
    schema::{any_object, text},
};

/// The media type of the documents.
const YAML: &str = "application/x-yaml";

pub fn describe(api: &mut Api) {
    api.tag("api", "This document, and a page that shows it.");
    api.operation(
        "GET",
        "/api/api.yml",
        "getSwagger",
        "Shows the API's document as Swagger 2.0",
    )
    .answers_with(200, "The document", YAML, any_object())
    .cached();
    api.operation(
        "GET",
        "/api/openapi.yml",
        "getOpenAPI",
        "Shows the API's document as OpenAPI 3",
    )
    .answers_with(200, "The document", YAML, any_object())
    .cached();
}

impl Operation {
    pub fn cached(&mut self) -> &mut Self {
        self.header(200, "ETag", "What to ask with in `If-None-Match`.", text())
            .parameter(
                Place::Header,
                "If-None-Match",
                "The `ETag` of what the client has.",
                text(),
            )
            .answers_nothing(304, "It is what the client has")
    }
}
