//! What the fields of users may hold.

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::assert_api,
    store::Store,
    tenants::{Actor, NOBODY, text},
};

fn path(user: &Value) -> String {
    format!("/users/{}", text(user, "uuid"))
}

#[test]
fn null_is_as_good_as_nothing_where_a_field_may_be_empty() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let nothing = json!({ "username": null, "firstname": null, "lastname": null });
    let mut body = nothing.clone();
    body["password"] = json!(null);
    body["email_address"] = json!(null);
    let user = admin.post("/users", &body).expect(200);
    let named = json!({ "username": "alice", "firstname": "A", "lastname": "B" });
    let _ = admin.put(&path(&user), &named).is(200);
    let _ = daemon.try_login("alice", "null").is(401);
    let emptied = admin.put(&path(&user), &nothing).expect(200);
    for shown in [&user, &emptied] {
        for field in ["username", "firstname", "lastname"] {
            assert_eq!(shown[field], json!(null), "{field}");
        }
        assert_eq!(shown["emails"], json!([]));
    }
}

#[test]
fn the_longest_of_everything_is_kept_whole() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let long = |length: usize| "é".repeat(length);
    let body = json!({
        "username": long(256), "firstname": long(5000), "lastname": long(5000),
        "password": long(5000),
    });
    let user = admin.post("/users", &body).expect(200);
    let login = daemon.login(&long(256), &long(5000));
    assert_eq!(login.auth_id, text(&user, "uuid"));
    let _ = daemon.try_login(&long(256), &long(4999)).is(401);
    let changed = admin.put(&path(&user), &body).expect(200);
    for field in ["username", "firstname", "lastname"] {
        assert_eq!(user[field], body[field], "{field}");
        assert_eq!(changed[field], body[field], "{field}");
    }
}

#[test]
fn whether_a_user_may_log_in_is_said_in_many_words() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let user = admin.post("/users", &json!({})).expect(200);
    for (enabled, words) in [
        (true, "t T true True TRUE on On ON y Y yes Yes YES 1"),
        (false, "f F false False FALSE off Off OFF n N no No NO 0"),
    ] {
        let texts = words.split(' ').map(|word| json!(word));
        for value in texts.chain([json!(enabled), json!(u8::from(enabled))]) {
            let body = json!({ "enabled": value });
            for answer in [admin.post("/users", &body), admin.put(&path(&user), &body)] {
                assert_eq!(answer.expect(200)["enabled"], enabled, "{value}");
            }
        }
    }
    for value in [
        json!("tRUE"),
        json!(" true"),
        json!(2),
        json!(""),
        json!([]),
    ] {
        let answer = admin.post("/users", &json!({ "enabled": value }));
        assert_eq!(answer.status, 400, "{value}: {answer:?}");
    }
}

#[test]
fn an_id_may_be_spelled_in_every_way_and_is_shown_in_one() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let plain = NOBODY.replace('-', "");
    for spelled in [
        NOBODY.to_uppercase(),
        plain.clone(),
        format!("{{{NOBODY}}}"),
        format!("urn:uuid:{NOBODY}"),
    ] {
        let user = admin
            .post("/users", &json!({ "uuid": spelled }))
            .expect(200);
        assert_eq!(user["uuid"], NOBODY, "{spelled}");
        let _ = admin.delete(&path(&user)).is(204);
        let tenant = admin.tenant(&json!({ "uuid": spelled }));
        assert_eq!(tenant["uuid"], NOBODY, "{spelled}");
        let _ = admin.delete(&format!("/tenants/{NOBODY}")).is(204);
    }
}

#[test]
fn what_is_wrong_is_told_in_its_order() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let _ = store.user(None, "taken", &[]);
    let bob = admin
        .post("/users", &json!({ "username": "bob" }))
        .expect(200);
    let unknown = format!("/users/{NOBODY}");
    let body =
        |name: Value, method: &str| json!({ "username": name, "authentication_method": method });
    let refused = |method: &str| {
        (
            format!("Invalid authentication method {method}"),
            json!({ "authentication_method": method }),
        )
    };
    let paths = [
        ("POST", "/users".to_owned()),
        ("PUT", unknown.clone()),
        ("PUT", path(&bob)),
    ];
    for (verb, path) in &paths {
        let send = |body: &Value| admin.request(verb, path).json(body).send();
        // The body, then the method, before anybody is looked for.
        let answer = send(&body(json!(7), "nothing")).expect(400);
        assert_eq!(answer["message"], "Not a valid string.");
        let (message, details) = refused("nothing");
        assert_api(
            &send(&body(json!("taken"), "nothing")),
            400,
            ("invalid-data", "users"),
            message,
            &details,
        );
    }
    // Then whether there is such a user, and only then whose the name is.
    assert_api(
        &admin.put(&unknown, &body(json!("taken"), "native")),
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{NOBODY}\""),
        &json!({ "uuid": NOBODY }),
    );
    for (verb, path) in [&paths[0], &paths[2]] {
        let answer = admin
            .request(verb, path)
            .json(&body(json!("taken"), "native"));
        assert_eq!(answer.send().status, 409);
    }
}
