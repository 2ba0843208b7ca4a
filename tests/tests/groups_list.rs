//! The list of groups: who sees which, in what order, in what parts.

use serde_json::json;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    groups::group_id,
    shapes::{assert_api, assert_json, assert_reason},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, in_order, sorted, text},
};

#[test]
fn the_groups_of_the_tenant_are_listed_with_those_below_where_that_is_asked_for() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let other = admin.tenant_id(&json!({"slug": "other"}));
    for (tenant, name) in [(&acme, "a"), (&below, "b"), (&other, "o")] {
        let _ = group_id(&admin.within(tenant), name);
    }
    let _ = store.user(Some(&acme), "boss", &["auth.groups.#"]);
    let boss = Actor::new(&daemon, &daemon.login("boss", PASSWORD).token);
    let system = |tenant: &str| format!("wazo-all-users-tenant-{tenant}");
    let (at_acme, at_below) = (system(&acme), system(&below));
    for (actor, query, expected) in [
        (&boss, "", &["a", at_acme.as_str()][..]),
        (&boss, "?recurse=no", &["a", &at_acme]),
        (&boss, "?recurse=True", &["a", "b", &at_acme, &at_below]),
        (&boss.within(&below), "", &["b", &at_below]),
        (&admin.within(&below), "?recurse=1", &["b", &at_below]),
        (&admin.within(&acme), "", &["a", &at_acme]),
    ] {
        let answer = actor.get(&format!("/groups{query}"));
        assert_json(&answer);
        let list = answer.expect(200);
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted(&list, "name"), expected, "{query}");
        let count = json!(expected.len());
        assert_eq!((&list["total"], &list["filtered"]), (&count, &count));
    }
    let all = admin.get("/groups?recurse=true").expect(200);
    let names = sorted(&all, "name");
    for name in ["a", "b", "o"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    // What is shown in a list is what is shown alone.
    for group in boss.get("/groups?recurse=y").expect(200)["items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let shown = boss.get(&format!("/groups/{}", text(group, "uuid")));
        assert_eq!(shown.expect(200).to_string(), group.to_string());
    }
    let head = boss.request("HEAD", "/groups").send();
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn a_list_is_filtered_searched_ordered_and_cut() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let admin = admin.within(&below);
    let system = format!("wazo-all-users-tenant-{below}");
    let [alpha, beta, gamma] =
        ["alpha one", "beta 50%", "gamma One"].map(|name| group_id(&admin, name));
    let alice = store.user(Some(&below), "alice", &[]);
    for group in [&alpha, &gamma] {
        let link = format!("/groups/{group}/users/{alice}");
        assert_eq!(admin.request("PUT", &link).send().status, 204);
    }
    let policy = store.policy(None, "policy", &[]);
    store.give(&beta, &policy);
    store.give(&gamma, &policy);
    let all = ["alpha one", "beta 50%", "gamma One", system.as_str()];
    let own = ["alpha one", "beta 50%", "gamma One"];
    for (query, expected) in [
        (format!("uuid={beta}"), &["beta 50%"][..]),
        ("uuid=x".to_owned(), &[]),
        ("uuid=".to_owned(), &[]),
        ("name=alpha%20one".to_owned(), &["alpha one"]),
        ("name=Alpha%20one".to_owned(), &[]),
        ("name=alpha".to_owned(), &[]),
        ("slug=gammaOne".to_owned(), &["gamma One"]),
        ("slug=gammaone".to_owned(), &[]),
        (
            format!("user_uuid={alice}"),
            &["alpha one", "gamma One", &system],
        ),
        (format!("user_uuid={NOBODY}"), &[]),
        ("read_only=true".to_owned(), &[&system]),
        ("read_only=True".to_owned(), &[&system]),
        ("read_only=0".to_owned(), &own),
        (format!("policy_uuid={policy}"), &["beta 50%", "gamma One"]),
        ("policy_uuid=x".to_owned(), &[]),
        ("policy_slug=policy".to_owned(), &["beta 50%", "gamma One"]),
        ("policy_slug=Policy".to_owned(), &[]),
        ("policy_slug=&policy_uuid=".to_owned(), &all),
        (
            format!("policy_slug=policy&user_uuid={alice}"),
            &["gamma One"],
        ),
        ("search=ONE".to_owned(), &["alpha one", "gamma One"]),
        ("search=a%20one".to_owned(), &["alpha one", "gamma One"]),
        ("search=one%20a".to_owned(), &[]),
        ("search=gammaOne".to_owned(), &[]),
        ("search=beta%2050%25".to_owned(), &["beta 50%"]),
        ("search=".to_owned(), &all),
        ("search=one&name=gamma%20One".to_owned(), &["gamma One"]),
        (
            "name=beta%2050%25&name=x&colour=red".to_owned(),
            &["beta 50%"],
        ),
    ] {
        let list = admin.get(&format!("/groups?{query}")).expect(200);
        assert_eq!(sorted(&list, "name"), expected, "{query}");
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(4), &json!(expected.len())),
            "{query}"
        );
    }
    for (query, expected) in [
        ("", &all[..]),
        ("order=name&direction=asc", &all),
        (
            "direction=desc",
            &[system.as_str(), "gamma One", "beta 50%", "alpha one"],
        ),
        ("limit=2", &["alpha one", "beta 50%"]),
        ("limit=2&offset=1", &["beta 50%", "gamma One"]),
        ("offset=3", &[system.as_str()]),
        ("limit=0", &[]),
        ("offset=4", &[]),
    ] {
        let list = admin.get(&format!("/groups?{query}")).expect(200);
        assert_eq!(in_order(&list, "name"), expected, "{query}");
        assert_eq!((&list["total"], &list["filtered"]), (&json!(4), &json!(4)));
    }
    let list = admin.get("/groups?order=uuid").expect(200);
    assert_eq!(in_order(&list, "uuid"), sorted(&list, "uuid"));
    assert_eq!(in_order(&list, "uuid").len(), 4);
}

#[test]
fn some_columns_are_known_and_cannot_be_ordered_by() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    for column in ["slug", "read_only"] {
        assert_reason(
            &admin.get(&format!("/groups?order={column}&limit=0")),
            400,
            &format!("Invalid sort column: {column}"),
        );
    }
    let choice = |choices: &[&str]| {
        json!([{
            "constraint_id": "enum",
            "constraint": {"choices": choices},
            "message": format!("Must be one of: {}.", choices.join(", ")),
        }])
    };
    let integer = json!({
        "message": "Not a valid integer.", "constraint_id": "type", "constraint": "integer",
    });
    let boolean = json!({
        "message": "Not a valid boolean.", "constraint_id": "type", "constraint": "boolean",
    });
    for (query, failures) in [
        (
            "order=tenant_uuid",
            json!({"order": choice(&["name", "slug", "uuid", "read_only"])}),
        ),
        // What cannot be read comes first.
        ("order=slug&limit=x", json!({ "limit": integer })),
        (
            "recurse=perhaps&direction=up&read_only=perhaps",
            json!({
                "direction": choice(&["asc", "desc"]), "recurse": boolean, "read_only": boolean,
            }),
        ),
    ] {
        assert_api(
            &admin.get(&format!("/groups?{query}")),
            400,
            ("invalid-list-param", "users"),
            failures,
            &json!({}),
        );
    }
    assert_eq!(admin.get("/groups?name=a%00b").status, 400);
}
