//! The policies of the configuration, which every start brings up to date.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    policies::{assert_read_only, at, make_id},
    startup::{Rows, configure, installation, start, start_again, top},
    store::{PASSWORD, Store},
    tenants::{Actor, text},
};

/// A policy as the administrator, or somebody of another tenant, sees it.
fn seen(actor: &Actor<'_>, slug: &str) -> Value {
    actor.get(&at(slug)).expect(200)
}

fn acl(actor: &Actor<'_>, slug: &str) -> Vec<String> {
    let policy = seen(actor, slug);
    let accesses = policy["acl"].as_array().unwrap().iter();
    let mut accesses: Vec<String> = accesses
        .map(|access| access.as_str().unwrap().to_owned())
        .collect();
    accesses.sort();
    accesses
}

#[test]
fn policies_of_the_configuration_are_made_and_become_what_it_says_at_each_start() {
    let (installation, store) = installation();
    let daemon = start(
        installation,
        "default_policies:\n  \
         reader: {acl: [a.read, '!b.read', a.read]}\n  \
         writer: {acl: [], description: Writes}\n",
    );
    let top = top(&store).to_string();
    let reader = seen(&Actor::admin(&daemon), "reader");
    let uuid = text(&reader, "uuid");
    assert_eq!(
        reader,
        json!({
            "uuid": uuid, "tenant_uuid": top, "name": "reader", "slug": "reader",
            "description": "Automatically created", "acl": ["a.read", "!b.read"],
            "read_only": true, "shared": false,
        })
    );
    let writer = seen(&Actor::admin(&daemon), "writer");
    assert_eq!(
        (&writer["description"], &writer["acl"]),
        (&json!("Writes"), &json!([]))
    );
    let line = "brought policies and groups to the configuration: policies made: 2";
    assert_eq!(daemon.lines().with(line).len(), 1);

    // Another program may have changed anything of it.
    let reader = Rows::of(&store)
        .policies
        .into_iter()
        .find(|policy| policy.slug == "reader");
    let mut changed = reader.unwrap();
    changed.name = "renamed".to_owned();
    store.write(move |db| wazo_auth_database::queries::policy::overwrite(db, &changed));
    let daemon = start_again(
        daemon,
        "default_policies:\n  \
         reader: {acl: [c.read, a.read], description: ''}\n  \
         writer: {acl: [w], description: Writes}\n",
    );
    let admin = Actor::admin(&daemon);
    let reader = seen(&admin, "reader");
    assert_eq!(
        (&reader["uuid"], &reader["name"], &reader["description"]),
        (&json!(uuid), &json!("reader"), &json!(""))
    );
    assert_eq!(acl(&admin, "reader"), ["a.read", "c.read"]);
    assert_eq!(acl(&admin, "writer"), ["w"]);
    let line = "brought policies and groups to the configuration: policies changed: 2";
    assert_eq!(daemon.lines().with(line).len(), 1);
    // Whoever asked has logged in; of the policies nothing is told.
    let events = store.news(0);
    assert!(
        events.iter().all(|name| name == "auth_session_created"),
        "{events:?}"
    );
}

#[test]
fn clients_see_them_from_every_tenant_and_change_nothing_in_them() {
    let (installation, store) = installation();
    let yaml = "default_policies: {reader: {acl: [a.read]}}\nall_users_policies: {reader: true}\n";
    let daemon = start(installation, yaml);
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({}));
    let uuid = text(&seen(&admin, "reader"), "uuid");
    for actor in [&admin, &admin.within(&below)] {
        let policy = seen(actor, "reader");
        assert_eq!(policy["read_only"], true);
        for name in [&uuid, "reader"] {
            let path = at(name);
            assert_read_only(
                &actor.put(&path, &json!({"name": "x", "acl": ["a.read"]})),
                &uuid,
            );
            assert_read_only(&actor.delete(&path), &uuid);
            let single = format!("{path}/acl/a.write");
            assert_read_only(&actor.request("PUT", &single).send(), &uuid);
            let single = format!("{path}/acl/a.read");
            assert_read_only(&actor.delete(&single), &uuid);
        }
    }
    assert_eq!(seen(&admin.within(&below), "reader")["tenant_uuid"], below);
    assert_eq!(Rows::of(&store).policies_of_all_users(&below), ["reader"]);
}

