//! Every route that names an object, asked about one of a tenant that the caller may not see: the answer is
//! the one about an id that nothing ever had, and nothing changes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    groups::group_id,
    routes::{Access, DAEMON},
    store::{PASSWORD, Store},
    tenants::Actor,
};

/// An id that nothing ever had.
const NEVER: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

/// What requests to a route need beside the path: a query and a body, in which braces hold the same objects
/// as in the path.
const REQUESTS: &[(&str, &str, &str, &str)] = &[
    (
        "PUT",
        "/users/{user_uuid}",
        "",
        r#"{"username": "renamed"}"#,
    ),
    (
        "PUT",
        "/users/{user_uuid}/password",
        "",
        r#"{"old_password": "w0nder1and", "new_password": "changed"}"#,
    ),
    (
        "POST",
        "/users/password/reset",
        "?user_uuid={user_uuid}",
        r#"{"password": "changed"}"#,
    ),
    (
        "PUT",
        "/users/{user_uuid}/emails",
        "",
        r#"{"emails": [{"address": "stranger@example.com", "main": true}]}"#,
    ),
    (
        "PUT",
        "/admin/users/{user_uuid}/emails",
        "",
        r#"{"emails": [{"address": "stranger@example.com", "main": true, "confirmed": false}]}"#,
    ),
    (
        "PUT",
        "/idp/{idp_type}/users",
        "",
        r#"{"users": [{"uuid": "{user_uuid}"}]}"#,
    ),
    ("PUT", "/groups/{group_uuid}", "", r#"{"name": "renamed"}"#),
    (
        "PUT",
        "/policies/{policy_uuid}",
        "",
        r#"{"name": "renamed", "acl": []}"#,
    ),
    (
        "PUT",
        "/policies/{policy_slug}",
        "",
        r#"{"name": "renamed", "acl": []}"#,
    ),
    (
        "PUT",
        "/tenants/{tenant_uuid}",
        "",
        r#"{"name": "renamed"}"#,
    ),
];

/// A slug that nothing ever had.
const NEVER_SLUG: &str = "never";

/// Objects that are no secret to be kept from other tenants.
const WORDS: &[(&str, &str)] = &[
    ("client_id", "desk"),
    ("idp_type", "native"),
    ("access", "a.b"),
    ("file", "page.js"),
];

/// Parameters that are walked past, by a part of the route. There may be fewer, not more.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "/token/",
        "token_uuid",
        "who knows a token may do with it what it is good for",
    ),
    (
        "DELETE /groups/{group_uuid}/users/",
        "user_uuid",
        "whoever exists and is no member has left already, which changes nothing",
    ),
];

/// The objects of one side, by the names that paths have for them.
type Objects = BTreeMap<&'static str, String>;

