//! Policies: accesses under a name.

use crate::{
    document::{
        Api,
        operation::{Failure, Operation},
        schema::{boolean, integer, list, named, object, text, uuid},
    },
    resources::policy,
};

pub fn describe(api: &mut Api) {
    api.tag("policies", "Accesses under a name, for users and groups.");
    api.schema(
        "Policy",
        object([
            ("uuid", uuid()),
            ("tenant_uuid", uuid()),
            ("name", text()),
            ("slug", text().says("A short name, which stays.")),
            ("description", text().nullable()),
            (
                "acl",
                list(text()).says("What it grants, and with `!` in front what it denies."),
            ),
            (
                "read_only",
                boolean().says("Whether the caller may not change it."),
            ),
            (
                "shared",
                boolean().says("Whether the tenants below see it, too."),
            ),
        ]),
    );
    api.operation("GET", "/policies", "listPolicies", "Lists policies")
        .says("`total` counts all that the caller sees. It cannot be ordered by `read_only`.")
        .list(&policy::LIST, Some("names and descriptions"))
        .recurse()
        .answers(
            200,
            "The policies",
            object([("items", list(named("Policy"))), ("total", integer())]),
        )
        .fails(
            400,
            Failure::Reason,
            "the list cannot be ordered by this column",
        );
    api.operation("POST", "/policies", "createPolicies", "Makes a policy")
        .hands_out()
        .body(
            &[policy::NAME, policy::SLUG, policy::PROFILE, policy::SHARED],
            "What is said of the policy, and what is in it.",
        )
        .answers(200, "The policy", named("Policy"))
        .policy_taken();
    for (name, by) in [("policy_uuid", ""), ("policy_slug", "BySlug")] {
        let path = format!("/policies/{{{name}}}");
        api.operation("GET", &path, &format!("getPolicy{by}"), "Shows a policy")
            .answers(200, "The policy", named("Policy"))
            .of_policy();
        api.operation(
            "PUT",
            &path,
            &format!("editPolicies{by}"),
            "Replaces what is said of a policy, and what is in it",
        )
        .hands_out()
        .body(
            &[policy::NAME, policy::PROFILE],
            "What is said of the policy, and what is in it.",
        )
        .answers(200, "The policy", named("Policy"))
        .of_policy()
        .read_only()
        .policy_taken();
        api.operation(
            "DELETE",
            &path,
            &format!("delete_policy{by}"),
            "Deletes a policy",
        )
        .answers_nothing(204, "The policy is gone")
        .of_policy()
        .read_only();
        let path = format!("/policies/{{{name}}}/acl/{{access}}");
        api.operation(
            "PUT",
            &path,
            &format!("addPolicyAccess{by}"),
            "Puts an access into a policy",
        )
        .hands_out()
        .answers_nothing(204, "The access is in it")
        .of_policy()
        .read_only()
        .fails(400, Failure::Reason, "the access is too long")
        .fails(409, Failure::Reason, "the access is in it already");
        api.operation(
            "DELETE",
            &path,
            &format!("deletePolicyAccess{by}"),
            "Takes an access out of a policy",
        )
        .says("Nobody takes out a denial of what their own token does not grant.")
        .answers_nothing(204, "The access is not in it")
        .of_policy()
        .read_only()
        .fails(400, Failure::Reason, "the access is too long")
        .fails(
            401,
            Failure::Error,
            "the caller's token does not grant what would be denied no more",
        );
    }
}

impl Operation {
    fn policy_taken(&mut self) -> &mut Self {
        self.fails(400, Failure::Reason, "a member of the body is wrong")
            .fails(
                409,
                Failure::Reason,
                "another policy has the name or the slug",
            )
    }

    fn read_only(&mut self) -> &mut Self {
        self.fails(403, Failure::Reason, "the caller may not change the policy")
    }
}
