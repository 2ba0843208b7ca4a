//! Daemons that start again on one database with another configuration, and what that leaves in it.

use std::fs;

use wazo_auth_database::queries::{
    group::{self, Group, PolicyLink},
    list::Paging,
    policy::{self, Policy},
    scope::Scope,
    user,
};
use wazo_auth_model::ids::{GroupId, PolicyId, TenantId, UserId};
use wazo_auth_test_support::{Builder, Daemon, Installation};

use crate::store::Store;

/// An installation without a daemon whose database is ready.
#[must_use]
pub fn installation() -> (Installation, Store) {
    let installation = Builder::default().install();
    let store = Store::of(&installation);
    (installation, store)
}

/// Starts the daemon with this configuration in place of what it had.
///
/// # Panics
///
/// When it does not start.
#[must_use]
pub fn start(installation: Installation, yaml: &str) -> Daemon {
    configure(&installation, yaml);
    installation.start()
}

/// The same for a daemon that runs.
///
/// # Panics
///
/// When it does not stop, or does not start.
#[must_use]
pub fn start_again(daemon: Daemon, yaml: &str) -> Daemon {
    let (installation, exited) = daemon.stop();
    assert!(exited.status.success(), "{exited:?}");
    start(installation, yaml)
}

/// Replaces the configuration for the next start.
///
/// # Panics
///
/// When it cannot be written.
pub fn configure(installation: &Installation, yaml: &str) {
    let file = installation.path("conf.d").join("50-startup.yml");
    fs::write(file, yaml).expect("an installation's configuration can be written");
}

/// What a start of the daemon may write, row by row.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    /// All policies with what is in them, by their ids.
    pub policies: Vec<Policy>,
    /// All groups, by their ids.
    pub groups: Vec<Group>,
    /// Which policies groups have.
    pub links: Vec<PolicyLink>,
    /// Which groups users are in.
    pub members: Vec<(UserId, GroupId)>,
}

impl Rows {
    /// All that is there.
    #[must_use]
    pub fn of(store: &Store) -> Self {
        store.write(|db| {
            let (policies, groups) = (policy::Filter::default(), group::Filter::default());
            let mut policies: Vec<Policy> =
                policy::list(db, &Scope::All, &policies, &Paging::default())?
                    .into_iter()
                    .map(|visible| visible.policy)
                    .collect();
            policies.sort_by(|one, other| one.uuid.cmp(&other.uuid));
            let mut groups = group::list(db, &Scope::All, &groups, &Paging::default())?;
            groups.sort_by(|one, other| one.uuid.cmp(&other.uuid));
            let policy_ids: Vec<PolicyId> =
                policies.iter().map(|policy| policy.uuid.clone()).collect();
            let group_ids: Vec<GroupId> = groups.iter().map(|group| group.uuid.clone()).collect();
            let mut links = group::list_policy_links(db, &group_ids, &policy_ids)?;
            links.sort();
            let mut members = Vec::new();
            for user in user::list(
                db,
                &Scope::All,
                &user::Filter::default(),
                &Paging::default(),
            )? {
                let joined = group::Filter {
                    user_uuid: Some(user.uuid.to_string()),
                    ..group::Filter::default()
                };
                for group in group::list(db, &Scope::All, &joined, &Paging::default())? {
                    members.push((user.uuid.clone(), group.uuid));
                }
            }
            members.sort();
            Ok(Self {
                policies,
                groups,
                links,
                members,
            })
        })
    }

    /// The policy of a tenant with this slug.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn policy(&self, tenant: &TenantId, slug: &str) -> &Policy {
        self.policies
            .iter()
            .find(|policy| policy.tenant_uuid == *tenant && policy.slug == slug)
            .unwrap_or_else(|| panic!("no policy {slug}: {self:#?}"))
    }

    /// Whether there is a policy with this slug.
    #[must_use]
    pub fn has_policy(&self, slug: &str) -> bool {
        self.policies.iter().any(|policy| policy.slug == slug)
    }

    /// The group of a tenant with this slug.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn group(&self, tenant: &str, slug: &str) -> &Group {
        self.groups
            .iter()
            .find(|group| group.tenant_uuid.as_str() == tenant && group.slug == slug)
            .unwrap_or_else(|| panic!("no group {slug}: {self:#?}"))
    }

    /// The slugs of the policies of a group of a tenant, sorted.
    #[must_use]
    pub fn policies_of(&self, tenant: &str, slug: &str) -> Vec<&str> {
        let group = &self.group(tenant, slug).uuid;
        let mut slugs: Vec<&str> = self
            .links
            .iter()
            .filter(|(of, _)| of == group)
            .filter_map(|(_, held)| self.policies.iter().find(|policy| policy.uuid == *held))
            .map(|policy| policy.slug.as_str())
            .collect();
        slugs.sort_unstable();
        slugs
    }

    /// The same of the group of all users.
    #[must_use]
    pub fn policies_of_all_users(&self, tenant: &str) -> Vec<&str> {
        let tenant_id = TenantId::from_database(tenant.to_owned());
        self.policies_of(tenant, &group::all_users_slug(&tenant_id))
    }
}

/// The top tenant.
#[must_use]
pub fn top(store: &Store) -> TenantId {
    store
        .write(wazo_auth_database::queries::tenant::find_top)
        .uuid
}
