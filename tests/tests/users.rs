//! `/users`: making, showing, changing and deleting users.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    shapes::{assert_api, assert_json, assert_no_route, assert_not_understood},
    store::{PASSWORD, Store},
};

/// An id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn post(daemon: &Daemon, caller: &Login, body: &Value) -> Response {
    let request = daemon.client().post("/users").token(&caller.token);
    request.json(body).send()
}

fn put(daemon: &Daemon, caller: &Login, uuid: &str, body: &Value) -> Response {
    let path = format!("/users/{uuid}");
    daemon
        .client()
        .put(&path)
        .token(&caller.token)
        .json(body)
        .send()
}

fn get(daemon: &Daemon, caller: &Login, uuid: &str) -> Response {
    let path = format!("/users/{uuid}");
    daemon.client().get(&path).token(&caller.token).send()
}

fn delete(daemon: &Daemon, caller: &Login, uuid: &str) -> Response {
    let path = format!("/users/{uuid}");
    daemon.client().delete(&path).token(&caller.token).send()
}

fn uuid(user: &Value) -> String {
    user["uuid"].as_str().unwrap().to_owned()
}

fn is_alive(daemon: &Daemon, login: &Login) -> bool {
    let path = format!("/token/{}", login.token);
    daemon.client().head(&path).send().status == 204
}

fn assert_unknown(answer: &Response, uuid: &str) {
    assert_api(
        answer,
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{uuid}\""),
        &json!({ "uuid": uuid }),
    );
}

#[test]
fn a_user_is_made_with_all_that_is_said_about_it() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let answer = post(
        &daemon,
        &admin,
        &json!({
            "uuid": "{0D7D2C61-54A1-1A6E-9A0E-5F0C8E0A1B11}",
            "username": "Alice B@home",
            "firstname": "Alice",
            "lastname": "",
            "password": "pässword-Ω",
            "email_address": "Alice@Exämple.com",
            "enabled": "yes",
            "tenant_uuid": NOBODY,
            "emails": "ignored",
        }),
    );
    let user = answer.expect(200);
    assert_json(&answer);
    let email = user["emails"][0]["uuid"].clone();
    assert_eq!(
        user.to_string(),
        json!({
            "uuid": "0d7d2c61-54a1-1a6e-9a0e-5f0c8e0a1b11",
            "username": "Alice B@home",
            "firstname": "Alice",
            "lastname": "",
            "purpose": "user",
            "enabled": true,
            "tenant_uuid": admin.data["metadata"]["tenant_uuid"],
            "authentication_method": "default",
            "emails": [{
                "uuid": email,
                "address": "Alice@Exämple.com",
                "main": true,
                "confirmed": true,
            }],
        })
        .to_string()
    );
    assert_eq!(get(&daemon, &admin, &uuid(&user)).expect(200), user);
    let path = format!("/users/{}", uuid(&user).to_uppercase());
    let head = daemon.client().head(&path).token(&admin.token).send();
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for login in ["alice b@HOME", "alice@exämple.com"] {
        let login = daemon.login(login, "pässword-Ω");
        assert_eq!(login.auth_id, uuid(&user));
    }
}

#[test]
fn what_is_not_said_about_a_user_gets_its_default() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    for body in ["null", "[]", "{}", "\"\"", "0", "false"] {
        let request = daemon.client().post("/users").token(&admin.token);
        let user = request.body(body).send().expect(200);
        assert_eq!(
            [
                &user["username"],
                &user["firstname"],
                &user["lastname"],
                &user["purpose"],
                &user["enabled"],
                &user["authentication_method"],
                &user["emails"],
            ],
            [
                &json!(null),
                &json!(null),
                &json!(null),
                &json!("user"),
                &json!(true),
                &json!("default"),
                &json!([]),
            ],
            "{body}"
        );
    }
    for (purpose, method) in [("internal", "native"), ("external_api", "native")] {
        let user = post(&daemon, &admin, &json!({ "purpose": purpose })).expect(200);
        assert_eq!(
            (&user["purpose"], &user["authentication_method"]),
            (&json!(purpose), &json!(method))
        );
    }
    for method in ["native", "default"] {
        let user = post(&daemon, &admin, &json!({ "authentication_method": method })).expect(200);
        assert_eq!(user["authentication_method"], method);
    }
}

#[test]
fn a_user_may_have_the_method_of_an_enabled_provider() {
    let daemon = Daemon::builder()
        .config("idp_plugins: {ldap: {enabled: true}}\n")
        .start();
    let admin = daemon.admin();
    let body = |method: &str| json!({ "authentication_method": method });
    let user = post(&daemon, &admin, &body("ldap")).expect(200);
    assert_eq!(user["authentication_method"], "ldap");
    let _ = put(&daemon, &admin, &uuid(&user), &body("saml")).is(400);
    let _ = put(&daemon, &admin, &uuid(&user), &body("native")).is(200);
}

