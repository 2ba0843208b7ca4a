//! Passwords: changing one, and setting one anew with the token from a mail.

use std::thread;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, Home, daemon::Login, home, http::Response, plugins, wait};
use wazo_auth_tests::{
    shapes::{assert_api, assert_reason},
    store::{PASSWORD, Store},
};

/// An id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn change(daemon: &Daemon, caller: &Login, user: &str, body: &Value) -> Response {
    let path = format!("/users/{user}/password");
    let request = daemon.client().put(&path).token(&caller.token);
    request.json(body).send()
}

fn passwords(old: &str, new: &str) -> Value {
    json!({ "old_password": old, "new_password": new })
}

fn reset(daemon: &Daemon, token: &str, user: &str, password: &Value) -> Response {
    let path = format!("/users/password/reset?token={token}&user_uuid={user}");
    let request = daemon.client().post(&path);
    request.json(&json!({ "password": password })).send()
}

/// The token that a mail for setting the password of a user anew would have.
fn mailed(store: &Store, user: &str) -> String {
    store.mailed_token(&format!("auth.users.password.reset.{user}.create"))
}

fn offline(daemon: &Daemon, login: &str, password: &str) -> Login {
    let request = daemon.client().post("/token").basic(login, password);
    let body = json!({ "access_type": "offline", "client_id": "desk" });
    Login::read(&request.json(&body).send())
}

fn is_alive(daemon: &Daemon, token: &str) -> bool {
    let path = format!("/token/{token}");
    daemon.client().head(&path).send().status == 204
}

fn refresh(daemon: &Daemon, login: &Login) -> u16 {
    let body = json!({ "refresh_token": login.data.get("refresh_token"), "client_id": "desk" });
    daemon.client().post("/token").json(&body).send().status
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

fn assert_managed_externally(answer: &Response, user: &str) {
    assert_api(
        answer,
        405,
        ("password-managed-externally", "users"),
        format!("Unable to update externally managed password for user : \"{user}\""),
        &json!({ "uuid": user }),
    );
}

#[test]
fn who_changes_the_password_ends_all_sessions_and_logged_in_clients() {
    for (keep, events) in [
        (
            false,
            [
                "auth_session_deleted",
                "auth_session_deleted",
                "auth_refresh_token_deleted",
            ]
            .as_slice(),
        ),
        (true, &["auth_session_deleted", "auth_session_deleted"]),
    ] {
        let daemon = Daemon::builder()
            .config(&format!("keep_refresh_tokens_on_password_change: {keep}\n"))
            .start();
        let store = Store::of(daemon.installation());
        let alice = store.user(None, "alice", &["auth.users.me.password.update"]);
        let (own, desk) = (
            daemon.login("alice", PASSWORD),
            offline(&daemon, "alice", PASSWORD),
        );
        let known = store.events().len();
        let answer = change(&daemon, &own, &alice, &passwords(PASSWORD, "n€w"));
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert!(!is_alive(&daemon, &own.token) && !is_alive(&daemon, &desk.token));
        assert_eq!(store.news(known), events);
        assert_eq!(refresh(&daemon, &desk), if keep { 200 } else { 401 });
        let _ = daemon.try_login("alice", PASSWORD).is(401);
        assert_eq!(daemon.login("alice", "n€w").auth_id, alice);
    }
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let alice = store.user(None, "alice", &[]);
    let known = store.events().len();
    let missing = json!({ "message": "Missing data for required field.",
        "constraint_id": "required", "constraint": "required" });
    let empty = json!({ "constraint_id": "length", "constraint": { "min": 1, "max": null },
        "message": "Shorter than minimum length 1." });
    let null = json!({ "message": "Field may not be null.", "constraint_id": "not_null",
        "constraint": "not_null" });
    for (body, field, failure) in [
        (json!({}), "old_password", &missing),
        (json!({ "old_password": "x" }), "new_password", &missing),
        (passwords("", ""), "old_password", &empty),
        (passwords(PASSWORD, ""), "new_password", &empty),
        (
            json!({ "old_password": PASSWORD, "new_password": null }),
            "new_password",
            &null,
        ),
    ] {
        assert_api(
            &change(&daemon, &admin, &alice, &body),
            400,
            ("invalid-data", "users"),
            failure.get("message").unwrap().clone(),
            &json!({ field: failure }),
        );
    }
    let refused = |user: &str, old: &str| {
        let answer = change(&daemon, &admin, user, &passwords(old, "new"));
        assert_reason(&answer, 401, "Authentication Failed");
    };
    refused(&alice, "wrong");
    store.change_user(&alice, "alice", false);
    refused(&alice, PASSWORD);
    store.change_user(&alice, "alice", true);
    let nameless = json!({ "password": "secret" });
    let request = daemon.client().post("/users").token(&admin.token);
    let made = request.json(&nameless).send().expect(200);
    let nameless = made.get("uuid").and_then(Value::as_str).unwrap();
    refused(nameless, "secret");
    let request = daemon.client().post("/users").token(&admin.token);
    let without = request.json(&json!({ "username": "bob" })).send();
    let without = without.expect(200);
    refused(without.get("uuid").and_then(Value::as_str).unwrap(), "x");
    assert_unknown(
        &change(&daemon, &admin, NOBODY, &passwords("x", "y")),
        NOBODY,
    );
    for method in ["saml", "ldap"] {
        store.set_method(&alice, method);
        refused(&alice, "wrong");
        let answer = change(&daemon, &admin, &alice, &passwords(PASSWORD, "new"));
        assert_managed_externally(&answer, &alice);
    }
    store.set_method(&alice, "native");
    assert_eq!(store.events().len(), known, "nothing ended");
    let _ = daemon.login("alice", PASSWORD);
}

#[test]
fn the_password_of_somebody_outside_of_the_callers_tenants_cannot_be_changed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let _ = store.user(Some(&acme), "boss", &["#"]);
    let stranger = store.user(None, "stranger", &[]);
    let boss = daemon.login("boss", PASSWORD);
    for user in [stranger.as_str(), NOBODY] {
        let answer = change(&daemon, &boss, user, &passwords(PASSWORD, "new"));
        assert_unknown(&answer, user);
        assert_unknown(&reset(&daemon, &boss.token, user, &json!("new")), user);
        let answer = reset(&daemon, &boss.token, user, &json!(null));
        assert_api(
            &answer,
            404,
            ("unknown-user", "users"),
            format!("No such user: \"{user}\""),
            &json!({ "password": null, "uuid": user }),
        );
    }
    let _ = daemon.login("stranger", PASSWORD);
}

