//! The routes of the daemon, and what each asks for. What a walk over all routes shows, it shows of these.

/// What a route asks for.
pub enum Access {
    /// Nothing: for these there is a reason.
    Public(&'static str),
    /// A token with this access.
    Token(&'static str),
    /// A token with this access, of which a part stands in the query; who is refused does not learn it.
    Terse(&'static str),
}
use Access::{Public, Terse, Token};

/// A UUID that names nothing.
pub const NOTHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

/// A path, or an access, whose parameters name nothing.
#[must_use]
pub fn of_nothing(template: &str) -> String {
    template
        .split('{')
        .map(|part| {
            part.split_once('}')
                .map_or(part.to_owned(), |(_, rest)| format!("{NOTHING}{rest}"))
        })
        .collect()
}

/// The routes of the daemon itself.
pub const DAEMON: &[(&str, &str, Access)] = &[
    ("HEAD", "/status", Public("supervisors have no token")),
    ("GET", "/backends", Public("clients ask before they log in")),
    ("POST", "/token", Public("this is how one gets a token")),
    (
        "GET",
        "/token/{token_uuid}",
        Public("who knows the id has the token"),
    ),
    (
        "HEAD",
        "/token/{token_uuid}",
        Public("who knows the id has the token"),
    ),
    (
        "DELETE",
        "/token/{token_uuid}",
        Public("who knows the id has the token"),
    ),
    (
        "POST",
        "/token/{token_uuid}/scopes/check",
        Public("who knows the id has the token"),
    ),
    ("GET", "/tokens", Token("auth.tokens.read")),
    (
        "GET",
        "/users/me/tokens",
        Token("auth.users.me.tokens.read"),
    ),
    (
        "DELETE",
        "/users/me/tokens/{client_id}",
        Token("auth.users.me.tokens.{client_id}.delete"),
    ),
    (
        "GET",
        "/users/{user_uuid}/tokens",
        Token("auth.users.{user_uuid}.tokens.read"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}/tokens/{client_id}",
        Token("auth.users.{user_uuid}.tokens.{client_id}.delete"),
    ),
    ("GET", "/sessions", Token("auth.sessions.read")),
    (
        "DELETE",
        "/sessions/{session_uuid}",
        Token("auth.sessions.{session_uuid}.delete"),
    ),
    (
        "GET",
        "/users/{user_uuid}/sessions",
        Token("auth.users.{user_uuid}.sessions.read"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}/sessions/{session_uuid}",
        Token("auth.users.{user_uuid}.sessions.{session_uuid}.delete"),
    ),
    ("GET", "/users", Token("auth.users.read")),
    ("POST", "/users", Token("auth.users.create")),
    (
        "GET",
        "/users/{user_uuid}",
        Token("auth.users.{user_uuid}.read"),
    ),
    (
        "PUT",
        "/users/{user_uuid}",
        Token("auth.users.{user_uuid}.update"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}",
        Token("auth.users.{user_uuid}.delete"),
    ),
    (
        "PUT",
        "/users/{user_uuid}/password",
        Token("auth.users.{user_uuid}.password.update"),
    ),
    (
        "POST",
        "/users/password/reset",
        Terse("auth.users.password.reset.{user_uuid}.create"),
    ),
    (
        "PUT",
        "/users/{user_uuid}/emails",
        Token("auth.users.{user_uuid}.emails.update"),
    ),
    (
        "PUT",
        "/admin/users/{user_uuid}/emails",
        Token("auth.admin.users.{user_uuid}.emails.update"),
    ),
    (
        "GET",
        "/emails/{email_uuid}/confirm",
        Token("auth.emails.{email_uuid}.confirm.update"),
    ),
    (
        "PUT",
        "/emails/{email_uuid}/confirm",
        Token("auth.emails.{email_uuid}.confirm.update"),
    ),
    ("GET", "/idp", Token("auth.idp.read")),
    (
        "PUT",
        "/idp/{idp_type}/users",
        Token("auth.idp.{idp_type}.users.update"),
    ),
    (
        "PUT",
        "/idp/{idp_type}/users/{user_uuid}",
        Token("auth.idp.{idp_type}.users.{user_uuid}.create"),
    ),
    (
        "DELETE",
        "/idp/{idp_type}/users/{user_uuid}",
        Token("auth.idp.{idp_type}.users.{user_uuid}.delete"),
    ),
    (
        "GET",
        "/users/{user_uuid}/external",
        Token("auth.users.{user_uuid}.external.read"),
    ),
    ("GET", "/tenants", Token("auth.tenants.read")),
    ("POST", "/tenants", Token("auth.tenants.create")),
    (
        "GET",
        "/tenants/{tenant_uuid}",
        Token("auth.tenants.{tenant_uuid}.read"),
    ),
    (
        "PUT",
        "/tenants/{tenant_uuid}",
        Token("auth.tenants.{tenant_uuid}.update"),
    ),
    (
        "DELETE",
        "/tenants/{tenant_uuid}",
        Token("auth.tenants.{tenant_uuid}.delete"),
    ),
    (
        "GET",
        "/tenants/{tenant_uuid}/domains",
        Token("auth.tenants.{tenant_uuid}.domains.read"),
    ),
    (
        "PUT",
        "/tenants/{tenant_uuid}/parent/{parent_tenant_uuid}",
        Token("auth.tenants.{tenant_uuid}.parent.{parent_tenant_uuid}.update"),
    ),
    ("GET", "/policies", Token("auth.policies.read")),
    ("POST", "/policies", Token("auth.policies.create")),
    (
        "GET",
        "/policies/{policy_slug}",
        Token("auth.policies.{policy_slug}.read"),
    ),
    (
        "PUT",
        "/policies/{policy_slug}",
        Token("auth.policies.{policy_slug}.update"),
    ),
    (
        "DELETE",
        "/policies/{policy_slug}",
        Token("auth.policies.{policy_slug}.delete"),
    ),
    (
        "PUT",
        "/policies/{policy_slug}/acl/{access}",
        Token("auth.policies.{policy_slug}.update"),
    ),
    (
        "DELETE",
        "/policies/{policy_slug}/acl/{access}",
        Token("auth.policies.{policy_slug}.update"),
    ),
    (
        "GET",
        "/policies/{policy_uuid}",
        Token("auth.policies.{policy_uuid}.read"),
    ),
    (
        "PUT",
        "/policies/{policy_uuid}",
        Token("auth.policies.{policy_uuid}.update"),
    ),
    (
        "DELETE",
        "/policies/{policy_uuid}",
        Token("auth.policies.{policy_uuid}.delete"),
    ),
    (
        "PUT",
        "/policies/{policy_uuid}/acl/{access}",
        Token("auth.policies.{policy_uuid}.update"),
    ),
    (
        "DELETE",
        "/policies/{policy_uuid}/acl/{access}",
        Token("auth.policies.{policy_uuid}.update"),
    ),
    (
        "GET",
        "/users/{user_uuid}/policies",
        Token("auth.users.{user_uuid}.policies.read"),
    ),
    (
        "PUT",
        "/users/{user_uuid}/policies/{policy_slug}",
        Token("auth.users.{user_uuid}.policies.{policy_slug}.create"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}/policies/{policy_slug}",
        Token("auth.users.{user_uuid}.policies.{policy_slug}.delete"),
    ),
    (
        "PUT",
        "/users/{user_uuid}/policies/{policy_uuid}",
        Token("auth.users.{user_uuid}.policies.{policy_uuid}.create"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}/policies/{policy_uuid}",
        Token("auth.users.{user_uuid}.policies.{policy_uuid}.delete"),
    ),
    ("GET", "/groups", Token("auth.groups.read")),
    ("POST", "/groups", Token("auth.groups.create")),
    (
        "GET",
        "/groups/{group_uuid}",
        Token("auth.groups.{group_uuid}.read"),
    ),
    (
        "PUT",
        "/groups/{group_uuid}",
        Token("auth.groups.{group_uuid}.update"),
    ),
    (
        "DELETE",
        "/groups/{group_uuid}",
        Token("auth.groups.{group_uuid}.delete"),
    ),
    (
        "GET",
        "/groups/{group_uuid}/policies",
        Token("auth.groups.{group_uuid}.policies.read"),
    ),
    (
        "PUT",
        "/groups/{group_uuid}/policies/{policy_slug}",
        Token("auth.groups.{group_uuid}.policies.{policy_slug}.create"),
    ),
    (
        "DELETE",
        "/groups/{group_uuid}/policies/{policy_slug}",
        Token("auth.groups.{group_uuid}.policies.{policy_slug}.delete"),
    ),
    (
        "PUT",
        "/groups/{group_uuid}/policies/{policy_uuid}",
        Token("auth.groups.{group_uuid}.policies.{policy_uuid}.create"),
    ),
    (
        "DELETE",
        "/groups/{group_uuid}/policies/{policy_uuid}",
        Token("auth.groups.{group_uuid}.policies.{policy_uuid}.delete"),
    ),
    (
        "GET",
        "/groups/{group_uuid}/users",
        Token("auth.groups.{group_uuid}.users.read"),
    ),
    (
        "PUT",
        "/groups/{group_uuid}/users/{user_uuid}",
        Token("auth.groups.{group_uuid}.users.{user_uuid}.create"),
    ),
    (
        "DELETE",
        "/groups/{group_uuid}/users/{user_uuid}",
        Token("auth.groups.{group_uuid}.users.{user_uuid}.delete"),
    ),
    (
        "GET",
        "/users/{user_uuid}/groups",
        Token("auth.users.{user_uuid}.groups.read"),
    ),
    ("GET", "/config", Token("auth.config.read")),
    ("PATCH", "/config", Token("auth.config.update")),
    (
        "GET",
        "/api/api.yml",
        Public("what can be asked for is no secret"),
    ),
    (
        "GET",
        "/api/openapi.yml",
        Public("what can be asked for is no secret"),
    ),
    ("GET", "/api", Public("people read before they log in")),
    ("GET", "/api/", Public("people read before they log in")),
    (
        "GET",
        "/api/{file}",
        Public("people read before they log in"),
    ),
];
