//! The clients that stay logged in: how they are listed, and what ends that.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{daemon::Login, http::Response};
use wazo_auth_tests::{
    offline::{daemon_with_alice, is_alive, list, mobile, offline, refresh, refresh_token},
    shapes::assert_api,
    store::PASSWORD,
};

/// A user that does not exist.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn clients(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["client_id"].as_str().unwrap())
        .collect()
}

#[test]
fn clients_are_listed_without_their_tokens() {
    let (daemon, _, alice) = daemon_with_alice();
    for client in ["web", "desk", "Web phone"] {
        let _ = offline(&daemon, "alice", client);
    }
    let login = Login::read(&mobile(&daemon, "alice", "mobile"));
    let token = login.token.as_str();
    let all = list(&daemon, token, "/users/me/tokens");
    assert_eq!(clients(&all), ["web", "desk", "Web phone", "mobile"]);
    assert_eq!((&all["total"], &all["filtered"]), (&json!(4), &json!(4)));
    let last = &all["items"][3];
    let created_at = last["created_at"].as_str().unwrap();
    assert_eq!(created_at.len(), "2026-11-21T19:17:25.528066+00:00".len());
    assert!(created_at.ends_with("+00:00"));
    assert_eq!(
        *last,
        json!({
            "client_id": "mobile",
            "created_at": created_at,
            "mobile": true,
            "user_uuid": alice,
            "tenant_uuid": login.data["metadata"]["tenant_uuid"],
            "metadata": {},
        })
    );
    assert!(!all.to_string().contains(&refresh_token(&login)));
    let moment = created_at.replace('+', "%2B");
    for (query, expected) in [
        (
            "?order=client_id",
            &["Web phone", "desk", "mobile", "web"][..],
        ),
        ("?order=client_id&direction=desc&limit=1", &["web"]),
        ("?order=mobile&direction=desc&limit=1", &["mobile"]),
        ("?limit=1&offset=1", &["desk"]),
        ("?limit=0", &[]),
        ("?search=web", &["web", "Web phone"]),
        ("?search=w%20p", &["Web phone"]),
        ("?client_id=web", &["web"]),
        ("?client_id=we", &[]),
        ("?mobile=True", &["mobile"]),
        ("?mobile=no&limit=2", &["web", "desk"]),
        (&format!("?created_at={moment}"), &["mobile"]),
        (
            "?recurse=true&colour=red",
            &["web", "desk", "Web phone", "mobile"],
        ),
    ] {
        let path = format!("/users/{alice}/tokens{query}");
        let listed = list(&daemon, token, &path);
        assert_eq!(clients(&listed), expected, "{query}");
        assert_eq!(listed["total"], 4, "{query}");
    }
    let found = list(&daemon, token, "/users/me/tokens?search=web&limit=1");
    assert_eq!(found["filtered"], 2);
}

#[test]
fn what_is_wrong_with_the_parameters_of_a_list_is_told_all_at_once() {
    let (daemon, _, _) = daemon_with_alice();
    let query = "?limit=-1&offset=x&order=uuid&direction=up&recurse=&created_at=foo&mobile=perhaps";
    let admin = daemon.admin();
    for path in ["/tokens", "/users/me/tokens"] {
        let path = format!("{path}{query}");
        let answer = daemon.client().get(&path).token(&admin.token).send();
        let kind = |name: &str| {
            json!({
                "message": format!("Not a valid {name}."),
                "constraint_id": "type",
                "constraint": name,
            })
        };
        let choice = |choices: &[&str]| {
            json!([{
                "constraint_id": "enum",
                "constraint": {"choices": choices},
                "message": format!("Must be one of: {}.", choices.join(", ")),
            }])
        };
        assert_api(
            &answer,
            400,
            ("invalid-list-param", "users"),
            json!({
                "limit": [{
                    "constraint_id": "range",
                    "constraint": {"min": 0},
                    "message": "Must be greater than or equal to 0.",
                }],
                "offset": kind("integer"),
                "order": choice(&["created_at", "client_id", "mobile"]),
                "direction": choice(&["asc", "desc"]),
                "recurse": kind("boolean"),
                "created_at": kind("datetime"),
                "mobile": kind("boolean"),
            }),
            &json!({}),
        );
    }
}

