//! How long a start takes in a large installation, and that many tenants come out as few do.

use std::time::Instant;

use wazo_auth_database::queries::tenant::{self, Tenant};
use wazo_auth_model::ids::TenantId;
use wazo_auth_tests::{
    startup::{Rows, installation, start, start_again},
    store::Store,
};

const TENANTS: usize = 5_000;

/// As many policies and groups as the services of a platform bring.
fn configuration() -> String {
    let policies: String = (0..20)
        .map(|number| {
            format!("  policy{number}: {{acl: [service{number}.#, '!service{number}.secret']}}\n")
        })
        .collect();
    format!(
        "default_policies:\n{policies}\
         all_users_policies: {{policy0: true, policy1: true, policy2: true, policy3: true, gone: true}}\n\
         tenant_default_groups:\n  \
         admins: {{policies: {{policy4: true, policy5: true, policy6: false}}}}\n  \
         staff: {{policies: {{policy7: true}}}}\n"
    )
}

/// Adds tenants as another program could: without a group.
fn add_tenants(store: &Store) {
    store.write(|db| {
        let top = tenant::find_top(db)?.uuid;
        for number in 0..TENANTS {
            let new = Tenant {
                uuid: TenantId::random(),
                name: None,
                phone: None,
                contact_uuid: None,
                parent_uuid: top.clone(),
                slug: format!("t{number}"),
                default_authentication_method: "native".to_owned(),
            };
            tenant::insert(db, &new)?;
        }
        Ok(())
    });
}

#[test]
fn thousands_of_tenants_get_their_groups_and_policies_in_one_start() {
    let (installation, store) = installation();
    add_tenants(&store);
    let yaml = configuration();
    let timed = |what: &str, begun: Instant| {
        println!(
            "{what} with {TENANTS} tenants: {:.1} s",
            begun.elapsed().as_secs_f64()
        );
    };
    let begun = Instant::now();
    let daemon = start(installation, &yaml);
    timed("first start", begun);
    let rows = Rows::of(&store);
    let all = TENANTS + 1;
    assert_eq!(rows.groups.len(), 3 * all);
    assert_eq!(rows.links.len(), (4 + 2 + 1) * all);
    // One line for what is missing, however many lack it.
    assert_eq!(
        daemon
            .lines()
            .with("no group gets the policy \"gone\"")
            .len(),
        1
    );
    let line = format!("tenants without a group of all their users: {TENANTS}");
    assert_eq!(daemon.lines().with(&line).len(), 1);

    let begun = Instant::now();
    let daemon = start_again(daemon, &yaml);
    timed("second start", begun);
    assert_eq!(Rows::of(&store), rows);

    let begun = Instant::now();
    let daemon = start_again(daemon, &yaml.replace("policy3: true", "policy8: true"));
    timed("start with another policy for all users", begun);
    let changed = Rows::of(&store);
    assert_eq!(changed.links.len(), rows.links.len());
    assert_ne!(changed.links, rows.links);

    let begun = Instant::now();
    let daemon = start_again(daemon, "update_policy_on_startup: false\n");
    timed("start that changes nothing", begun);
    drop(daemon);
}
