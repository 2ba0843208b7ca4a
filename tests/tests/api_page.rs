//! The page that shows the API's document, in a browser and as files. What is done in the browser is in
//! `tests/peers/page/page.cjs`.

use std::{path::Path, time::Duration};

use wazo_auth_test_support::{Daemon, Home, command, process};
use wazo_auth_tests::{
    document::{self, OPENAPI},
    shapes::assert_no_route,
};

/// How long a visit may take; usually it is a few seconds.
const LIMIT: Duration = Duration::from_secs(240);

/// Lets a browser read the page and try what it says.
fn visit(prefix: &str) {
    let daemon = Daemon::builder().examples().start();
    let operations = document::operations(&document::read(&daemon, OPENAPI)).len();
    let credentials = daemon.installation().credentials();
    let home = Home::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/page/page.cjs");
    let mut node = process::bound("node");
    node.arg(script)
        .env("BROWSER", "chromium")
        .env("BROWSER_FOLDER", home.join("browser"))
        // The browser leaves nothing in anybody's home.
        .env("HOME", home.join("home"))
        .env("DAEMON_PORT", daemon.port().to_string())
        .env("LOGIN", &credentials.username)
        .env("PASSWORD", &credentials.password)
        .env("TOKEN", daemon.admin().token)
        .env("OPERATIONS", operations.to_string())
        .env("PREFIX", prefix);
    command::run(node, LIMIT).ok();
}

#[test]
fn people_read_the_document_and_try_it_and_no_other_host_is_asked() {
    visit("");
}

#[test]
fn the_page_works_behind_a_proxy_with_paths_of_its_own() {
    visit("/api/auth");
}

#[test]
fn the_page_and_its_files_are_what_they_say_and_are_kept_by_browsers() {
    let daemon = Daemon::builder().start();
    for (path, kind) in [
        ("/api/", "text/html; charset=utf-8"),
        ("/api/page.js", "text/javascript; charset=utf-8"),
        ("/api/page.css", "text/css; charset=utf-8"),
        ("/api/swagger-ui.css", "text/css; charset=utf-8"),
        (
            "/api/swagger-ui-bundle.js",
            "text/javascript; charset=utf-8",
        ),
    ] {
        let answer = daemon.client().get(path).send().is(200);
        assert_eq!(answer.header("content-type"), Some(kind));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let tag = answer.header("etag").unwrap();
        let again = daemon.client().get(path).header("If-None-Match", tag);
        assert_eq!(again.send().is(304).body, "");
        let head = daemon.client().head(path).send().is(200);
        assert_eq!(head.body, "");
    }
    let lead = daemon.client().get("/api").send().is(308);
    assert_eq!(lead.header("location"), Some("api/"));
    for path in [
        "/api/nothing",
        "/api/..",
        "/api/swagger-ui/LICENSE",
        "/api/%2e%2e",
    ] {
        assert_no_route(&daemon.client().get(path).send());
    }
}

#[test]
fn with_the_family_of_the_document_the_page_goes_too() {
    let daemon = Daemon::builder()
        .config("enabled_http_plugins: {api: false}\n")
        .start();
    for path in ["/api", "/api/", "/api/page.js", "/api/api.yml", OPENAPI] {
        assert_no_route(&daemon.client().get(path).send());
    }
}
