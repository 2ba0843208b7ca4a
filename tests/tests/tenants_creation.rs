//! New tenants: what they are, what their fields may hold, and what they have from their first moment.

use std::{collections::BTreeSet, thread};

use serde_json::json;
use wazo_auth_database::queries::tenant;
use wazo_auth_model::ids::TenantId;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::assert_api,
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
