//! The API's document says what the daemon does, and can be read by others.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, Home, command, http::Response, plugins};
use wazo_auth_tests::{
    document::{self, Accesses, OPENAPI, SWAGGER},
    peers,
    routes::{Access, DAEMON},
};

/// How long the validator may take; usually it is a few seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// The routes of the example, and the accesses that they ask for.
const BAR: [(&str, &str); 4] = [
    ("POST", "auth.users.{user_uuid}.external.bar.create"),
    ("GET", "auth.users.{user_uuid}.external.bar.read"),
    ("PUT", "auth.users.{user_uuid}.external.bar.update"),
    ("DELETE", "auth.users.{user_uuid}.external.bar.delete"),
];

/// A daemon with a plugin that describes its routes, and one that does not.
fn daemon() -> Daemon {
    Daemon::builder()
        .examples()
        .plugin(plugins::bad("routes"))
        .config(
            "enabled_external_auth_plugins: {routes: true}\n\
             routes: {add: [{method: GET, path: /routes/open, public: true}]}\n",
        )
        .start()
}

/// What that daemon has.
fn expected() -> Accesses {
    let daemon = DAEMON.iter().map(|(method, path, access)| {
        let access = match access {
            Access::Public(_) => None,
            Access::Token(access) | Access::Terse(access) => Some((*access).to_owned()),
        };
        (((*method).to_owned(), (*path).to_owned()), access)
    });
    let bar = BAR.map(|(method, access)| {
        let path = "/users/{user_uuid}/external/bar".to_owned();
        ((method.to_owned(), path), Some(access.to_owned()))
    });
    let routes = [
        (
            (
                "GET".to_owned(),
                "/users/{user_uuid}/external/routes".to_owned(),
            ),
            Some("auth.users.{user_uuid}.external.routes.read".to_owned()),
        ),
        (("GET".to_owned(), "/routes/open".to_owned()), None),
    ];
    daemon.chain(bar).chain(routes).collect()
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn every_route_is_in_the_document_with_its_access_and_nothing_else_is() {
    let daemon = daemon();
    assert_eq!(
        document::accesses(&document::read(&daemon, SWAGGER)),
        expected()
    );
}

#[test]
fn openapi_3_has_the_same_operations_once_for_each_form_of_path() {
    let daemon = daemon();
    let shown = document::accesses(&document::read(&daemon, OPENAPI));
    let mut shapes: Vec<_> = shown
        .keys()
        .map(|(method, path)| (method, shape(path)))
        .collect();
    shapes.sort();
    let count = shapes.len();
    shapes.dedup();
    assert_eq!(shapes.len(), count, "paths that only differ in names");
    let expected = expected();
    for ((method, path), access) in &expected {
        let known = shown
            .iter()
            .any(|((other, at), _)| other == method && shape(at) == shape(path));
        assert!(known, "{method} {path} is not there");
        if let Some(shown) = shown.get(&(method.clone(), path.clone())) {
            assert_eq!(shown, access, "{method} {path}");
        }
    }
    for (method, path) in shown.keys() {
        assert!(
            expected.contains_key(&(method.clone(), path.clone())),
            "{method} {path} is no route"
        );
    }
}

#[test]
fn both_documents_are_valid_for_those_who_judge_such_documents() {
    let daemon = daemon();
    let home = Home::new();
    let mut validate = peers::python("validate.py");
    let mut texts = Vec::new();
    for (name, path, prefix) in [
        ("swagger", SWAGGER, ""),
        ("openapi", OPENAPI, ""),
        ("swagger-prefix", SWAGGER, "/api/auth"),
        ("openapi-prefix", OPENAPI, "/api/auth"),
    ] {
        let answer = get(&daemon, path, prefix);
        let file = home.join(format!("{name}.yml"));
        fs::write(&file, &answer.body).unwrap();
        validate.arg(&file);
        texts.push(document::parse(&answer));
    }
    let read = command::run(validate, LIMIT).ok();
    // Another reader of YAML sees the same.
    let read: Vec<Value> = read
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, texts);
}

