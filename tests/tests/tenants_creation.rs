//! New tenants: what they are, what their fields may hold, and what they have from their first moment.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};
use wazo_auth_database::queries::{
    group,
    list::Paging,
    policy::{self, Policy},
    scope::Scope,
    tenant,
};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::{assert_api, assert_not_understood},
    store::Store,
    tenants::{Actor, NOBODY, assert_conflict, text},
};

const NO_ADDRESS: &str =
    r#"{"line_1":null,"line_2":null,"city":null,"state":null,"country":null,"zip_code":null}"#;

#[test]
fn a_new_tenant_is_below_the_one_that_its_maker_acts_in() {
    let daemon = Daemon::builder()
        .config("idp_plugins: {ldap: {enabled: true}}\n")
        .start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let contact = store.user(None, "alice", &[]);
    let document = json!({
        "uuid": format!("{{{}}}", NOBODY.to_uppercase()),
        "name": "Acmé",
        "slug": "ac_ME9",
        "contact": contact,
        "phone": "555-0100",
        "default_authentication_method": "ldap",
        "domain_names": ["b.example", "a.example", "b.example", "OK.example.com."],
        "address": {"line_1": "1 Road", "city": "Québec", "zip_code": "G1V", "planet": 3},
        "parent_uuid": NOBODY,
        "colour": "red",
    });
    let known = store.events().len();
    let acme = admin.tenant(&document);
    let expected = json!({
        "uuid": NOBODY,
        "parent_uuid": top,
        "name": "Acmé",
        "slug": "ac_ME9",
        "contact": contact,
        "phone": "555-0100",
        "default_authentication_method": "ldap",
        "domain_names": acme["domain_names"],
        "address": {
            "line_1": "1 Road", "line_2": null, "city": "Québec", "state": null, "country": null,
            "zip_code": "G1V",
        },
    });
    assert_eq!(acme.to_string(), expected.to_string());
    let mut domains: Vec<&str> = acme["domain_names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    domains.sort_unstable();
    assert_eq!(domains, ["OK.example.com.", "a.example", "b.example"]);
    assert_eq!(
        store.events().into_iter().skip(known).collect::<Vec<_>>(),
        [(
            "auth_tenant_added".to_owned(),
            json!({
                "uuid": NOBODY, "name": "Acmé", "slug": "ac_ME9",
                "domain_names": acme["domain_names"],
            })
        )]
    );
    assert_eq!(admin.get(&format!("/tenants/{NOBODY}")).expect(200), acme);

    // A user of the parent can be the contact of a tenant below.
    let below = admin.within(NOBODY).tenant(&json!({"contact": contact}));
    assert_eq!(below["parent_uuid"], NOBODY);
    assert_eq!(below["contact"], contact.as_str());
}

#[test]
fn what_a_new_tenant_is_not_given_it_has_by_itself() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let mut uuids = BTreeSet::new();
    let mut slugs = BTreeSet::new();
    for body in [
        "{}",
        "null",
        "[]",
        "0",
        "\"\"",
        "false",
        r#"{"uuid": null, "name": null, "slug": null, "contact": null, "phone": null, "address": {"city": null}}"#,
    ] {
        let tenant = admin
            .request("POST", "/tenants")
            .body(body)
            .send()
            .expect(200);
        let (uuid, slug) = (text(&tenant, "uuid"), text(&tenant, "slug"));
        assert!(
            TenantId::parse(&uuid).is_some() && uuid.as_bytes()[14] == b'4',
            "{uuid}"
        );
        assert!(
            slug.len() == 3
                && slug
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{slug}"
        );
        for (member, expected) in [
            ("name", json!(null)),
            ("contact", json!(null)),
            ("phone", json!(null)),
            ("default_authentication_method", json!("native")),
            ("domain_names", json!([])),
            ("address", serde_json::from_str(NO_ADDRESS).unwrap()),
        ] {
            assert_eq!(
                tenant[member].to_string(),
                expected.to_string(),
                "{body}: {member}"
            );
        }
        uuids.insert(uuid);
        slugs.insert(slug);
    }
    assert_eq!((uuids.len(), slugs.len()), (7, 7));
}

