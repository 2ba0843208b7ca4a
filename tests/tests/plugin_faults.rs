//! Plugins that panic, hang, or answer nonsense: it costs the request, and nothing else.

use std::{fs, thread};

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Builder, Daemon,
    daemon::Login,
    home::{self, Home},
    http::Response,
    plugins, wait,
};
use wazo_auth_tests::shapes::{assert_framework, assert_reason};

/// A daemon with one of the bad plugins, whose backend of that name is asked about unknown logins.
fn with(plugin: &str) -> Builder {
    Daemon::builder()
        .plugin(plugins::bad(plugin))
        .backend(plugin)
}

fn external(daemon: &Daemon, admin: &Login, method: &str, path: &str) -> Response {
    daemon
        .client()
        .request(method, &format!("/users/{}/external/{path}", admin.auth_id))
        .token(&admin.token)
        .body(if method == "GET" { "" } else { "{}" })
        .send()
}

/// A place where the plugin `hangs` waits.
struct Gate(Home);

impl Gate {
    fn new() -> Self {
        Self(Home::new())
    }

    /// The line of configuration that gives it to an entry.
    fn config(&self, entry: &str) -> String {
        format!("{entry}: {{gate: '{}'}}\n", self.0.path().display())
    }

    /// Waits until so many calls hang.
    fn wait_for(&self, calls: usize) {
        wait::until("a call that hangs", || {
            self.0
                .join(format!("entered-{}", calls - 1))
                .exists()
                .then_some(())
        });
    }

    fn open(&self) {
        home::write(&self.0.join("open"), "");
    }

    fn close(&self) {
        fs::remove_file(self.0.join("open")).unwrap();
    }
}

#[test]
fn a_panic_costs_one_request() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .config("enabled_external_auth_plugins: {panicking: true}\n")
        .start();
    let admin = daemon.admin();
    for _ in 0..3 {
        let answer = external(&daemon, &admin, "GET", "panicking");
        assert_framework(&answer, 500, "Internal Server Error");
    }
    let told = daemon.lines().wait_for("panicked while it handled");
    assert!(
        told.contains("(ERROR)") && told.contains("panicking") && told.contains("src/lib.rs:"),
        "{told}"
    );
    external(&daemon, &admin, "POST", "panicking").is(200);
    let _ = daemon.admin();
}

#[test]
fn a_panic_in_a_login_is_a_fault_and_no_wrong_password() {
    let mut daemon = with("panics").start();
    for login in ["verify", "payload", "metadata", "acl"] {
        let answer = daemon.try_login(login, "x");
        assert_eq!(answer.status, 500, "{login}: {answer:?}");
        assert!(!answer.body.contains("panicked"), "{answer:?}");
        let _ = daemon.login("fine", "x");
    }
    assert!(daemon.is_alive());
}

#[test]
fn a_panic_while_the_token_is_described_leaves_no_token() {
    let daemon = with("panics").start();
    for login in ["metadata", "acl"] {
        assert_framework(&daemon.try_login(login, "x"), 500, "Internal Server Error");
    }
    assert_eq!(daemon.lines().with("got token").len(), 0);
}

#[test]
fn a_panic_on_a_thread_of_the_plugin_ends_that_thread() {
    let daemon = with("panics").start();
    let _ = daemon.login("thread", "x");
    let told = daemon.lines().wait_for("panicked on a thread of its own");
    assert!(told.contains("src/lib.rs:"), "{told}");
    let _ = daemon.login("fine", "x");
}

