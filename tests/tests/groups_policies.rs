//! `/groups/{group_uuid}/policies`: which policies a group has.

use serde_json::{Value, json};
use wazo_auth_database::queries::{
    policy::{self, Policy},
    tenant,
};
use wazo_auth_model::ids::{PolicyId, TenantId};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    groups::{assert_unknown_group, group_id},
    policies::{assert_lacks, assert_unknown_policy},
    shapes::{assert_api, assert_json},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, in_order, sorted},
};

/// A policy of a tenant, or of the top tenant, made as another program could; answers its id.
fn make(
    store: &Store,
    owner: Option<&str>,
    slug: &str,
    change: impl Fn(&mut Policy) + Send + 'static,
) -> String {
    let uuid = PolicyId::random();
    let (id, slug) = (uuid.clone(), slug.to_owned());
    let owner = owner.map(|owner| TenantId::from_database(owner.to_owned()));
    store.write(move |db| {
        let mut new = Policy {
            uuid: id.clone(),
            name: slug.clone(),
            slug: slug.clone(),
            description: None,
            tenant_uuid: match &owner {
                Some(owner) => owner.clone(),
                None => tenant::find_top(db)?.uuid,
            },
            config_managed: false,
            shared: false,
            accesses: Vec::new(),
        };
        change(&mut new);
        policy::insert(db, &new)
    });
    uuid.to_string()
}

fn plain(_: &mut Policy) {}

fn shared(policy: &mut Policy) {
    policy.shared = true;
}

fn config_managed(policy: &mut Policy) {
    policy.config_managed = true;
}

fn link(group: &str, policy: &str) -> String {
    format!("/groups/{group}/policies/{policy}")
}

fn give(actor: &Actor<'_>, group: &str, policy: &str) -> Response {
    actor.request("PUT", &link(group, policy)).send()
}

fn take(actor: &Actor<'_>, group: &str, policy: &str) -> Response {
    actor.delete(&link(group, policy))
}

fn list(actor: &Actor<'_>, group: &str) -> Value {
    actor.get(&format!("/groups/{group}/policies")).expect(200)
}

/// The slugs of the policies of a group.
fn held(actor: &Actor<'_>, group: &str) -> Vec<String> {
    sorted(&list(actor, group), "slug")
}

#[test]
fn a_policy_is_given_and_taken_by_its_id_and_by_its_slug() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let group = group_id(&admin, "group");
    let uuid = make(&store, None, "Policy_1", plain);
    assert_eq!(
        list(&admin, &group),
        json!({"items": [], "total": 0, "filtered": 0})
    );
    for name in [uuid.as_str(), &uuid.to_uppercase(), "Policy_1"] {
        for _ in 0..2 {
            let answer = give(&admin, &group, name);
            assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        }
        assert_eq!(held(&admin, &group), ["Policy_1"]);
        for _ in 0..2 {
            let answer = take(&admin, &group.to_uppercase(), name);
            assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        }
        assert!(held(&admin, &group).is_empty());
    }
    for name in [uuid.as_str(), "Policy_1"] {
        for method in ["GET", "POST"] {
            let answer = admin.request(method, &link(&group, name)).send();
            assert_eq!(answer.status, 405);
        }
    }
}

#[test]
fn what_is_unknown_is_told_in_its_order() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let group = group_id(&admin, "group");
    let policy = make(&store, None, "policy", plain);
    for ask in [give, take] {
        assert_unknown_group(&ask(&admin, NOBODY, NOBODY), NOBODY);
        assert_unknown_group(&ask(&admin, NOBODY, &policy), NOBODY);
        assert_unknown_policy(&ask(&admin, &group, NOBODY), "uuid", NOBODY);
        assert_unknown_policy(&ask(&admin, NOBODY, "unknown"), "slug", "unknown");
        assert_unknown_policy(&ask(&admin, &group, "POLICY"), "slug", "POLICY");
        assert_unknown_group(&ask(&admin, NOBODY, "policy"), NOBODY);
        assert_unknown_policy(&ask(&admin, &group, "a.b%20c"), "slug", "a.b c");
    }
    assert_unknown_group(&admin.get(&format!("/groups/{NOBODY}/policies")), NOBODY);
}