fn get(daemon: &Daemon, path: &str, prefix: &str) -> Response {
    let request = daemon.client().get(path);
    let request = if prefix.is_empty() {
        request
    } else {
        request.header("X-Script-Name", prefix)
    };
    request.send().is(200)
}

#[test]
fn the_document_says_where_the_client_finds_the_daemon() {
    let daemon = Daemon::builder().start();
    for (prefix, base, scheme) in [
        ("", "/0.1", "http"),
        ("/p", "/p/0.1", "https"),
        ("/p/", "/p/0.1", "https"),
        ("/a: b\"#", "/a: b\"#/0.1", "https"),
    ] {
        let swagger = get(&daemon, SWAGGER, prefix);
        assert_eq!(swagger.header("content-type"), Some("application/x-yaml"));
        let swagger = document::parse(&swagger);
        assert_eq!(swagger["swagger"], "2.0");
        assert_eq!(swagger["basePath"], base);
        assert_eq!(swagger["schemes"], json!([scheme]));
        let openapi = document::parse(&get(&daemon, OPENAPI, prefix));
        assert_eq!(openapi["openapi"], "3.0.3");
        assert_eq!(openapi["servers"], json!([{ "url": base }]));
    }
}

#[test]
fn who_is_no_proxy_of_ours_does_not_say_where_the_daemon_is() {
    let daemon = Daemon::builder()
        .config("rest_api: {trusted_proxies: []}\n")
        .start();
    let swagger = document::parse(&get(&daemon, SWAGGER, "/p"));
    assert_eq!(swagger["basePath"], "/0.1");
    assert_eq!(swagger["schemes"], json!(["http"]));
}

#[test]
fn what_is_switched_off_is_not_in_the_document_either() {
    let daemon = Daemon::builder()
        .config("enabled_http_plugins: {groups: false, sessions: false, user_session: false}\n")
        .start();
    for path in [SWAGGER, OPENAPI] {
        let document = document::read(&daemon, path);
        let accesses = document::accesses(&document);
        assert!(!accesses.is_empty());
        for (_, path) in accesses.keys() {
            assert!(
                path != "/groups" && path != "/groups/{group_uuid}" && !path.contains("/sessions"),
                "{path}"
            );
        }
        // Nor is what only it would need.
        let text = document.to_string();
        assert!(!text.contains("\"Session\""), "{path}");
        assert!(text.contains("\"User\""), "{path}");
    }
}

#[test]
fn a_client_that_has_the_document_is_told_so() {
    let daemon = Daemon::builder().start();
    for path in [SWAGGER, OPENAPI] {
        let full = get(&daemon, path, "");
        let tag = full.header("etag").unwrap().to_owned();
        let again = daemon
            .client()
            .get(path)
            .header("If-None-Match", &format!("\"other\", W/{tag}"))
            .send()
            .is(304);
        assert_eq!(
            (again.body.as_str(), again.header("etag")),
            ("", Some(tag.as_str()))
        );
        let other = get(&daemon, path, "/p");
        assert_ne!(other.header("etag"), Some(tag.as_str()));
        let head = daemon.client().head(path).send().is(200);
        assert_eq!(head.body, "");
        assert_eq!(head.header("content-length"), full.header("content-length"));
        assert_eq!(head.header("content-type"), Some("application/x-yaml"));
    }
}

#[test]
fn a_plugin_describes_its_routes_in_its_own_words() {
    let daemon = daemon();
    let document = document::read(&daemon, OPENAPI);
    let bar = &document["paths"]["/users/{user_uuid}/external/bar"];
    assert_eq!(
        bar["put"]["summary"],
        "Replaces a user's credentials for bar"
    );
    assert_eq!(bar["put"]["tags"], json!(["plugin bar"]));
    assert_eq!(bar["put"]["requestBody"]["description"], "The credentials.");
    let mut statuses: Vec<&String> = bar["put"]["responses"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    statuses.sort();
    assert_eq!(
        statuses,
        ["200", "400", "401", "404", "413", "500", "503", "504"]
    );
    // The other plugin says nothing.
    let open = &document["paths"]["/routes/open"]["get"];
    assert_eq!(open["summary"], "GET /routes/open");
    assert!(open["responses"].get("default").is_some());
}
