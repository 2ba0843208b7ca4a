//! Users, their passwords and their e-mail addresses.

use crate::{
    document::{
        Api,
        operation::{Failure, HTML, Operation},
        schema::{boolean, list, named, object, page, text, uuid},
    },
    resources::{email, password, user},
};

pub fn describe(api: &mut Api) {
    api.tag(
        "users",
        "Users, their passwords and their e-mail addresses.",
    );
    api.schema(
        "Email",
        object([
            ("uuid", uuid()),
            ("address", text()),
            ("main", boolean().says("Whether mails go to this address.")),
            (
                "confirmed",
                boolean().says("Whether somebody who reads its mails has said so."),
            ),
        ]),
    );
    api.schema(
        "User",
        object([
            ("uuid", uuid()),
            (
                "username",
                text()
                    .nullable()
                    .says("A login; so are the confirmed addresses."),
            ),
            ("firstname", text().nullable()),
            ("lastname", text().nullable()),
            (
                "purpose",
                text()
                    .nullable()
                    .says("`user` for people, `internal` and `external_api` for programs."),
            ),
            (
                "enabled",
                boolean().nullable().says("Whether the user may log in."),
            ),
            ("tenant_uuid", uuid()),
            (
                "authentication_method",
                text().says("Who checks the password; `default`: whoever does in the tenant."),
            ),
            ("emails", list(named("Email"))),
        ]),
    );
    users(api);
    passwords(api);
    emails(api);
}

fn users(api: &mut Api) {
    api.operation("GET", "/users", "listUsers", "Lists users")
        .list(
            &user::LIST,
            Some("user names, first names, last names and e-mail addresses"),
        )
        .recurse()
        .answers(200, "The users", page(named("User")));
    api.operation("POST", "/users", "createUser", "Makes a user")
        .body(&[user::PROFILE, user::NEW], "What is said of the user.")
        .answers(200, "The user", named("User"))
        .fails(400, Failure::Error, "a member of the body is wrong")
        .login_taken();
    api.operation("GET", "/users/{user_uuid}", "getUser", "Shows a user")
        .answers(200, "The user", named("User"))
        .of_user();
    api.operation(
        "PUT",
        "/users/{user_uuid}",
        "updateUser",
        "Replaces what is said of a user",
    )
    .says("What the body does not have gets its default.")
    .body(&[user::PROFILE], "What is said of the user.")
    .answers(200, "The user", named("User"))
    .fails(400, Failure::Error, "a member of the body is wrong")
    .of_user()
    .login_taken();
    api.operation(
        "DELETE",
        "/users/{user_uuid}",
        "deleteUser",
        "Deletes a user",
    )
    .says("The user's tokens, sessions and refresh tokens end with it.")
    .answers_nothing(204, "The user is gone")
    .of_user();
}

fn passwords(api: &mut Api) {
    api.operation("PUT", "/users/{user_uuid}/password", "changePassword", "Changes a password")
        .says("Ends the user's sessions and, unless the configuration says otherwise, takes the refresh tokens away.")
        .body(&[password::CHANGE], "The old password and the new one.")
        .answers_nothing(204, "The new password is the user's")
        .fails(400, Failure::Error, "a member of the body is wrong")
        .fails(401, Failure::Reason, "the old password is wrong, or the user has none")
        .of_user()
        .externally();
    api.operation(
        "POST",
        "/users/password/reset",
        "reset_password_change",
        "Sets a password anew, with a token from a mail",
    )
    .says("The token is good for this once. `null` as the password takes it away.")
    .query("user_uuid", "The UUID of the user.", uuid())
    .body(&[password::RESET], "The new password.")
    .answers_nothing(204, "The new password is the user's")
    .fails(400, Failure::Error, "a member of the body is wrong")
    .of_user()
    .fails(
        401,
        Failure::Reason,
        "the user has no login, and so can have no password",
    )
    .externally();
}

fn emails(api: &mut Api) {
    let all = "All addresses of the user; one of them is the main one.";
    api.operation(
        "PUT",
        "/users/{user_uuid}/emails",
        "updateUserEmails",
        "Replaces the e-mail addresses of a user",
    )
    .says("Addresses that stay keep whether they are confirmed; new ones are not.")
    .body(&[email::OWN_EMAILS], all)
    .replaces_emails();
    api.operation(
        "PUT",
        "/admin/users/{user_uuid}/emails",
        "updateUserEmailsAsAdministrator",
        "Replaces the e-mail addresses of a user, and says which are confirmed",
    )
    .says("`null` as `confirmed`, or none, leaves it as it is; of a new address, unconfirmed.")
    .body(&[email::EMAILS], all)
    .replaces_emails();
    api.operation(
        "GET",
        "/emails/{email_uuid}/confirm",
        "confirmEmailByLink",
        "Confirms an e-mail address, for somebody who followed a link",
    )
    .answers_with(
        200,
        "A page that says so; its media type is configured",
        HTML,
        text(),
    )
    .of_email();
    api.operation(
        "PUT",
        "/emails/{email_uuid}/confirm",
        "confirmEmail",
        "Confirms an e-mail address",
    )
    .answers_nothing(204, "The address is confirmed")
    .of_email();
}

impl Operation {
    fn login_taken(&mut self) -> &mut Self {
        self.fails(
            409,
            Failure::Error,
            "somebody has this login or this UUID already",
        )
    }

    fn externally(&mut self) -> &mut Self {
        self.fails(405, Failure::Error, "the user's password is kept elsewhere")
    }

    fn replaces_emails(&mut self) -> &mut Self {
        self.answers(200, "The addresses", list(named("Email")))
            .fails(
                400,
                Failure::Fields,
                "something is wrong with the addresses",
            )
            .of_user()
            .login_taken()
    }

    fn of_email(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Error,
            "there is no such address, or none that the caller sees",
        )
    }
}
