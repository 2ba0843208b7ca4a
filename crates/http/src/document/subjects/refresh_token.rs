//! The clients that stay logged in.

use crate::{
    document::{
        Api,
        operation::{Failure, Operation},
        schema::{any_object, boolean, named, object, page, text, uuid},
    },
    resources::refresh_token::LIST,
};

/// What the lists are searched by.
const SEARCHED: Option<&str> = Some("what the client called itself");

pub fn describe(api: &mut Api) {
    api.tag("tokens", "Refresh tokens: the clients that stay logged in.");
    api.schema(
        "RefreshToken",
        object([
            ("client_id", text().says("What the client called itself.")),
            (
                "created_at",
                text()
                    .with("format", "date-time")
                    .nullable()
                    .says("When the client logged in, in UTC."),
            ),
            (
                "mobile",
                boolean().says("Whether the client is on a mobile device."),
            ),
            ("user_uuid", uuid()),
            ("tenant_uuid", uuid()),
            (
                "metadata",
                any_object().says("What was said of the client when it logged in."),
            ),
        ]),
    );
    api.operation(
        "GET",
        "/tokens",
        "listRefreshTokens",
        "Lists the refresh tokens of a tenant",
    )
    .list(&LIST, SEARCHED)
    .recurse()
    .shows_refresh_tokens();
    api.operation(
        "GET",
        "/users/me/tokens",
        "listOwnRefreshTokens",
        "Lists the refresh tokens of the caller",
    )
    .list(&LIST, SEARCHED)
    .shows_refresh_tokens()
    .of_user();
    api.operation(
        "GET",
        "/users/{user_uuid}/tokens",
        "listUserRefreshTokens",
        "Lists the refresh tokens of a user",
    )
    .list(&LIST, SEARCHED)
    .shows_refresh_tokens()
    .of_user();
    api.operation(
        "DELETE",
        "/users/me/tokens/{client_id}",
        "deleteOwnRefreshToken",
        "Takes the refresh token of a client of the caller away",
    )
    .answers_nothing(204, "It is gone")
    .of_client();
    api.operation(
        "DELETE",
        "/users/{user_uuid}/tokens/{client_id}",
        "deleteRefreshTokens",
        "Takes the refresh token of a client of a user away",
    )
    .answers_nothing(204, "It is gone")
    .of_client();
}

impl Operation {
    fn shows_refresh_tokens(&mut self) -> &mut Self {
        self.answers(
            200,
            "The refresh tokens, without what is secret in them",
            page(named("RefreshToken")),
        )
    }

    fn of_client(&mut self) -> &mut Self {
        self.of_user().fails(
            404,
            Failure::Error,
            "the user has no refresh token for this client",
        )
    }
}
