//! What the fields of tenants may hold.

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::{assert_api, assert_not_understood},
    store::Store,
    tenants::{Actor, NOBODY, text},
};

fn broken(constraint_id: &str, constraint: Value, message: &str) -> Value {
    json!({"constraint_id": constraint_id, "constraint": constraint, "message": message})
}

fn length(min: usize, max: usize) -> Value {
    let message = format!("Length must be between {min} and {max}.");
    broken("length", json!({"min": min, "max": max}), &message)
}

fn wrong_type(name: &str, message: &str) -> Value {
    json!({"message": message, "constraint_id": "type", "constraint": name})
}

#[test]
fn the_first_wrong_field_is_named_and_nothing_is_made_or_changed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant(&json!({"name": "Acme", "slug": "acme", "phone": "1"}));
    let path = format!("/tenants/{}", text(&acme, "uuid"));
    let known = store.events().len();
    let long = |length: usize| "é".repeat(length);
    let not_null = json!({
        "message": "Field may not be null.", "constraint_id": "not_null", "constraint": "not_null",
    });
    let no_string = wrong_type("string", "Not a valid string.");
    let slug_pattern = broken(
        "regex",
        json!("^[a-zA-Z0-9_]+$"),
        "String does not match expected pattern.",
    );
    let domain_pattern = broken(
        "regex",
        json!(wazo_auth_model::domain_name::PATTERN),
        "String does not match expected pattern.",
    );
    let uuid = wrong_type("uuid", "Not a valid UUID.");
    let mut rows = vec![
        (json!({"uuid": "x", "name": 3}), "uuid", uuid.clone()),
        (json!({"name": "", "contact": 1}), "name", length(1, 128)),
        (json!({"name": long(129)}), "name", length(1, 128)),
        (json!({"name": 3}), "name", no_string.clone()),
        (json!({"contact": "x", "phone": 3}), "contact", uuid),
        (json!({"phone": ""}), "phone", length(1, 32)),
        (json!({"phone": long(33)}), "phone", length(1, 32)),
        (
            json!({"default_authentication_method": null, "domain_names": 3}),
            "default_authentication_method",
            not_null.clone(),
        ),
        (
            json!({"default_authentication_method": 3}),
            "default_authentication_method",
            no_string.clone(),
        ),
        (
            json!({"domain_names": null}),
            "domain_names",
            not_null.clone(),
        ),
        (
            json!({"domain_names": "a.b"}),
            "domain_names",
            wrong_type("list", "Not a valid list."),
        ),
        (
            json!({"domain_names": ["a.b", null]}),
            "domain_names",
            json!({"1": not_null}),
        ),
        (json!({"address": null}), "address", not_null),
        (
            json!({"address": "here"}),
            "address",
            wrong_type("dict", "Invalid type."),
        ),
        (
            json!({"address": {"city": 3}}),
            "address",
            json!({"city": no_string}),
        ),
    ];
    for name in [
        "single", "", "-a.b", "a-.b", "_a.b", "a_b.c", "a b.c", "a..b",
    ] {
        rows.push((
            json!({"domain_names": ["a.b", name], "address": 3}),
            "domain_names",
            json!({"1": domain_pattern}),
        ));
    }
    for (part, most) in [
        ("line_1", 256),
        ("line_2", 256),
        ("city", 128),
        ("state", 128),
        ("country", 128),
        ("zip_code", 16),
    ] {
        for text in [String::new(), long(most + 1)] {
            rows.push((
                json!({"address": {part: text}}),
                "address",
                json!({part: length(1, most)}),
            ));
        }
    }
    let only_new = [
        (json!({"slug": "", "contact": 1}), "slug", length(1, 10)),
        (json!({"slug": "12345678901"}), "slug", length(1, 10)),
        (json!({"slug": "a-b"}), "slug", slug_pattern.clone()),
        (json!({"slug": "é"}), "slug", slug_pattern),
    ];
    let check = |method: &str, path: &str, document: &Value, field: &str, failure: &Value| {
        let answer = admin.request(method, path).json(document).send();
        let message = match failure.get("message") {
            Some(message) => message,
            None => &failure.as_object().unwrap().values().next().unwrap()["message"],
        };
        assert_api(
            &answer,
            400,
            ("invalid-data", "tenants"),
            message.clone(),
            &json!({ field: failure }),
        );
    };
    for (document, field, failure) in &rows {
        check("POST", "/tenants", document, field, failure);
        check("PUT", &path, document, field, failure);
    }
    for (document, field, failure) in &only_new {
        check("POST", "/tenants", document, field, failure);
    }
    for (method, path) in [("POST", "/tenants"), ("PUT", path.as_str())] {
        for something in ["3", "true", "[1]", "\"x\""] {
            assert_api(
                &admin.request(method, path).body(something).send(),
                400,
                ("invalid-data", "tenants"),
                "Invalid input type.",
                &json!({"_schema": {"message": "Invalid input type."}}),
            );
        }
        for nothing in ["", "{", "{\"name\": \"a\\u0000b\"}"] {
            assert_not_understood(&admin.request(method, path).body(nothing).send());
        }
    }
    assert_eq!(admin.get(&path).expect(200), acme);
    assert_eq!(admin.get("/tenants").expect(200)["total"], 2);
    assert_eq!(store.news(known), [""; 0]);
}

#[test]
fn the_longest_of_everything_is_kept_whole() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let long = |length: usize| "é".repeat(length);
    let label = "a".repeat(100);
    let document = json!({
        "name": long(128),
        "slug": "0123456789",
        "phone": long(32),
        "domain_names": [format!("{label}.{label}.{}", "b".repeat(51))],
        "address": {
            "line_1": long(256), "line_2": long(256), "city": long(128), "state": long(128),
            "country": long(128), "zip_code": long(16),
        },
    });
    let made = admin.tenant(&document);
    for (member, value) in document.as_object().unwrap() {
        assert_eq!(made[member], *value);
    }
}

#[test]
fn a_method_is_one_of_the_daemon_or_of_a_provider_that_is_enabled() {
    let daemon = Daemon::builder()
        .examples()
        .config("idp_plugins: {ldap: {enabled: true}, other: {enabled: true}}\n")
        .start();
    let admin = Actor::admin(&daemon);
    let uuid = admin.tenant_id(&json!({}));
    let paths = [
        ("POST", "/tenants".to_owned()),
        ("PUT", format!("/tenants/{uuid}")),
        ("PUT", format!("/tenants/{NOBODY}")),
    ];
    for method in ["saml", "other", "backend", "refresh_token", "Native", ""] {
        for (verb, path) in &paths {
            let document = json!({"default_authentication_method": method, "contact": NOBODY});
            assert_api(
                &admin.request(verb, path).json(&document).send(),
                400,
                ("invalid-data", "tenants"),
                format!("Invalid default authentication method {method}"),
                &json!({"default_authentication_method": method}),
            );
        }
    }
    for method in ["native", "default", "ldap", "example"] {
        let document = json!({"default_authentication_method": method});
        for (verb, path) in &paths[..2] {
            let tenant = admin.request(verb, path).json(&document).send().expect(200);
            assert_eq!(tenant["default_authentication_method"], method);
        }
    }
}