#[test]
fn a_link_needs_that_both_sides_are_seen_and_no_more() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let other = admin.tenant_id(&json!({"slug": "other"}));
    let (at_acme, at_below) = (admin.within(&acme), admin.within(&below));
    let group = group_id(&at_acme, "of acme");
    let low = group_id(&at_below, "of below");
    let foreign = group_id(&admin.within(&other), "of other");
    let own = make(&store, Some(&acme), "own", plain);
    let lower = make(&store, Some(&below), "lower", plain);
    let hidden = make(&store, Some(&other), "hidden", shared);
    let top = make(&store, None, "top", plain);
    for (slug, uuid) in [
        (
            "configured",
            make(&store, None, "configured", config_managed),
        ),
        ("everywhere", make(&store, None, "everywhere", shared)),
        ("inherited", make(&store, Some(&acme), "inherited", shared)),
    ] {
        // What is only read is given and taken all the same.
        for name in [slug, &uuid] {
            for ask in [give, take] {
                assert_eq!(ask(&at_below, &low, name).status, 204, "{slug}");
            }
        }
    }
    for ask in [give, take] {
        for name in [&own, &lower] {
            assert_eq!(ask(&at_acme, &group, name).status, 204);
            assert_eq!(ask(&admin, &group, name).status, 204);
        }
        assert_eq!(ask(&at_acme, &low, &own).status, 204, "of two tenants");
        // A slug is one of the very tenant that is acted in.
        assert_unknown_policy(&ask(&at_acme, &group, "lower"), "slug", "lower");
        assert_unknown_policy(&ask(&admin, &group, "own"), "slug", "own");
        for (kind, name) in [
            ("uuid", own.as_str()),
            ("slug", "own"),
            ("uuid", &top),
            ("uuid", &hidden),
            ("slug", "hidden"),
        ] {
            assert_unknown_policy(&ask(&at_below, &low, name), kind, name);
        }
        assert_unknown_group(&ask(&at_below, &group, &lower), &group);
        assert_unknown_group(&ask(&at_acme, &foreign, &own), &foreign);
    }
    let answer = at_below.get(&format!("/groups/{group}/policies"));
    assert_unknown_group(&answer, &group);
    for group in [&group, &low, &foreign] {
        assert!(held(&admin, group).is_empty());
    }
}

#[test]
fn nobody_gives_or_takes_what_they_do_not_have() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let group = group_id(&admin, "group");
    let _ = store.user(None, "boss", &["auth.#", "foo.*", "!foo.secret"]);
    let token = daemon.login("boss", PASSWORD).token;
    let boss = Actor::new(&daemon, &token);
    for (slug, acl) in [
        ("fine", &["foo.bar", "auth.users.me.read", "auth.#"][..]),
        ("empty", &[]),
    ] {
        let _ = store.policy(None, slug, acl);
        for ask in [give, take] {
            assert_eq!(ask(&boss, &group, slug).status, 204, "{slug}");
        }
    }
    for (slug, acl, lacking) in [
        (
            "secret",
            &["foo.bar", "foo.secret", "bar"][..],
            "foo.secret",
        ),
        ("deep", &["foo.#"], "foo.#"),
        // It would get around the denial.
        ("wide", &["foo.*"], "foo.*"),
        ("all", &["#"], "#"),
        ("elsewhere", &["bar"], "bar"),
    ] {
        let uuid = store.policy(None, slug, acl).to_string();
        for name in [slug, &uuid] {
            assert_lacks(&give(&boss, &group, name), &token, lacking);
        }
    }
    assert!(held(&admin, &group).is_empty());
    // A denial may be given by everybody, and taken by who has what it denies.
    for (slug, acl) in [("denies", &["!foo.secret"][..]), ("strong", &["bar"])] {
        let _ = store.policy(None, slug, acl);
    }
    assert_eq!(give(&boss, &group, "denies").status, 204);
    assert_lacks(&take(&boss, &group, "denies"), &token, "!foo.secret");
    assert_eq!(give(&admin, &group, "strong").status, 204);
    assert_lacks(&take(&boss, &group, "strong"), &token, "bar");
    assert_eq!(held(&admin, &group), ["denies", "strong"]);
    // Whether the two are there is told first, and an empty access is not named.
    assert_unknown_group(&give(&boss, NOBODY, "strong"), NOBODY);
    let _ = store.policy(None, "blank", &[""]);
    assert_api(
        &give(&boss, &group, "blank"),
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({ "invalid_token": token }),
    );
}

