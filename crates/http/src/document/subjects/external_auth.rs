//! What users stored for external services. Each service is a plugin, which brings routes of its own.

use crate::{
    document::{
        Api,
        operation::Failure,
        schema::{any_object, boolean, named, object, page, text},
    },
    resources::external_auth::LIST,
};

pub fn describe(api: &mut Api) {
    api.tag("external", "External services that users connect.");
    api.schema(
        "ExternalService",
        object([
            ("type", text().says("The name of the service.")),
            (
                "data",
                any_object().says("What of the user's data may be shown."),
            ),
            (
                "enabled",
                boolean().says("Whether the user has connected it."),
            ),
            (
                "plugin_info",
                any_object().says("What its plugin says of itself."),
            ),
        ]),
    );
    api.operation(
        "GET",
        "/users/{user_uuid}/external",
        "listUserExternalServices",
        "Lists the external services, and which of them a user has connected",
    )
    .list(&LIST, Some("names of services"))
    .answers(200, "The services", page(named("ExternalService")))
    .of_user()
    .fails(504, Failure::Http, "a plugin took too long");
}
