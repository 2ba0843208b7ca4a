//! E-mail addresses of users: replacing them, and confirming one with the token from a mail.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::fs;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    shapes::{assert_api, assert_not_granted, assert_unknown_token},
    store::{PASSWORD, Store},
};

/// An id that nothing has.
const NOTHING: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn put(daemon: &Daemon, caller: &Login, path: &str, body: &Value) -> Response {
    let request = daemon.client().put(path).token(&caller.token);
    request.json(body).send()
}

fn own(user: &str) -> String {
    format!("/users/{user}/emails")
}

fn admins(user: &str) -> String {
    format!("/admin/users/{user}/emails")
}

/// The addresses of a user, as it shows them.
fn emails(daemon: &Daemon, caller: &Login, user: &str) -> Value {
    let request = daemon.client().get(&format!("/users/{user}"));
    request.token(&caller.token).send().expect(200)["emails"].clone()
}

fn assert_invalid(answer: &Response, message: Value) {
    assert_api(answer, 400, ("invalid-data", "emails"), message, &json!({}));
}

#[test]
fn the_addresses_of_a_user_are_replaced_as_a_whole() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let alice = store.user(None, "alice", &[]);
    let given = json!({ "emails": [
        { "address": "Alice@example.com", "main": true, "confirmed": true, "uuid": NOTHING },
        { "address": "second@example.com" },
    ] });
    let first = put(&daemon, &admin, &admins(&alice), &given).expect(200);
    let [one, two] = [0, 1].map(|place| first[place]["uuid"].clone());
    assert_eq!(
        first.to_string(),
        json!([
            { "address": "Alice@example.com", "main": true, "uuid": one, "confirmed": true },
            { "address": "second@example.com", "main": false, "uuid": two, "confirmed": false },
        ])
        .to_string()
    );
    assert_ne!(one, NOTHING);
    // What is kept keeps its id and what was said of it; the owner confirms nothing.
    let given = json!({ "emails": [
        { "address": "third@example.com", "main": true, "confirmed": true },
        { "address": "Alice@example.com" },
    ] });
    let changed = put(&daemon, &admin, &own(&alice), &given).expect(200);
    let three = changed[0]["uuid"].clone();
    assert_eq!(
        changed,
        json!([
            { "address": "third@example.com", "main": true, "uuid": three, "confirmed": false },
            { "address": "Alice@example.com", "main": false, "uuid": one, "confirmed": true },
        ])
    );
    // Another spelling is another address.
    let given = json!({ "emails": [{ "address": "alice@example.com", "main": true }] });
    let changed = put(&daemon, &admin, &own(&alice), &given).expect(200);
    assert_eq!(changed[0]["confirmed"], false);
    assert_ne!(changed[0]["uuid"], one);
    let given =
        json!({ "emails": [{ "address": "alice@example.com", "main": true, "confirmed": true }] });
    let confirmed = put(&daemon, &admin, &admins(&alice), &given).expect(200);
    assert_eq!(confirmed[0]["uuid"], changed[0]["uuid"]);
    assert_eq!(daemon.login("ALICE@example.com", PASSWORD).auth_id, alice);
    let given =
        json!({ "emails": [{ "address": "alice@example.com", "main": true, "confirmed": false }] });
    put(&daemon, &admin, &admins(&alice), &given).is(200);
    let _ = daemon.try_login("alice@example.com", PASSWORD).is(401);
    let none = put(&daemon, &admin, &own(&alice), &json!({ "emails": [] })).expect(200);
    assert_eq!(none, json!([]));
    assert_eq!(emails(&daemon, &admin, &alice), json!([]));
}

