//! What tokens say of users: the metadata plugins of their purposes.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_database::queries::{group, user};
use wazo_auth_model::ids::{GroupId, TenantId, UserId};
use wazo_auth_test_support::{Builder, Daemon, XIVO_UUID, daemon::Login, plugins};
use wazo_auth_tests::{
    offline::{list, offline, refresh, refresh_token},
    store::{PASSWORD, Store},
};

/// A daemon with the plugins of `tells`, of which those are started that `enabled` names.
fn with(enabled: &[&str]) -> Builder {
    let enabled: Vec<String> = enabled.iter().map(|name| format!("{name}: true")).collect();
    Daemon::builder()
        .plugin(plugins::bad("tells"))
        .config(&format!(
            "enabled_metadata_plugins: {{{}}}\n",
            enabled.join(", ")
        ))
}

fn metadata(login: &Login) -> &Value {
    login.data.get("metadata").unwrap()
}

fn names(metadata: &Value) -> Vec<&str> {
    let members = metadata.as_object().unwrap();
    members.keys().map(String::as_str).collect()
}

/// The members that a user's token has when nothing but `default_user` speaks.
const DEFAULT: [&str; 6] = [
    "uuid",
    "tenant_uuid",
    "auth_id",
    "pbx_user_uuid",
    "xivo_uuid",
    "purpose",
];

#[test]
fn each_purpose_says_who_the_user_is_and_only_people_have_a_line() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let tenant = store.tenant(None, "branch");
    for (purpose, has_line) in [("user", true), ("internal", false), ("external_api", false)] {
        let uuid = store.user(Some(&tenant), purpose, &[]);
        store.set_purpose(&uuid, purpose, purpose);
        let login = daemon.login(purpose, PASSWORD);
        let line = has_line.then_some(&uuid);
        assert_eq!(
            metadata(&login).to_string(),
            json!({
                "uuid": uuid,
                "tenant_uuid": tenant,
                "auth_id": uuid,
                "pbx_user_uuid": line,
                "xivo_uuid": XIVO_UUID,
                "purpose": purpose,
            })
            .to_string()
        );
        assert_eq!(login.data["xivo_user_uuid"], json!(line));
    }
}