#[test]
fn a_new_user_joins_the_users_of_its_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let admin = daemon.admin();
    let users: Vec<String> = ["one", "two"]
        .map(|name| {
            let request = daemon.client().post("/users").token(&admin.token);
            let request = request.header("Wazo-Tenant", &below);
            let user = request.json(&json!({ "username": name })).send();
            assert_eq!(user.expect(200)["tenant_uuid"], below.as_str());
            uuid(&user.json())
        })
        .to_vec();
    let group = store.group_of_all_users(&below);
    let path = format!("/users?recurse=true&group_uuid={group}");
    let list = daemon.client().get(&path).token(&admin.token).send();
    let members: Vec<String> = list.expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(uuid)
        .collect();
    assert_eq!(members, users);
}

#[test]
fn the_first_field_that_is_wrong_is_told() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let user = uuid(&post(&daemon, &admin, &json!({ "username": "alice" })).expect(200));
    let atom = |message: &str, id: &str, constraint: Value| json!({ "message": message, "constraint_id": id, "constraint": constraint });
    let length = json!({ "constraint_id": "length", "constraint": { "min": 1, "max": 256 },
        "message": "Length must be between 1 and 256." });
    let choices = json!({ "constraint_id": "enum",
        "constraint": { "choices": ["user", "internal", "external_api"] },
        "message": "Must be one of: user, internal, external_api." });
    let null = atom("Field may not be null.", "not_null", json!("not_null"));
    let string = atom("Not a valid string.", "type", json!("string"));
    let boolean = atom("Not a valid boolean.", "type", json!("boolean"));
    // In the order of the fields: the later ones are wrong too, and not told.
    let wrong = [
        ("username", json!(""), length.clone()),
        ("username", json!("x".repeat(257)), length),
        ("username", json!(7), string.clone()),
        ("firstname", json!([]), string.clone()),
        ("lastname", json!({}), string.clone()),
        ("purpose", json!("boss"), choices),
        ("purpose", json!(null), null.clone()),
        ("authentication_method", json!(null), null.clone()),
        ("authentication_method", json!(true), string.clone()),
        ("enabled", json!(null), null.clone()),
        ("enabled", json!("maybe"), boolean),
    ];
    let only_new = [
        (
            "uuid",
            json!("x"),
            atom("Not a valid UUID.", "type", json!("uuid")),
        ),
        ("uuid", json!(null), null),
        (
            "password",
            json!(""),
            json!({ "constraint_id": "length", "constraint": { "min": 1, "max": null },
                "message": "Shorter than minimum length 1." }),
        ),
        ("password", json!(1), string),
        (
            "email_address",
            json!("a@b"),
            json!({ "constraint_id": "type", "constraint": "email",
                "message": "Not a valid email address." }),
        ),
    ];
    for (field, value, failure) in wrong.iter().chain(&only_new) {
        let mut body = json!({ "email_address": "x" });
        body[field] = value.clone();
        assert_api(
            &post(&daemon, &admin, &body),
            400,
            ("invalid-data", "users"),
            failure["message"].clone(),
            &json!({ *field: failure }),
        );
    }
    for (field, value, failure) in &wrong {
        assert_api(
            &put(&daemon, &admin, &user, &json!({ *field: value })),
            400,
            ("invalid-data", "users"),
            failure["message"].clone(),
            &json!({ *field: failure }),
        );
    }
    for (field, value, _) in &only_new {
        put(&daemon, &admin, &user, &json!({ *field: value })).is(200);
    }
    for method in ["backend", "", "NATIVE"] {
        let body = json!({ "authentication_method": method });
        for answer in [
            post(&daemon, &admin, &body),
            put(&daemon, &admin, &user, &body),
        ] {
            assert_api(
                &answer,
                400,
                ("invalid-data", "users"),
                format!("Invalid authentication method {method}"),
                &body,
            );
        }
    }
    for something in [json!("x"), json!([1]), json!(1), json!(true)] {
        assert_api(
            &post(&daemon, &admin, &something),
            400,
            ("invalid-data", "users"),
            "Invalid input type.",
            &json!({ "_schema": { "message": "Invalid input type." } }),
        );
    }
    let request = daemon.client().post("/users").token(&admin.token);
    assert_api(
        &request.body("{\"username\": 1e999}").send(),
        400,
        ("invalid-data", "users"),
        "Not a valid string.",
        &json!({ "username": atom("Not a valid string.", "type", json!("string")) }),
    );
    for body in ["", "{", "{\"username\": \"a\\u0000b\"}"] {
        let request = daemon.client().post("/users").token(&admin.token);
        assert_not_understood(&request.body(body).send());
    }
}