#[test]
fn a_token_from_a_mail_sets_the_password_once() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let alice = store.user(Some(&acme), "alice", &[]);
    let bob = store.user(Some(&acme), "bob", &[]);
    let (token, second, of_bob) = (
        mailed(&store, &alice),
        mailed(&store, &alice),
        mailed(&store, &bob),
    );
    let desk = offline(&daemon, "alice", PASSWORD);
    let answer = reset(&daemon, &token, &alice, &json!("new"));
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(!is_alive(&daemon, &desk.token));
    assert_eq!(refresh(&daemon, &desk), 401);
    assert_eq!(daemon.login("alice", "new").auth_id, alice);
    for used in [&token, &second] {
        let answer = reset(&daemon, used, &alice, &json!("newer"));
        assert_api(
            &answer,
            401,
            ("unauthorized", ""),
            "Unauthorized",
            &json!({ "invalid_token": used }),
        );
    }
    assert!(is_alive(&daemon, &of_bob), "others keep theirs");
    let _ = reset(&daemon, &of_bob, &alice, &json!("newer")).is(401);
    let _ = daemon.login("alice", "new");
}

#[test]
fn a_changed_password_makes_tokens_from_mails_worthless() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &["#"]);
    let token = mailed(&store, &alice);
    let own = daemon.login("alice", PASSWORD);
    change(&daemon, &own, &alice, &passwords(PASSWORD, "new")).is(204);
    let _ = reset(&daemon, &token, &alice, &json!("newer")).is(401);
    let _ = daemon.login("alice", "new");
}

