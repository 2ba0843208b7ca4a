//! Sessions: how they are listed, and what ends them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login};
use wazo_auth_tests::{
    offline::{daemon_with_alice, offline, refresh, refresh_token},
    shapes::{assert_api, assert_no_route},
    store::{PASSWORD, Store},
};

/// An id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn get(daemon: &Daemon, token: &str, path: &str) -> Value {
    daemon.client().get(path).token(token).send().expect(200)
}

fn delete(daemon: &Daemon, token: &str, path: &str) {
    let answer = daemon.client().delete(path).token(token).send();
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
}

fn session(login: &Login) -> String {
    login.data["session_uuid"].as_str().unwrap().to_owned()
}

fn is_alive(daemon: &Daemon, login: &Login) -> bool {
    let path = format!("/token/{}", login.token);
    daemon.client().head(&path).send().status == 204
}

fn uuids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    let mut uuids: Vec<String> = items
        .map(|item| item["uuid"].as_str().unwrap().to_owned())
        .collect();
    uuids.sort();
    assert_eq!(list["total"], list["filtered"]);
    uuids
}

fn sorted<const N: usize>(logins: [&Login; N]) -> Vec<String> {
    let mut uuids = logins.map(session).to_vec();
    uuids.sort();
    uuids
}

#[test]
fn a_tenant_sees_its_own_sessions_and_those_below_it() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let below = store.tenant(Some(&acme), "below");
    let other = store.tenant(None, "other");
    let _ = store.user(Some(&acme), "boss", &["auth.#"]);
    let worker = store.user(Some(&below), "worker", &["auth.users.me.#"]);
    let stranger = store.user(Some(&other), "stranger", &[]);
    let [boss, worker_login, stranger_login] =
        ["boss", "worker", "stranger"].map(|name| daemon.login(name, PASSWORD));
    let admin = daemon.admin();
    let list = |login: &Login, path: &str| uuids(&get(&daemon, &login.token, path));

    assert_eq!(list(&boss, "/sessions"), sorted([&boss]));
    assert_eq!(
        list(&boss, "/sessions?recurse=true&search=nothing"),
        sorted([&boss, &worker_login])
    );
    assert_eq!(list(&admin, "/sessions"), sorted([&admin]));
    assert_eq!(
        list(&admin, "/sessions?recurse=true"),
        sorted([&admin, &boss, &worker_login, &stranger_login])
    );
    let of_worker = format!("/users/{worker}/sessions");
    let shown = get(&daemon, &boss.token, &of_worker);
    assert_eq!(
        shown,
        json!({
            "items": [{
                "uuid": session(&worker_login),
                "mobile": false,
                "tenant_uuid": below,
                "user_uuid": worker,
            }],
            "total": 1,
            "filtered": 1,
        })
    );
    assert_eq!(list(&worker_login, &of_worker), sorted([&worker_login]));
    for user in [stranger.as_str(), NOBODY] {
        for (method, path) in [
            ("GET", format!("/users/{user}/sessions")),
            ("DELETE", format!("/users/{user}/sessions/{NOBODY}")),
        ] {
            let request = daemon.client().request(method, &path);
            assert_api(
                &request.token(&boss.token).send(),
                404,
                ("unknown-user", "users"),
                format!("No such user: \"{user}\""),
                &json!({"uuid": user}),
            );
        }
    }
}

#[test]
fn sessions_are_shown_in_parts_and_ordered_by_their_kind() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["auth.users.me.#"]);
    for kind in ["mobile", "desk", "MOBILE"] {
        let request = daemon.client().post("/token").basic("alice", PASSWORD);
        request
            .header("Wazo-Session-Type", kind)
            .body("{}")
            .send()
            .is(200);
    }
    let admin = daemon.admin();
    let kinds = |query: &str| -> Vec<bool> {
        let list = get(
            &daemon,
            &admin.token,
            &format!("/users/{alice}/sessions{query}"),
        );
        assert_eq!((&list["total"], &list["filtered"]), (&json!(3), &json!(3)));
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["mobile"].as_bool().unwrap())
            .collect()
    };
    assert_eq!(kinds("?order=mobile"), [false, true, true]);
    assert_eq!(kinds("?order=mobile&direction=desc"), [true, true, false]);
    assert_eq!(kinds("?order=mobile&limit=1"), [false]);
    assert_eq!(kinds("?limit=5&offset=1").len(), 2);
    let request = daemon.client().get("/sessions?order=uuid");
    assert_eq!(request.token(&admin.token).send().status, 400);
}

