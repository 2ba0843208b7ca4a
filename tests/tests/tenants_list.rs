//! The list of tenants: who sees which, in what order, in what parts.

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::{assert_api, assert_no_route},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, in_order, sorted, text},
};

/// top - acme - below - lowest, and top - other; their ids in this order, without the top tenant.
fn family(admin: &Actor<'_>) -> [String; 4] {
    let acme = admin.tenant_id(&json!({
        "slug": "acme", "name": "Zeta", "domain_names": ["acme.example", "acme.test", "x.acme.test"],
        "address": {"city": "Québec"},
    }));
    let below = admin
        .within(&acme)
        .tenant_id(&json!({"slug": "below", "name": "alpha 50%"}));
    let lowest = admin.within(&below).tenant_id(&json!({"slug": "lowest"}));
    let other = admin.tenant_id(&json!({
        "slug": "other", "name": "Élodie beta", "domain_names": ["other.example"],
    }));
    [acme, below, lowest, other]
}

#[test]
fn the_whole_subtree_is_listed_whether_it_is_asked_for_or_not() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let [acme, below, lowest, _] = family(&admin);
    for (tenant, name) in [(&acme, "boss"), (&lowest, "worker")] {
        let _ = store.user(Some(tenant), name, &["auth.tenants.#"]);
    }
    let [boss, worker] =
        ["boss", "worker"].map(|name| Actor::new(&daemon, &daemon.login(name, PASSWORD).token));
    for (actor, expected) in [
        (&admin, &["acme", "below", "lowest", "master", "other"][..]),
        (&admin.within(&acme), &["acme", "below", "lowest"]),
        (&boss, &["acme", "below", "lowest"]),
        (&boss.within(&below), &["below", "lowest"]),
        (&worker, &["lowest"]),
    ] {
        for query in [
            "",
            "?recurse=false",
            "?recurse=true",
            "?recurse=perhaps",
            "?colour=red",
        ] {
            let list = actor.get(&format!("/tenants{query}")).expect(200);
            assert_eq!(sorted(&list, "slug"), expected, "{query}");
            let count = json!(expected.len());
            assert_eq!((&list["total"], &list["filtered"]), (&count, &count));
        }
    }
    // What is shown in a list is what is shown alone.
    let list = boss.get("/tenants").expect(200);
    for tenant in list["items"].as_array().unwrap() {
        let path = format!("/tenants/{}", text(tenant, "uuid"));
        assert_eq!(boss.get(&path).expect(200).to_string(), tenant.to_string());
        let head = boss.request("HEAD", &path).send();
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    let shown = &list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tenant| tenant["slug"] == "acme");
    assert_eq!(
        shown.unwrap()["domain_names"],
        json!(["acme.example", "acme.test", "x.acme.test"])
    );
    assert_eq!(shown.unwrap()["address"]["city"], "Québec");
}

#[test]
fn a_list_is_filtered_searched_ordered_and_cut() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let [acme, below, lowest, other] = family(&admin);
    let all = ["acme", "below", "lowest", "master", "other"];
    for (query, expected) in [
        // Filters are exact.
        (format!("uuid={acme}"), &["acme"][..]),
        (format!("uuid={}", acme.to_uppercase()), &[]),
        ("uuid=".to_owned(), &[]),
        ("uuid=x".to_owned(), &[]),
        (
            format!("uuids={acme}&uuids={other}&uuids={NOBODY}"),
            &["acme", "other"],
        ),
        (format!("uuids={acme},{other}"), &[]),
        ("uuids=".to_owned(), &[]),
        (format!("uuids={below}&slug=lowest"), &[]),
        ("name=Zeta".to_owned(), &["acme"]),
        ("name=zeta".to_owned(), &[]),
        ("name=Zeta&name=master".to_owned(), &["acme"]),
        ("slug=lowest".to_owned(), &["lowest"]),
        ("slug=Lowest".to_owned(), &[]),
        ("domain_name=acme.test".to_owned(), &["acme"]),
        ("domain_name=Acme.test".to_owned(), &[]),
        ("domain_name=".to_owned(), &all),
        // Words in their order, in the name, the slug or a domain; a tenant is there once.
        ("search=acme".to_owned(), &["acme"]),
        ("search=ACME.test".to_owned(), &["acme"]),
        ("search=".to_owned(), &all),
        ("search=%C3%A9lod%20et".to_owned(), &["other"]),
        ("search=et%20%C3%A9lod".to_owned(), &[]),
        ("search=example".to_owned(), &["acme", "other"]),
        ("search=lowe".to_owned(), &["lowest"]),
        ("search=l_w".to_owned(), &["below", "lowest"]),
        ("search=example&slug=other".to_owned(), &["other"]),
        ("search=nothing".to_owned(), &[]),
    ] {
        let list = admin.get(&format!("/tenants?{query}")).expect(200);
        assert_eq!(sorted(&list, "slug"), expected, "{query}");
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(5), &json!(expected.len())),
            "{query}"
        );
    }
    for (query, expected) in [
        ("order=slug", &all[..]),
        (
            "order=slug&direction=desc",
            &["other", "master", "lowest", "below", "acme"],
        ),
        ("order=slug&limit=2", &["acme", "below"]),
        ("order=slug&limit=2&offset=3", &["master", "other"]),
        ("order=slug&offset=4", &["other"]),
        ("limit=0", &[]),
        ("offset=99", &[]),
        ("order=slug&limit=%2B2&search=a", &["acme", "below"]),
    ] {
        let list = admin.get(&format!("/tenants?{query}")).expect(200);
        assert_eq!(in_order(&list, "slug"), expected, "{query}");
        assert_eq!(list["total"], 5);
    }
    // By name unless told otherwise; what has none comes last.
    let named = in_order(&admin.get("/tenants").expect(200), "slug");
    assert_eq!(named.last().unwrap(), "lowest");
    let reversed = in_order(&admin.get("/tenants?direction=desc").expect(200), "slug");
    assert_eq!(reversed.into_iter().rev().collect::<Vec<_>>(), named);
    assert_eq!(
        in_order(&admin.get("/tenants?order=name").expect(200), "slug"),
        named
    );
    assert_eq!(
        admin.get(&format!("/tenants?uuid={lowest}")).expect(200)["items"][0]["uuid"],
        lowest.as_str()
    );
}