#[test]
fn a_slug_comes_from_the_name_while_it_is_free() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let slug = |name: &str| text(&admin.tenant(&json!({"name": name})), "slug");
    assert_eq!(slug("t one!"), "tone");
    assert_eq!(slug("T one"), "Tone");
    assert_eq!(slug("My Ténant-Name_Long"), "MyTnantNam");
    assert_eq!(slug("tone").len(), 3);
    assert_eq!(slug("é"), "");
    assert_eq!(slug("à").len(), 3);
    for given in ["abc", "ABC", "a", "0123456789"] {
        let tenant = admin.tenant(&json!({"slug": given, "name": "tone"}));
        assert_eq!(tenant["slug"], given);
    }
}

#[test]
fn tenants_of_one_name_made_at_once_all_get_a_slug() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let slugs: BTreeSet<String> = thread::scope(|scope| {
        let makers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| text(&admin.tenant(&json!({"name": "same"})), "slug")))
            .collect();
        let slugs = makers.into_iter().map(|maker| maker.join().unwrap());
        slugs.collect()
    });
    assert_eq!(slugs.len(), 16);
    assert!(slugs.contains("same"));
}

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

#[test]
fn what_another_tenant_has_is_a_conflict_and_nothing_of_the_new_one_stays() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant(&json!({
        "uuid": NOBODY, "slug": "abc", "domain_names": ["a.b", "it.s"],
    }));
    // Also seen from a tenant that sees nothing of the other one.
    let other = admin.within(&admin.tenant_id(&json!({"slug": "other"})));
    let known = store.events().len();
    for actor in [&admin, &other] {
        assert_conflict(
            &actor.post("/tenants", &json!({"slug": "abc"})),
            &json!({"slug": {"constraint_id": "unique", "message": "The slug \"abc\" is already used"}}),
        );
        assert_conflict(
            &actor.post(
                "/tenants",
                &json!({"domain_names": ["new.b", "a.b", "new.b"]}),
            ),
            &json!({"domain_names": {
                "constraint-id": "unique",
                "message": "Domain name : \"['new.b', 'a.b', 'new.b']\" is already in use, no duplicates allowed",
            }}),
        );
        assert_api(
            &actor.post("/tenants", &json!({"uuid": NOBODY, "slug": "abc"})),
            409,
            ("tenant-identity-conflict", "tenants"),
            "Tenant Conflict detected",
            &json!({"uuid": {
                "constraint_id": "unique",
                "message": format!("A tenant with identity uuid=\"{NOBODY}\" already exists"),
            }}),
        );
        assert_api(
            &actor.post("/tenants", &json!({"contact": NOBODY})),
            404,
            ("unknown-user", "users"),
            format!("No such user: \"{NOBODY}\""),
            &json!({"uuid": NOBODY}),
        );
    }
    assert_api(
        &admin
            .within(NOBODY)
            .post("/tenants", &json!({"uuid": NOBODY.to_uppercase()})),
        403,
        ("conflict", "tenants"),
        "Conflict detected",
        &json!({"parent_uuid": {"constraint_id": "unique", "msg": "A master tenant already exist"}}),
    );
    let all = admin.get("/tenants").expect(200);
    assert_eq!(all["total"], 3);
    assert_eq!(store.news(known), [""; 0]);
    assert_eq!(admin.get(&format!("/tenants/{NOBODY}")).expect(200), acme);
    // Case matters, and what was in the way of the others is free.
    let _ = admin.tenant(&json!({"slug": "ABC", "domain_names": ["A.b", "new.b"]}));
}

