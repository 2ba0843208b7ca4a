//! The groups that the configuration gives to every tenant, and their policies, which every start restores.

use serde_json::json;
use wazo_auth_database::queries::{group, policy};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId};
use wazo_auth_test_support::{Daemon, postgres::Server};
use wazo_auth_tests::{
    groups::{assert_forbidden, group_id},
    policies::make_id,
    startup::{Rows, installation, start, start_again, top},
    store::{PASSWORD, Store},
    tenants::{Actor, sorted, text},
};

const POLICIES: &str =
    "default_policies: {one: {acl: [one]}, two: {acl: [two]}, three: {acl: [three]}}\n";

fn with(keys: &str) -> String {
    format!("{POLICIES}{keys}\n")
}

/// Gives a policy to a group of a tenant through the API.
fn give(actor: &Actor<'_>, group: &str, policy: &str) {
    let path = format!("/groups/{group}/policies/{policy}");
    assert_eq!(actor.put(&path, &json!({})).status, 204, "{path}");
}

#[test]
fn all_users_of_every_tenant_have_the_policies_that_are_listed_and_no_other_configured_one() {
    let (installation, store) = installation();
    let daemon = start(
        installation,
        &with("all_users_policies: {one: true, two: true}"),
    );
    let admin = Actor::admin(&daemon);
    let child = admin.tenant_id(&json!({}));
    let grandchild = admin.within(&child).tenant_id(&json!({}));
    let top = top(&store).to_string();
    let tenants = [&top, &child, &grandchild];
    let rows = Rows::of(&store);
    for tenant in tenants {
        assert_eq!(rows.policies_of_all_users(tenant), ["one", "two"]);
        // What somebody gives to the group, and what is taken from it.
        let group = store.group_of_all_users(tenant);
        let mine = make_id(
            &admin.within(tenant),
            &json!({"name": "mine", "acl": ["mine"]}),
        );
        give(&admin.within(tenant), &group, &mine);
        give(&admin.within(tenant), &group, "three");
        let path = format!("/groups/{group}/policies/one");
        assert_eq!(admin.within(tenant).delete(&path).status, 204);
    }
    let daemon = start_again(
        daemon,
        &with("all_users_policies: {one: true, three: false}"),
    );
    let rows = Rows::of(&store);
    for tenant in tenants {
        // `two` is gone from all, `three` is listed and so left alone, and `mine` is not the configuration's.
        assert_eq!(rows.policies_of_all_users(tenant), ["mine", "one", "three"]);
    }
    let daemon = start_again(daemon, &with("all_users_policies: {}"));
    let rows = Rows::of(&store);
    for tenant in tenants {
        assert_eq!(rows.policies_of_all_users(tenant), ["mine"]);
    }
    assert_eq!(
        daemon
            .lines()
            .with("brought policies and groups to the configuration: policies taken from groups of all users: 6")
            .len(),
        1
    );
    let known = store.events().len();
    let daemon = start_again(daemon, &with("all_users_policies: {three: true}"));
    assert_eq!(store.news(known), [""; 0]);
    drop(daemon);
}

#[test]
fn a_login_after_the_start_has_what_all_users_got_and_a_token_from_before_has_not() {
    let (installation, store) = installation();
    let daemon = start(installation, &with(""));
    let below = Actor::admin(&daemon).tenant_id(&json!({}));
    let _ = store.user(Some(&below), "alice", &["own"]);
    let before = daemon.login("alice", PASSWORD);
    assert_eq!(before.data["acl"], json!(["own"]));
    let daemon = start_again(daemon, &with("all_users_policies: {one: true}"));
    assert_eq!(
        daemon.login("alice", PASSWORD).data["acl"],
        json!(["one", "own"])
    );
    let path = format!("/token/{}?scope=one", before.token);
    assert_eq!(daemon.client().head(&path).send().status, 403);
}