#[test]
fn of_many_who_use_one_token_at_once_one_sets_the_password() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let token = mailed(&store, &alice);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|number| {
                let (daemon, token, alice) = (&daemon, &token, &alice);
                let password = json!(format!("new {number}"));
                scope.spawn(move || reset(daemon, token, alice, &password).status)
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let done = statuses.iter().filter(|status| **status == 204).count();
    let late = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!((done, late), (1, 7), "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 204).unwrap();
    let _ = daemon.login("alice", &format!("new {winner}"));
}

#[test]
fn who_may_set_passwords_anew_needs_no_mail() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let acme = store.tenant(None, "acme");
    let alice = store.user(Some(&acme), "alice", &[]);
    let path = format!("/users/password/reset?user_uuid={alice}");
    let post = |body: &Value| {
        let request = daemon.client().post(&path).token(&admin.token);
        request.json(body).send()
    };
    for password in ["one", "two"] {
        let _ = post(&json!({ "password": password })).is(204);
        let _ = daemon.login("alice", password);
    }
    let own = daemon.login("alice", "two");
    let _ = post(&json!({ "password": null })).is(204);
    assert!(!is_alive(&daemon, &own.token));
    let _ = daemon.try_login("alice", "two").is(401);
    for (body, message) in [
        (json!({}), "Missing data for required field."),
        (json!({ "password": "" }), "Shorter than minimum length 1."),
        (json!({ "password": 3 }), "Not a valid string."),
        (json!("x"), "Invalid input type."),
    ] {
        assert_api(
            &post(&body),
            400,
            ("invalid-data", "reset"),
            message,
            &json!({}),
        );
    }
    store.set_method(&alice, "saml");
    assert_managed_externally(&post(&json!({ "password": "three" })), &alice);
    let _ = post(&json!({ "password": null })).is(204);
    let request = daemon.client().post("/users").token(&admin.token);
    let nameless = request.json(&json!({})).send().expect(200);
    let nameless = nameless.get("uuid").and_then(Value::as_str).unwrap();
    assert_reason(
        &reset(&daemon, &admin.token, nameless, &json!("x")),
        401,
        "Authentication Failed",
    );
    let _ = reset(&daemon, &admin.token, nameless, &json!(null)).is(204);
}

#[test]
fn without_a_name_in_the_query_nobody_is_meant() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let post = |path: &str| {
        let request = daemon.client().post(path).token(&admin.token);
        request.json(&json!({ "password": "x" })).send()
    };
    assert_unknown(&post("/users/password/reset"), "None");
    let store = Store::of(daemon.installation());
    let none = store.mailed_token("auth.users.password.reset.None.create");
    let request = daemon.client().post("/users/password/reset").token(&none);
    let answer = request.json(&json!({ "password": "x" })).send();
    assert_unknown(&answer, "None");
    assert_unknown(&post("/users/password/reset?user_uuid=x"), "x");
    // The token comes before the body.
    let request = daemon.client().post("/users/password/reset?user_uuid=x");
    assert_api(
        &request.body("{").send(),
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({ "invalid_token": "" }),
    );
}

#[test]
fn a_login_that_is_under_way_with_the_old_password_is_refused() {
    let gate = Home::new();
    let daemon = Daemon::builder()
        .plugin(plugins::bad("tells"))
        .config(&format!(
            "enabled_metadata_plugins: {{fails: true}}\n\
             purpose_metadata_mapping: {{user: [fails]}}\n\
             fails: {{gate: '{}'}}\n",
            gate.path().display()
        ))
        .start();
    let store = Store::of(daemon.installation());
    // For this name the plugin waits, which is behind the check of the password.
    let user = store.user(None, "hang", &[]);
    let admin = daemon.admin();
    thread::scope(|scope| {
        let login = scope.spawn(|| daemon.try_login("hang", PASSWORD));
        let reached = || gate.join("reached").exists().then_some(());
        wait::until("the login is past the check", reached);
        change(&daemon, &admin, &user, &passwords(PASSWORD, "new")).is(204);
        home::write(&gate.join("open"), "");
        let answer = login.join().unwrap();
        assert_reason(&answer, 401, "Authentication Failed");
    });
    let path = format!("/users/{user}/sessions");
    let list = daemon.client().get(&path).token(&admin.token).send();
    let total = list.expect(200).get("total").cloned();
    assert_eq!(total, Some(json!(0)));
    let _ = daemon.login("hang", "new");
}

