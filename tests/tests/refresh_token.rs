//! Staying logged in: refresh tokens, how they are got and what they are good for.

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, plugins};
use wazo_auth_tests::{
    offline::{
        daemon_with_alice, is_alive, list, mobile, offline, offline_request, refresh, refresh_token,
    },
    shapes::assert_reason,
    store::{PASSWORD, Store},
};

/// A refresh token that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

#[test]
fn an_offline_login_gives_a_refresh_token_that_logs_in_again() {
    let (daemon, store, alice) = daemon_with_alice();
    let first = offline(&daemon, "alice", "web");
    assert_eq!(
        first.data.as_object().unwrap().keys().next_back().unwrap(),
        "refresh_token"
    );
    let refresh_token = refresh_token(&first);
    let answer = refresh(&daemon, &refresh_token, "web");
    assert_eq!(answer.header("wazo-sessions-revoked"), Some("0"));
    let again = Login::read(&answer);
    assert_eq!(again.auth_id, alice);
    assert_eq!(again.data["refresh_token"], Value::Null);
    assert_eq!(again.data["metadata"], first.data["metadata"]);
    assert_eq!(again.data["acl"], first.data["acl"]);
    assert_ne!(again.data["session_uuid"], first.data["session_uuid"]);
    // The same client asks once more, and online ones get none.
    let second = offline(&daemon, "alice", "web");
    assert_eq!(second.data["refresh_token"], refresh_token.as_str());
    assert_ne!(
        offline(&daemon, "alice", "desk").data["refresh_token"],
        refresh_token.as_str()
    );
    let online = daemon.login("alice", PASSWORD);
    assert!(online.data.get("refresh_token").is_none());
    assert_eq!(
        store.news(0),
        [
            "auth_refresh_token_created",
            "auth_session_created",
            "auth_session_created",
            "auth_session_created",
            "auth_refresh_token_created",
            "auth_session_created",
            "auth_session_created",
        ]
    );
}

#[test]
fn a_refresh_token_is_good_for_its_client_alone_and_beats_a_password() {
    let (daemon, _, alice) = daemon_with_alice();
    let token = refresh_token(&offline(&daemon, "alice", "web"));
    for (token, client) in [
        (token.as_str(), "Web"),
        (NOBODY, "web"),
        ("", "web"),
        ("x", "web"),
        (&token.to_uppercase(), "web"),
    ] {
        assert_reason(
            &refresh(&daemon, token, client),
            401,
            "Authentication Failed",
        );
        let with_password = daemon
            .client()
            .post("/token")
            .basic("alice", PASSWORD)
            .json(&json!({"refresh_token": token, "client_id": client}))
            .send();
        assert_reason(&with_password, 401, "Authentication Failed");
    }
    let answer = daemon
        .client()
        .post("/token")
        .basic("mallory", "wrong")
        .json(&json!({"refresh_token": token, "client_id": "web", "tenant_id": "x"}))
        .send();
    assert_eq!(Login::read(&answer).auth_id, alice);
}

#[test]
fn a_refresh_token_follows_its_user_and_not_the_name() {
    let (daemon, store, alice) = daemon_with_alice();
    let token = refresh_token(&offline(&daemon, "alice", "web"));
    store.change_user(&alice, "alicia", true);
    let mallory = store.user(None, "alice", &[]);
    let again = Login::read(&refresh(&daemon, &token, "web"));
    assert_eq!(again.auth_id, alice);
    assert_ne!(again.auth_id, mallory);
    store.change_user(&alice, "alicia", false);
    assert_reason(
        &refresh(&daemon, &token, "web"),
        401,
        "Authentication Failed",
    );
    store.change_user(&alice, "alicia", true);
    assert_eq!(refresh(&daemon, &token, "web").status, 200);
}

#[test]
fn a_refresh_token_of_another_program_that_names_no_user_is_good_for_its_login() {
    let (daemon, store, alice) = daemon_with_alice();
    let token = store.refresh_token_of_login("ALICE", "web");
    let answer = refresh(&daemon, &token, "web");
    assert_eq!(Login::read(&answer).auth_id, alice);
    store.change_user(&alice, "alicia", true);
    assert_reason(
        &refresh(&daemon, &token, "web"),
        401,
        "Authentication Failed",
    );
}

