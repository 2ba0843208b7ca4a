//! What all lists have in common: their parameters, and what they answer to wrong ones.
#![expect(
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    routes::DAEMON,
    shapes::{assert_api, assert_json, assert_reason},
    store::Store,
    tenants::{Actor, NOBODY, text},
};

/// A list, and by what it can be ordered, filtered and extended.
struct List {
    path: &'static str,
    /// What it can be ordered by.
    order: &'static [&'static str],
    /// What is known as a column and cannot be ordered by.
    known: &'static [&'static str],
    /// Filters that take any text.
    texts: &'static [&'static str],
    /// Filters that take a value of some kind.
    values: &'static [&'static str],
    /// Whether it has the number of what filters leave.
    filtered: bool,
    /// Whether the tenants below can be asked for.
    recurse: bool,
}

const PEOPLE: &[&str] = &[
    "uuid",
    "username",
    "firstname",
    "lastname",
    "purpose",
    "email_address",
];

const PLAIN: List = List {
    path: "",
    order: &[],
    known: &[],
    texts: &[],
    values: &[],
    filtered: true,
    recurse: false,
};

const LISTS: &[List] = &[
    List {
        path: "/users",
        order: &["username", "firstname", "lastname"],
        texts: &[
            "uuid",
            "username",
            "firstname",
            "lastname",
            "purpose",
            "email_address",
            "group_uuid",
            "policy_uuid",
            "policy_slug",
            "has_policy_uuid",
            "has_policy_slug",
        ],
        recurse: true,
        ..PLAIN
    },
    List {
        path: "/users/{user_uuid}/groups",
        order: &["name", "uuid"],
        texts: &["uuid", "name"],
        ..PLAIN
    },
    List {
        path: "/users/{user_uuid}/policies",
        order: &["name", "description", "uuid"],
        texts: &["uuid", "name", "group_uuid", "tenant_uuid"],
        ..PLAIN
    },
    List {
        path: "/users/{user_uuid}/sessions",
        order: &["mobile"],
        ..PLAIN
    },
    List {
        path: "/users/{user_uuid}/tokens",
        order: &["created_at", "client_id", "mobile"],
        texts: &["client_id"],
        values: &["created_at", "mobile"],
        ..PLAIN
    },
    List {
        path: "/users/me/tokens",
        order: &["created_at", "client_id", "mobile"],
        texts: &["client_id"],
        values: &["created_at", "mobile"],
        ..PLAIN
    },
    List {
        path: "/users/{user_uuid}/external",
        order: &["type"],
        texts: &["type"],
        ..PLAIN
    },
    List {
        path: "/tenants",
        order: &["name", "slug"],
        texts: &["uuid", "uuids", "name", "slug", "domain_name"],
        ..PLAIN
    },
    List {
        path: "/groups",
        order: &["name", "uuid"],
        known: &["slug", "read_only"],
        texts: &[
            "uuid",
            "name",
            "slug",
            "user_uuid",
            "policy_uuid",
            "policy_slug",
        ],
        values: &["read_only"],
        recurse: true,
        ..PLAIN
    },
    List {
        path: "/groups/{group_uuid}/users",
        order: &["username"],
        texts: PEOPLE,
        ..PLAIN
    },
    List {
        path: "/groups/{group_uuid}/policies",
        order: &["name", "description", "uuid"],
        texts: &["uuid", "name", "user_uuid", "tenant_uuid"],
        ..PLAIN
    },
    List {
        path: "/policies",
        order: &["name", "slug", "description", "uuid"],
        known: &["read_only"],
        texts: &[
            "uuid",
            "name",
            "slug",
            "user_uuid",
            "group_uuid",
            "tenant_uuid",
        ],
        values: &["read_only"],
        filtered: false,
        recurse: true,
    },
    List {
        path: "/sessions",
        order: &["mobile"],
        recurse: true,
        ..PLAIN
    },
    List {
        path: "/tokens",
        order: &["created_at", "client_id", "mobile"],
        texts: &["client_id"],
        values: &["created_at", "mobile"],
        recurse: true,
        ..PLAIN
    },
];

/// Lists whose parameters mean nothing.
const WHOLE: &[&str] = &["/backends", "/idp", "/tenants/{tenant_uuid}/domains"];