#[test]
fn a_list_of_addresses_that_breaks_a_rule_is_refused_as_a_whole() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let alice = store.user(None, "alice", &[]);
    let before = json!({ "emails": [{ "address": "alice@example.com", "main": true }] });
    put(&daemon, &admin, &own(&alice), &before).is(200);
    let before = emails(&daemon, &admin, &alice);
    let missing = json!({ "message": "Missing data for required field.",
        "constraint_id": "required", "constraint": "required" });
    let null = json!({ "message": "Field may not be null.", "constraint_id": "not_null",
        "constraint": "not_null" });
    let address = |value: Value| json!({ "emails": [{ "address": value, "main": true }] });
    let two = |first: Value, second: Value| json!({ "emails": [first, second] });
    for (body, message) in [
        (json!({}), json!({ "emails": missing })),
        (json!({ "emails": null }), json!({ "emails": null })),
        (
            json!({ "emails": "x" }),
            json!({ "emails": { "message": "Invalid type.", "constraint_id": "type",
                "constraint": "dict" } }),
        ),
        (
            json!({ "emails": [3] }),
            json!({ "emails": { "0": { "_schema": ["Invalid input type."] } } }),
        ),
        (
            address(json!("a@b")),
            json!({ "emails": { "0": { "address": [{ "constraint_id": "type",
                "constraint": "email", "message": "Not a valid email address." }] } } }),
        ),
        (
            json!({ "emails": [{ "main": true }] }),
            json!({ "emails": { "0": { "address": missing } } }),
        ),
        (
            address(json!(null)),
            json!({ "emails": { "0": { "address": null } } }),
        ),
        (
            json!({ "emails": [{ "address": "a@example.com", "main": null }] }),
            json!({ "emails": { "0": { "main": null } } }),
        ),
        (
            json!({ "emails": [{ "address": "a@example.com" }] }),
            json!({ "_schema": ["At least one address should be main"] }),
        ),
        (
            two(
                json!({ "address": "a@example.com", "main": true }),
                json!({ "address": "b@example.com", "main": "yes" }),
            ),
            json!({ "_schema": ["Only one address should be main"] }),
        ),
        (
            two(
                json!({ "address": "a@example.com", "main": true }),
                json!({ "address": "a@example.com" }),
            ),
            json!({ "_schema": ["The same address can only be used once"] }),
        ),
        (
            json!({ "emails": vec![json!({}); 101] }),
            json!({ "emails": [{ "constraint_id": "length",
                "constraint": { "min": null, "max": 100 },
                "message": "Longer than maximum length 100." }] }),
        ),
    ] {
        // A bare null stands for its failure.
        let message = fill(message, &null);
        for path in [own(&alice), admins(&alice)] {
            assert_invalid(&put(&daemon, &admin, &path, &body), message.clone());
        }
    }
    assert_eq!(emails(&daemon, &admin, &alice), before);
}

/// Puts the failure of a null where a null stands.
fn fill(message: Value, null: &Value) -> Value {
    match message {
        Value::Null => null.clone(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, fill(value, null)))
            .collect(),
        other => other,
    }
}

#[test]
fn an_address_belongs_to_one_user() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let alice = store.user(None, "alice", &[]);
    let bob = store.user(None, "bob@example.com", &[]);
    let taken = |answer: &Response, login: &str| {
        assert_api(
            answer,
            409,
            ("conflict", "users"),
            "Conflict detected",
            &json!({ "email_address": { "constraint_id": "unique",
                "message": format!("The login \"{login}\" is already used") } }),
        );
    };
    let one = |address: &str| json!({ "emails": [{ "address": address, "main": true }] });
    for path in [own(&alice), admins(&alice)] {
        taken(
            &put(&daemon, &admin, &path, &one("BOB@example.com")),
            "BOB@example.com",
        );
        let twice = json!({ "emails": [
            { "address": "a@example.com", "main": true }, { "address": "A@example.com" },
        ] });
        taken(&put(&daemon, &admin, &path, &twice), "A@example.com");
    }
    assert_eq!(emails(&daemon, &admin, &alice), json!([]));
    // The database folds letters otherwise than texts alone do.
    let folded = json!({ "emails": [
        { "address": "ΑΣ@example.com", "main": true }, { "address": "ασ@example.com" },
    ] });
    let answer = put(&daemon, &admin, &own(&alice), &folded);
    assert_eq!(answer.status, 409, "{answer:?}");
    put(&daemon, &admin, &own(&bob), &one("bob@EXAMPLE.com")).is(200);
    taken(
        &put(&daemon, &admin, &own(&alice), &one("bob@example.com")),
        "bob@example.com",
    );
}

#[test]
fn an_address_of_somebody_outside_of_the_callers_tenants_is_none() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let _ = store.user(Some(&acme), "boss", &["#"]);
    let stranger = store.user(None, "stranger", &[]);
    let admin = daemon.admin();
    let boss = daemon.login("boss", PASSWORD);
    let one = json!({ "emails": [{ "address": "a@example.com", "main": true }] });
    put(&daemon, &admin, &own(&stranger), &one).is(200);
    let before = emails(&daemon, &admin, &stranger);
    let email = before[0]["uuid"].as_str().unwrap();
    for user in [stranger.as_str(), NOTHING] {
        // The address is the stranger's own: that must not show either.
        for path in [own(user), admins(user)] {
            for body in [&one, &json!({ "emails": [] })] {
                assert_api(
                    &put(&daemon, &boss, &path, body),
                    404,
                    ("unknown-user", "users"),
                    format!("No such user: \"{user}\""),
                    &json!({ "uuid": user }),
                );
            }
        }
    }
    for email in [email, NOTHING] {
        let path = format!("/emails/{email}/confirm");
        for method in ["GET", "PUT"] {
            let request = daemon.client().request(method, &path);
            assert_api(
                &request.token(&boss.token).send(),
                404,
                ("unknown-email", "emails"),
                format!("No such email: \"{email}\""),
                &json!({ "uuid": email }),
            );
        }
    }
    assert_eq!(emails(&daemon, &admin, &stranger), before);
}