/// A tenant below the top one with a tenant below it, and in that one somebody who is logged in.
fn side(daemon: &Daemon, admin: &Login, store: &Store, name: &str) -> Objects {
    let tenant = store.tenant(None, name);
    let below = store.tenant(Some(&tenant), &format!("{name}1"));
    let user = store.user(Some(&below), &format!("{name}-user"), &[]);
    let body = json!({ "emails": [{ "address": format!("{name}@example.com"), "main": true }] });
    let request = daemon.client().put(&format!("/users/{user}/emails"));
    let emails = request.token(&admin.token).json(&body).send().expect(200);
    let request = daemon.client().post("/token");
    let request = request.basic(&format!("{name}-user"), PASSWORD);
    let body = json!({ "access_type": "offline", "client_id": "desk" });
    let login = Login::read(&request.json(&body).send());
    let slug = format!("{name}-policy");
    let policy = store.policy(Some(&tenant), &slug, &["a.b", "c.d"]);
    let group = group_id(
        &Actor::admin(daemon).within(&tenant),
        &format!("{name}-group"),
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    BTreeMap::from([
        ("parent_tenant_uuid", tenant),
        ("tenant_uuid", below),
        ("user_uuid", user),
        ("email_uuid", text(&emails[0]["uuid"])),
        ("session_uuid", text(&login.data["session_uuid"])),
        ("group_uuid", group),
        ("policy_uuid", policy.to_string()),
        ("policy_slug", slug),
    ])
}

/// The names in braces.
fn names(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .filter(|name| !name.is_empty())
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
        .collect()
}

fn fill(template: &str, objects: &Objects) -> String {
    let mut text = template.to_owned();
    for (name, word) in WORDS {
        text = text.replace(&format!("{{{name}}}"), word);
    }
    for (name, id) in objects {
        text = text.replace(&format!("{{{name}}}"), id);
    }
    text
}

/// Everything that an administrator of all tenants can see, but for the walk's own session.
fn everything(daemon: &Daemon, admin: &Login, store: &Store) -> Vec<String> {
    let mut seen: Vec<String> = [
        "/users?recurse=true",
        "/tenants",
        "/sessions?recurse=true&order=mobile",
        "/tokens?recurse=true",
        "/policies?recurse=true",
        "/groups?recurse=true",
    ]
    .iter()
    .map(|path| {
        let list = daemon.client().get(path).token(&admin.token).send();
        let mut items: Vec<String> = list.expect(200)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        items.sort();
        items.join("\n")
    })
    .collect();
    seen.push(format!("{:?}", store.events()));
    seen
}

/// An answer without the moment at which it was given, and without the id that was asked for.
fn plain(answer: &Response, id: &str) -> (u16, String) {
    let mut body = answer.body.replace(id, "ID");
    if let Ok(Value::Object(mut members)) = serde_json::from_str(&body) {
        members.shift_remove("timestamp");
        body = Value::Object(members).to_string();
    }
    (answer.status, body)
}

#[test]
fn an_object_of_a_tenant_that_the_caller_may_not_see_is_none() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = daemon.admin();
    let own = side(&daemon, &admin, &store, "own");
    let foreign = side(&daemon, &admin, &store, "stranger");
    let home = own["parent_tenant_uuid"].clone();
    let _ = store.user(Some(&home), "boss", &["#"]);
    let boss = daemon.login("boss", PASSWORD);
    let before = everything(&daemon, &admin, &store);
    let (mut asked, mut excuses) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
    for (method, path, access) in DAEMON {
        let extra = REQUESTS
            .iter()
            .find(|(of, at, ..)| (of, at) == (method, path));
        let (query, body) = extra.map_or(("", "{}"), |(_, _, query, body)| (*query, *body));
        let all = format!("{path}{query} {body}");
        for name in names(&all) {
            let excused = EXCEPTIONS
                .iter()
                .position(|(part, of, _)| format!("{method} {path}").contains(part) && *of == name);
            excuses.extend(excused);
            if excused.is_some() || WORDS.iter().any(|(word, _)| *word == name) {
                continue;
            }
            assert!(
                !matches!(access, Access::Public(_)),
                "{method} {path} names a {name}, and asks for no token"
            );
            let answer = |id: &str| {
                let mut objects = own.clone();
                objects.insert(known(&own, name), id.to_owned());
                let target = fill(&format!("{path}{query}"), &objects);
                let request = daemon.client().request(method, &target).token(&boss.token);
                let answer = match *method {
                    "GET" | "DELETE" => request.send(),
                    _ => request.body(fill(body, &objects)).send(),
                };
                plain(&answer, id)
            };
            let never = answer(if name.ends_with("_slug") {
                NEVER_SLUG
            } else {
                NEVER
            });
            assert_eq!(
                answer(&foreign[name]),
                never,
                "{method} {path} with the {name} of somebody else"
            );
            assert_eq!(
                everything(&daemon, &admin, &store),
                before,
                "{method} {path} changed something"
            );
            asked
                .entry(known(&own, name))
                .or_default()
                .insert((method, path));
        }
    }
    for (name, routes) in &asked {
        println!(
            "asked about the {name} of somebody else at {} routes",
            routes.len()
        );
    }
    for name in own.keys() {
        assert!(asked.contains_key(name), "nothing was asked about a {name}");
    }
    // What groups and policies are named by, everywhere.
    for name in ["group_uuid", "policy_uuid", "policy_slug"] {
        let there = DAEMON
            .iter()
            .filter(|(_, path, _)| names(path).contains(&name));
        assert_eq!(asked[name].len(), there.count(), "{name}");
    }
    assert_eq!(excuses.len(), EXCEPTIONS.len(), "an exception that is none");
}

/// The name of an object in the table, which must be there.
fn known(objects: &Objects, name: &str) -> &'static str {
    objects
        .keys()
        .copied()
        .find(|known| *known == name)
        .expect("there is something of this name to ask about")
}