#[test]
fn an_update_replaces_all_that_is_said_about_a_user() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let user = post(
        &daemon,
        &admin,
        &json!({ "username": "alice", "firstname": "A", "lastname": "B", "password": "secret",
            "email_address": "alice@example.com", "authentication_method": "native" }),
    )
    .expect(200);
    let alice = daemon.login("alice", "secret");
    let ignored = json!({ "username": "bob", "uuid": NOBODY, "password": "other",
        "email_address": "other@example.com", "tenant_uuid": NOBODY });
    let mut expected = user.clone();
    expected["username"] = json!("bob");
    expected["firstname"] = json!(null);
    expected["lastname"] = json!(null);
    expected["authentication_method"] = json!("default");
    assert_eq!(
        put(&daemon, &admin, &uuid(&user), &ignored).expect(200),
        expected
    );
    assert!(is_alive(&daemon, &alice));
    assert_eq!(daemon.login("bob", "secret").auth_id, uuid(&user));
    let nameless = put(&daemon, &admin, &uuid(&user), &json!({})).expect(200);
    assert_eq!(nameless["username"], json!(null));
    let program = json!({ "purpose": "internal" });
    let program = put(&daemon, &admin, &uuid(&user), &program).expect(200);
    assert_eq!(program["authentication_method"], "native");
}

#[test]
fn a_user_that_is_disabled_or_deleted_loses_its_sessions_and_clients() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let make = || {
        let body = json!({ "username": "alice", "password": "secret" });
        uuid(&post(&daemon, &admin, &body).expect(200))
    };
    let offline = || {
        let request = daemon.client().post("/token").basic("alice", "secret");
        let body = json!({ "access_type": "offline", "client_id": "desk" });
        Login::read(&request.json(&body).send())
    };
    for how in ["disabled", "deleted"] {
        let alice = make();
        let (first, second) = (daemon.login("alice", "secret"), offline());
        let refresh_token = second.data["refresh_token"].clone();
        let known = store.events().len();
        if how == "disabled" {
            let off = json!({ "username": "alice", "enabled": false });
            let off = put(&daemon, &admin, &alice, &off).expect(200);
            assert_eq!(off["enabled"], false);
        } else {
            let answer = delete(&daemon, &admin, &alice);
            assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        }
        assert!(!is_alive(&daemon, &first) && !is_alive(&daemon, &second));
        assert_eq!(
            store.news(known),
            [
                "auth_session_deleted",
                "auth_session_deleted",
                "auth_refresh_token_deleted"
            ],
            "{how}"
        );
        let body = json!({ "refresh_token": refresh_token, "client_id": "desk" });
        let _ = daemon.client().post("/token").json(&body).send().is(401);
        let _ = daemon.try_login("alice", "secret").is(401);
        if how == "disabled" {
            let on = json!({ "username": "alice" });
            put(&daemon, &admin, &alice, &on).is(200);
            let _ = daemon.login("alice", "secret");
            delete(&daemon, &admin, &alice).is(204);
        }
        assert_unknown(&get(&daemon, &admin, &alice), &alice);
        assert_unknown(&delete(&daemon, &admin, &alice), &alice);
    }
}

#[test]
fn who_deletes_itself_is_gone() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["auth.users.#"]);
    let login = daemon.login("alice", PASSWORD);
    delete(&daemon, &login, &alice).is(204);
    assert!(!is_alive(&daemon, &login));
    get(&daemon, &login, &alice).is(401);
}

#[test]
fn a_user_outside_of_the_callers_tenants_is_none() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let below = store.tenant(Some(&acme), "below");
    let other = store.tenant(None, "other");
    let _ = store.user(Some(&acme), "boss", &["auth.users.#"]);
    let worker = store.user(Some(&below), "worker", &[]);
    let stranger = store.user(Some(&other), "stranger", &[]);
    let boss = daemon.login("boss", PASSWORD);
    let top = daemon.admin().auth_id;
    get(&daemon, &boss, &worker).is(200);
    let before = store.events().len();
    for uuid in [stranger.as_str(), top.as_str(), NOBODY] {
        assert_unknown(&get(&daemon, &boss, uuid), uuid);
        assert_unknown(&delete(&daemon, &boss, uuid), uuid);
        assert_unknown(&put(&daemon, &boss, uuid, &json!({})), uuid);
    }
    assert_eq!(store.events().len(), before);
    let request = daemon.client().get(&format!("/users/{worker}"));
    let request = request.token(&boss.token).header("Wazo-Tenant", &other);
    assert_api(
        &request.send(),
        401,
        ("unauthorized-tenant", ""),
        "Unauthorized tenant",
        &json!({ "tenant_uuid": other }),
    );
    let request = daemon.client().get(&format!("/users/{worker}"));
    let _ = request
        .token(&boss.token)
        .header("Wazo-Tenant", &below)
        .send()
        .is(200);
    delete(&daemon, &boss, &worker).is(204);
}

#[test]
fn paths_that_name_no_user_are_none() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    for path in [
        "/users/me",
        "/users/x",
        "/users/",
        "/users/0d7d2c6154a14a6e9a0e5f0c8e0a1b11",
        "/users/me/password",
    ] {
        assert_no_route(&daemon.client().get(path).token(&admin.token).send());
    }
    let answer = daemon.client().request("PATCH", "/users").send();
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
}