#[test]
fn a_mobile_telephone_replaces_its_refresh_token_and_those_of_other_telephones() {
    let (daemon, store, alice) = daemon_with_alice();
    let web = offline(&daemon, "alice", "web");
    let online = Login::read(
        &daemon
            .client()
            .post("/token")
            .basic("alice", PASSWORD)
            .header("Wazo-Session-Type", "mobile")
            .body("{}")
            .send(),
    );
    let first = mobile(&daemon, "alice", "phone");
    assert_eq!(first.header("wazo-sessions-revoked"), Some("0"));
    let first = Login::read(&first);
    let derived = Login::read(&refresh(&daemon, &refresh_token(&first), "phone"));
    let known = store.events().len();

    let second = mobile(&daemon, "alice", "phone");
    assert_eq!(second.header("wazo-sessions-revoked"), Some("2"));
    let second = Login::read(&second);
    assert_ne!(refresh_token(&second), refresh_token(&first));
    for ended in [&first, &derived] {
        assert!(!is_alive(&daemon, &ended.token));
    }
    for kept in [&web, &online, &second] {
        assert!(is_alive(&daemon, &kept.token));
    }
    assert_eq!(
        refresh(&daemon, &refresh_token(&first), "phone").status,
        401
    );
    assert_eq!(
        store.news(known),
        [
            "auth_session_deleted",
            "auth_session_deleted",
            "auth_refresh_token_deleted",
            "auth_refresh_token_created",
            "auth_session_created",
        ]
    );

    let known = store.events().len();
    let other = mobile(&daemon, "alice", "new phone");
    assert_eq!(other.header("wazo-sessions-revoked"), Some("1"));
    let other = Login::read(&other);
    let tenant = &other.data["metadata"]["tenant_uuid"];
    let told = |client: &str| json!({"client_id": client, "mobile": true, "user_uuid": alice, "tenant_uuid": tenant});
    let expected = [
        ("auth_refresh_token_created", told("new phone")),
        (
            "auth_session_deleted",
            json!({
                "uuid": second.data["session_uuid"],
                "user_uuid": alice,
                "tenant_uuid": tenant,
            }),
        ),
        ("auth_refresh_token_deleted", told("phone")),
        (
            "auth_session_created",
            json!({
                "uuid": other.data["session_uuid"],
                "tenant_uuid": tenant,
                "user_uuid": alice,
                "mobile": true,
            }),
        ),
    ]
    .map(|(name, payload)| (name.to_owned(), payload));
    let events: Vec<_> = store.events().into_iter().skip(known).collect();
    assert_eq!(events, expected);
    // What is not a telephone keeps what it has, whatever it says now.
    assert_eq!(refresh(&daemon, &refresh_token(&web), "web").status, 200);
}

#[test]
fn what_contradicts_itself_is_refused_with_every_rule_that_it_breaks() {
    let (daemon, _, _) = daemon_with_alice();
    let login = |body: Value| {
        let request = daemon.client().post("/token").basic("alice", PASSWORD);
        request.json(&body).send()
    };
    for (body, reason) in [
        (
            json!({"access_type": "offline"}),
            r#"{'_schema': ['"client_id" must be specified when using "access_type" is "offline"']}"#,
        ),
        (
            json!({"refresh_token": "x"}),
            r#"{'_schema': ['"client_id" must be specified when using a "refresh_token"']}"#,
        ),
        (
            json!({"tenant_id": "a", "domain_name": "b"}),
            r#"{'_schema': ['"tenant_id" and "domain_name" must be mutually exclusive']}"#,
        ),
        (
            json!({"access_type": "offline", "refresh_token": "x", "saml_session_id": "y"}),
            r#"{'_schema': ['cannot use the "access_type" "offline" with a refresh token', '"client_id" must be specified when using "access_type" is "offline"', '"client_id" must be specified when using a "refresh_token"', 'Cannot use a "saml_session_id" and a "refresh_token" at the same time']}"#,
        ),
        (
            json!({"access_type": "sometimes", "refresh_token": "x"}),
            "{'access_type': [{'constraint_id': 'enum', 'constraint': {'choices': ['online', 'offline']}, 'message': 'Must be one of: online, offline.'}]}",
        ),
        (
            json!({"client_id": ""}),
            "{'client_id': [{'constraint_id': 'length', 'constraint': {'min': 1, 'max': 1024}, 'message': 'Length must be between 1 and 1024.'}]}",
        ),
        (
            json!({"refresh_token": null}),
            "{'refresh_token': {'message': 'Field may not be null.', 'constraint_id': 'not_null', 'constraint': 'not_null'}}",
        ),
        (
            json!({"client_id": 1, "domain_name": []}),
            "{'client_id': {'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}, 'domain_name': {'message': 'Not a valid string.', 'constraint_id': 'type', 'constraint': 'string'}}",
        ),
    ] {
        assert_reason(&login(body), 400, reason);
    }
    // Empty texts break no rule.
    let body = json!({"tenant_id": "", "domain_name": "", "refresh_token": ""});
    assert_eq!(login(body).status, 200);
    let long = json!({"access_type": "offline", "client_id": "é".repeat(1024)});
    assert_eq!(login(long).status, 200);
}