/// Every list, with its path among what there is; something is in each.
fn walk(check: impl Fn(&Actor<'_>, &List, &str)) {
    let daemon = Daemon::builder().examples().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let group = store.group_of_all_users(&text(&admin.data["metadata"], "tenant_uuid"));
    let actor = Actor::admin(&daemon);
    let policy = store.policy(None, "policy", &[]);
    for holder in [
        format!("/groups/{group}"),
        format!("/users/{}", admin.auth_id),
    ] {
        let link = format!("{holder}/policies/{policy}");
        let _ = actor.request("PUT", &link).send().is(204);
    }
    let credentials = daemon.installation().credentials();
    let request = daemon.client().post("/token");
    let request = request.basic(&credentials.username, &credentials.password);
    let offline = json!({"access_type": "offline", "client_id": "desk"});
    let _ = request.json(&offline).send().is(200);
    for list in LISTS {
        let path = list
            .path
            .replace("{user_uuid}", &admin.auth_id)
            .replace("{group_uuid}", &group);
        check(&actor, list, &path);
    }
}

#[test]
fn no_list_is_left_out_here() {
    for (method, path, _) in DAEMON {
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_list = *method == "GET" && last.ends_with('s') && !path.starts_with("/status");
        let known = WHOLE.contains(path) || LISTS.iter().any(|list| list.path == *path);
        assert!(!is_list || known, "{path} is not among the lists");
    }
}

#[test]
fn every_list_has_its_members_and_its_parts_have_the_numbers_of_the_whole() {
    walk(|actor, list, path| {
        let answer = actor.get(path);
        assert_json(&answer);
        let whole = answer.expect(200);
        assert_eq!(
            json!(whole["items"].as_array().map(Vec::len)),
            whole["total"]
        );
        assert_ne!(whole["total"], 0, "{path}");
        let mut members: Vec<&str> = whole
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        members.sort_unstable();
        let expected: &[&str] = if list.filtered {
            &["filtered", "items", "total"]
        } else {
            &["items", "total"]
        };
        assert_eq!(members, expected, "{path}");
        for query in [
            "limit=0",
            "offset=1000",
            "limit=0&limit=10",
            "limit=%2B0",
            "limit=%200%20",
            "offset=9223372036854775808",
        ] {
            let part = actor.get(&format!("{path}?{query}")).expect(200);
            assert_eq!(part["items"], json!([]), "{path}?{query}");
            assert_eq!(part["total"], whole["total"], "{path}?{query}");
            assert_eq!(
                part.get("filtered"),
                whole.get("filtered"),
                "{path}?{query}"
            );
        }
        for query in [
            "limit=9223372036854775808&colour=red",
            "limit=1_000&offset=0_0",
            "direction=asc&search=",
        ] {
            let answer = actor.get(&format!("{path}?{query}")).expect(200);
            assert_eq!(answer["total"], whole["total"], "{path}?{query}");
        }
    });
}

#[test]
fn every_list_says_what_it_can_be_ordered_by() {
    walk(|actor, list, path| {
        // In the order in which the words are told, which is not that of the two kinds.
        let choices: Vec<&str> = match list.path {
            "/groups" => vec!["name", "slug", "uuid", "read_only"],
            _ => list.order.iter().chain(list.known).copied().collect(),
        };
        let failure = json!({"order": [{
            "constraint_id": "enum",
            "constraint": {"choices": choices},
            "message": format!("Must be one of: {}.", choices.join(", ")),
        }]});
        let upper = choices.first().map(|choice| choice.to_uppercase());
        for column in ["", "tenant", &upper.unwrap_or_default()] {
            assert_api(
                &actor.get(&format!("{path}?order={column}")),
                400,
                ("invalid-list-param", "users"),
                failure.clone(),
                &json!({}),
            );
        }
        for direction in ["asc", "desc"] {
            for column in list.order {
                let query = format!("{path}?order={column}&direction={direction}");
                let _ = actor.get(&query).is(200);
            }
            for column in list.known {
                let query = format!("{path}?order={column}&direction={direction}");
                let reason = format!("Invalid sort column: {column}");
                assert_reason(&actor.get(&query), 400, &reason);
            }
        }
    });
}

#[test]
fn every_list_refuses_parameters_that_mean_nothing() {
    walk(|actor, list, path| {
        let refused = |query: &str| {
            let answer = actor.get(&format!("{path}?{query}"));
            let document: Value = answer.expect(400);
            assert_eq!(document["error_id"], "invalid-list-param", "{path}?{query}");
            assert_eq!(document["resource"], "users", "{path}?{query}");
            assert_eq!(document["details"], json!({}), "{path}?{query}");
            let name = query.split('=').next().unwrap_or_default();
            assert!(document["message"][name].is_object() || document["message"][name].is_array());
        };
        for name in ["limit", "offset"] {
            for value in ["", "-1", "1.5", "x", "1e3"] {
                refused(&format!("{name}={value}"));
            }
        }
        for value in ["", "DESC", "up"] {
            refused(&format!("direction={value}"));
        }
        if list.recurse {
            for value in ["", "perhaps", "tRUE"] {
                refused(&format!("recurse={value}"));
            }
        }
        for name in list.values {
            refused(&format!("{name}=perhaps"));
        }
        for name in list.texts.iter().chain(list.values).chain(&["search"]) {
            let answer = actor.get(&format!("{path}?{name}=a%00b"));
            assert_eq!(answer.status, 400, "{path}?{name}: {answer:?}");
        }
    });
}

#[test]
fn a_filter_that_fits_nothing_leaves_nothing_and_any_text_is_good_for_one() {
    walk(|actor, list, path| {
        let total = actor.get(path).expect(200)["total"].clone();
        for name in list.texts {
            for value in ["nothing", NOBODY, "%25", "'", "%F0%9F%98%80", "%FF"] {
                let query = format!("{path}?{name}={value}");
                let found = actor.get(&query).expect(200);
                assert_eq!(
                    (&found["items"], &found["total"]),
                    (&json!([]), &total),
                    "{query}"
                );
                if list.filtered {
                    assert_eq!(found["filtered"], 0, "{query}");
                }
            }
        }
        for value in ["%5C", "%5C%5C", "%25%5C", "'", "%F0%9F%98%80", "%FF", "a+b"] {
            let found = actor.get(&format!("{path}?search={value}")).expect(200);
            assert_eq!(found["total"], total, "{path}?search={value}");
        }
        // What the path says already is no filter, nor is a word of another list.
        for name in [
            "user_uuid",
            "group_uuid",
            "tenant_uuid",
            "type",
            "domain_name",
        ] {
            if !list.texts.contains(&name) {
                let found = actor.get(&format!("{path}?{name}=nothing")).expect(200);
                assert_eq!(found["total"], total, "{path}?{name}");
                let items = found["items"].as_array().map(Vec::len);
                assert_eq!(json!(items), total, "{path}?{name}");
            }
        }
    });
}
