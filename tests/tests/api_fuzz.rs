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

use std::{collections::BTreeMap, env, fs, time::Duration};

use serde_json::{Map, Value, json};
use wazo_auth_test_support::{Daemon, Home, command};
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

/// The password of all users here.
const PASSWORD: &str = "s3cre7";

/// Makes things for the run to be about, as an administrator.
struct Maker<'a> {
    daemon: &'a Daemon,
    token: &'a str,
}

impl Maker<'_> {
    fn made(&self, path: &str, body: &Value) -> Value {
        let request = self.daemon.client().post(path).token(self.token);
        request.json(body).send().expect(200)
    }

    fn user(&self, name: &str) -> Value {
        let address = format!("{name}@example.org");
        let body = json!({ "username": name, "password": PASSWORD, "email_address": address });
        self.made("/users", &body)
    }

    /// Logs somebody in who stays logged in.
    fn login(&self, login: &str, password: &str) -> Value {
        let body = json!({ "access_type": "offline", "client_id": "phone" });
        let request = self.daemon.client().post("/token").basic(login, password);
        request.json(&body).send().expect(200)["data"].clone()
    }

    /// Three things of each kind, by the names of the parameters that name them.
    fn values(&self, name: &str) -> Map<String, Value> {
        let several = |make: &dyn Fn(String) -> Value| -> Vec<Value> {
            (0..3)
                .map(|number| make(format!("{name}{number}")))
                .collect()
        };
        let users = several(&|name| self.user(&name));
        let logins = several(&|name| self.login(&name, PASSWORD));
        let groups = several(&|name| self.made("/groups", &json!({ "name": name })));
        let policies = several(&|name| {
            let acl = ["a.b", "!a.c"];
            self.made("/policies", &json!({ "name": name, "acl": acl }))
        });
        let tenants = several(&|name| {
            let domains = [format!("{name}.example.org")];
            self.made(
                "/tenants",
                &json!({ "name": name, "domain_names": domains }),
            )
        });
        let each = |list: &[Value], member: &str| -> Vec<Value> {
            list.iter().map(|value| value[member].clone()).collect()
        };
        let emails: Vec<Value> = users
            .iter()
            .map(|user| user["emails"][0]["uuid"].clone())
            .collect();
        // Where the document has one path for both.
        let named = [each(&policies, "uuid"), each(&policies, "slug")].concat();
        [
            ("user_uuid", each(&users, "uuid")),
            ("group_uuid", each(&groups, "uuid")),
            ("policy_uuid", named),
            ("tenant_uuid", each(&tenants, "uuid")),
            ("parent_tenant_uuid", each(&tenants, "uuid")),
            ("email_uuid", emails),
            ("session_uuid", each(&logins, "session_uuid")),
            ("token_uuid", each(&logins, "token")),
        ]
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.into()))
        .collect()
    }
}

#[test]
fn whatever_is_sent_the_answer_is_one_that_the_document_has() {
    let effort = Effort::wanted();
    let daemon = Daemon::builder()
        .examples()
        // Tokens outlive the run.
        .config("default_token_lifetime: 86400\n")
        .start();
    let credentials = daemon.installation().credentials();
    let admin = daemon.admin();
    let maker = Maker {
        daemon: &daemon,
        token: &admin.token,
    };
    let mut values = maker.values("kept");
    let spent = maker.values("spent");
    // Whoever changes a user may disable it, which logs it out.
    for operation in [
        "DELETE /users/{user_uuid}",
        "PUT /users/{user_uuid}",
        "DELETE /groups/{group_uuid}",
        "DELETE /policies/{policy_uuid}",
        "DELETE /tenants/{tenant_uuid}",
        "DELETE /token/{token_uuid}",
        "DELETE /sessions/{session_uuid}",
        "DELETE /users/{user_uuid}/sessions/{session_uuid}",
    ] {
        values.insert(operation.to_owned(), spent.clone().into());
    }
    // Whose tokens are asked about is not changed at all.
    let owner = maker.user("owner");
    let tokens = [(); 2].map(|()| maker.login("owner", PASSWORD));
    let own_clients = maker.login(&credentials.username, &credentials.password);
    let tenants = json!([owner["tenant_uuid"], values["tenant_uuid"][0]]);
    for (name, known) in [
        (
            "token_uuid",
            json!(tokens.each_ref().map(|token| token["token"].clone())),
        ),
        ("client_id", json!(["phone"])),
        ("idp_type", json!(["native"])),
        ("access", json!(["a.b", "a.c"])),
        ("Wazo-Tenant", tenants),
        ("Wazo-Session-Type", json!(["mobile"])),
        ("file", json!(["page.js"])),
    ] {
        values.insert(name.to_owned(), known);
    }
    let own = json!([
        admin.token,
        admin.auth_id,
        admin.data["session_uuid"],
        own_clients["session_uuid"],
        owner["uuid"],
        tokens[0]["session_uuid"],
        tokens[1]["session_uuid"],
    ]);
    let target = json!({
        "url": daemon.client().base(),
        "token": admin.token,
        "own": own,
        "login": ["owner", PASSWORD],
    });

    let home = Home::new();
    let put = |name: &str, text: String| fs::write(home.join(name), text).unwrap();
    put(
        "openapi.yml",
        daemon.client().get(OPENAPI).send().is(200).body,
    );
    put("values.json", Value::Object(values).to_string());
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

    // It was no walk past closed doors. Some things nobody comes upon, such as an old password.
    let answers = fs::read_to_string(home.join("answers.json")).unwrap();
    let answers: BTreeMap<String, BTreeMap<u16, u32>> = serde_json::from_str(&answers).unwrap();
    let refused: Vec<&String> = answers
        .iter()
        .filter(|(_, statuses)| statuses.keys().all(|status| *status >= 400))
        .map(|(operation, _)| operation)
        .collect();
    println!("answers: {answers:?}\nnever done: {refused:?}");
    assert!(
        refused.len() * 10 < answers.len(),
        "more than a tenth was never done: {refused:?}"
    );
}