#[test]
fn what_is_wrong_with_the_parameters_is_told_all_at_once() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let many = |count: usize| format!("&uuids={NOBODY}").repeat(count);
    let choice = |choices: &[&str]| {
        json!([{
            "constraint_id": "enum",
            "constraint": {"choices": choices},
            "message": format!("Must be one of: {}.", choices.join(", ")),
        }])
    };
    assert_api(
        &admin.get(&format!(
            "/tenants?limit=x&offset=-1&order=uuid&direction=up{}",
            many(26)
        )),
        400,
        ("invalid-list-param", "users"),
        json!({
            "limit": {
                "message": "Not a valid integer.", "constraint_id": "type", "constraint": "integer",
            },
            "offset": [{
                "constraint_id": "range", "constraint": {"min": 0},
                "message": "Must be greater than or equal to 0.",
            }],
            "order": choice(&["name", "slug"]),
            "direction": choice(&["asc", "desc"]),
            "uuids": [{
                "constraint_id": "length", "constraint": {"min": null, "max": 25},
                "message": "Longer than maximum length 25.",
            }],
        }),
        &json!({}),
    );
    let list = admin
        .get(&format!("/tenants?order=slug{}", many(25)))
        .expect(200);
    assert_eq!(list, json!({"items": [], "total": 1, "filtered": 0}));
    assert_eq!(admin.get("/tenants?name=a%00b").status, 400);
}

#[test]
fn the_domains_of_a_tenant_are_for_those_who_see_it() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let [acme, below, ..] = family(&admin);
    let _ = store.user(Some(&below), "worker", &["auth.tenants.#"]);
    let worker = Actor::new(&daemon, &daemon.login("worker", PASSWORD).token);
    let domains = format!("/tenants/{acme}/domains");
    let list = admin.get(&format!("{domains}?limit=1&order=x")).expect(200);
    assert_eq!(
        sorted(&list, "name"),
        ["acme.example", "acme.test", "x.acme.test"]
    );
    assert_eq!(list["total"], 3);
    let shown = list["items"][0].as_object().unwrap();
    let members: Vec<&str> = shown.keys().map(String::as_str).collect();
    assert_eq!(members, ["name", "uuid"]);
    assert_eq!(worker.get(&domains).status, 404);
    assert_eq!(
        worker.get(&format!("/tenants/{below}/domains")).expect(200),
        json!({"items": [], "total": 0})
    );
    for method in ["POST", "DELETE", "PUT"] {
        assert_eq!(
            admin.request(method, &domains).body("{}").send().status,
            405
        );
    }
}

#[test]
fn paths_name_tenants_by_their_ids_alone() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let uuid = admin.tenant_id(&json!({"slug": "acme"}));
    let plain = uuid.replace('-', "");
    for path in [
        "acme",
        &plain,
        &format!("{uuid}/users"),
        &format!("{uuid}/policies"),
        "",
    ] {
        assert_no_route(&admin.get(&format!("/tenants/{path}")));
    }
    let shown = admin.get(&format!("/tenants/{}", uuid.to_uppercase()));
    assert_eq!(shown.expect(200)["uuid"], uuid.as_str());
}

#[test]
fn a_tenant_that_another_program_made_is_listed_too() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    // Without the group of all its users, and with a slug that nobody could choose.
    let uuid = store.tenant(None, "");
    let list = admin.get("/tenants?slug=").expect(200);
    assert_eq!(in_order(&list, "uuid"), [uuid.as_str()]);
    let path = format!("/tenants/{uuid}");
    let shown = admin.get(&path).expect(200);
    assert_eq!(
        (&shown["slug"], &shown["domain_names"]),
        (&json!(""), &json!([]))
    );
    let changed: Value = admin.put(&path, &json!({"name": "found"})).expect(200);
    assert_eq!(
        (&changed["slug"], &changed["name"]),
        (&json!(""), &json!("found"))
    );
    assert_eq!(admin.delete(&path).status, 204);
}

#[test]
fn a_page_of_many_tenants_is_a_page_and_all_of_them_are_all() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let parent = admin.tenant_id(&json!({"slug": "parent"}));
    for number in 0..300 {
        let _ = store.tenant(Some(&parent), &format!("t{number}"));
    }
    for (actor, others) in [(&admin.within(&parent), 1), (&admin, 2)] {
        let all = actor.get("/tenants?order=slug").expect(200);
        let uuids = in_order(&all, "uuid");
        assert_eq!(uuids.len(), 300 + others);
        let mut pages = Vec::new();
        for offset in (0..uuids.len()).step_by(64) {
            let path = format!("/tenants?order=slug&limit=64&offset={offset}");
            let page = actor.get(&path).expect(200);
            assert_eq!(page["total"], uuids.len());
            pages.extend(in_order(&page, "uuid"));
        }
        assert_eq!(pages, uuids);
    }
}
