//! Names and addresses of users: each is a login, and belongs to one user of all tenants.

use std::thread;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    shapes::assert_api,
    store::Store,
    tenants::{Actor, text},
};

fn path(user: &Value) -> String {
    format!("/users/{}", text(user, "uuid"))
}

fn assert_conflict(answer: &Response, field: &str, message: &str) {
    assert_api(
        answer,
        409,
        ("conflict", "users"),
        "Conflict detected",
        &json!({ field: { "constraint_id": "unique", "message": message } }),
    );
}

fn assert_login_taken(answer: &Response, field: &str, login: &str) {
    assert_conflict(
        answer,
        field,
        &format!("The login \"{login}\" is already used"),
    );
}

#[test]
fn a_login_belongs_to_one_user_of_all_tenants() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let other = store.tenant(None, "other");
    let admin = Actor::admin(&daemon);
    let first = json!({ "username": "Alice", "email_address": "alice@example.com" });
    let first = admin.post("/users", &first).expect(200);
    let elsewhere = |body: Value| admin.within(&other).post("/users", &body);
    for login in ["alice", "ALICE", "alice@EXAMPLE.com"] {
        assert_login_taken(&elsewhere(json!({ "username": login })), "username", login);
    }
    assert_login_taken(
        &elsewhere(json!({ "email_address": "Alice@Example.com" })),
        "email_address",
        "Alice@Example.com",
    );
    // The name comes first.
    assert_login_taken(
        &elsewhere(json!({ "username": "alice", "email_address": "alice@example.com" })),
        "username",
        "alice",
    );
    let named = json!({ "username": "bob@example.com", "email_address": "bob@example.com" });
    let second = admin.post("/users", &named).expect(200);
    assert_login_taken(
        &elsewhere(json!({ "email_address": "BOB@example.com" })),
        "email_address",
        "BOB@example.com",
    );
    let taken = text(&first, "uuid");
    assert_conflict(
        &elsewhere(json!({ "uuid": taken })),
        "uuid",
        &format!("The uuid \"{taken}\" is already used"),
    );
    assert_login_taken(
        &admin.put(&path(&second), &json!({ "username": "aLICE" })),
        "username",
        "aLICE",
    );
    for own in ["alice", "alice@example.com", "Alice"] {
        let changed = admin.put(&path(&first), &json!({ "username": own }));
        assert_eq!(changed.expect(200)["username"], own);
    }
    let total = admin.get("/users?recurse=true").expect(200)["total"].clone();
    assert_eq!(total, 3, "what is refused leaves nothing behind");
}

#[test]
fn of_many_who_want_a_login_at_once_one_gets_it() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let asked: Vec<_> = (0..12)
            .map(|number| {
                let admin = &admin;
                let field = if number % 2 == 0 {
                    "username"
                } else {
                    "email_address"
                };
                scope.spawn(move || {
                    admin
                        .post("/users", &json!({ field: "carol@example.com" }))
                        .status
                })
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let made = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((made, refused), (1, 11), "{statuses:?}");
}

#[test]
fn the_logins_of_somebody_who_is_gone_are_free() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let body = json!({ "username": "alice", "email_address": "alice@example.com" });
    let first = admin.post("/users", &body).expect(200);
    assert_login_taken(&admin.post("/users", &body), "username", "alice");
    let _ = admin.delete(&path(&first)).is(204);
    let again = admin.post("/users", &body).expect(200);
    assert_eq!(again["emails"][0]["address"], "alice@example.com");
    // So are those that somebody does without.
    let _ = admin.put(&path(&again), &json!({})).is(200);
    let emails = format!("{}/emails", path(&again));
    let _ = admin.put(&emails, &json!({ "emails": [] })).is(200);
    let _ = admin.post("/users", &body).is(200);
}
