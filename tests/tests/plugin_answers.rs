//! Plugins that answer nonsense, or want routes that they must not have: the answer is replaced, and the
//! route left out.

use serde_json::{Value, json};
use wazo_auth_test_support::{Builder, Daemon, daemon::Login, http::Response, plugins};
use wazo_auth_tests::external::request;
use wazo_auth_tests::shapes::{assert_framework, assert_reason};

/// A daemon with one of the bad plugins, whose backend of that name is asked about unknown logins.
fn with(plugin: &str) -> Builder {
    Daemon::builder()
        .plugin(plugins::bad(plugin))
        .backend(plugin)
}

fn external(daemon: &Daemon, admin: &Login, method: &str, path: &str) -> Response {
    let body = if method == "GET" { "" } else { "{}" };
    request(daemon, admin, method, &format!("/{path}"), body)
}

#[test]
fn an_answer_that_is_no_verdict_lets_nobody_in() {
    let mut daemon = with("nonsense").start();
    for login in ["code_77", "code_max", "refused_with_patch"] {
        assert_reason(&daemon.try_login(login, "x"), 401, "Authentication Failed");
    }
    for login in ["details_broken", "details_list", "patch_text"] {
        let answer = daemon.try_login(login, "x");
        assert_eq!(answer.status, 500, "{login}: {answer:?}");
    }
    let _ = daemon.login("fine", "x");
    assert!(daemon.is_alive());
}

#[test]
fn a_description_that_is_none_gives_no_token() {
    let daemon = with("nonsense").start();
    for login in [
        "metadata_broken",
        "metadata_list",
        "metadata_nothing",
        "metadata_huge",
        "metadata_deep",
        "auth_id_number",
        "acl_nul",
        "acl_huge",
    ] {
        assert_framework(&daemon.try_login(login, "x"), 500, "Internal Server Error");
    }
    // Somebody, but nobody who could be told from a user by it.
    assert_reason(
        &daemon.try_login("auth_id_text", "x"),
        401,
        "Authentication Failed",
    );
    assert_eq!(daemon.lines().with("got token").len(), 0);
    let _ = daemon.login("fine", "x");
    for line in daemon.lines().all() {
        assert!(line.len() < 20_000, "a line of {} bytes", line.len());
    }
}

#[test]
fn a_strange_error_is_one_line_of_the_log() {
    let daemon = with("nonsense").start();
    let _ = daemon.try_login("strange_error", "x");
    let told = daemon.lines().wait_for("a line");
    assert!(
        told.contains("and another, with") && !told.contains('\u{1b}'),
        "{told}"
    );
}

#[test]
fn an_answer_that_breaks_http_is_replaced() {
    let mut daemon = Daemon::builder()
        .plugin(plugins::bad("nonsense"))
        .config("enabled_external_auth_plugins: {nonsense: true}\n")
        .start();
    let admin = daemon.admin();
    let ask = |how: &str| external(&daemon, &admin, "GET", &format!("nonsense?how={how}"));
    assert_eq!(ask("").expect(200), json!({}));
    for how in [
        "status_0",
        "status_101",
        "status_999",
        "header_name",
        "header_value",
        "strange_error",
        "api_200",
        "api_nothing",
        "api_huge",
    ] {
        let answer = ask(how);
        assert_framework(&answer, 500, "Internal Server Error");
        assert_eq!(answer.header("x-injected"), None, "{how}: {answer:?}");
    }
    // Headers that are the daemon's own business change nothing, or the answer is replaced.
    for how in ["header_length", "header_chunked", "header_connection"] {
        let answer = ask(how);
        match answer.status {
            200 => assert_eq!(answer.body, "{}", "{how}: {answer:?}"),
            _ => assert_framework(&answer, 500, "Internal Server Error"),
        }
        assert_ne!(answer.header("connection"), Some("upgrade"), "{how}");
    }
    assert!(daemon.is_alive());
}

#[test]
fn a_description_or_a_route_that_is_none_costs_that_entry() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("nonsense"))
        .config("enabled_external_auth_plugins: {nonsense: true, nonsense_auth: true, nonsense_description: true}\n")
        .start();
    let admin = daemon.admin();
    external(&daemon, &admin, "GET", "nonsense").is(200);
    for name in ["nonsense_auth", "nonsense_description"] {
        assert_eq!(external(&daemon, &admin, "GET", name).status, 404, "{name}");
        let list = daemon.installation().plugin_list();
        assert!(
            list.contains(&format!("external_auth {name} - failed: ")),
            "{list}"
        );
    }
}

/// A route that the plugin `routes` shall have beside its good one.
fn with_route(route: &Value) -> Daemon {
    Daemon::builder()
        .plugin(plugins::bad("routes"))
        .plugin(plugins::external_bar())
        .config("enabled_external_auth_plugins: {bar: true, routes: true}\n")
        .config(&format!("routes: {}\n", json!({"add": [route]})))
        .start()
}