#[test]
fn a_policy_that_is_in_no_tenants_configuration_is_unlinked_everywhere_and_then_deleted() {
    let (installation, store) = installation();
    let daemon = start(installation, &with("all_users_policies: {one: true}"));
    let _ = Actor::admin(&daemon).tenant_id(&json!({}));
    let daemon = start_again(daemon, "default_policies: {two: {acl: [two]}}\n");
    assert!(!Rows::of(&store).has_policy("one"));
    assert_eq!(daemon.lines().with("SKIPPED").len(), 0);
}

#[test]
fn a_tenant_without_a_group_of_all_its_users_gets_one_with_them() {
    let (installation, store) = installation();
    let daemon = start(installation, "");
    // Two tenants that another program made, one of them with a group that only looks like it.
    let (bare, fake) = (store.tenant(None, "bare"), store.tenant(None, "fake"));
    let fake_slug = group::all_users_slug(&TenantId::from_database(fake.clone()));
    let looks_like_it = Actor::admin(&daemon)
        .within(&fake)
        .post("/groups", &json!({"name": "mine", "slug": fake_slug}))
        .expect(200);
    let alice = store.user(Some(&bare), "alice", &[]);
    let daemon = start_again(daemon, &with("all_users_policies: {one: true}"));
    let rows = Rows::of(&store);
    for tenant in [&bare, &fake] {
        let slug = group::all_users_slug(&TenantId::from_database(tenant.clone()));
        let group = rows.group(tenant, &slug);
        assert!(group.system_managed && group.name == slug, "{group:?}");
        assert_eq!(rows.policies_of_all_users(tenant), ["one"]);
        assert_forbidden(
            &Actor::admin(&daemon).delete(&format!("/groups/{}", group.uuid)),
            group.uuid.as_str(),
        );
    }
    assert_eq!(
        rows.group(&fake, &fake_slug).uuid.as_str(),
        text(&looks_like_it, "uuid")
    );
    assert_eq!(daemon.login("alice", PASSWORD).data["acl"], json!(["one"]));
    let line = format!("tenants without a group of all their users: 1, such as {bare}");
    assert_eq!(daemon.lines().with(&line).len(), 1);
    let members = Actor::admin(&daemon).get(&format!("/users/{alice}/groups"));
    assert_eq!(members.expect(200)["total"], 1);
}

#[test]
fn default_groups_are_made_and_get_their_names_and_policies_back() {
    let (installation, store) = installation();
    let daemon = start(installation, &with(""));
    let child = Actor::admin(&daemon).tenant_id(&json!({}));
    let top = top(&store).to_string();
    let keys =
        "tenant_default_groups:\n  staff: {policies: {one: true, two: false}}\n  guests: {}\n";
    let daemon = start_again(daemon, &with(keys));
    let admin = Actor::admin(&daemon);
    let rows = Rows::of(&store);
    for tenant in [&top, &child] {
        let staff = rows.group(tenant, "staff");
        assert!(staff.name == "staff" && !staff.system_managed);
        assert_eq!(rows.policies_of(tenant, "staff"), ["one"]);
        assert_eq!(rows.policies_of(tenant, "guests"), [""; 0]);
        // They are the clients' own.
        let (staff, actor) = (staff.uuid.to_string(), admin.within(tenant));
        let path = format!("/groups/{staff}");
        let renamed = actor.put(&path, &json!({"name": "Our staff"})).expect(200);
        assert_eq!(
            (&renamed["slug"], &renamed["read_only"]),
            (&json!("staff"), &json!(false))
        );
        give(&actor, &staff, "two");
        give(&actor, &staff, "three");
        assert_eq!(actor.delete(&format!("{path}/policies/one")).status, 204);
        let guests = rows.group(tenant, "guests").uuid.to_string();
        assert_eq!(actor.delete(&format!("/groups/{guests}")).status, 204);
        let user = store.user(Some(tenant), &format!("user-{tenant}"), &[]);
        assert_eq!(
            actor
                .put(&format!("{path}/users/{user}"), &json!({}))
                .status,
            204
        );
    }
    let daemon = start_again(daemon, &with(keys));
    let admin = Actor::admin(&daemon);
    let again = Rows::of(&store);
    for tenant in [&top, &child] {
        let staff = again.group(tenant, "staff");
        assert_eq!(
            (staff.name.as_str(), &staff.uuid),
            ("staff", &rows.group(tenant, "staff").uuid)
        );
        // What is true is there, what is false is not, and what is not said stays.
        assert_eq!(again.policies_of(tenant, "staff"), ["one", "three"]);
        assert_ne!(
            again.group(tenant, "guests").uuid,
            rows.group(tenant, "guests").uuid
        );
        let members = admin
            .within(tenant)
            .get(&format!("/groups/{}/users", staff.uuid));
        assert_eq!(
            sorted(&members.expect(200), "username"),
            [format!("user-{tenant}")]
        );
    }
    // A group that is configured no longer is nobody's but the clients'.
    let daemon = start_again(daemon, &with(""));
    assert_eq!(Rows::of(&store), again);
    drop(daemon);
}