/// A user with an unconfirmed address, the address's id, and the token that a mail to it would have.
fn mailed(daemon: &Daemon, admin: &Login) -> (String, String, String) {
    let store = Store::of(daemon.installation());
    let below = store.tenant(None, "below");
    let user = store.user(Some(&below), "alice", &[]);
    let body = json!({ "emails": [{ "address": "alice@example.com", "main": true }] });
    let emails = put(daemon, admin, &own(&user), &body).expect(200);
    let email = emails[0]["uuid"].as_str().unwrap().to_owned();
    let token = store.mailed_token(&format!("auth.emails.{email}.confirm.edit"));
    (user, email, token)
}

#[test]
fn the_link_in_a_mail_confirms_an_address_as_often_as_it_is_followed() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let (user, email, token) = mailed(&daemon, &admin);
    let path = format!("/emails/{email}/confirm");
    for _ in 0..2 {
        let page = daemon.client().get(&format!("{path}?token={token}")).send();
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.body.starts_with("<!doctype html>"), "{page:?}");
        assert_eq!(emails(&daemon, &admin, &user)[0]["confirmed"], true);
    }
    // The token in the query counts, not the one in the header.
    let request = daemon.client().get(&format!("{path}?token={NOTHING}"));
    let access = format!("auth.emails.{email}.confirm.update");
    assert_unknown_token(&request.token(&token).send(), NOTHING, &access);
    let request = daemon.client().get(&path).token(&token);
    let _ = request.send().is(200);
    assert_unknown_token(&daemon.client().get(&path).send(), "", &access);
}

#[test]
fn programs_confirm_an_address_with_the_token_in_a_header() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let (user, email, token) = mailed(&daemon, &admin);
    let path = format!("/emails/{email}/confirm");
    let access = format!("auth.emails.{email}.confirm.update");
    let linked = daemon.client().put(&format!("{path}?token={token}")).send();
    assert_unknown_token(&linked, "", &access);
    for _ in 0..2 {
        let answer = daemon.client().put(&path).token(&token).send();
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    assert_eq!(emails(&daemon, &admin, &user)[0]["confirmed"], true);
    let other = format!("/emails/{NOTHING}/confirm");
    assert_not_granted(
        &daemon.client().put(&other).token(&token).send(),
        &token,
        &format!("auth.emails.{NOTHING}.confirm.update"),
    );
    let none = json!({ "emails": [] });
    put(&daemon, &admin, &own(&user), &none).is(200);
    assert_api(
        &daemon.client().put(&path).token(&token).send(),
        404,
        ("unknown-email", "emails"),
        format!("No such email: \"{email}\""),
        &json!({ "uuid": email }),
    );
}

#[test]
fn an_operator_writes_the_page_and_a_broken_one_confirms_nothing() {
    let daemon = Daemon::builder()
        .config(
            "email_confirmation_get_response_body_template: page.jinja\n\
             email_confirmation_get_mimetype: application/json\n",
        )
        .start();
    let file = daemon.installation().path("page.jinja");
    let admin = daemon.admin();
    let (user, email, token) = mailed(&daemon, &admin);
    let path = format!("/emails/{email}/confirm?token={token}");
    let get = || daemon.client().get(&path).send();
    for broken in [None, Some("{% if %}")] {
        if let Some(text) = broken {
            fs::write(&file, text).unwrap();
        }
        assert_eq!(get().status, 500, "{broken:?}");
        assert_eq!(emails(&daemon, &admin, &user)[0]["confirmed"], false);
    }
    for text in ["{\"confirmed\": {{ 1 + 1 }}{{ nothing }}}", "{}"] {
        fs::write(&file, format!("{text}\n")).unwrap();
        let page = get();
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.header("content-type"), Some("application/json"));
        assert_eq!(page.body, text.replace("{{ 1 + 1 }}{{ nothing }}", "2"));
    }
    let log = fs::read_to_string(daemon.installation().path("wazo-auth.log")).unwrap();
    assert!(log.contains("cannot read the template page.jinja"), "{log}");
    assert!(!log.contains(&token), "a token is in the log");
}
