//! The accesses that every login gets: `default_user_policy` and `backend_policies`.
#![expect(
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::{Builder, Daemon, daemon::Login, plugins};
use wazo_auth_tests::{
    offline::{offline, refresh, refresh_token},
    store::{PASSWORD, Store},
};

/// A daemon with the policies `basic` and `other`, and the user `alice` of a tenant below.
fn start(builder: Builder) -> (Daemon, Store) {
    let daemon = builder.start();
    let store = Store::of(daemon.installation());
    drop(store.policy(None, "basic", &["basic.read", "!basic.write"]));
    drop(store.policy(None, "other", &["other.read"]));
    let branch = store.tenant(None, "branch");
    drop(store.user(Some(&branch), "alice", &["own.read", "basic.read"]));
    (daemon, store)
}

/// The accesses of a login as alice that names a backend, or none.
fn acl(daemon: &Daemon, backend: Option<&str>) -> Value {
    let mut body = json!({});
    if let Some(backend) = backend {
        body["backend"] = json!(backend);
    }
    let request = daemon.client().post("/token").basic("alice", PASSWORD);
    Login::read(&request.json(&body).send()).data["acl"].clone()
}

#[test]
fn every_login_begins_with_the_accesses_of_the_default_policy() {
    let (daemon, _) = start(Daemon::builder().config("default_user_policy: basic\n"));
    // In front of the user's own, and what is there twice stays so.
    let expected = json!(["basic.read", "!basic.write", "basic.read", "own.read"]);
    let sorted = |acl: &Value| {
        let mut own: Vec<&str> = acl.as_array().unwrap()[2..]
            .iter()
            .map(|access| access.as_str().unwrap())
            .collect();
        own.sort_unstable();
        let given = &acl.as_array().unwrap()[..2];
        json!([given[0], given[1], own[0], own[1]])
    };
    assert_eq!(sorted(&acl(&daemon, None)), expected);
    assert_eq!(sorted(&acl(&daemon, Some("anything"))), expected);
    let first = offline(&daemon, "alice", "web");
    assert_eq!(sorted(&first.data["acl"]), expected);
    let again = Login::read(&refresh(&daemon, &refresh_token(&first), "web"));
    assert_eq!(sorted(&again.data["acl"]), expected);
    let admin = daemon.admin();
    assert_eq!(
        admin.data["acl"],
        json!(["basic.read", "!basic.write", "#"])
    );
}

#[test]
fn a_policy_of_another_tenant_is_not_the_default_one() {
    let (daemon, store) = start(Daemon::builder().config("default_user_policy: standard\n"));
    let branch = store.tenant(None, "other");
    drop(store.policy(Some(&branch), "standard", &["#"]));
    let without = acl(&daemon, None);
    assert_eq!(without.as_array().unwrap().len(), 2, "{without}");
    assert!(!without.to_string().contains('#'), "{without}");
    let line = "Unknown policy name \"standard\" configured for backend \"wazo_user\"";
    assert_eq!(daemon.lines().with(line).len(), 1);
    // Once it is there, logins have it.
    drop(store.policy(None, "standard", &["late.read"]));
    assert_eq!(acl(&daemon, None)[0], "late.read");
}

#[test]
fn the_backend_that_a_login_names_chooses_its_policy() {
    let (daemon, _) = start(Daemon::builder().config(
        "default_user_policy: basic\n\
         backend_policies: {special: other, none: '', wrong: nobody}\n",
    ));
    assert_eq!(acl(&daemon, None)[0], "basic.read");
    assert_eq!(acl(&daemon, Some("wazo_user"))[0], "basic.read");
    assert_eq!(acl(&daemon, Some("special"))[0], "other.read");
    for backend in ["none", "wrong"] {
        let acl = acl(&daemon, Some(backend));
        assert_eq!(acl.as_array().unwrap().len(), 2, "{backend}: {acl}");
    }
    assert_eq!(
        daemon.lines().with("Unknown policy name \"nobody\"").len(),
        1
    );
    assert_eq!(daemon.lines().with("Unknown policy name").len(), 1);
}

#[test]
fn the_policy_of_the_native_backend_is_for_logins_that_name_none() {
    let (daemon, _) = start(Daemon::builder().config("backend_policies: {wazo_user: other}\n"));
    assert_eq!(acl(&daemon, None)[0], "other.read");
    let plain = acl(&daemon, Some("special"));
    assert_eq!(plain.as_array().unwrap().len(), 2, "{plain}");
}

#[test]
fn other_backends_get_them_as_an_argument() {
    let (daemon, _) = start(
        Daemon::builder()
            .plugin(plugins::bad("tells"))
            .backend("mirror")
            .config("default_user_policy: basic\n"),
    );
    let login = daemon.login("mallory", "whatever");
    assert_eq!(login.data["acl"], json!(["basic.read", "!basic.write"]));
}