#[test]
fn a_policy_that_is_missing_is_named_once_and_a_tenants_own_of_its_slug_is_not_meant() {
    let (installation, store) = installation();
    let daemon = start(installation, "");
    let admin = Actor::admin(&daemon);
    for number in 0..3 {
        let tenant = admin.tenant_id(&json!({"slug": format!("t{number}")}));
        let _ = make_id(
            &admin.within(&tenant),
            &json!({"name": "evil", "acl": ["evil"]}),
        );
    }
    let _ = make_id(&admin, &json!({"name": "ordinary", "acl": ["a"]}));
    let daemon = start_again(
        daemon,
        &with(
            "all_users_policies: {evil: true, ordinary: true, one: true, nothing: false}\n\
             tenant_default_groups: {staff: {policies: {evil: true, nothing: false}}}",
        ),
    );
    for (key, slug) in [
        ("all_users_policies", "evil"),
        ("all_users_policies", "ordinary"),
        ("tenant_default_groups", "evil"),
    ] {
        let lines = daemon
            .lines()
            .with(&format!("{key}: no group gets the policy \"{slug}\""));
        assert!(
            lines.len() == 1 && lines[0].contains("(ERROR)"),
            "{lines:?}"
        );
    }
    assert_eq!(daemon.lines().with("no group gets the policy").len(), 3);
    let rows = Rows::of(&store);
    let tenants: Vec<String> = rows
        .groups
        .iter()
        .map(|group| group.tenant_uuid.to_string())
        .collect();
    for tenant in &tenants {
        assert_eq!(rows.policies_of_all_users(tenant), ["one"]);
        assert_eq!(rows.policies_of(tenant, "staff"), [""; 0]);
    }
}

#[test]
fn what_clients_call_their_groups_does_not_keep_the_daemon_from_starting() {
    let (installation, store) = installation();
    let keys = with("tenant_default_groups: {staff: {policies: {one: true}}}");
    let daemon = start(installation, "");
    let admin = Actor::admin(&daemon);
    let [name, case, system] =
        ["name", "case", "system"].map(|slug| admin.tenant_id(&json!({"slug": slug})));
    let taken = admin
        .within(&name)
        .post("/groups", &json!({"name": "staff", "slug": "ours"}))
        .expect(200);
    let upper = admin
        .within(&case)
        .post("/groups", &json!({"name": "Staff", "slug": "STAFF"}))
        .expect(200);
    // No name is reserved: such a group is none of the system.
    let prefixed = group_id(&admin.within(&system), "wazo-all-users-tenant-foo");
    let daemon = start_again(
        daemon,
        &with(
            "all_users_policies: {two: true}\ntenant_default_groups: {staff: {policies: {one: true}}}",
        ),
    );
    let rows = Rows::of(&store);
    assert_eq!(rows.policies_of(&name, "staff"), ["one"]);
    assert_ne!(rows.group(&name, "staff").name, "staff");
    assert_eq!(
        rows.group(&name, "ours").uuid.as_str(),
        text(&taken, "uuid")
    );
    assert_eq!(rows.policies_of(&name, "ours"), [""; 0]);
    let line = format!(
        "another group has the name \"staff\", so the one with this slug has another name; tenants: 1, such as {name}"
    );
    assert_eq!(daemon.lines().with(&line).len(), 1);
    let staff = rows.group(&case, "staff");
    assert_eq!(
        (staff.uuid.as_str(), staff.name.as_str()),
        (text(&upper, "uuid").as_str(), "staff")
    );
    let prefixed = GroupId::from_database(prefixed);
    assert!(rows.links.iter().all(|(group, _)| *group != prefixed));

    // The name is given back as soon as it is free.
    let again = start_again(daemon, &keys);
    let path = format!("/groups/{}", text(&taken, "uuid"));
    assert_eq!(Actor::admin(&again).delete(&path).status, 204);
    let again = start_again(again, &keys);
    assert_eq!(Rows::of(&store).group(&name, "staff").name, "staff");
    drop(again);
}

