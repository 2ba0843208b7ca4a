//! The daemon itself.

use serde_json::json;

use crate::document::{
    Api,
    operation::Failure,
    schema::{any_object, anything, list, object, text},
};

pub fn describe(api: &mut Api) {
    api.tag("daemon", "The daemon itself.");
    api.operation(
        "HEAD",
        "/status",
        "getStatus",
        "Tells whether the daemon serves",
    )
    .answers_nothing(200, "It does");
    api.operation(
        "GET",
        "/backends",
        "listBackends",
        "Lists the backends that check passwords",
    )
    .answers(200, "Their names", object([("data", list(text()))]));
    api.operation("GET", "/config", "getConfig", "Shows the configuration")
        .says("Secrets in it are shown as `***`.")
        .answers(200, "The configuration", any_object());
    let switch = object([
        ("op", text().one_of(&["replace"])),
        ("path", text().one_of(&["/debug", "/profiling_enabled"])),
        (
            "value",
            anything()
                .says("A boolean, in one of its spellings.")
                .with("example", json!(true)),
        ),
    ])
    .with("additionalProperties", false);
    api.operation("PATCH", "/config", "patchConfig", "Turns switches of the configuration")
        .says("A JSON Patch (RFC 6902) that does nothing else, until the next start. It is done as a whole, or not at all.")
        .body_like(list(switch), "What to turn.")
        .answers(200, "The configuration", any_object())
        .fails(400, Failure::Error, "the patch does something else");
}
