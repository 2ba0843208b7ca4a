//! Requests that the API's document allows and forbids, made up by the thousand: no answer is a failure of
//! the server, and each is one that the document has. What is asked of them is in
//! `tests/peers/python/fuzz.py`.
//!
//! `make fuzz` makes up more of them; see [`Effort`].
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{env, fs, time::Duration};

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, Home, command, http::Request};
use wazo_auth_tests::{document::OPENAPI, peers};

/// How long the usual run may take; usually it is half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// How much is tried: what the environment says, or what every round of tests has time for.
struct Effort {
    examples: String,
    seconds: u64,
    seed: String,
}

impl Effort {
    fn wanted() -> Self {
        let set = |name: &str, usual: &str| env::var(name).unwrap_or_else(|_| usual.to_owned());
        Self {
            examples: set("WAZO_AUTH_FUZZ_EXAMPLES", "5"),
            seconds: set("WAZO_AUTH_FUZZ_SECONDS", "0").parse().unwrap(),
            seed: set("WAZO_AUTH_FUZZ_SEED", "1"),
        }
    }
}

/// Something of each kind, by the names of the parameters that name it.
fn values(daemon: &Daemon, token: &str) -> Value {
    let made = |path: &str, body: &Value| -> Value {
        let request = daemon.client().post(path).token(token).json(body);
        request.send().expect(200)
    };
    let each = |list: &[Value], member: &str| -> Vec<Value> {
        list.iter().map(|value| value[member].clone()).collect()
    };
    let numbers = 0..3;
    let users: Vec<Value> = numbers
        .clone()
        .map(|number| {
            let name = format!("user{number}");
            let address = format!("{name}@example.org");
            let body = json!({ "username": name, "password": "s3cre7", "email_address": address });
            made("/users", &body)
        })
        .collect();
    let groups: Vec<Value> = numbers
        .clone()
        .map(|number| made("/groups", &json!({ "name": format!("group{number}") })))
        .collect();
    let policies: Vec<Value> = numbers
        .clone()
        .map(|number| {
            let body = json!({ "name": format!("policy{number}"), "acl": ["a.b", "!a.c"] });
            made("/policies", &body)
        })
        .collect();
    let tenants: Vec<Value> = numbers
        .map(|number| {
            let body = json!({
                "name": format!("tenant{number}"),
                "domain_names": [format!("tenant{number}.example.org")],
            });
            made("/tenants", &body)
        })
        .collect();
    let login = |body: &Value| -> Value {
        let request: Request<'_> = daemon.client().post("/token").basic("user0", "s3cre7");
        request.json(body).send().expect(200)["data"].clone()
    };
    let logins = [
        login(&json!({})),
        login(&json!({ "access_type": "offline", "client_id": "phone" })),
    ];
    let emails: Vec<Value> = users
        .iter()
        .map(|user| user["emails"][0]["uuid"].clone())
        .collect();
    let named = [each(&policies, "uuid"), each(&policies, "slug")].concat();
    json!({
        "user_uuid": each(&users, "uuid"),
        "group_uuid": each(&groups, "uuid"),
        // Where the document has one path for both.
        "policy_uuid": named,
        "tenant_uuid": each(&tenants, "uuid"),
        "parent_tenant_uuid": each(&tenants, "uuid"),
        "email_uuid": emails,
        "session_uuid": each(&logins, "session_uuid"),
        "token_uuid": each(&logins, "token"),
        "client_id": ["phone"],
        "idp_type": ["native"],
        "access": ["a.b", "a.c"],
        "Wazo-Tenant": [users[0]["tenant_uuid"], tenants[0]["uuid"]],
        "Wazo-Session-Type": ["mobile"],
        "file": ["page.js"],
    })
}

#[test]
fn whatever_is_sent_the_answer_is_one_that_the_document_has() {
    let effort = Effort::wanted();
    let daemon = Daemon::builder()
        .examples()
        // The token outlives the run.
        .config("default_token_lifetime: 86400\n")
        .start();
    let admin = daemon.admin();
    let home = Home::new();
    let put = |name: &str, text: String| fs::write(home.join(name), text).unwrap();
    let document = daemon.client().get(OPENAPI).send().is(200).body;
    put("openapi.yml", document);
    put("values.json", values(&daemon, &admin.token).to_string());
    let target = json!({ "url": daemon.client().base(), "token": admin.token });
    put("target.json", target.to_string());
    let mut fuzz = peers::python("fuzz.py");
    fuzz.arg(home.join(""))
        .arg(&effort.examples)
        .arg(effort.seconds.to_string())
        .arg(&effort.seed)
        // The tool leaves nothing in anybody's home.
        .env("HOME", home.join(""));
    let limit = LIMIT + Duration::from_secs(effort.seconds);
    let output = command::run(fuzz, limit);
    assert!(
        output.status.success(),
        "{}\n{}\nto try it again: make fuzz SEED={}",
        output.stdout,
        output.stderr,
        effort.seed
    );
    println!("{}", output.stdout);
}
