//! `/users/{user_uuid}/external`: what users store for external services, with the example plugin `bar`.

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response, plugins};
use wazo_auth_tests::external::request;
use wazo_auth_tests::shapes::{assert_api, assert_json, assert_no_route, assert_not_understood};

/// For all tests that store nothing for the administrator.
static DAEMON: LazyLock<Daemon> = LazyLock::new(|| {
    Daemon::builder()
        .examples()
        .plugin(plugins::bad("panics"))
        .config(
            "enabled_external_auth_plugins: {ghost: true, panicking: true, switched_off: false}\n",
        )
        .start()
});

/// What the example says of itself.
fn bar_info() -> Value {
    json!({"required_acl": ["view-all-contacts", "list-email-addresses"]})
}

/// A daemon of one's own, whose administrator is logged in.
fn fresh() -> (Daemon, Login) {
    let daemon = Daemon::builder().examples().start();
    let admin = daemon.admin();
    (daemon, admin)
}

fn list(daemon: &Daemon, login: &Login) -> Value {
    request(daemon, login, "GET", "", "").expect(200)
}

#[test]
fn a_user_without_credentials_sees_the_enabled_types() {
    let admin = DAEMON.admin();
    let answer = request(&DAEMON, &admin, "GET", "", "");
    assert_json(&answer);
    assert_eq!(
        answer.expect(200),
        json!({
            "filtered": 3,
            "total": 3,
            "items": [
                {"type": "bar", "data": {}, "enabled": false, "plugin_info": bar_info()},
                // No plugin offers it: that costs its description, not the list.
                {"type": "ghost", "data": {}, "enabled": false, "plugin_info": {}},
                {"type": "panicking", "data": {}, "enabled": false, "plugin_info": {}},
            ],
        })
    );
}

#[test]
fn the_list_shows_what_may_be_shown_of_what_was_stored() {
    let (daemon, admin) = fresh();
    for (stored, shown) in [
        (
            json!({"scope": ["contacts", "é"], "secret": "xyzzy"}),
            json!({"scope": ["contacts", "é"]}),
        ),
        (json!({"scope": []}), json!({"scope": []})),
        (json!({"scope": 3}), json!({})),
        (json!({"scope": ["a", 1]}), json!({})),
        (json!({"secret": "xyzzy"}), json!({})),
        (json!(["scope"]), json!({})),
        (json!("scope"), json!({})),
        (json!(7), json!({})),
    ] {
        request(&daemon, &admin, "DELETE", "/bar", "");
        let answer = request(&daemon, &admin, "POST", "/bar", &stored.to_string());
        assert_eq!(answer.expect(200), stored);
        assert_eq!(
            request(&daemon, &admin, "GET", "/bar", "").expect(200),
            stored
        );
        let listed = request(&daemon, &admin, "GET", "", "");
        assert_json(&listed);
        assert_eq!(
            listed.expect(200)["items"],
            json!([{"type": "bar", "data": shown, "enabled": true, "plugin_info": bar_info()}])
        );
        assert!(!listed.body.contains("xyzzy"), "{listed:?}");
    }
}

#[test]
fn an_empty_document_of_any_type_is_an_empty_object() {
    let (daemon, admin) = fresh();
    for body in ["{}", "[]", "null", "0", "\"\"", "false"] {
        request(&daemon, &admin, "DELETE", "/bar", "");
        let answer = request(&daemon, &admin, "POST", "/bar", body);
        assert_eq!(answer.expect(200), json!({}), "{body}");
    }
}