#[test]
fn a_login_that_only_a_backend_knows_cannot_stay_logged_in() {
    let daemon = Daemon::builder().examples().start();
    let login = |password: &str| {
        let request = daemon.client().post("/token").basic("alice", password);
        request
            .json(&json!({"access_type": "offline", "client_id": "web"}))
            .send()
    };
    assert_reason(
        &login("s3cre7"),
        400,
        r#"{'_schema': ['"access_type" "offline" is for users that are known here']}"#,
    );
    assert_reason(&login("wrong"), 401, "Authentication Failed");
}

#[test]
fn what_a_backend_gives_to_keep_comes_back_with_every_refresh_below_what_is_fresh() {
    let daemon = Daemon::builder()
        .plugin(plugins::bad("keeps"))
        .config(
            "enabled_backend_plugins: {keeps: true}\n\
             idp_plugins: {backend: {enabled: true, backends: {keeps: {method: keeps}}}}\n",
        )
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    store.set_method(&alice, "keeps");
    let login = |agent: &str| {
        let request = offline_request(&daemon, "alice", "web");
        Login::read(&request.header("User-Agent", agent).send())
    };
    let first = login("first");
    let kept = json!({"kept": "alice", "source": "kept", "agent": "first"});
    let shown = |login: &Login, names: &[&str]| -> Vec<Value> {
        let metadata = &login.data["metadata"];
        names.iter().map(|name| metadata[*name].clone()).collect()
    };
    let names = ["kept", "source", "agent", "client", "uuid", "given"];
    let expected = [
        json!("alice"),
        json!("fresh"),
        json!("first"),
        json!("web"),
        json!(alice),
        json!(null),
    ];
    assert_eq!(shown(&first, &names), expected);
    // A client that has a refresh token already keeps what it kept.
    let second = login("second");
    assert_eq!(shown(&second, &["agent"]), ["second"]);
    let again = Login::read(&refresh(&daemon, &refresh_token(&first), "web"));
    let expected = [&expected[..5], std::slice::from_ref(&kept)].concat();
    assert_eq!(shown(&again, &names), expected);
    let listed = list(&daemon, &daemon.admin().token, "/tokens");
    assert_eq!(listed["items"][0]["metadata"], kept);
    // Of another method, it is good all the same: the backend of that method describes the user.
    store.set_method(&alice, "native");
    let native = Login::read(&refresh(&daemon, &refresh_token(&first), "web"));
    assert_eq!(
        shown(&native, &["kept", "purpose", "uuid"]),
        [json!("alice"), json!("user"), json!(alice)]
    );
    // Nobody speaks for this one.
    store.set_method(&alice, "ldap");
    assert_reason(
        &refresh(&daemon, &refresh_token(&first), "web"),
        401,
        "Authentication Failed",
    );
}