#[test]
fn further_plugins_of_a_purpose_are_asked_in_order_and_the_last_one_wins() {
    // Of lists in several files one is made, and a plugin keeps its first place in it.
    let daemon = with(&["colour", "plain"])
        .config("purpose_metadata_mapping: {user: [colour, default_user]}\ncolour: {colour: red}\n")
        .config("purpose_metadata_mapping: {user: [plain, colour]}\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let login = daemon.login("ALICE", PASSWORD);
    let shown = metadata(&login);
    assert_eq!(
        names(shown),
        [&DEFAULT[..], &["colour", "kept", "told"]].concat()
    );
    // `colour` had taken the identity away, `plain` has put it back, and the line away.
    assert_eq!(shown["xivo_uuid"], XIVO_UUID);
    assert_eq!(shown["pbx_user_uuid"], json!(null));
    assert_eq!(login.data["xivo_user_uuid"], json!(null));
    assert_eq!(shown["colour"], "red");
    assert_eq!(
        shown["told"],
        json!([
            "ALICE",
            alice,
            shown["tenant_uuid"],
            "user",
            "alice",
            true,
            "native",
            null
        ])
    );
    // Who has another purpose is told of as before.
    assert_eq!(names(metadata(&daemon.admin())), DEFAULT);
}

#[test]
fn what_the_mapping_cannot_mean_is_left_out_with_a_warning() {
    let daemon = with(&["colour", "no_start", "nowhere"])
        .config(
            "purpose_metadata_mapping: {user: [fails, nowhere, no_start], person: [colour]}\n\
             colour: {colour: red}\n",
        )
        .start();
    for warning in [
        "Configuration has undefined purpose: person",
        "A purpose has been assigned to an invalid metadata plugin: fails",
        "A purpose has been assigned to an invalid metadata plugin: nowhere",
        "A purpose has been assigned to an invalid metadata plugin: no_start",
        "metadata \"nowhere\" is enabled, but no file in the plugin directories offers it",
    ] {
        assert_eq!(daemon.lines().with(warning).len(), 1, "{warning}");
    }
    let store = Store::of(daemon.installation());
    drop(store.user(None, "alice", &[]));
    // `colour` is started, and asked for no purpose.
    assert_eq!(names(metadata(&daemon.login("alice", PASSWORD))), DEFAULT);

    let listed = daemon.installation().plugin_list();
    for line in [
        "metadata default_user - started",
        "metadata colour - started",
        "metadata no_start - failed: on purpose",
        "not enabled; add to the configuration: enabled_metadata_plugins: {fails: true}",
        "enabled, but no file offers it: metadata nowhere",
    ] {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    let admin = daemon.admin();
    let shown = list(&daemon, &admin.token, "/config");
    assert_eq!(
        shown["purpose_metadata_mapping"],
        json!({
            "user": ["fails", "nowhere", "no_start"],
            "person": ["colour"],
            "internal": [],
            "external_api": [],
        })
    );
    assert_eq!(
        shown["enabled_metadata_plugins"],
        json!({
            "colour": true, "no_start": true, "nowhere": true,
            "default_user": true, "default_internal": true, "default_external_api": true,
        })
    );
}

#[test]
fn without_any_metadata_plugin_the_daemon_does_not_start() {
    let (_, exited) = Daemon::builder()
        .config(
            "enabled_metadata_plugins:\n  \
             {default_user: false, default_internal: false, default_external_api: false}\n",
        )
        .install()
        .refuse();
    assert!(
        exited.says("enabled_metadata_plugins: none is enabled"),
        "{exited:#?}"
    );
}

#[test]
fn a_purpose_without_its_own_plugin_has_no_logins_and_the_others_have() {
    let daemon = Daemon::builder()
        .config("enabled_metadata_plugins: {default_user: false}\n")
        .start();
    let warning = "Purposes must have the following metadata plugins enabled: default_user";
    assert_eq!(daemon.lines().with(warning).len(), 1);
    let store = Store::of(daemon.installation());
    drop(store.user(None, "alice", &[]));
    let known = store.events().len();
    assert_eq!(daemon.try_login("alice", PASSWORD).status, 500);
    assert_eq!(store.news(known), [""; 0]);
    assert_eq!(daemon.try_login("alice", "wrong").status, 401);
    assert_eq!(names(metadata(&daemon.admin())), DEFAULT);
}

#[test]
fn another_plugin_can_stand_in_for_the_one_of_a_purpose() {
    let daemon = with(&["plain", "default_user: false, default_internal"])
        .config("purpose_metadata_mapping: {user: [plain]}\n")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let login = daemon.login("alice", PASSWORD);
    assert_eq!(names(metadata(&login)), DEFAULT[..5]);
    assert_eq!(login.auth_id, alice);
}

#[test]
fn administrators_are_those_with_the_policy_or_in_the_group() {
    let daemon = Daemon::builder()
        .config(
            "enabled_metadata_plugins: {user_admin_status: true}\n\
             purpose_metadata_mapping: {user: [user_admin_status]}\n",
        )
        .start();
    let store = Store::of(daemon.installation());
    let tenant = store.tenant(None, "branch");
    // Whose policy it is does not matter, and what is written otherwise is another one.
    let policy = store.policy(Some(&tenant), "wazo_default_admin_policy", &[]);
    let almost = store.policy(None, "Wazo_default_admin_policy", &[]);
    let new_group = |slug: &'static str| {
        let home = TenantId::from_database(tenant.clone());
        store.write(move |db| {
            let group = group::Group {
                uuid: GroupId::random(),
                name: slug.to_owned(),
                slug: slug.to_owned(),
                tenant_uuid: home.clone(),
                system_managed: false,
            };
            group::insert(db, &group)?;
            Ok(group.uuid)
        })
    };
    let (admins, others) = (new_group("wazo_default_admin_group"), new_group("others"));
    for (name, own, member, admin) in [
        ("nobody", None, None, false),
        ("holder", Some(&policy), None, true),
        ("almost", Some(&almost), None, false),
        ("member", None, Some(&admins), true),
        ("indirect", None, Some(&others), false),
    ] {
        let uuid = UserId::from_database(store.user(Some(&tenant), name, &[]));
        let (own, member, policy, others) = (
            own.cloned(),
            member.cloned(),
            policy.clone(),
            others.clone(),
        );
        store.write(move |db| {
            group::add_policy(db, &others, &policy)?;
            if let Some(own) = &own {
                user::add_policy(db, &uuid, own)?;
            }
            if let Some(member) = &member {
                user::join_group(db, &uuid, member)?;
            }
            Ok(())
        });
        let login = daemon.login(name, PASSWORD);
        assert_eq!(names(metadata(&login)), [&DEFAULT[..], &["admin"]].concat());
        assert_eq!(metadata(&login)["admin"], admin, "{name}");
    }
}

#[test]
fn what_is_persistent_is_kept_with_the_refresh_token_under_what_is_fresh() {
    let daemon = with(&["colour"])
        .config("purpose_metadata_mapping: {user: [colour]}\ncolour: {colour: red}\n")
        .start();
    let store = Store::of(daemon.installation());
    drop(store.user(None, "alice", &["auth.users.me.#"]));
    let first = offline(&daemon, "alice", "web");
    assert_eq!(
        names(metadata(&first)),
        [&["colour_kept", "kept"], &DEFAULT[..], &["colour", "told"]].concat()
    );
    assert_eq!(metadata(&first)["kept"], "fresh");
    let kept = |login: &Login| {
        list(&daemon, &login.token, "/users/me/tokens")["items"][0]["metadata"].clone()
    };
    let expected = json!({"colour_kept": "red", "kept": "alice"});
    assert_eq!(kept(&first), expected);
    // What is there stays as it is; the token has what is said now.
    let second = offline(&daemon, "Alice", "web");
    assert_eq!(kept(&second), expected);
    let again = Login::read(&refresh(&daemon, &refresh_token(&first), "web"));
    assert_eq!(names(metadata(&again)), names(metadata(&first)));
    assert_eq!(metadata(&again)["colour_kept"], "red");
    assert_eq!(metadata(&again)["kept"], "fresh");
    // Online logins know nothing of it.
    let online = daemon.login("alice", PASSWORD);
    assert!(metadata(&online).get("colour_kept").is_none());
}

#[test]
fn a_token_tells_what_was_true_when_it_was_made() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    let login = daemon.login("alice", PASSWORD);
    store.set_purpose(&alice, "alice", "internal");
    let path = format!("/token/{}", login.token);
    let later = daemon.client().get(&path).send().expect(200);
    assert_eq!(later["data"]["metadata"]["purpose"], "user");
    let second = daemon.login("alice", PASSWORD);
    assert_eq!(metadata(&second)["purpose"], "internal");
}