#[test]
fn a_group_of_the_system_gets_policies_like_any_other() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let system = store.group_of_all_users(&below);
    let uuid = make(&store, Some(&below), "extra", plain);
    let before = held(&admin, &system);
    assert_eq!(give(&admin.within(&below), &system, "extra").status, 204);
    assert_eq!(held(&admin, &system).len(), before.len() + 1);
    assert_eq!(take(&admin, &system, &uuid).status, 204);
    assert_eq!(held(&admin, &system), before);
}

#[test]
fn a_slug_in_a_path_is_one_word_of_the_access_that_it_needs() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let group = group_id(&Actor::admin(&daemon), "group");
    let access = format!("auth.groups.{group}.policies.a_b.create");
    let _ = store.user(None, "boss", &[&access]);
    let boss = Actor::new(&daemon, &daemon.login("boss", PASSWORD).token);
    assert_unknown_policy(&give(&boss, &group, "a.b"), "slug", "a.b");
    assert_eq!(give(&boss, &group, "a.c").status, 401);
}

#[test]
fn the_policies_of_a_group_are_listed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let admin = admin.within(&acme);
    let group = group_id(&admin, "group");
    let alpha = make(&store, Some(&acme), "alpha", |policy| {
        policy.name = "Alpha one".to_owned();
        policy.description = Some("zèbre 50%".to_owned());
        policy.accesses = vec!["foo.bar".to_owned(), "#".to_owned(), "!a".to_owned()];
    });
    let beta = make(&store, Some(&acme), "beta", |policy| {
        policy.name = "Beta".to_owned();
        policy.description = Some("one".to_owned());
    });
    let gamma = make(&store, None, "gamma", |policy| {
        policy.name = "Gamma".to_owned();
        policy.shared = true;
    });
    let _ = make(&store, Some(&acme), "one", plain);
    for policy in [&alpha, &beta, &gamma] {
        assert_eq!(give(&admin, &group, policy).status, 204);
    }
    let alice = store.user(Some(&acme), "alice", &[]);
    store.hold(&alice, &beta);
    let path = format!("/groups/{group}/policies");
    let answer = admin.get(&path);
    assert_json(&answer);
    let list = answer.expect(200);
    assert_eq!(
        list["items"][0].to_string(),
        json!({
            "uuid": alpha, "tenant_uuid": acme, "name": "Alpha one", "slug": "alpha",
            "description": "zèbre 50%", "acl": list["items"][0]["acl"], "read_only": false,
            "shared": false,
        })
        .to_string()
    );
    let mut acl: Vec<&str> = list["items"][0]["acl"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    acl.sort_unstable();
    assert_eq!(acl, ["!a", "#", "foo.bar"]);
    for (query, expected) in [
        ("".to_owned(), &["alpha", "beta", "gamma"][..]),
        (format!("uuid={beta}"), &["beta"]),
        ("uuid=x".to_owned(), &[]),
        ("name=Gamma".to_owned(), &["gamma"]),
        ("name=gamma".to_owned(), &[]),
        (format!("user_uuid={alice}"), &["beta"]),
        (format!("user_uuid={NOBODY}"), &[]),
        // The tenant that owns it.
        (format!("tenant_uuid={acme}"), &["alpha", "beta"]),
        ("search=ONE".to_owned(), &["alpha", "beta"]),
        ("search=Z%C3%88bre".to_owned(), &["alpha"]),
        ("search=gam".to_owned(), &["gamma"]),
        ("search=one&name=Beta".to_owned(), &["beta"]),
        // These are no filters.
        (
            format!("group_uuid={NOBODY}&slug=x&read_only=true"),
            &["alpha", "beta", "gamma"],
        ),
    ] {
        let list = admin.get(&format!("{path}?{query}")).expect(200);
        assert_eq!(in_order(&list, "slug"), expected, "{query}");
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(3), &json!(expected.len())),
            "{query}"
        );
    }
    for (query, expected) in [
        ("direction=desc", &["gamma", "beta", "alpha"][..]),
        // What has no description comes last.
        ("order=description", &["beta", "alpha", "gamma"]),
        ("order=name&limit=1&offset=1", &["beta"]),
        ("limit=0", &[]),
    ] {
        let list = admin.get(&format!("{path}?{query}")).expect(200);
        assert_eq!(in_order(&list, "slug"), expected, "{query}");
        assert_eq!(list["filtered"], 3);
    }
    let list = admin.get(&format!("{path}?order=uuid")).expect(200);
    assert_eq!(in_order(&list, "uuid"), sorted(&list, "uuid"));
    for query in ["order=slug", "order=read_only", "limit=x"] {
        let answer = admin.get(&format!("{path}?{query}"));
        assert_eq!(answer.expect(400)["error_id"], "invalid-list-param");
    }
}

