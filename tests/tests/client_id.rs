//! Names of clients in paths and in lists.

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    offline::{daemon_with_alice, list, mobile, offline, refresh, refresh_token},
    shapes::assert_api,
    store::PASSWORD,
};

fn take_away(daemon: &Daemon, token: &str, client: &str) -> Response {
    let path = format!("/users/me/tokens/{client}");
    daemon.client().delete(&path).token(token).send()
}

#[test]
fn a_client_is_named_in_a_path_with_its_letters_encoded_and_a_slash_is_no_letter() {
    let (daemon, _, _) = daemon_with_alice();
    for (client, path) in [
        ("a b", "a%20b"),
        ("é+%", "%C3%A9+%25"),
        ("x?y#z", "x%3Fy%23z"),
    ] {
        let token = offline(&daemon, "alice", client).token;
        assert_eq!(take_away(&daemon, &token, path).status, 204, "{client}");
        assert_eq!(take_away(&daemon, &token, path).status, 404, "{client}");
    }
    let token = offline(&daemon, "alice", "a/b").token;
    assert_api(
        &take_away(&daemon, &token, "a%2Fb"),
        404,
        ("cannot-find-refresh-token-matching-client-id", "tokens"),
        "unknown refresh_token for client_id \"a%2Fb\"",
        &json!({"client_id": "a%2Fb"}),
    );
}

#[test]
fn the_name_of_a_client_has_an_end() {
    let (daemon, _, _) = daemon_with_alice();
    let request = daemon.client().post("/token").basic("alice", PASSWORD);
    let body = json!({"access_type": "offline", "client_id": "a".repeat(1025)});
    let answer = request.json(&body).send();
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("Length must be between 1 and 1024."),
        "{answer:?}"
    );
}

#[test]
fn a_session_is_mobile_when_its_own_login_says_so() {
    let (daemon, store, alice) = daemon_with_alice();
    let phone = mobile(&daemon, "alice", "phone");
    let token = refresh_token(&wazo_auth_test_support::daemon::Login::read(&phone));
    let _ = refresh(&daemon, &token, "phone").expect(200);
    let (_, told) = store.events().pop().unwrap();
    assert_eq!(
        (&told["mobile"], &told["user_uuid"]),
        (&json!(false), &json!(alice))
    );
}

#[test]
fn the_parameters_of_a_list_come_in_all_the_forms_that_clients_send() {
    let (daemon, _, _) = daemon_with_alice();
    for client in ["ab", "a_b", "b%", "c d e"] {
        let _ = offline(&daemon, "alice", client);
    }
    let token = daemon.login("alice", PASSWORD).token;
    let clients = |query: &str| -> Vec<String> {
        let found = list(
            &daemon,
            &token,
            &format!("/users/me/tokens?order=client_id&{query}"),
        );
        let items = found["items"].as_array().unwrap().iter();
        items
            .filter_map(|item| item["client_id"].as_str().map(str::to_owned))
            .collect()
    };
    for (query, expected) in [
        ("limit=%2B1&offset=1", 1),
        ("limit=%201%20", 1),
        ("limit=1_0", 4),
        ("limit=9223372036854775808", 4),
        ("offset=99999999999999999999999", 0),
        // Of a parameter that comes twice, the first one counts.
        ("limit=2&limit=0", 2),
        // An empty search finds whatever has a name at all.
        ("search=", 4),
        // Parts of names, in their order, with the database's own wildcards.
        ("search=C%20E", 1),
        ("search=e%20c", 0),
        ("search=a_b", 1),
        ("search=b%25", 3),
        ("search=nothing", 0),
    ] {
        assert_eq!(
            clients(query).len(),
            expected,
            "{query}: {:?}",
            clients(query)
        );
    }
    for query in [
        "limit=",
        "limit=1.5",
        "limit=one",
        "offset=-1",
        "order=",
        "order=Client_id",
        "direction=DESC",
        "direction=",
        "recurse=",
        "recurse=perhaps",
    ] {
        let path = format!("/users/me/tokens?{query}");
        let answer = daemon.client().get(&path).token(&token).send();
        let document = answer.expect(400);
        assert_eq!(document["error_id"], "invalid-list-param", "{query}");
        assert_eq!(document["resource"], "users", "{query}");
        assert_eq!(document["details"], Value::Object(serde_json::Map::new()));
    }
}
