//! Logging in and out, and asking what a token is good for.

use serde_json::json;

use crate::{
    document::{
        Api,
        operation::{Failure, Operation, Place},
        schema::{anything, boolean, integer, list, map, named, object, text, uuid},
    },
    resources::login,
};

pub fn describe(api: &mut Api) {
    api.tag("token", "Logging in and out, and what a token is good for.");
    let token = object([
        (
            "token",
            uuid().says("The token itself, for the header `X-Auth-Token`."),
        ),
        (
            "auth_id",
            text().says("Who logged in: the UUID of a user, or what a backend calls somebody."),
        ),
        (
            "xivo_user_uuid",
            text().nullable().says("The user on the telephony side."),
        ),
        (
            "xivo_uuid",
            text().nullable().says("The UUID of the platform."),
        ),
        (
            "issued_at",
            text()
                .nullable()
                .says("When it was made, in the time zone of the server."),
        ),
        (
            "expires_at",
            text()
                .nullable()
                .says("When it ends, in the time zone of the server."),
        ),
        (
            "utc_issued_at",
            text().nullable().says("When it was made, in UTC."),
        ),
        (
            "utc_expires_at",
            text().nullable().says("When it ends, in UTC."),
        ),
        (
            "acl",
            list(text()).says("What it grants, and with `!` in front what it denies."),
        ),
        (
            "metadata",
            map(anything())
                .says("What the backend says of who logged in, such as `uuid` and `tenant_uuid`."),
        ),
        (
            "session_uuid",
            uuid().says("The session that it belongs to."),
        ),
        (
            "remote_addr",
            text().nullable().says("The address of the client."),
        ),
        (
            "user_agent",
            text().nullable().says("What the client called itself."),
        ),
    ]);
    api.schema("Token", token.clone());
    api.schema(
        "NewToken",
        token.optional(
            "refresh_token",
            text()
                .says("For logging in again without a password; where `access_type` is `offline`."),
        ),
    );
    api.operation("POST", "/token", "createToken", "Logs in")
        .says("With a login and a password in the header `Authorization` (Basic), or with a refresh token, or with a SAML session in the body.")
        .says("`access_type` `offline` asks for a refresh token, too; it needs a `client_id`. So does `refresh_token`, which cannot come together with `offline` or with `saml_session_id`. `tenant_id` and `domain_name` cannot come together.")
        .basic()
        .parameter(
            Place::Header,
            "Wazo-Session-Type",
            "`mobile` for a session on a mobile device; anything else is no such session.",
            text(),
        )
        .body(&[login::LOGIN], "How to log in, and for how many seconds.")
        .example(json!({ "expiration": 7200 }))
.answers(200, "The token", object([("data", named("NewToken"))]))
        .header(
            200,
            "Wazo-Sessions-Revoked",
            "How many older sessions of the user were ended to make room.",
            integer(),
        )
        .fails(400, Failure::Reason, "a member of the body is wrong, or members contradict each other")
        .fails(401, Failure::Reason, "the login or the password is wrong, or the user may not log in")
        .fails(404, Failure::Error, "the user is gone")
        .fails(429, Failure::Reason, "the user has as many sessions as one may have")
        .fails(504, Failure::Http, "the backend took too long");
    let checked = |operation: &mut Operation| {
        operation
            .query("scope", "An access that the token has to grant.", text())
            .query("tenant", "A tenant that the token has to reach.", text())
            .fails(
                403,
                Failure::Reason,
                "the token does not grant the access, or does not reach the tenant",
            );
    };
    checked(
        api.operation(
            "GET",
            "/token/{token_uuid}",
            "getToken",
            "Shows a token, if it is good for something",
        )
        .answers(200, "The token", object([("data", named("Token"))]))
        .of_token(),
    );
    checked(
        api.operation(
            "HEAD",
            "/token/{token_uuid}",
            "checkToken",
            "Tells whether a token is good for something",
        )
        .answers_nothing(204, "It is")
        .of_token(),
    );
    api.operation("DELETE", "/token/{token_uuid}", "deleteToken", "Logs out")
        .says("A token that is none is no error.")
        .answers(
            200,
            "There is no such token any more",
            object([("data", object([("message", text())]))]),
        );
    api.operation(
        "POST",
        "/token/{token_uuid}/scopes/check",
        "checkScopes",
        "Tells for each of several accesses whether a token grants it",
    )
    .body_like(
        object([("scopes", list(text()).says("The accesses."))]).optional(
            "tenant_uuid",
            text()
                .nullable()
                .says("A tenant that the token has to reach."),
        ),
        "What to ask about.",
    )
    .answers(
        200,
        "Each of the accesses, and whether it is granted",
        object([("scopes", map(boolean()))]),
    )
    .of_token()
    .fails(400, Failure::Reason, "a member of the body is wrong")
    .fails(403, Failure::Reason, "the token does not reach the tenant");
}

impl Operation {
    /// A login and its password may come in the header `Authorization`.
    fn basic(&mut self) -> &mut Self {
        self.basic = true;
        self
    }

    /// The path names a token.
    fn of_token(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Reason,
            "there is no such token, or it has ended",
        )
    }
}