#[test]
fn taking_a_refresh_token_away_leaves_what_was_made_with_it() {
    let (daemon, store, alice) = daemon_with_alice();
    for own in [true, false] {
        let login = offline(&daemon, "alice", "a.b c");
        let token = refresh_token(&login);
        let user = if own { "me" } else { alice.as_str() };
        let path = format!("/users/{user}/tokens/a.b%20c");
        let known = store.events().len();
        let delete = || daemon.client().delete(&path).token(&login.token).send();
        let answer = delete().is(204);
        assert_eq!(answer.body, "");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(is_alive(&daemon, &login.token));
        assert_eq!(refresh(&daemon, &token, "a.b c").status, 401);
        assert_eq!(store.news(known), ["auth_refresh_token_deleted"]);
        assert_api(
            &delete(),
            404,
            ("cannot-find-refresh-token-matching-client-id", "tokens"),
            "unknown refresh_token for client_id \"a.b c\"",
            &json!({"client_id": "a.b c"}),
        );
        assert_eq!(store.news(known).len(), 1, "nothing happened");
    }
}

#[test]
fn a_dot_in_a_client_opens_no_new_word_of_the_access() {
    let (daemon, store, _) = daemon_with_alice();
    let _ = store.user(None, "bob", &["auth.users.me.tokens.a_b.delete"]);
    let bob = offline(&daemon, "bob", "a.b");
    let delete = |client: &str| {
        let path = format!("/users/me/tokens/{client}");
        daemon
            .client()
            .delete(&path)
            .token(&bob.token)
            .send()
            .status
    };
    assert_eq!((delete("a.b"), delete("a.c")), (204, 401));
}

#[test]
fn a_tenant_sees_its_own_clients_and_those_below_it() {
    let (daemon, store, _) = daemon_with_alice();
    let acme = store.tenant(None, "acme");
    let below = store.tenant(Some(&acme), "below");
    let other = store.tenant(None, "other");
    let boss = store.user(Some(&acme), "boss", &["auth.#"]);
    let worker = store.user(Some(&below), "worker", &["auth.users.me.#"]);
    let stranger = store.user(Some(&other), "stranger", &["auth.#"]);
    for (login, client) in [
        ("alice", "top"),
        ("boss", "boss"),
        ("worker", "worker"),
        ("stranger", "stranger"),
    ] {
        let _ = offline(&daemon, login, client);
    }
    let boss_token = daemon.login("boss", PASSWORD).token;
    let admin = daemon.admin().token;
    let names = |token: &str, path: &str| {
        let listed = list(&daemon, token, path);
        let mut names: Vec<String> = clients(&listed).into_iter().map(str::to_owned).collect();
        assert_eq!(listed["total"], names.len());
        names.sort();
        names
    };
    assert_eq!(names(&boss_token, "/tokens"), ["boss"]);
    assert_eq!(
        names(&boss_token, "/tokens?recurse=true"),
        ["boss", "worker"]
    );
    assert_eq!(names(&admin, "/tokens"), ["top"]);
    assert_eq!(
        names(&admin, "/tokens?recurse=true"),
        ["boss", "stranger", "top", "worker"]
    );
    assert_eq!(
        names(&boss_token, &format!("/users/{worker}/tokens")),
        ["worker"]
    );
    for (user, client) in [(stranger.as_str(), "stranger"), (NOBODY, "x")] {
        for (method, path) in [
            ("GET", format!("/users/{user}/tokens")),
            ("DELETE", format!("/users/{user}/tokens/{client}")),
        ] {
            let answer = daemon
                .client()
                .request(method, &path)
                .token(&boss_token)
                .send();
            assert_unknown_user(&answer, user);
        }
    }
    assert_eq!(
        names(&admin, &format!("/users/{stranger}/tokens")),
        ["stranger"],
        "nothing was taken away"
    );
    // In a tenant below one's own, one is not oneself.
    let request = daemon.client().get("/users/me/tokens").token(&boss_token);
    let answer = request.header("Wazo-Tenant", &below).send();
    assert_unknown_user(&answer, &boss);
    let request = daemon.client().get("/tokens").token(&boss_token);
    let answer = request.header("Wazo-Tenant", &below).send();
    assert_eq!(clients(&answer.expect(200)), ["worker"]);
    let request = daemon.client().get("/tokens").token(&boss_token);
    assert_eq!(request.header("Wazo-Tenant", &other).send().status, 401);
}

fn assert_unknown_user(answer: &Response, user: &str) {
    assert_api(
        answer,
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{user}\""),
        &json!({"uuid": user}),
    );
}