#[test]
fn ending_a_session_ends_its_token_and_is_told_once() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["auth.users.me.#"]);
    let admin = daemon.admin();
    let ways: [&dyn Fn(&Login); 3] = [
        &|login| {
            delete(
                &daemon,
                &admin.token,
                &format!("/sessions/{}", session(login)),
            )
        },
        &|login| {
            let path = format!("/users/{alice}/sessions/{}", session(login));
            delete(&daemon, &admin.token, &path);
        },
        &|login| {
            let path = format!("/token/{}", login.token);
            daemon.client().delete(&path).send().is(200);
        },
    ];
    for end in ways {
        let login = daemon.login("alice", PASSWORD);
        let known = store.events().len();
        for _ in 0..2 {
            end(&login);
            assert!(!is_alive(&daemon, &login));
        }
        let events: Vec<_> = store.events().into_iter().skip(known).collect();
        let told = json!({
            "uuid": session(&login),
            "user_uuid": alice,
            "tenant_uuid": login.data["metadata"]["tenant_uuid"],
        });
        assert_eq!(events, [("auth_session_deleted".to_owned(), told)]);
    }
}

#[test]
fn a_session_that_is_not_ones_to_end_stays_and_the_answer_is_the_same() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let _ = store.user(Some(&acme), "boss", &["auth.#"]);
    let alice = store.user(Some(&acme), "alice", &["auth.users.me.#"]);
    let _ = store.user(Some(&acme), "bob", &[]);
    let [boss, alice_login, bob] =
        ["boss", "alice", "bob"].map(|name| daemon.login(name, PASSWORD));
    let admin = daemon.admin();
    let known = store.events().len();
    // Outside of one's tenant.
    delete(
        &daemon,
        &boss.token,
        &format!("/sessions/{}", session(&admin)),
    );
    delete(&daemon, &boss.token, &format!("/sessions/{NOBODY}"));
    // Somebody else's, below one's own name.
    let path = format!("/users/{alice}/sessions/{}", session(&bob));
    delete(&daemon, &alice_login.token, &path);
    for login in [&admin, &bob] {
        assert!(is_alive(&daemon, login));
    }
    assert_eq!(store.news(known), [""; 0]);
    delete(
        &daemon,
        &boss.token,
        &format!("/sessions/{}", session(&bob)),
    );
    assert!(!is_alive(&daemon, &bob));
}

#[test]
fn logins_at_once_never_pass_the_limit_of_sessions() {
    let daemon = Daemon::builder()
        .config("max_user_concurrent_sessions: 5\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let logins: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| daemon.try_login("alice", PASSWORD).status))
            .collect();
        logins
            .into_iter()
            .map(|login| login.join().unwrap())
            .collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(429)), (5, 15), "{statuses:?}");
    let admin = daemon.admin().token;
    let list = get(&daemon, &admin, &format!("/users/{alice}/sessions"));
    assert_eq!(list["total"], 5);
}

#[test]
fn a_login_that_only_a_backend_knows_has_a_session_like_any_other() {
    let daemon = Daemon::builder().examples().start();
    let alice = daemon.login("alice", "s3cre7");
    let admin = daemon.admin();
    let list = get(&daemon, &admin.token, "/sessions");
    let items = list["items"].as_array().unwrap();
    let shown = items.iter().find(|item| item["uuid"] == session(&alice));
    assert_eq!(shown.unwrap()["user_uuid"], alice.auth_id.as_str());
}

