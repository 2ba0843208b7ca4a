//! The groups that a tenant has from its first moment, and their policies.

use serde_json::json;
use wazo_auth_database::queries::{
    group,
    list::Paging,
    policy::{self, Policy},
    scope::Scope,
    tenant,
};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{store::Store, tenants::Actor};

/// The groups of a tenant, each with the slugs of its policies.
fn groups(store: &Store, tenant: &str) -> Vec<(String, bool, Vec<String>)> {
    let tenant = TenantId::from_database(tenant.to_owned());
    store.write(move |db| {
        let scope = Scope::Tenant(tenant.clone());
        let groups = group::list(db, &scope, &group::Filter::default(), &Paging::default())?;
        let mut found = Vec::new();
        for group in groups {
            assert_eq!(group.name, group.slug);
            let policies = policies_of(db, &group.uuid)?;
            found.push((group.slug, group.system_managed, policies));
        }
        found.sort();
        Ok(found)
    })
}

fn policies_of(
    db: &mut wazo_auth_database::Connection,
    group: &GroupId,
) -> wazo_auth_database::DatabaseResult<Vec<String>> {
    let filter = policy::Filter {
        group_uuid: Some(group.to_string()),
        ..policy::Filter::default()
    };
    let mut slugs: Vec<String> = policy::list(db, &Scope::All, &filter, &Paging::default())?
        .into_iter()
        .map(|visible| format!("{} of {}", visible.policy.slug, visible.policy.tenant_uuid))
        .collect();
    slugs.sort();
    Ok(slugs)
}

fn policy(store: &Store, tenant: &str, slug: &str, config_managed: bool, accesses: &[&str]) {
    let new = Policy {
        uuid: PolicyId::random(),
        name: slug.to_owned(),
        slug: slug.to_owned(),
        description: None,
        tenant_uuid: TenantId::from_database(tenant.to_owned()),
        config_managed,
        shared: false,
        accesses: accesses.iter().map(|access| (*access).to_owned()).collect(),
    };
    store.write(move |db| policy::insert(db, &new));
}

#[test]
fn a_new_tenant_has_the_group_of_all_its_users_and_the_configured_groups() {
    let daemon = Daemon::builder()
        .config(
            "all_users_policies: {everybody: true, off: false, gone: true, mine: true}\n\
             tenant_default_groups:\n  staff: {policies: {staff: true, everybody: true, off: false, gone: true}}\n  guests: {}\n",
        )
        .start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let top = store.write(tenant::find_top).uuid.to_string();
    let other = store.tenant(None, "other");
    for slug in ["everybody", "staff", "off"] {
        policy(&store, &top, slug, true, &[]);
        // Somebody else's of the same slug is not meant, nor is one that the configuration does not own.
        policy(&store, &other, slug, true, &[]);
    }
    policy(&store, &top, "mine", false, &[]);

    for _ in 0..2 {
        let uuid = admin.tenant_id(&json!({}));
        let (everybody, staff) = (format!("everybody of {top}"), format!("staff of {top}"));
        assert_eq!(
            groups(&store, &uuid),
            [
                ("guests".to_owned(), false, vec![]),
                ("staff".to_owned(), false, vec![everybody.clone(), staff]),
                (
                    format!("wazo-all-users-tenant-{uuid}"),
                    true,
                    vec![everybody]
                ),
            ]
        );
    }
    let (_, exited) = daemon.stop();
    for slug in ["gone", "mine"] {
        let text = format!("new tenants do not get the policy \"{slug}\"");
        let told = exited.lines.iter().filter(|line| line.contains(&text));
        assert_eq!(told.count(), 1, "{slug}: {exited:#?}");
    }
}

#[test]
fn a_user_of_a_new_tenant_gets_what_its_groups_grant() {
    let daemon = Daemon::builder()
        .config("all_users_policies: {everybody: true}\n")
        .start();
    let store = Store::of(daemon.installation());
    let top = store.write(tenant::find_top).uuid.to_string();
    policy(&store, &top, "everybody", true, &["auth.tenants.read"]);
    let acme = Actor::admin(&daemon).tenant_id(&json!({"name": "Acme"}));
    let _ = store.user(Some(&acme), "alice", &[]);
    let alice = daemon.login("alice", wazo_auth_tests::store::PASSWORD);
    let list = Actor::new(&daemon, &alice.token)
        .get("/tenants")
        .expect(200);
    assert_eq!(list["items"][0]["uuid"], acme.as_str());
}
