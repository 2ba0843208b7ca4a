//! Every route there is, without a token and with one that does not suffice.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::json;
use wazo_auth_test_support::{Daemon, plugins};
use wazo_auth_tests::shapes::{assert_api, assert_not_granted, assert_unknown_token};

/// A UUID for each parameter of a path.
const SOMETHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

/// What a route asks for.
enum Access {
    /// Nothing: for these there is a reason.
    Public(&'static str),
    /// A token with this access.
    Token(&'static str),
    /// A token; who is refused does not learn the access, which stands in the query.
    Terse,
}
use Access::{Public, Terse, Token};

/// The routes of the daemon itself.
const DAEMON: &[(&str, &str, Access)] = &[
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
    ("POST", "/users/password/reset", Terse),
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
    ("GET", "/policies", Token("auth.policies.read")),
    ("POST", "/policies", Token("auth.policies.create")),
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
        "/users/{user_uuid}/policies",
        Token("auth.users.{user_uuid}.policies.read"),
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
        "/groups/{group_uuid}/policies",
        Token("auth.groups.{group_uuid}.policies.read"),
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
        "GET",
        "/users/{user_uuid}/groups",
        Token("auth.users.{user_uuid}.groups.read"),
    ),
    ("GET", "/config", Token("auth.config.read")),
    ("PATCH", "/config", Token("auth.config.update")),
];

/// The routes of the plugins that the daemon has here.
const PLUGINS: &[(&str, &str, Access)] = &[
    (
        "POST",
        "/users/{user_uuid}/external/bar",
        Token("auth.users.{user_uuid}.external.bar.create"),
    ),
    (
        "GET",
        "/users/{user_uuid}/external/bar",
        Token("auth.users.{user_uuid}.external.bar.read"),
    ),
    (
        "PUT",
        "/users/{user_uuid}/external/bar",
        Token("auth.users.{user_uuid}.external.bar.update"),
    ),
    (
        "DELETE",
        "/users/{user_uuid}/external/bar",
        Token("auth.users.{user_uuid}.external.bar.delete"),
    ),
    (
        "GET",
        "/users/{user_uuid}/external/routes",
        Token("auth.users.{user_uuid}.external.routes.read"),
    ),
    (
        "GET",
        "/users/{user_uuid}/external/panicking",
        Token("auth.users.{user_uuid}.external.panicking.read"),
    ),
    (
        "POST",
        "/users/{user_uuid}/external/panicking",
        Token("auth.users.{user_uuid}.external.panicking.create"),
    ),
];

fn daemon() -> Daemon {
    Daemon::builder()
        .examples()
        .plugin(plugins::bad("routes"))
        .plugin(plugins::bad("panics"))
        .config("enabled_external_auth_plugins: {routes: true, panicking: true}\n")
        .start()
}

fn filled(template: &str) -> String {
    template
        .split('{')
        .map(|part| {
            part.split_once('}')
                .map_or(part.to_owned(), |(_, rest)| format!("{SOMETHING}{rest}"))
        })
        .collect()
}

#[test]
fn every_route_that_is_not_public_asks_for_its_access() {
    let daemon = daemon();
    let alice = daemon.login("alice", "s3cre7");
    for (method, path, access) in DAEMON.iter().chain(PLUGINS) {
        let path = filled(path);
        // HEAD is asked where GET is.
        let methods: &[&str] = if *method == "GET" {
            &["GET", "HEAD"]
        } else {
            &[method]
        };
        for method in methods {
            let send = |token: Option<&str>| {
                let request = daemon.client().request(method, &path);
                match token {
                    Some(token) => request.token(token).send(),
                    None => request.send(),
                }
            };
            let (none, unknown, lacking) =
                (send(None), send(Some(SOMETHING)), send(Some(&alice.token)));
            match access {
                Public(reason) => {
                    for answer in [none, unknown, lacking] {
                        assert!(
                            answer.status != 401 || !answer.body.contains("required_access"),
                            "{method} {path} ({reason}): {answer:?}"
                        );
                    }
                }
                Terse => {
                    let given = [(none, ""), (unknown, SOMETHING), (lacking, &alice.token)];
                    for (answer, token) in given {
                        let details = json!({ "invalid_token": token });
                        let id = ("unauthorized", "");
                        assert_api(&answer, 401, id, "Unauthorized", &details);
                    }
                }
                Token(_) if *method == "HEAD" => {
                    for answer in [none, unknown, lacking] {
                        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{path}");
                    }
                }
                Token(access) => {
                    let access = filled(access);
                    assert_unknown_token(&none, "", &access);
                    assert_unknown_token(&unknown, SOMETHING, &access);
                    assert_not_granted(&lacking, &alice.token, &access);
                }
            }
        }
    }
}

#[test]
fn the_tables_of_this_test_leave_no_method_out() {
    let daemon = daemon();
    let all: Vec<_> = DAEMON.iter().chain(PLUGINS).collect();
    for (_, path, _) in &all {
        let mut expected: Vec<&str> = all
            .iter()
            .filter(|(_, other, _)| other == path)
            .map(|(method, _, _)| *method)
            .collect();
        if expected.contains(&"GET") && !expected.contains(&"HEAD") {
            expected.push("HEAD");
        }
        expected.push("OPTIONS");
        expected.sort_unstable();
        let answer = daemon.client().options(&filled(path)).send().is(200);
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed, expected, "{path}");
    }
}

#[test]
fn the_tables_of_this_test_have_what_clients_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/endpoints");
    let mut endpoints = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let paths: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_str(&text).unwrap();
        for (path, methods) in paths {
            for (method, wanted) in methods {
                endpoints += 1;
                assert!(
                    DAEMON.iter().any(|(known, at, access)| {
                        (*known, *at) == (&method, &path)
                            && matches!(access, Token(access) if *access == wanted)
                    }),
                    "{method} {path} with {wanted}"
                );
            }
        }
    }
    assert!(endpoints > 0);
}

#[test]
fn the_tables_of_this_test_leave_no_route_of_the_daemon_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/http/src/resources");
    let mut routes = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        routes += text.matches("routes.add(").count();
        for path in text
            .split("\"/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let path = format!("/{path}");
            assert!(
                path == "/0.1" || DAEMON.iter().any(|(_, known, _)| *known == path),
                "{path} is not in the table"
            );
        }
    }
    assert_eq!(routes, DAEMON.len());
}