#[test]
fn a_backend_that_does_not_ask_has_its_own_metadata_alone() {
    let daemon = with(&["colour"])
        .config("purpose_metadata_mapping: {user: [colour]}\ncolour: {colour: red}\n")
        .backend("mirror")
        .start();
    let store = Store::of(daemon.installation());
    let alice = store.user(None, "alice", &[]);
    store.set_method(&alice, "mirror");
    let login = daemon.login("alice", "whatever");
    assert_eq!(login.auth_id, alice);
    assert!(metadata(&login).get("colour").is_none(), "{login:?}");
}

#[test]
fn a_backend_is_told_what_the_client_sent() {
    let daemon = with(&[]).backend("mirror").start();
    let seen = |body: Value| {
        let answer = daemon
            .client()
            .post("/token")
            .basic("mallory", "whatever")
            .header("User-Agent", "softphone/1.0")
            .json(&body)
            .send();
        metadata(&Login::read(&answer))["seen"].clone()
    };
    assert_eq!(
        seen(json!({})),
        json!({
            "backend": "wazo_user",
            "login": "mallory",
            "mobile": false,
            "user_agent": "softphone/1.0",
            "remote_addr": "127.0.0.1",
        })
    );
    let tenant = daemon
        .admin()
        .data
        .pointer("/metadata/tenant_uuid")
        .cloned();
    for (name, value) in [
        ("tenant_id", json!(tenant)),
        ("tenant_id", json!("no such tenant")),
        ("domain_name", json!("example.com")),
        ("saml_session_id", json!("4f1c9a")),
        ("access_type", json!("online")),
        ("client_id", json!("web")),
        ("expiration", json!(60)),
        ("backend", json!("other")),
    ] {
        let mut body = json!({});
        body[name] = value.clone();
        assert_eq!(seen(body)[name], value, "{name}");
    }
}