#[test]
fn credentials_are_created_once_replaced_as_a_whole_and_deleted() {
    let (daemon, admin) = fresh();
    let missing = |answer: &Response| {
        assert_api(
            answer,
            404,
            ("unknown-external-auth", "bar"),
            "No such external auth: \"bar\"",
            &json!({"type": "bar"}),
        );
    };
    missing(&request(&daemon, &admin, "GET", "/bar", ""));
    missing(&request(&daemon, &admin, "PUT", "/bar", "{}"));
    missing(&request(&daemon, &admin, "DELETE", "/bar", ""));

    let first = json!({"scope": ["a"], "secret": 1});
    let answer = request(&daemon, &admin, "POST", "/bar", &first.to_string());
    assert_eq!(answer.expect(200), first);
    let again = request(&daemon, &admin, "POST", "/bar", "{}");
    assert_api(
        &again,
        409,
        ("conflict", "bar"),
        "This external authentication method has already been set: \"bar\"",
        &json!({"type": "bar"}),
    );
    assert_eq!(
        request(&daemon, &admin, "GET", "/bar", "").expect(200),
        first
    );

    let second = json!({"scope": ["b"]});
    let answer = request(&daemon, &admin, "PUT", "/bar", &second.to_string());
    assert_eq!(answer.expect(200), second);
    assert_eq!(
        request(&daemon, &admin, "GET", "/bar", "").expect(200),
        second
    );

    let answer = request(&daemon, &admin, "DELETE", "/bar", "").is(204);
    assert_eq!(answer.body, "");
    missing(&request(&daemon, &admin, "GET", "/bar", ""));
    assert_eq!(list(&daemon, &admin)["items"][0]["enabled"], false);
}

#[test]
fn an_answer_without_a_body_says_so_as_all_of_them_do() {
    let (daemon, admin) = fresh();
    request(&daemon, &admin, "POST", "/bar", "{}").is(200);
    let answer = request(&daemon, &admin, "DELETE", "/bar", "").is(204);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), None);
}

#[test]
fn credentials_outlive_a_restart() {
    let (daemon, admin) = fresh();
    request(&daemon, &admin, "POST", "/bar", "{\"scope\": [\"a\"]}").is(200);
    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    assert_eq!(
        list(&daemon, &admin)["items"][0]["data"],
        json!({"scope": ["a"]})
    );
}

#[test]
fn a_list_can_be_filtered_sorted_and_cut() {
    let admin = DAEMON.admin();
    for (query, names, filtered) in [
        ("?order=type", vec!["bar", "ghost", "panicking"], 3),
        ("?direction=desc", vec!["panicking", "ghost", "bar"], 3),
        ("?direction=asc", vec!["bar", "ghost", "panicking"], 3),
        ("?limit=1", vec!["bar"], 3),
        ("?limit=1&offset=1", vec!["ghost"], 3),
        ("?limit=0", vec![], 3),
        ("?limit=%2B1", vec!["bar"], 3),
        ("?limit=%201%20", vec!["bar"], 3),
        ("?limit=1_0", vec!["bar", "ghost", "panicking"], 3),
        ("?offset=7", vec![], 3),
        ("?limit=1&limit=x", vec!["bar"], 3),
        ("?search=A", vec!["bar", "panicking"], 2),
        ("?search=a%20n", vec!["panicking"], 1),
        ("?search=n%20a%20n", vec![], 0),
        ("?search=", vec!["bar", "ghost", "panicking"], 3),
        ("?type=ghost", vec!["ghost"], 1),
        ("?type=Ghost", vec![], 0),
        ("?type=ghost&search=b", vec![], 0),
        ("?recurse=yes", vec!["bar", "ghost", "panicking"], 3),
        ("?colour=red", vec!["bar", "ghost", "panicking"], 3),
    ] {
        let body = request(&DAEMON, &admin, "GET", query, "").expect(200);
        let listed: Vec<&str> = body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["type"].as_str().unwrap())
            .collect();
        assert_eq!(listed, names, "{query}");
        assert_eq!(
            (&body["filtered"], &body["total"]),
            (&json!(filtered), &json!(3)),
            "{query}"
        );
    }
}

#[test]
fn a_percent_sign_in_a_search_stands_for_anything() {
    let admin = DAEMON.admin();
    let body = request(&DAEMON, &admin, "GET", "?search=g%25s_", "").expect(200);
    assert_eq!(body["filtered"], 1, "{body}");
    assert_eq!(body["items"][0]["type"], "ghost");
}

