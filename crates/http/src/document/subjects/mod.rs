//! What only people can say of the daemon's operations, one module for each subject.

mod document;
mod external_auth;
mod group;
mod identity_provider;
mod page;
mod policy;
mod refresh_token;
mod session;
mod system;
mod tenant;
mod token;
mod user;

use super::{
    Api,
    operation::{Failure, Operation},
};

/// Adds all of it, in the order in which readers see the subjects.
pub fn describe(api: &mut Api) {
    token::describe(api);
    refresh_token::describe(api);
    session::describe(api);
    user::describe(api);
    group::describe(api);
    policy::describe(api);
    tenant::describe(api);
    identity_provider::describe(api);
    external_auth::describe(api);
    system::describe(api);
    document::describe(api);
    page::describe(api);
}

impl Operation {
    /// The path names a user.
    fn of_user(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Error,
            "there is no such user, or none that the caller sees",
        )
    }

    /// The path names a group.
    fn of_group(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Error,
            "there is no such group, or none that the caller sees",
        )
    }

    /// The path names a policy.
    fn of_policy(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Reason,
            "there is no such policy, or none that the caller sees",
        )
    }

    /// The path names a tenant.
    fn of_tenant(&mut self) -> &mut Self {
        self.fails(
            404,
            Failure::Error,
            "there is no such tenant, or none that the caller sees",
        )
    }

    /// Something is handed out.
    fn hands_out(&mut self) -> &mut Self {
        self.says("Nobody hands out an access that their own token does not grant.")
            .fails(
                401,
                Failure::Error,
                "the caller's token does not grant all that is handed out",
            )
    }
}
