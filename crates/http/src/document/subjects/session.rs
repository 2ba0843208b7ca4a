//! Who is logged in.

use crate::{
    document::{
        Api,
        schema::{boolean, named, object, page, uuid},
    },
    resources::session::LIST,
};

pub fn describe(api: &mut Api) {
    api.tag("sessions", "Who is logged in.");
    api.schema(
        "Session",
        object([
            ("uuid", uuid()),
            (
                "mobile",
                boolean().says("Whether it is on a mobile device."),
            ),
            ("tenant_uuid", uuid().nullable()),
            ("user_uuid", uuid().nullable().says("Who is logged in.")),
        ]),
    );
    api.operation(
        "GET",
        "/sessions",
        "listSessions",
        "Lists the sessions of a tenant",
    )
    .list(&LIST, None)
    .recurse()
    .answers(200, "The sessions", page(named("Session")));
    api.operation(
        "GET",
        "/users/{user_uuid}/sessions",
        "listUserSessions",
        "Lists the sessions of a user",
    )
    .list(&LIST, None)
    .answers(200, "The sessions", page(named("Session")))
    .of_user();
    api.operation(
        "DELETE",
        "/sessions/{session_uuid}",
        "deleteSession",
        "Ends a session",
    )
    .says("Its tokens end with it. A session that is none is no error.")
    .answers_nothing(204, "There is no such session any more");
    api.operation(
        "DELETE",
        "/users/{user_uuid}/sessions/{session_uuid}",
        "deleteUserSession",
        "Ends a session of a user",
    )
    .says("Its tokens end with it. A session that is none is no error.")
    .answers_nothing(204, "The user has no such session any more")
    .of_user();
}
