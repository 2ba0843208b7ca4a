//! The list of users: who sees which, in what order, in what parts, and how one is found.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::sync::LazyLock;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login};
use wazo_auth_tests::{
    shapes::assert_api,
    store::{PASSWORD, Store},
};

/// A daemon with some users, which no test changes.
struct Town {
    daemon: Daemon,
    admin: Login,
    acme: String,
    below: String,
}

/// acme has anna, Bert and one without a name; below acme there is carl.
static TOWN: LazyLock<Town> = LazyLock::new(|| {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let acme = store.tenant(None, "acme");
    let below = store.tenant(Some(&acme), "below");
    for (tenant, body) in [
        (
            &acme,
            json!({ "username": "anna", "firstname": "Anna", "lastname": "Zorn",
                "email_address": "Anna.Zorn@example.com" }),
        ),
        (
            &acme,
            json!({ "username": "Bert", "firstname": "Bert", "lastname": "Ähre",
                "purpose": "internal", "email_address": "b_rt@example.org" }),
        ),
        (&acme, json!({ "lastname": "Anders", "enabled": false })),
        (
            &below,
            json!({ "username": "carl", "firstname": "Carl 100%", "lastname": "Anders" }),
        ),
    ] {
        let request = daemon.client().post("/users").token(&admin.token);
        request
            .header("Wazo-Tenant", tenant)
            .json(&body)
            .send()
            .is(200);
    }
    Town {
        daemon,
        admin,
        acme,
        below,
    }
});

impl Town {
    /// The list of users of acme.
    fn list(&self, query: &str) -> Value {
        let path = format!("/users{query}");
        let request = self.daemon.client().get(&path).token(&self.admin.token);
        request.header("Wazo-Tenant", &self.acme).send().expect(200)
    }

    /// Whom it shows: the user name, else the family name.
    fn names(&self, query: &str) -> Vec<String> {
        names(&self.list(query))
    }
}

fn names(list: &Value) -> Vec<String> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            let name = user["username"].as_str().or(user["lastname"].as_str());
            name.unwrap().to_owned()
        })
        .collect()
}

fn numbers(list: &Value) -> (u64, u64) {
    let number = |name: &str| list[name].as_u64().unwrap();
    (number("total"), number("filtered"))
}

#[test]
fn a_tenant_sees_its_users_and_those_below_where_it_asks_for_them() {
    let all = TOWN.list("?recurse=true");
    assert_eq!(names(&all).len(), 4);
    assert_eq!(numbers(&all), (4, 4));
    for query in [
        "",
        "?recurse=false",
        "?recurse=0",
        "?tenant_uuid=x&enabled=false&login=x",
    ] {
        let list = TOWN.list(query);
        assert_eq!(numbers(&list), (3, 3), "{query}");
        assert!(!names(&list).contains(&"carl".to_owned()), "{query}");
    }
    let store = Store::of(TOWN.daemon.installation());
    let other = store.tenant(None, "other");
    let _ = store.user(Some(&other), "stranger", &["auth.users.read"]);
    let stranger = TOWN.daemon.login("stranger", PASSWORD);
    let request = TOWN.daemon.client().get("/users?recurse=true");
    let list = request.token(&stranger.token).send().expect(200);
    assert_eq!(names(&list), ["stranger"]);
    let request = TOWN.daemon.client().get("/users").token(&TOWN.admin.token);
    let list = request
        .header("Wazo-Tenant", &TOWN.below)
        .send()
        .expect(200);
    assert_eq!(
        (names(&list), numbers(&list)),
        (vec!["carl".to_owned()], (1, 1))
    );
}

#[test]
fn users_come_in_the_order_that_is_asked_for_and_who_has_no_name_last() {
    for (query, expected) in [
        ("", ["anna", "Bert", "Anders"]),
        ("?order=username&direction=asc", ["anna", "Bert", "Anders"]),
        ("?direction=desc", ["Anders", "Bert", "anna"]),
        ("?order=firstname", ["anna", "Bert", "Anders"]),
        (
            "?order=firstname&direction=desc",
            ["Anders", "Bert", "anna"],
        ),
    ] {
        assert_eq!(
            sorted_by_engine(TOWN.names(query)),
            sorted_by_engine(expected.map(str::to_owned).to_vec()),
            "{query}"
        );
        // Who has no name has its place, whatever the letters' order is.
        let place = TOWN.names(query).iter().position(|name| name == "Anders");
        let expected = expected.iter().position(|name| *name == "Anders");
        assert_eq!(place, expected, "{query}");
    }
    assert_eq!(
        TOWN.names("?order=lastname&search=a&limit=1"),
        ["Anders"],
        "plain letters have one order"
    );
}