/// The groups of a tenant, each with the slugs of its policies.
fn groups(store: &Store, tenant: &str) -> Vec<(String, bool, Vec<String>)> {
    let tenant = TenantId::from_database(tenant.to_owned());
    store.write(move |db| {
        let scope = Scope::Tenant(tenant.clone());
        let groups = group::list(db, &scope, &group::Filter::default(), &Paging::default())?;
        let mut found = Vec::new();
        for group in groups {
            assert_eq!(group.name, group.slug);
            let policies = policies_of(db, &group.uuid)?;
            found.push((group.slug, group.system_managed, policies));
        }
        found.sort();
        Ok(found)
    })
}

fn policies_of(
    db: &mut wazo_auth_database::Connection,
    group: &GroupId,
) -> wazo_auth_database::DatabaseResult<Vec<String>> {
    let filter = policy::Filter {
        group_uuid: Some(group.to_string()),
        ..policy::Filter::default()
    };
    let mut slugs: Vec<String> = policy::list(db, &Scope::All, &filter, &Paging::default())?
        .into_iter()
        .map(|visible| format!("{} of {}", visible.policy.slug, visible.policy.tenant_uuid))
        .collect();
    slugs.sort();
    Ok(slugs)
}

fn policy(store: &Store, tenant: &str, slug: &str, config_managed: bool) {
    let new = Policy {
        uuid: PolicyId::random(),
        name: slug.to_owned(),
        slug: slug.to_owned(),
        description: None,
        tenant_uuid: TenantId::from_database(tenant.to_owned()),
        config_managed,
        shared: false,
        accesses: Vec::new(),
    };
    store.write(move |db| policy::insert(db, &new));
}

#[test]
fn a_new_tenant_has_the_group_of_all_its_users_and_the_configured_groups() {
    let daemon = Daemon::builder()
        .config(
            "all_users_policies: {everybody: true, off: false, gone: true, mine: true}\n\
             tenant_default_groups:\n  staff: {policies: {staff: true, everybody: true, off: false, gone: true}}\n  guests: {}\n",
        )
        .start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let other = store.tenant(None, "other");
    for slug in ["everybody", "staff", "off"] {
        policy(&store, &top, slug, true);
        // Somebody else's of the same slug is not meant, nor is one that the configuration does not own.
        policy(&store, &other, slug, true);
    }
    policy(&store, &top, "mine", false);

    for _ in 0..2 {
        let uuid = admin.tenant_id(&json!({}));
        let (everybody, staff) = (format!("everybody of {top}"), format!("staff of {top}"));
        assert_eq!(
            groups(&store, &uuid),
            [
                ("guests".to_owned(), false, vec![]),
                ("staff".to_owned(), false, vec![everybody.clone(), staff]),
                (
                    format!("wazo-all-users-tenant-{uuid}"),
                    true,
                    vec![everybody]
                ),
            ]
        );
    }
    let (_, exited) = daemon.stop();
    for slug in ["gone", "mine"] {
        let text = format!("the policy \"{slug}\"");
        let told = exited.lines.iter().filter(|line| line.contains(&text));
        assert_eq!(told.count(), 1, "{slug}: {exited:#?}");
    }
}

#[test]
fn a_user_of_a_new_tenant_gets_what_its_groups_grant() {
    let daemon = Daemon::builder()
        .config("all_users_policies: {everybody: true}\n")
        .start();
    let store = Store::of(daemon.installation());
    let top = store.write(tenant::find_top).uuid;
    let new = Policy {
        uuid: PolicyId::random(),
        name: "everybody".to_owned(),
        slug: "everybody".to_owned(),
        description: None,
        tenant_uuid: top,
        config_managed: true,
        shared: false,
        accesses: vec!["auth.tenants.read".to_owned()],
    };
    store.write(move |db| policy::insert(db, &new));
    let acme = Actor::admin(&daemon).tenant_id(&json!({"name": "Acme"}));
    let _ = store.user(Some(&acme), "alice", &[]);
    let alice = daemon.login("alice", wazo_auth_tests::store::PASSWORD);
    let list = Actor::new(&daemon, &alice.token)
        .get("/tenants")
        .expect(200);
    assert_eq!(list["items"][0]["uuid"], acme.as_str());
}
