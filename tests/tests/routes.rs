//! Every route there is, without a token and with one that does not suffice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::json;
use wazo_auth_test_support::{Daemon, plugins};
use wazo_auth_tests::{
    routes::{
        Access::{self, Public, Terse, Token},
        DAEMON, NOTHING, of_nothing,
    },
    shapes::{assert_api, assert_not_granted, assert_unknown_token},
};

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

#[test]
fn every_route_that_is_not_public_asks_for_its_access() {
    let daemon = daemon();
    let alice = daemon.login("alice", "s3cre7");
    for (method, path, access) in DAEMON.iter().chain(PLUGINS) {
        let path = of_nothing(path);
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
                (send(None), send(Some(NOTHING)), send(Some(&alice.token)));
            match access {
                Public(reason) => {
                    for answer in [none, unknown, lacking] {
                        assert!(
                            answer.status != 401 || !answer.body.contains("required_access"),
                            "{method} {path} ({reason}): {answer:?}"
                        );
                    }
                }
                Terse(_) => {
                    let given = [(none, ""), (unknown, NOTHING), (lacking, &alice.token)];
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
                    let access = of_nothing(access);
                    assert_unknown_token(&none, "", &access);
                    assert_unknown_token(&unknown, NOTHING, &access);
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
        let answer = daemon.client().options(&of_nothing(path)).send().is(200);
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed, expected, "{path}");
    }
}

/// Where clients expect endpoints that are not there yet, with what they are about. There may be fewer, not
/// more.
const MISSING: &[(&str, &str)] = &[
    ("/backends/ldap", "logins through a directory"),
    ("/backends/saml", "logins through SAML"),
    ("/saml/", "logins through SAML"),
    ("/external/", "services that users connect"),
    (
        "/users/{user_uuid}/external/",
        "services that users connect",
    ),
    ("/users/register", "what sends mails"),
    ("/users/{user_uuid}/emails/", "what sends mails"),
    ("GET /users/password/reset", "what sends mails"),
];

/// Subjects of which nothing is missing.
const COMPLETE: &[&str] = &[
    "/groups",
    "/policies",
    "/users/{user_uuid}/groups",
    "/users/{user_uuid}/policies",
];

#[test]
fn every_endpoint_that_clients_expect_is_there_with_its_access() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/endpoints.json");
    let expected: BTreeMap<String, BTreeMap<String, Option<String>>> =
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let (mut there, mut missing) = (0, Vec::new());
    let mut reasons: BTreeSet<&str> = BTreeSet::new();
    for (path, methods) in &expected {
        for (method, access) in methods {
            let known = DAEMON
                .iter()
                .find(|(known, at, _)| (*known, *at) == (method.as_str(), path.as_str()));
            if let Some((_, _, known)) = known {
                let same = match (known, access) {
                    (Public(_) | Terse(_), None) => true,
                    (Token(known), Some(access)) => known == access,
                    _ => false,
                };
                assert!(
                    same,
                    "{method} {path} asks for something else than {access:?}"
                );
                there += 1;
                continue;
            }
            let named = format!("{method} {path}");
            let excused = MISSING
                .iter()
                .find(|(start, _)| path.starts_with(start) || named == *start);
            let (start, _) = excused.unwrap_or_else(|| panic!("{named} is not there"));
            reasons.insert(start);
            missing.push(named);
        }
    }
    println!(
        "{there} endpoints are there, {} are not: {missing:#?}",
        missing.len()
    );
    for start in COMPLETE {
        let endpoints = expected.iter().filter(|(path, _)| path.starts_with(start));
        let count: usize = endpoints.map(|(_, methods)| methods.len()).sum();
        assert!(count > 0, "clients expect nothing under {start}");
        println!("all {count} endpoints under {start} are there");
        assert!(
            !missing
                .iter()
                .any(|named| named.contains(&format!(" {start}"))),
            "something is missing under {start}"
        );
    }
    for (start, _) in MISSING {
        assert!(reasons.contains(start), "nothing is missing under {start}");
    }
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