#[test]
fn a_session_that_is_no_users_is_listed_without_one() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let token = store.token_of("wazo-auth", &[]);
    let path = format!("/token/{token}");
    let shown = daemon.client().get(&path).send().expect(200)["data"].clone();
    let list = get(&daemon, &admin.token, "/sessions");
    let items = list["items"].as_array().unwrap().iter();
    let mine = items
        .clone()
        .find(|item| item["uuid"] == shown["session_uuid"]);
    let expected = json!({
        "uuid": shown["session_uuid"],
        "mobile": false,
        "tenant_uuid": admin.data["metadata"]["tenant_uuid"],
        "user_uuid": null,
    });
    assert_eq!(mine.unwrap().to_string(), expected.to_string());
    assert_no_route(&daemon.client().get("/users/me/sessions").send());
}

#[test]
fn a_user_whose_id_is_of_another_version_has_sessions_without_a_limit_and_a_name() {
    let daemon = Daemon::builder()
        .config("max_user_concurrent_sessions: 1\n")
        .start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let uuid = "0d7d2c61-54a1-1a6e-9a0e-5f0c8e0a1b11";
    let body = json!({"uuid": uuid, "username": "alice", "password": PASSWORD});
    let request = daemon.client().post("/users").token(&admin.token);
    let _ = request.json(&body).send().is(200);
    for _ in 0..3 {
        let login = daemon.login("alice", PASSWORD);
        assert_eq!(login.auth_id, uuid);
        let (name, told) = store.events().pop().unwrap();
        assert_eq!(
            (name.as_str(), &told["user_uuid"]),
            ("auth_session_created", &json!(null))
        );
    }
    let list = get(&daemon, &admin.token, &format!("/users/{uuid}/sessions"));
    assert_eq!(list["total"], 3);
    for item in list["items"].as_array().unwrap() {
        assert_eq!(item["user_uuid"], json!(null));
    }
}

#[test]
fn whoever_ends_a_session_keeps_the_client_logged_in() {
    let (daemon, store, alice) = daemon_with_alice();
    let admin = daemon.admin();
    let first = offline(&daemon, "alice", "web");
    let client = refresh_token(&first);
    for path in [
        format!("/token/{}", first.token),
        "/sessions/{}".to_owned(),
        format!("/users/{alice}/sessions/{{}}"),
    ] {
        let again = Login::read(&refresh(&daemon, &client, "web"));
        let known = store.events().len();
        let path = path.replace("{}", &session(&again));
        let answer = daemon.client().delete(&path).token(&admin.token).send();
        assert!([200, 204].contains(&answer.status), "{path}: {answer:?}");
        assert_eq!(store.news(known), ["auth_session_deleted"], "{path}");
    }
    assert_eq!(refresh(&daemon, &client, "web").status, 200);
}

#[test]
fn ones_own_session_and_account_are_ones_own_in_any_spelling() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acl = [
        "auth.sessions.my_session.delete",
        "auth.users.me.sessions.read",
    ];
    let alice = store.user(None, "alice", &acl);
    let bob = store.user(None, "bob", &[]);
    let [own, second, other] = ["alice", "alice", "bob"].map(|name| daemon.login(name, PASSWORD));
    let status = |method: &str, path: &str| {
        let request = daemon.client().request(method, path);
        request.token(&own.token).send().status
    };
    for user in [alice.clone(), alice.to_uppercase()] {
        assert_eq!(status("GET", &format!("/users/{user}/sessions")), 200);
    }
    assert_eq!(status("GET", &format!("/users/{bob}/sessions")), 401);
    for login in [&other, &second] {
        let path = format!("/sessions/{}", session(login));
        assert_eq!(status("DELETE", &path), 401);
        assert!(is_alive(&daemon, login));
    }
    let path = format!("/sessions/{}", session(&own).to_uppercase());
    assert_eq!(status("DELETE", &path), 204);
    assert!(!is_alive(&daemon, &own));
}