/// The collation of the database decides between capitals and small letters.
fn sorted_by_engine(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn a_part_of_the_list_has_the_totals_of_the_whole() {
    let all = TOWN.names("");
    for (query, expected) in [
        ("?limit=0", &all[..0]),
        ("?limit=2", &all[..2]),
        ("?limit=2&offset=1", &all[1..]),
        ("?limit=+1&offset=%202%20", &all[2..]),
        ("?offset=1_0", &all[..0]),
        ("?limit=99999999999999999999999999", &all[..]),
        ("?offset=99999999999999999999999999", &all[..0]),
        ("?limit=1&limit=2", &all[..1]),
    ] {
        let list = TOWN.list(query);
        assert_eq!(names(&list), expected, "{query}");
        assert_eq!(numbers(&list), (3, 3), "{query}");
    }
}

#[test]
fn a_search_looks_at_names_and_addresses_in_any_case_of_letters() {
    for (query, expected) in [
        ("anna", &["anna"][..]),
        ("ZORN", &["anna"]),
        ("example.com", &["anna"]),
        ("%C3%A4HRE", &["Bert"]),
        ("example", &["Bert", "anna"]),
        ("ander", &["Anders"]),
        // Words in their order, and wildcards, in one column.
        ("a+z", &["anna"]),
        ("zorn+anna", &[]),
        ("b_rt@", &["Bert"]),
        ("a%25z", &["anna"]),
        ("nobody", &[]),
        ("", &["Anders", "Bert", "anna"]),
        ("+", &["Anders", "Bert", "anna"]),
    ] {
        let list = TOWN.list(&format!("?search={query}"));
        assert_eq!(sorted_by_engine(names(&list)), expected, "{query}");
        assert_eq!(numbers(&list), (3, expected.len() as u64), "{query}");
    }
    assert_eq!(TOWN.names("?recurse=true&search=100%5C%25"), ["carl"]);
}

#[test]
fn filters_compare_exactly() {
    let bert = TOWN.list("?username=Bert")["items"][0]["uuid"].clone();
    let bert = bert.as_str().unwrap();
    for (query, expected) in [
        ("username=Bert", &["Bert"][..]),
        ("username=bert", &[]),
        ("firstname=Anna", &["anna"]),
        ("lastname=%C3%84hre", &["Bert"]),
        ("purpose=internal", &["Bert"]),
        ("purpose=nothing", &[]),
        ("email_address=Anna.Zorn@example.com", &["anna"]),
        ("email_address=anna.zorn@example.com", &[]),
        (&format!("uuid={bert}"), &["Bert"]),
        ("uuid=x", &[]),
        ("username=", &[]),
        ("username=Bert&firstname=Anna", &[]),
        ("group_uuid=x", &[]),
        (
            "policy_uuid=&policy_slug=&has_policy_uuid=&has_policy_slug=",
            &["Anders", "Bert", "anna"],
        ),
        ("policy_slug=x", &[]),
    ] {
        let list = TOWN.list(&format!("?{query}"));
        assert_eq!(sorted_by_engine(names(&list)), expected, "{query}");
        assert_eq!(numbers(&list), (3, expected.len() as u64), "{query}");
    }
}

#[test]
fn users_are_found_by_what_they_may_do() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let direct = store.user(None, "direct", &["a.b"]);
    let _ = store.user(None, "other", &["c.d"]);
    // The policies that users of the store have are called like them.
    let of = |query: &str| {
        let path = format!("/users?{query}");
        let list = daemon.client().get(&path).token(&admin.token).send();
        names(&list.expect(200))
    };
    assert_eq!(of(&format!("policy_slug={direct}")), ["direct"]);
    assert_eq!(of(&format!("has_policy_slug={direct}")), ["direct"]);
    let policy = store.policy(None, "shared-by-all", &["e.f"]);
    let group = store.group_of_all_users(admin.data["metadata"]["tenant_uuid"].as_str().unwrap());
    store.give(&group, &policy);
    for query in [
        format!("policy_uuid={policy}"),
        "policy_slug=shared-by-all".to_owned(),
    ] {
        assert_eq!(of(&query), [""; 0], "{query}");
    }
    for query in [
        format!("has_policy_uuid={policy}"),
        "has_policy_slug=shared-by-all".to_owned(),
        format!("group_uuid={group}"),
    ] {
        let found = of(&query);
        assert!(
            found.contains(&"direct".to_owned()) && found.contains(&"other".to_owned()),
            "{query}: {found:?}"
        );
    }
}

#[test]
fn all_that_is_wrong_with_the_parameters_is_told() {
    let send = |query: &str| {
        let path = format!("/users?{query}");
        TOWN.daemon
            .client()
            .get(&path)
            .token(&TOWN.admin.token)
            .send()
    };
    assert_api(
        &send("limit=-1&offset=x&order=enabled&direction=DESC&recurse="),
        400,
        ("invalid-list-param", "users"),
        json!({
            "limit": [{ "constraint_id": "range", "constraint": { "min": 0 },
                "message": "Must be greater than or equal to 0." }],
            "offset": { "message": "Not a valid integer.", "constraint_id": "type",
                "constraint": "integer" },
            "order": [{ "constraint_id": "enum",
                "constraint": { "choices": ["username", "firstname", "lastname"] },
                "message": "Must be one of: username, firstname, lastname." }],
            "direction": [{ "constraint_id": "enum",
                "constraint": { "choices": ["asc", "desc"] },
                "message": "Must be one of: asc, desc." }],
            "recurse": { "message": "Not a valid boolean.", "constraint_id": "type",
                "constraint": "boolean" },
        }),
        &json!({}),
    );
    for query in [
        "limit=",
        "limit=1.5",
        "order=",
        "search=%00",
        "username=a%00",
    ] {
        assert_eq!(send(query).status, 400, "{query}");
    }
}

#[test]
fn who_has_neither_name_nor_address_is_listed_and_never_found() {
    let daemon = Daemon::builder().start();
    let admin = daemon.admin();
    let request = daemon.client().post("/users").token(&admin.token);
    let nobody = request.json(&json!({})).send().expect(200);
    let list = |query: &str| {
        let path = format!("/users?{query}");
        let answer = daemon.client().get(&path).token(&admin.token).send();
        answer.expect(200)
    };
    let shown = |list: &Value| list["items"].as_array().unwrap().contains(&nobody);
    let all = list("");
    assert!(shown(&all), "{all}");
    for query in ["search=", "search=%25", "search=+"] {
        let found = list(query);
        assert!(!shown(&found), "{query}: {found}");
        assert_eq!(numbers(&found), (2, 1), "{query}");
    }
}
