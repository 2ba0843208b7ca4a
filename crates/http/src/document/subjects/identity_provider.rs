//! Who checks the passwords of users.

use crate::{
    document::{
        Api,
        operation::{Failure, Operation},
        schema::{page, text},
    },
    resources::identity_provider::USERS,
};

pub fn describe(api: &mut Api) {
    api.tag(
        "idp",
        "Identity providers: who checks the passwords of users.",
    );
    api.operation(
        "GET",
        "/idp",
        "listIdentityProviders",
        "Lists the types of identity providers",
    )
    .answers(200, "The types", page(text()));
    api.operation(
        "PUT",
        "/idp/{idp_type}/users",
        "updateUsersIDP",
        "Gives several users a type: all of them, or none",
    )
    .body(&[USERS], "The users.")
    .answers_nothing(204, "All of them have it")
    .fails(400, Failure::Fields, "something is wrong with the users")
    .of_type();
    api.operation(
        "PUT",
        "/idp/{idp_type}/users/{user_uuid}",
        "addUserIDP",
        "Gives a user a type",
    )
    .answers_nothing(204, "The user has it")
    .of_type();
    api.operation(
        "DELETE",
        "/idp/{idp_type}/users/{user_uuid}",
        "removeIDPUser",
        "Takes a type from a user",
    )
    .answers_nothing(204, "The user has the type of the tenant")
    .of_type();
}

impl Operation {
    fn of_type(&mut self) -> &mut Self {
        self.fails(404, Failure::Error, "there is no such type")
            .of_user()
    }
}