#[test]
fn logins_by_refresh_token_count_as_sessions_and_a_telephone_gets_no_extra_one() {
    let daemon = Daemon::builder()
        .config("max_user_concurrent_sessions: 2\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let token = refresh_token(&Login::read(&mobile(&daemon, "alice", "phone")));
    assert_eq!(refresh(&daemon, &token, "phone").status, 200);
    let reason = format!("User {alice} has exceeded the maximum number of active sessions");
    assert_reason(&refresh(&daemon, &token, "phone"), 429, &reason);
    let refused = offline_request(&daemon, "alice", "phone")
        .header("Wazo-Session-Type", "mobile")
        .send();
    assert_reason(&refused, 429, &reason);
    assert_eq!(refused.header("wazo-sessions-revoked"), None);
    let known = store.events().len();
    assert_eq!(known, 3, "what is refused leaves nothing behind");
}

#[test]
fn a_hundred_logins_refreshes_and_deletions_at_once_leave_one_consistent_state() {
    let daemon = Daemon::builder()
        .config("max_user_concurrent_sessions: 1000\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["auth.users.me.#"]);
    let token = daemon.login("alice", PASSWORD).token;
    let known = store.events().len();
    let latest = std::sync::Mutex::new(refresh_token(&offline(&daemon, "alice", "web")));
    let logins = std::sync::atomic::AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for number in 0..100 {
            let (daemon, token, latest, logins) = (&daemon, &token, &latest, &logins);
            scope.spawn(move || {
                for round in 0..2 {
                    let status = match (number + round) % 4 {
                        0 => {
                            let path = "/users/me/tokens/web";
                            let status = daemon.client().delete(path).token(token).send().status;
                            assert!(matches!(status, 204 | 404), "{status}");
                            continue;
                        }
                        1 => {
                            let last = latest.lock().unwrap().clone();
                            let status = refresh(daemon, &last, "web").status;
                            assert!(matches!(status, 200 | 401), "{status}");
                            status
                        }
                        kind => {
                            let request = offline_request(daemon, "alice", "web");
                            let answer = match kind {
                                2 => request.send(),
                                _ => request.header("Wazo-Session-Type", "mobile").send(),
                            };
                            *latest.lock().unwrap() = refresh_token(&Login::read(&answer));
                            answer.status
                        }
                    };
                    if status == 200 {
                        logins.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            });
        }
    });
    // What the events tell is what is there.
    let events: Vec<_> = store.events().into_iter().skip(known).collect();
    let count = |name: &str| events.iter().filter(|(known, _)| known == name).count();
    let listed = list(&daemon, &token, "/users/me/tokens");
    let there = listed["items"].as_array().unwrap().len();
    assert!(there <= 1, "{listed}");
    assert_eq!(
        count("auth_refresh_token_created") - count("auth_refresh_token_deleted"),
        there
    );
    let mut now = 0;
    for (name, _) in &events {
        match name.as_str() {
            "auth_refresh_token_created" => now += 1,
            "auth_refresh_token_deleted" => now -= 1,
            _ => continue,
        }
        assert!((0..=1).contains(&now), "one after the other: {events:#?}");
    }
    assert_eq!(
        count("auth_session_created"),
        logins.load(std::sync::atomic::Ordering::Relaxed)
    );
    let admin = daemon.admin().token;
    let sessions = list(&daemon, &admin, &format!("/users/{alice}/sessions"));
    assert_eq!(
        count("auth_session_created") - count("auth_session_deleted"),
        // The first login was before.
        sessions["items"].as_array().unwrap().len() - 1
    );
    // The one that is there is good, and no session outlives its telephone.
    let login = mobile(&daemon, "alice", "phone");
    let token = refresh_token(&Login::read(&login));
    assert_eq!(refresh(&daemon, &token, "phone").status, 200);
}

#[test]
fn each_user_has_clients_of_their_own() {
    let (daemon, store, _) = daemon_with_alice();
    let _ = store.user(None, "bob", &["auth.users.me.#"]);
    let [alice, bob] = ["alice", "bob"].map(|name| offline(&daemon, name, "web"));
    assert_ne!(refresh_token(&alice), refresh_token(&bob));
    let request = daemon.client().delete("/users/me/tokens/web");
    assert_eq!(request.token(&alice.token).send().status, 204);
    for (login, status) in [(&alice, 401), (&bob, 200)] {
        let answer = refresh(&daemon, &refresh_token(login), "web");
        assert_eq!(answer.status, status);
    }
}
