//! Groups, who is in them and which policies they have.

use crate::{
    document::{
        Api,
        operation::{Failure, Operation},
        schema::{boolean, named, object, page, text, uuid},
    },
    resources::{group, group_member, group_policy, user_policy},
};

pub fn describe(api: &mut Api) {
    api.tag(
        "groups",
        "Groups, who is in them and which policies they have.",
    );
    let managed = "Whether the group is the system's, and nobody changes it.";
    api.schema(
        "Group",
        object([
            ("uuid", uuid()),
            ("name", text()),
            ("slug", text().says("A short name, which stays.")),
            ("tenant_uuid", uuid()),
            ("system_managed", boolean().says(managed)),
            ("read_only", boolean().says(managed)),
        ]),
    );
    groups(api);
    members(api);
    policies(api);
}

fn groups(api: &mut Api) {
    api.operation("GET", "/groups", "listGroups", "Lists groups")
        .says("It cannot be ordered by `slug` or `read_only`.")
        .list(&group::LIST, Some("names"))
        .recurse()
        .answers(200, "The groups", page(named("Group")))
        .fails(
            400,
            Failure::Reason,
            "the list cannot be ordered by this column",
        );
    api.operation("POST", "/groups", "createGroups", "Makes a group")
        .body(&[group::NAME, group::SLUG], "The names of the group.")
        .answers(200, "The group", named("Group"))
        .group_taken();
    api.operation("GET", "/groups/{group_uuid}", "getGroup", "Shows a group")
        .answers(200, "The group", named("Group"))
        .of_group();
    api.operation(
        "PUT",
        "/groups/{group_uuid}",
        "editGroups",
        "Renames a group",
    )
    .body(&[group::NAME], "The new name.")
    .answers(200, "The group", named("Group"))
    .of_group()
    .system_managed()
    .group_taken();
    api.operation(
        "DELETE",
        "/groups/{group_uuid}",
        "delete_group",
        "Deletes a group",
    )
    .answers_nothing(204, "The group is gone")
    .of_group()
    .system_managed();
}

fn members(api: &mut Api) {
    api.operation(
        "GET",
        "/groups/{group_uuid}/users",
        "listGroupUsers",
        "Lists the members of a group",
    )
    .list(
        &group_member::MEMBERS,
        Some("user names, first names, last names and e-mail addresses"),
    )
    .answers(200, "The users", page(named("User")))
    .of_group();
    api.operation(
        "PUT",
        "/groups/{group_uuid}/users/{user_uuid}",
        "addUserGroup",
        "Makes a user a member of a group",
    )
    .hands_out()
    .answers_nothing(204, "The user is a member")
    .fails(
        400,
        Failure::Error,
        "the user is of another tenant than the group",
    )
    .of_group()
    .of_user()
    .system_managed();
    api.operation(
        "DELETE",
        "/groups/{group_uuid}/users/{user_uuid}",
        "removeUserGroup",
        "Takes a user out of a group",
    )
    .answers_nothing(204, "The user is no member")
    .of_group()
    .of_user()
    .system_managed();
    api.operation(
        "GET",
        "/users/{user_uuid}/groups",
        "listUserGroups",
        "Lists the groups of a user",
    )
    .list(&group_member::GROUPS, Some("names"))
    .answers(200, "The groups", page(named("Group")))
    .of_user();
}

fn policies(api: &mut Api) {
    api.operation(
        "GET",
        "/groups/{group_uuid}/policies",
        "listGroupPolicies",
        "Lists the policies of a group",
    )
    .list(&group_policy::LIST, Some("names and descriptions"))
    .answers(200, "The policies", page(named("Policy")))
    .of_group();
    api.operation(
        "GET",
        "/users/{user_uuid}/policies",
        "listUserPolicies",
        "Lists the policies of a user, without those of the user's groups",
    )
    .list(&user_policy::LIST, Some("names and descriptions"))
    .answers(200, "The policies", page(named("Policy")))
    .of_user();
    for (name, by) in [("policy_uuid", ""), ("policy_slug", "BySlug")] {
        let path = format!("/groups/{{group_uuid}}/policies/{{{name}}}");
        api.operation(
            "PUT",
            &path,
            &format!("addGroupPolicy{by}"),
            "Gives a policy to a group",
        )
        .hands_out()
        .answers_nothing(204, "The group has the policy")
        .of_group()
        .of_policy();
        api.operation(
            "DELETE",
            &path,
            &format!("removeGroupPolicy{by}"),
            "Takes a policy from a group",
        )
        .answers_nothing(204, "The group does not have the policy")
        .of_group()
        .of_policy();
        let path = format!("/users/{{user_uuid}}/policies/{{{name}}}");
        api.operation(
            "PUT",
            &path,
            &format!("addUserPolicy{by}"),
            "Gives a policy to a user",
        )
        .hands_out()
        .answers_nothing(204, "The user has the policy")
        .of_user()
        .of_policy();
        api.operation(
            "DELETE",
            &path,
            &format!("removeUserPolicy{by}"),
            "Takes a policy from a user",
        )
        .answers_nothing(204, "The user does not have the policy")
        .of_user()
        .of_policy();
    }
}

impl Operation {
    fn group_taken(&mut self) -> &mut Self {
        self.fails(400, Failure::Error, "a member of the body is wrong")
            .fails(
                409,
                Failure::Reason,
                "the tenant has a group of this name already",
            )
    }

    fn system_managed(&mut self) -> &mut Self {
        self.fails(403, Failure::Error, "the group is the system's")
    }
}