#[test]
fn whether_one_is_shared_is_what_the_configuration_says_of_it_last() {
    let (installation, store) = installation();
    let with = |shared: &str| format!("default_policies: {{p: {{acl: [a]{shared}}}}}\n");
    let shared = |store: &Store| Rows::of(store).policy(&top(store), "p").shared;
    let mut daemon = start(installation, &with(", shared: true"));
    for (said, expected) in [
        (", shared: true", true),
        ("", true),
        (", shared: false", false),
        ("", false),
        (", shared: true", true),
    ] {
        daemon = start_again(daemon, &with(said));
        assert_eq!(shared(&store), expected, "{said}");
        assert_eq!(seen(&Actor::admin(&daemon), "p")["shared"], expected);
    }
    // From below it is what every policy of the configuration is.
    let admin = Actor::admin(&daemon);
    let below = admin.within(&admin.tenant_id(&json!({})));
    let policy = seen(&below, "p");
    assert_eq!(
        (&policy["shared"], &policy["read_only"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(below.post("/policies", &json!({"name": "p"})).status, 409);
}

#[test]
fn a_policy_that_a_client_made_in_the_top_tenant_belongs_to_the_configuration_from_then_on() {
    let (installation, store) = installation();
    let daemon = start(installation, "");
    let admin = Actor::admin(&daemon);
    let same = make_id(
        &admin,
        &json!({"name": "Same", "slug": "same", "acl": ["old"]}),
    );
    let case = make_id(
        &admin,
        &json!({"name": "case", "slug": "CASE", "acl": ["a"]}),
    );
    let alice = store.user(None, "alice", &[]);
    let link = format!("/users/{alice}/policies/{same}");
    assert_eq!(admin.put(&link, &json!({})).status, 204);
    // In another tenant the slug means another policy.
    let below = admin.tenant_id(&json!({}));
    let other = make_id(
        &admin.within(&below),
        &json!({"name": "same", "acl": ["mine"]}),
    );
    let untouched = seen(&admin, &other);

    let daemon = start_again(
        daemon,
        "default_policies: {same: {acl: [new]}, case: {acl: [a]}}\n",
    );
    let admin = Actor::admin(&daemon);
    for (uuid, slug, access) in [(&same, "same", "new"), (&case, "case", "a")] {
        let policy = seen(&admin, slug);
        assert_eq!(
            (&policy["uuid"], &policy["name"], &policy["slug"]),
            (&json!(uuid), &json!(slug), &json!(slug))
        );
        assert_eq!(policy["acl"], json!([access]));
        assert_eq!(policy["read_only"], true);
        let line = format!("the policy {uuid} with the slug \"{slug}\" was made by a client");
        assert_eq!(daemon.lines().with(&line).len(), 1, "{slug}");
    }
    assert_eq!(daemon.login("alice", PASSWORD).data["acl"], json!(["new"]));
    let theirs = seen(&admin, &other);
    assert_eq!(theirs, untouched);
}

#[test]
fn a_policy_of_another_name_does_not_keep_the_daemon_from_starting() {
    let (installation, store) = installation();
    let daemon = start(installation, "");
    let uuid = make_id(
        &Actor::admin(&daemon),
        &json!({"name": "reader", "slug": "other", "acl": ["a"]}),
    );
    let yaml = "default_policies: {reader: {acl: [b]}}\n";
    let daemon = start_again(daemon, yaml);
    let line = "another policy has the name \"reader\"";
    assert_eq!(daemon.lines().with(line).len(), 1);
    let top = top(&store);
    let rows = Rows::of(&store);
    let reader = rows.policy(&top, "reader");
    assert_eq!(
        (&reader.accesses, reader.config_managed),
        (&vec!["b".to_owned()], true)
    );
    assert_ne!(reader.name, "reader");
    assert_eq!(rows.policy(&top, "other").uuid.as_str(), uuid);

    // A start that can do no better changes nothing.
    let daemon = start_again(daemon, yaml);
    assert_eq!(Rows::of(&store), rows);
    // Once the name is free, it goes to whom it belongs.
    assert_eq!(Actor::admin(&daemon).delete(&at(&uuid)).status, 204);
    let daemon = start_again(daemon, yaml);
    assert_eq!(seen(&Actor::admin(&daemon), "reader")["name"], "reader");
}

#[test]
fn what_the_configuration_has_no_longer_is_deleted_unless_somebody_has_it() {
    let (installation, store) = installation();
    let daemon = start(
        installation,
        "default_policies: {free: {acl: [a]}, of_user: {acl: [a]}, of_group: {acl: [a]}, stays: {acl: [a]}}\n",
    );
    let admin = Actor::admin(&daemon);
    let id = |slug: &str| text(&seen(&admin, slug), "uuid");
    let (of_user, of_group) = (id("of_user"), id("of_group"));
    let alice = store.user(None, "alice", &[]);
    let below = admin.tenant_id(&json!({}));
    let group = admin.within(&below).post("/groups", &json!({"name": "g"}));
    let group = text(&group.expect(200), "uuid");
    for path in [
        format!("/users/{alice}/policies/{of_user}"),
        format!("/groups/{group}/policies/{of_group}"),
    ] {
        assert_eq!(admin.put(&path, &json!({})).status, 204, "{path}");
    }
    let yaml = "default_policies: {stays: {acl: [a]}}\n";
    let daemon = start_again(daemon, yaml);
    let rows = Rows::of(&store);
    assert!(!rows.has_policy("free"));
    assert!(rows.has_policy("stays") && rows.has_policy("wazo_default_master_user_policy"));
    for uuid in [&of_user, &of_group] {
        let line = format!("default_policies: deleting policy {uuid} (SKIPPED: associated)");
        let lines = daemon.lines().with(&line);
        assert!(
            lines.len() == 1 && lines[0].contains("(WARNING)"),
            "{lines:?}"
        );
        // It is what it was, and still the configuration's.
        assert_read_only(&Actor::admin(&daemon).delete(&at(uuid)), uuid);
    }
    assert_eq!(daemon.lines().with("SKIPPED").len(), 2);

    // Who has them no longer does not keep them.
    store.delete_user(&alice);
    let path = format!("/groups/{group}");
    assert_eq!(Actor::admin(&daemon).delete(&path).status, 204);
    let daemon = start_again(daemon, yaml);
    let rows = Rows::of(&store);
    assert!(!rows.has_policy("of_user") && !rows.has_policy("of_group"));
    assert_eq!(daemon.lines().with("SKIPPED").len(), 0);
    let line = "brought policies and groups to the configuration: policies deleted: 2";
    assert_eq!(daemon.lines().with(line).len(), 1);
}

#[test]
fn nothing_is_brought_up_to_date_where_the_configuration_forbids_it() {
    let (installation, store) = installation();
    let keys = "default_policies: {p: {acl: [a]}}\nall_users_policies: {p: true}\n\
                tenant_default_groups: {g: {policies: {p: true}}}\n";
    let before = Rows::of(&store);
    let daemon = start(
        installation,
        &format!("update_policy_on_startup: false\n{keys}"),
    );
    assert_eq!(Rows::of(&store), before);
    let daemon = start_again(daemon, keys);
    let made = Rows::of(&store);
    assert!(made.has_policy("p"));
    // Nor is anything deleted.
    let daemon = start_again(daemon, "update_policy_on_startup: false\n");
    assert_eq!(Rows::of(&store), made);
    drop(daemon);
}

#[test]
fn a_policy_without_an_acl_is_refused_before_anything_is_changed() {
    let (installation, store) = installation();
    let before = Rows::of(&store);
    configure(
        &installation,
        "default_policies: {good: {acl: [a]}, bad: {description: none}}\n",
    );
    let (_, exited) = installation.refuse();
    assert!(
        exited.says("default_policies.bad.acl: found nothing"),
        "{exited:?}"
    );
    assert_eq!(Rows::of(&store), before);
}

#[test]
fn an_access_that_the_database_cannot_keep_is_named_with_its_policy() {
    let (installation, store) = installation();
    // Nothing that could be compressed: SQLite keeps it, PostgreSQL has no room for it in its index.
    let access: String = (0..100)
        .map(|_| wazo_auth_model::ids::PolicyId::random().to_string())
        .collect();
    configure(
        &installation,
        &format!("default_policies: {{long: {{acl: ['{access}']}}}}\n"),
    );
    let is_postgresql = std::env::var("WAZO_AUTH_TEST_DATABASE").as_deref() == Ok("postgresql");
    if is_postgresql {
        let (_, exited) = installation.refuse();
        assert!(
            exited.says("default_policies.long.acl: the database cannot keep so long an access"),
            "{exited:?}"
        );
        assert!(!Rows::of(&store).has_policy("long"));
    } else {
        let daemon = installation.start();
        assert_eq!(acl(&Actor::admin(&daemon), "long"), [access]);
    }
}

#[test]
fn the_first_user_can_get_a_policy_of_the_configuration() {
    let daemon = Daemon::builder()
        .config(
            "default_policies: {admins: {acl: ['auth.#']}}\nall_users_policies: {admins: true}\n\
             bootstrap_user_on_startup: true\nbootstrap_user_username: root\n\
             bootstrap_user_password: s3cret\nbootstrap_user_policy_slug: admins\n",
        )
        .start();
    // Once by the group of all users, and once by itself.
    assert_eq!(
        daemon.login("root", "s3cret").data["acl"],
        json!(["auth.#", "auth.#"])
    );
}