/// Everything that the configuration can say at once.
fn everything() -> String {
    with(
        "all_users_policies: {one: true, two: false, missing: true}\n\
         tenant_default_groups: {staff: {policies: {two: true, three: false}}, guests: {}}",
    )
}

/// A database with tenants, groups, policies and users, some of them another program's.
fn filled(store: &Store, daemon: &Daemon) {
    let admin = Actor::admin(daemon);
    for number in 0..3 {
        let tenant = admin.tenant_id(&json!({"slug": format!("t{number}")}));
        let _ = make_id(
            &admin.within(&tenant),
            &json!({"name": "one", "acl": ["mine"]}),
        );
        let _ = store.user(Some(&tenant), &format!("user{number}"), &["own"]);
        let _ = group_id(&admin.within(&tenant), "theirs");
    }
    let bare = store.tenant(None, "bare");
    let _ = store.user(Some(&bare), "somebody", &[]);
    let orphan = store.policy(None, "orphan", &["a"]);
    let id: PolicyId = orphan.clone();
    store.write(move |db| policy::set_config_managed(db, &id, true));
    store.hold(&store.user(None, "holder", &[]), orphan.as_str());
    // What clients call a group like a default one.
    let _ = admin
        .within(&bare)
        .post("/groups", &json!({"name": "staff", "slug": "x"}));
}

#[test]
fn a_second_start_changes_no_row() {
    let (installation, store) = installation();
    let daemon = start(installation, "");
    filled(&store, &daemon);
    let daemon = start_again(daemon, &everything());
    let rows = Rows::of(&store);
    assert_eq!(
        rows.policies_of_all_users(&top(&store).to_string()),
        ["one"]
    );
    let daemon = start_again(daemon, &everything());
    assert_eq!(Rows::of(&store), rows);
    assert_eq!(daemon.lines().with("brought policies and groups").len(), 0);
    let events = store.events();
    drop(daemon);
    assert_eq!(store.events(), events);
}

#[test]
fn a_second_start_on_postgresql_writes_nothing_at_all() {
    let server = Server::shared();
    let database = server.database();
    let installation = Daemon::builder().database(server.uri(&database)).install();
    let store = Store::of(&installation);
    let daemon = start(installation, "");
    filled(&store, &daemon);
    let daemon = start_again(daemon, &everything());
    // The transaction that wrote a row last, and the one that deleted or locked it.
    let versions = || {
        [
            "auth_policy",
            "auth_access",
            "auth_policy_access",
            "auth_group",
            "auth_group_policy",
            "auth_user_group",
            "auth_user_policy",
            "auth_tenant",
        ]
        .map(|table| {
            server.sql(
                &database,
                &format!("SELECT xmin, ctid, t.* FROM {table} t ORDER BY ctid"),
            )
        })
    };
    let before = versions();
    assert!(before.iter().all(|rows| !rows.is_empty()));
    let daemon = start_again(daemon, &everything());
    assert_eq!(versions(), before);
    drop(daemon);
}
