//! What is the same for many operations: the shapes of errors, and what follows from the path, the
//! required access and the body.

use super::{
    Api,
    operation::{Failure, Operation, Place},
    schema::{self, Schema},
};
use crate::routes::Access;

/// The shapes of answers that are no success.
pub fn describe_failures(api: &mut Api) {
    let timestamp = || schema::number().says("When, in seconds since the Unix epoch.");
    let error = |message: Schema| {
        schema::object([
            ("message", message),
            (
                "error_id",
                schema::text().says("What is wrong, for programs."),
            ),
            (
                "details",
                schema::any_object()
                    .says("What it is about; which members there are, `error_id` says."),
            ),
            ("timestamp", timestamp()),
        ])
        .optional(
            "resource",
            schema::text().says("The kind of thing that it is about."),
        )
    };
    api.schema(
        "Error",
        error(schema::text().says("What is wrong, for people.")),
    );
    api.schema(
        "FieldErrors",
        error(
            schema::anything()
                .says("What is wrong with each of the fields or parameters, by their names."),
        ),
    );
    api.schema(
        "Reason",
        schema::object([
            (
                "reason",
                schema::list(schema::text()).says("What is wrong: one text."),
            ),
            (
                "timestamp",
                schema::list(schema::number())
                    .says("When, in seconds since the Unix epoch: one number."),
            ),
            (
                "status_code",
                schema::integer().says("The status once more."),
            ),
        ]),
    );
    api.schema(
        "HttpError",
        schema::object([("message", schema::text().says("What is wrong, for people."))]),
    );
    api.schema(
        "TenantInUse",
        schema::object([
            ("message", schema::text().says("What is wrong, for people.")),
            ("error_id", schema::object([("uuid", schema::uuid())])),
            ("details", schema::text()),
            ("timestamp", timestamp()),
        ]),
    );
}

/// Adds what follows from the path, the access and the body.
pub fn complete(operation: &mut Operation, access: &Access) {
    let declared = std::mem::take(&mut operation.parameters);
    for segment in operation.path.clone().split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name {
            path_parameter(operation, name);
        }
    }
    operation.parameters.extend(declared);
    access_of(operation, access);
    if operation
        .parameters
        .iter()
        .any(|parameter| parameter.place == Place::Path)
    {
        operation.fails(
            404,
            Failure::Page,
            "a part of the path cannot be what it should be",
        );
    }
    operation.fails(400, Failure::Http, "the request cannot be understood");
    if operation.body.is_some() {
        operation.fails(413, Failure::Http, "the body is too large");
    }
    operation
        .fails(
            500,
            Failure::Http,
            "something went wrong here; the log says what",
        )
        .fails(
            503,
            Failure::Http,
            "it cannot be done now, but perhaps in a moment",
        )
        .header(
            503,
            "Retry-After",
            "How many seconds to wait.",
            schema::integer(),
        );
    if operation.method == "HEAD" {
        for answer in operation.answers.values_mut() {
            answer.contents.clear();
        }
    }
}

fn path_parameter(operation: &mut Operation, name: &str) {
    let (description, schema) = match name.strip_suffix("_uuid") {
        Some(what) => (
            format!("The UUID of the {}.", what.replace('_', " ")),
            schema::uuid(),
        ),
        None => (
            match name {
                "access" => "The access. A `/` in it cannot be sent.".to_owned(),
                "auth_type" => "The type of the external service.".to_owned(),
                "client_id" => {
                    "What the client called itself. A `/` in it cannot be sent.".to_owned()
                }
                "file" => "The name of the file.".to_owned(),
                "idp_type" => "The type of the identity provider.".to_owned(),
                "policy_slug" => "The slug of the policy.".to_owned(),
                other => format!("The {}.", other.replace('_', " ")),
            },
            schema::text().with("minLength", 1),
        ),
    };
    operation.parameter(Place::Path, name, &description, schema);
}

fn access_of(operation: &mut Operation, access: &Access) {
    let (template, more) = match access {
        Access::Public => {
            operation.says("Asks for no token.");
            return;
        }
        Access::Token(template) => (template, ""),
        Access::TopTenantToken(template) => (
            template,
            ", and that belongs to the tenant above all others",
        ),
        Access::TenantlessToken(template) => {
            (template, ". The header `Wazo-Tenant` is not looked at")
        }
        Access::LinkToken(template) => (template, ". The token may come in the query, too"),
        Access::QueryToken(template) => (
            template,
            ", with `user_uuid` from the query. The token may come in the query, too",
        ),
    };
    let sentence = if template.is_empty() {
        format!("Asks for a live token{more}.")
    } else {
        format!("Asks for a token that grants the access `{template}`{more}.")
    };
    operation.says(&sentence);
    if !matches!(access, Access::TenantlessToken(_)) {
        operation.parameter(
            Place::Header,
            "Wazo-Tenant",
            "The UUID of the tenant to act in: the token's own, which is the default, or one below it.",
            schema::uuid(),
        );
    }
    operation
        .fails(
            401,
            Failure::Error,
            "there is no token, it has ended, it does not grant the access, or the tenant is none of its",
        )
        .fails(404, Failure::Error, "the user of the token is gone");
}