#[test]
fn a_panic_in_the_start_costs_that_entry() {
    let daemon = with("panics")
        .config("enabled_backend_plugins: {panics_on_start: true}\n")
        .config("enabled_external_auth_plugins: {panicking: true}\npanicking: {in_routes: true}\n")
        .start();
    let _ = daemon.login("fine", "x");
    let report = daemon.installation().plugin_report();
    let file = report["report"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"] == "wazo-auth-test-plugin-panics")
        .unwrap()
        .clone();
    let entry = |name: &str| {
        let entries = file["entries"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["name"] == name).unwrap();
        let reason = entry["reason"].as_str().unwrap_or_default().to_owned();
        (entry["state"].clone(), reason)
    };
    assert_eq!(entry("panics").0, "started");
    for (name, word) in [
        ("panics_on_start", "panicked while it started"),
        ("panicking", "panicked while it named its routes"),
    ] {
        let (state, reason) = entry(name);
        assert_eq!(state, "failed", "{name}");
        assert!(reason.contains(word) && !reason.contains('\n'), "{reason}");
    }
}

#[test]
fn a_panic_in_the_end_does_not_spoil_the_end() {
    let (_, stopped) = with("panics").start().stop();
    assert!(stopped.status.success(), "{stopped:#?}");
}

#[test]
fn a_call_that_hangs_is_given_up_after_the_deadline() {
    let gate = Gate::new();
    let daemon = Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .config("enabled_external_auth_plugins: {hanging: true}\n")
        .config("plugins: {call_timeout: 0.3}\n")
        .config(&gate.config("hanging"))
        .start();
    let admin = daemon.admin();
    let answer = external(&daemon, &admin, "GET", "hanging");
    assert_framework(&answer, 504, "Gateway Timeout");
    // Others do not wait.
    let _ = daemon.admin();
    gate.open();
    wait::until("the plugin to come back", || {
        (external(&daemon, &admin, "GET", "hanging").status == 200).then_some(())
    });
}

#[test]
fn a_login_that_hangs_is_a_timeout_and_no_wrong_password() {
    let gate = Gate::new();
    let daemon = with("hangs")
        .config("plugins: {call_timeout: 0.3}\n")
        .config(&gate.config("hangs"))
        .start();
    for login in ["hang", "hang_metadata"] {
        assert_framework(&daemon.try_login(login, "x"), 504, "Gateway Timeout");
        let _ = daemon.login("fine", "x");
    }
}

/// A daemon in which one call of `hanging` may run, and so many others wait for it.
fn with_one_slot(gate: &Gate, queue: usize) -> Daemon {
    Daemon::builder()
        .plugin(plugins::bad("hangs"))
        .config("enabled_external_auth_plugins: {hanging: true}\n")
        .config(&format!(
            "plugins: {{call_timeout: 300, max_concurrent_calls: 1, queue: {queue}}}\n"
        ))
        .config(&gate.config("hanging"))
        .start()
}

/// Logs in where a slot that has just become free may still count as taken.
fn patient_admin(daemon: &Daemon) -> Login {
    let credentials = daemon.installation().credentials();
    wait::until("a login", || {
        let answer = daemon.try_login(&credentials.username, &credentials.password);
        (answer.status == 200).then(|| Login::read(&answer))
    })
}

#[test]
fn who_finds_all_slots_taken_and_no_place_to_wait_is_sent_away_at_once() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 0);
    let admin = patient_admin(&daemon);
    thread::scope(|scope| {
        let first = scope.spawn(|| { let a = external(&daemon, &admin, "GET", "hanging"); eprintln!("FIRST {a:?} {:#?}", daemon.lines().all()); a});
        gate.wait_for(1);
        let second = external(&daemon, &admin, "GET", "hanging");
        assert_framework(&second, 503, "Service Unavailable");
        assert!(second.header("retry-after").is_some(), "{second:?}");
        gate.open();
        assert_eq!(first.join().unwrap().expect(200), json!({"hung": true}));
    });
    wait::until("a free slot", || {
        (external(&daemon, &admin, "GET", "hanging").status == 200).then_some(())
    });
}

#[test]
fn who_finds_a_place_to_wait_gets_the_next_free_slot() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 8);
    let admin = daemon.admin();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| external(&daemon, &admin, "GET", "hanging")))
            .collect();
        gate.wait_for(1);
        gate.open();
        for caller in callers {
            assert_eq!(caller.join().unwrap().status, 200);
        }
    });
}

#[test]
fn a_plugin_that_keeps_hanging_keeps_nobody_else_waiting() {
    let gate = Gate::new();
    let daemon = with_one_slot(&gate, 100);
    let admin = daemon.admin();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| external(&daemon, &admin, "GET", "hanging")))
            .collect();
        gate.wait_for(1);
        let _ = daemon.admin();
        daemon
            .client()
            .head(&format!("/token/{}", admin.token))
            .send()
            .is(204);
        gate.open();
        for caller in callers {
            assert_eq!(caller.join().unwrap().status, 200);
        }
    });
    gate.close();
}

#[test]
fn a_plugin_that_failed_again_and_again_is_left_alone_for_a_while() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .config("enabled_external_auth_plugins: {panicking: true}\n")
        .start();
    let admin = daemon.admin();
    wait::until("the end of the daemon's patience", || {
        let answer = external(&daemon, &admin, "GET", "panicking");
        assert!([500, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 503).then_some(answer)
    });
    let answer = external(&daemon, &admin, "POST", "panicking");
    assert_framework(&answer, 503, "Service Unavailable");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(
        daemon
            .lines()
            .with("\"panicking\" has failed repeatedly")
            .len(),
        1
    );
    // It stays where it was, and comes back.
    let (_, entry) = (daemon.admin(), "panicking");
    assert!(
        daemon
            .installation()
            .plugin_list()
            .contains(&format!("external_auth {entry} - started"))
    );
    wait::until("another try", || {
        let answer = external(&daemon, &admin, "POST", "panicking");
        (answer.status == 200).then_some(())
    });
    daemon.lines().wait_for("answers again").clear();
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