#[test]
fn a_route_of_the_daemon_or_of_another_plugin_cannot_be_taken() {
    for (method, path) in [
        ("GET", "/users/{user_uuid}/external"),
        ("GET", "/users/{other_uuid}/external"),
        ("POST", "/token"),
        ("GET", "/token/{token_uuid}"),
        ("GET", "/backends"),
        ("GET", "/users/{user_uuid}/external/bar"),
        ("PATCH", "/users/{who_uuid}/external/bar"),
    ] {
        let daemon =
            with_route(&json!({"method": method, "path": path, "access": "", "public": true}));
        let admin = daemon.admin();
        assert!(
            external(&daemon, &admin, "GET", "bar")
                .json()
                .get("error_id")
                .is_some()
        );
        let list = daemon
            .client()
            .get(&format!("/users/{}/external", admin.auth_id))
            .token(&admin.token)
            .send();
        assert_eq!(list.expect(200)["total"], 2, "{method} {path}");
        daemon.client().get("/backends").send().is(200);
        let told = daemon.lines().with("\"routes\"");
        assert!(
            told.iter()
                .any(|line| line.contains("(ERROR)") && line.contains(path)),
            "{method} {path}: {told:#?}"
        );
    }
}

#[test]
fn a_route_that_is_none_costs_the_plugin_and_is_explained_in_one_line() {
    let access = "auth.users.{user_uuid}.external.routes.update";
    for (method, path, access) in [
        ("GET", "/../../etc/passwd", "a"),
        ("GET", "/users/../token", "a"),
        ("GET", "//evil", "a"),
        ("GET", "users", "a"),
        ("GET", "", "a"),
        ("GET", "/{anything}", "a"),
        ("GET", "/x/{a}/{a}", "a"),
        ("GET", "/x/{a:.*}", "a"),
        ("GET", "/x/{}", "a"),
        ("GET", "/x/{a", "a"),
        ("GET", "/x/*", "a"),
        ("GET", "/x/a b", "a"),
        ("GET", "/x/%2e%2e", "a"),
        ("GET", "/x?y=z", "a"),
        ("GET", "/x#y", "a"),
        ("GET", "/x/", "a"),
        ("GET", "/x/a\nb", "a"),
        ("CONNECT", "/users/{user_uuid}/external/routes", access),
        ("", "/users/{user_uuid}/external/routes", access),
        ("G T", "/users/{user_uuid}/external/routes", access),
        (
            "PUT",
            "/users/{user_uuid}/external/routes",
            "auth.{nobody}.update",
        ),
        (
            "PUT",
            "/users/{user_uuid}/external/routes",
            "auth.{user_uuid",
        ),
    ] {
        let daemon = with_route(&json!({"method": method, "path": path, "access": access}));
        let admin = daemon.admin();
        let answer = external(&daemon, &admin, "PUT", "routes");
        assert_eq!(
            answer.status, 404,
            "{method:?} {path:?} {access:?}: {answer:?}"
        );
        let list = daemon.installation().plugin_list();
        let told: Vec<&str> = list
            .lines()
            .filter(|line| line.contains("external_auth routes - failed: "))
            .collect();
        assert_eq!(told.len(), 1, "{method:?} {path:?} {access:?} in\n{list}");
        daemon.client().get("/backends").send().is(200);
    }
}

#[test]
fn a_further_route_that_is_in_order_is_served() {
    let daemon = with_route(&json!({
        "method": "GET",
        "path": "/users/{user_uuid}/external/routes/{name}",
        "access": "auth.users.{user_uuid}.external.routes.{name}.read",
    }));
    let admin = daemon.admin();
    let answer = external(&daemon, &admin, "GET", "routes/any");
    assert_eq!(answer.expect(200), json!({"handler": 1}));
    assert_eq!(
        external(&daemon, &admin, "GET", "routes").expect(200),
        json!({"handler": 0})
    );
    // A dot in the path opens no new word of the access.
    let path = format!("/users/{}/external/routes/a.b", admin.auth_id);
    let refused = daemon.client().get(&path).send().expect(401);
    assert_eq!(
        refused["details"]["required_access"],
        format!("auth.users.{}.external.routes.a_b.read", admin.auth_id)
    );
}

#[test]
fn a_public_route_asks_for_no_token() {
    let daemon = with_route(&json!({
        "method": "GET",
        "path": "/users/{user_uuid}/external/routes/open",
        "access": "",
        "public": true,
    }));
    let admin = daemon.admin();
    let path = format!("/users/{}/external/routes/open", admin.auth_id);
    assert_eq!(
        daemon.client().get(&path).send().expect(200),
        json!({"handler": 1})
    );
}