#[test]
fn a_parameter_of_a_list_that_is_wrong_is_named() {
    let admin = DAEMON.admin();
    let kind = |name: &str| json!({"message": format!("Not a valid {name}."), "constraint_id": "type", "constraint": name});
    let negative = json!([{
        "constraint_id": "range",
        "constraint": {"min": 0},
        "message": "Must be greater than or equal to 0.",
    }]);
    let choice = |choices: &[&str]| {
        json!([{
            "constraint_id": "enum",
            "constraint": {"choices": choices},
            "message": format!("Must be one of: {}.", choices.join(", ")),
        }])
    };
    for (query, message) in [
        ("limit=-1", json!({"limit": negative})),
        ("limit=", json!({"limit": kind("integer")})),
        ("limit=1.5", json!({"limit": kind("integer")})),
        ("offset=-1", json!({"offset": negative})),
        ("offset=x", json!({"offset": kind("integer")})),
        ("order=data", json!({"order": choice(&["type"])})),
        ("order=", json!({"order": choice(&["type"])})),
        (
            "direction=DESC",
            json!({"direction": choice(&["asc", "desc"])}),
        ),
        ("recurse=", json!({"recurse": kind("boolean")})),
    ] {
        let answer = request(&DAEMON, &admin, "GET", &format!("?{query}"), "");
        assert_api(
            &answer,
            400,
            ("invalid-list-param", "users"),
            message,
            &json!({}),
        );
    }
}

#[test]
fn a_body_that_is_no_json_stores_nothing() {
    let (daemon, admin) = fresh();
    for body in ["{", "nonsense", "{\"a\": 1} x"] {
        assert_not_understood(&request(&daemon, &admin, "POST", "/bar", body));
    }
    let empty = daemon
        .client()
        .post(&format!("/users/{}/external/bar", admin.auth_id))
        .token(&admin.token)
        .send();
    assert_not_understood(&empty);
    assert_eq!(request(&daemon, &admin, "GET", "/bar", "").status, 404);
}

#[test]
fn nul_in_a_stored_text_is_not_understood_by_plugins_either() {
    let (daemon, admin) = fresh();
    for body in ["{\"scope\": [\"a\\u0000b\"]}", "{\"a\\u0000b\": 1}"] {
        assert_not_understood(&request(&daemon, &admin, "POST", "/bar", body));
    }
    assert_eq!(request(&daemon, &admin, "GET", "/bar", "").status, 404);
}

#[test]
fn a_plugin_that_fails_to_filter_shows_nothing_and_spoils_no_list() {
    let installation = Daemon::builder()
        .plugin(plugins::bad("panics"))
        .plugin(plugins::bad("nonsense"))
        .config("enabled_external_auth_plugins: {panicking: true, nonsense: true}\n")
        .install();
    let daemon = installation.start();
    let admin = daemon.admin();
    request(
        &daemon,
        &admin,
        "POST",
        "/panicking",
        "{\"scope\": [\"secret\"]}",
    )
    .is(200);
    assert_eq!(
        list(&daemon, &admin)["items"],
        json!([
            {"type": "nonsense", "data": {}, "enabled": false, "plugin_info": {}},
            {"type": "panicking", "data": {}, "enabled": true, "plugin_info": {}},
        ])
    );
}

#[test]
fn a_type_that_is_no_longer_enabled_disappears_and_comes_back_with_its_data() {
    let (daemon, admin) = fresh();
    request(&daemon, &admin, "POST", "/bar", "{\"scope\": [\"a\"]}").is(200);
    let (installation, _) = daemon.stop();
    let switch = installation.path("conf.d/00-off.yml");
    wazo_auth_test_support::home::write(&switch, "enabled_external_auth_plugins: {bar: false}\n");
    let daemon = installation.start();
    assert_eq!(
        list(&daemon, &admin),
        json!({"filtered": 0, "total": 0, "items": []})
    );
    assert_no_route(&request(&daemon, &admin, "GET", "/bar", ""));
    let (installation, _) = daemon.stop();
    std::fs::remove_file(switch).unwrap();
    let daemon = installation.start();
    assert_eq!(
        list(&daemon, &admin)["items"][0]["data"],
        json!({"scope": ["a"]})
    );
}

#[test]
fn many_writers_at_once_create_one_document() {
    let (daemon, admin) = fresh();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (daemon, admin) = (&daemon, &admin);
                scope.spawn(move || {
                    let body = format!("{{\"scope\": [\"{number}\"]}}");
                    request(daemon, admin, "POST", "/bar", &body).status
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    let made = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(made, 1, "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [200, 409].contains(status)),
        "{statuses:?}"
    );
}