#[test]
fn a_policy_of_a_group_is_shown_as_it_is_seen_from_the_tenant() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let group = group_id(&admin.within(&below), "group");
    let _ = make(&store, Some(&below), "own", shared);
    let _ = make(&store, Some(&acme), "shared", shared);
    let hidden = make(&store, Some(&acme), "hidden", plain);
    let configured = make(&store, None, "configured", config_managed);
    for slug in ["own", "shared", "configured"] {
        assert_eq!(give(&admin.within(&below), &group, slug).status, 204);
    }
    assert_eq!(give(&admin, &group, &hidden).status, 204);
    let top = admin.get("/tenants?slug=master").expect(200)["items"][0]["uuid"].clone();
    let seen = |actor: &Actor<'_>, slug: &str| {
        let list = list(actor, &group);
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let found = items.into_iter().find(|item| item["slug"] == slug);
        found.map(|item| json!([item["tenant_uuid"], item["read_only"], item["shared"]]))
    };
    for (actor, slug, expected) in [
        (&admin.within(&below), "own", json!([below, false, true])),
        (&admin.within(&below), "shared", json!([below, true, false])),
        (
            &admin.within(&below),
            "configured",
            json!([below, true, false]),
        ),
        (&admin.within(&acme), "shared", json!([acme, false, true])),
        (&admin, "shared", json!([acme, false, true])),
        (&admin, "configured", json!([top, true, false])),
        (&admin, "hidden", json!([acme, false, false])),
    ] {
        assert_eq!(seen(actor, slug), Some(expected), "{slug}");
    }
    // What is not seen is not there, not even in numbers: these would tell what is searched for.
    let path = format!("/groups/{group}/policies");
    for (query, total, filtered) in [("", 3, 3), ("?search=hid", 3, 0), ("?name=hidden", 3, 0)] {
        let list = admin.within(&below).get(&format!("{path}{query}"));
        let list = list.expect(200);
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(total), &json!(filtered))
        );
    }
    assert_eq!(seen(&admin.within(&below), "hidden"), None);
    assert_eq!(list(&admin, &group)["total"], 4);
    // A policy that is deleted is nobody's.
    store.delete_policy(&configured);
    assert_eq!(list(&admin, &group)["total"], 3);
}