#[test]
fn a_login_renews_the_form_of_a_password_and_gets_its_token() {
    let daemon = Daemon::builder()
        .config("password_hash: {scheme: pbkdf2, upgrade: true}\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let old = store.password_of(&alice);
    assert!(old.starts_with("$bcrypt-sha384$"), "another form");
    let logins: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| daemon.login("alice", PASSWORD)))
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(logins.iter().all(|login| is_alive(&daemon, &login.token)));
    let new = store.password_of(&alice);
    assert!(
        new.len() == 128 && new.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "another form"
    );
    let _ = daemon.try_login("alice", "wrong").is(401);
}

#[test]
fn a_token_from_a_mail_is_no_good_for_whoever_gets_the_id_later() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let path = format!("/users/{NOBODY}");
    let make = || {
        let request = daemon.client().post("/users").token(&admin.token);
        let body = json!({ "uuid": NOBODY, "username": "alice", "password": "secret" });
        request.json(&body).send().is(200);
    };
    for how in ["deleted", "disabled"] {
        make();
        let token = mailed(&store, NOBODY);
        if how == "disabled" {
            let request = daemon.client().put(&path).token(&admin.token);
            let _ = request.json(&json!({ "enabled": false })).send().is(200);
        }
        let _ = daemon
            .client()
            .delete(&path)
            .token(&admin.token)
            .send()
            .is(204);
        make();
        let _ = reset(&daemon, &token, NOBODY, &json!("stolen")).is(401);
        let _ = daemon.login("alice", "secret");
        let _ = daemon
            .client()
            .delete(&path)
            .token(&admin.token)
            .send()
            .is(204);
    }
}

#[test]
fn a_client_that_refreshes_while_its_login_goes_to_somebody_else_gets_nothing() {
    let gate = Home::new();
    let daemon = Daemon::builder()
        .plugin(plugins::bad("tells"))
        .config(&format!(
            "enabled_metadata_plugins: {{fails: true}}\n\
             purpose_metadata_mapping: {{user: [fails]}}\n\
             fails: {{gate: '{}'}}\n",
            gate.path().display()
        ))
        .start();
    let store = Store::of(daemon.installation());
    let user = store.user(None, "hang", &[]);
    home::write(&gate.join("open"), "");
    let desk = offline(&daemon, "hang", PASSWORD);
    for file in ["open", "reached"] {
        std::fs::remove_file(gate.join(file)).unwrap();
    }
    thread::scope(|scope| {
        let refreshed = scope.spawn(|| refresh(&daemon, &desk));
        let reached = || gate.join("reached").exists().then_some(());
        wait::until("the refresh is past the check", reached);
        store.change_user(&user, "renamed", true);
        let _ = store.user(None, "hang", &["#"]);
        home::write(&gate.join("open"), "");
        assert_eq!(refreshed.join().unwrap(), 401);
    });
    assert_eq!(refresh(&daemon, &desk), 200, "under the new name");
}

#[test]
fn whoever_has_a_confirmed_address_needs_no_name_for_a_password() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let body = json!({ "password": "old", "email_address": "alice@example.com" });
    let request = daemon.client().post("/users").token(&admin.token);
    let made = request.json(&body).send().expect(200);
    let alice = made.get("uuid").and_then(Value::as_str).unwrap();
    change(&daemon, &admin, alice, &passwords("old", "new")).is(204);
    assert_eq!(daemon.login("alice@example.com", "new").auth_id, alice);
    let _ = reset(&daemon, &mailed(&store, alice), alice, &json!("newer")).is(204);
    let _ = daemon.login("alice@example.com", "newer");
    let path = format!("/admin/users/{alice}/emails");
    let unconfirmed = json!({ "emails": [
        { "address": "alice@example.com", "main": true, "confirmed": false },
        { "address": "second@example.com", "confirmed": true },
    ] });
    let request = daemon.client().put(&path).token(&admin.token);
    let _ = request.json(&unconfirmed).send().is(200);
    for answer in [
        change(&daemon, &admin, alice, &passwords("newer", "newest")),
        reset(&daemon, &admin.token, alice, &json!("newest")),
    ] {
        assert_reason(&answer, 401, "Authentication Failed");
    }
    let _ = daemon.login("second@example.com", "newer");
}
