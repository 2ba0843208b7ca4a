//! The groups that every tenant has, and their policies, as the configuration says.
//!
//! A new tenant gets them when it is made; a start of the daemon restores them in all others. Both ask
//! here, for however many tenants at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        self,
        group::{Group, PolicyLink},
    },
};
use wazo_auth_model::{
    ids::{GroupId, PolicyId, TenantId},
    search::lower,
};

use crate::settings::{DefaultGroup, Settings};

/// How many characters the name of a group has at most.
const LONGEST_NAME: usize = 128;

/// What the configuration says of groups.
#[derive(Debug, Clone)]
pub(crate) struct Configured {
    top: TenantId,
    /// `all_users_policies`; none where the group of all users is not meant.
    all_users: Option<Vec<(String, bool)>>,
    default_groups: Vec<DefaultGroup>,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Tenants that got a group of all their users.
    pub without_all_users: Vec<TenantId>,
    /// Default groups that were made.
    pub made: usize,
    /// Groups that got their name, their slug or their mark of the system back.
    pub restored: usize,
    /// Links of policies that were made.
    pub linked: usize,
    /// Links of policies that were removed.
    pub unlinked: usize,
    /// Slugs of policies that groups should have, and that are not there.
    pub missing_policies: BTreeSet<String>,
    /// Slugs of groups whose name another group has: in how many tenants, and one of these.
    pub names_taken: BTreeMap<String, (usize, TenantId)>,
}

impl Done {
    /// Adds what was done elsewhere.
    pub fn add(&mut self, other: Self) {
        self.without_all_users.extend(other.without_all_users);
        self.made += other.made;
        self.restored += other.restored;
        self.linked += other.linked;
        self.unlinked += other.unlinked;
        self.missing_policies.extend(other.missing_policies);
        for (slug, (tenants, one)) in other.names_taken {
            self.names_taken.entry(slug).or_insert((0, one)).0 += tenants;
        }
    }
}

/// A group that each tenant has.
struct Wanted {
    /// Its slug; none for the group of all users, whose slug names the tenant.
    slug: Option<String>,
    gets: Vec<PolicyId>,
    loses: Vec<PolicyId>,
}

impl Wanted {
    fn slug(&self, tenant: &TenantId) -> String {
        self.slug
            .clone()
            .unwrap_or_else(|| queries::group::all_users_slug(tenant))
    }
}

impl Configured {
    /// All groups of a tenant.
    pub fn groups(settings: &Settings, top: &TenantId) -> Self {
        Self {
            top: top.clone(),
            all_users: Some(settings.all_users_policies.clone()),
            default_groups: settings.tenant_default_groups.clone(),
        }
    }

    /// The group of all users alone.
    pub fn all_users(settings: &Settings, top: &TenantId) -> Self {
        Self {
            default_groups: Vec::new(),
            ..Self::groups(settings, top)
        }
    }

    /// The default groups alone.
    pub fn default_groups(settings: &Settings, top: &TenantId) -> Self {
        Self {
            all_users: None,
            ..Self::groups(settings, top)
        }
    }

    /// Whether there is nothing to do in any tenant.
    pub fn is_empty(&self) -> bool {
        self.all_users.is_none() && self.default_groups.is_empty()
    }

    /// Makes the groups of some tenants what the configuration says. What is so already is not touched.
    ///
    /// # Errors
    ///
    /// When the database fails, or others change the same rows: trying again helps then.
    pub fn apply(&self, db: &mut Connection, tenants: &[TenantId]) -> DatabaseResult<Done> {
        let mut done = Done::default();
        let wanted = self.wanted(db, &mut done)?;
        let groups = ensure_groups(db, tenants, &wanted, &mut done)?;
        for (wanted, groups) in wanted.iter().zip(&groups) {
            link(db, wanted, groups, &mut done)?;
        }
        Ok(done)
    }

    /// Looks up the policies: only those of the top tenant that the configuration owns. One to which
    /// somebody gave the same slug is another one.
    fn wanted(&self, db: &mut Connection, done: &mut Done) -> DatabaseResult<Vec<Wanted>> {
        let slugs: BTreeSet<String> = self
            .all_users
            .iter()
            .flatten()
            .chain(self.default_groups.iter().flat_map(|group| &group.policies))
            .map(|(slug, _)| slug.clone())
            .collect();
        let slugs: Vec<String> = slugs.into_iter().collect();
        let known = queries::policy::find_config_managed(db, &self.top, &slugs)?;
        let mut wanted = Vec::new();
        if let Some(switches) = &self.all_users {
            let listed: HashSet<&str> = switches.iter().map(|(slug, _)| slug.as_str()).collect();
            // One that is listed as false stays where somebody has given it.
            let unlisted = queries::policy::list_config_managed(db)?
                .into_iter()
                .filter(|policy| !listed.contains(policy.slug.as_str()))
                .map(|policy| policy.uuid);
            wanted.push(Wanted {
                slug: None,
                gets: named(switches, true, &known, &mut done.missing_policies),
                loses: unlisted.collect(),
            });
        }
        for group in &self.default_groups {
            // What is to be taken away need not be there.
            let mut absent = BTreeSet::new();
            wanted.push(Wanted {
                slug: Some(group.slug.clone()),
                gets: named(&group.policies, true, &known, &mut done.missing_policies),
                loses: named(&group.policies, false, &known, &mut absent),
            });
        }
        Ok(wanted)
    }
}

/// The policies that are switched so.
fn named(
    switches: &[(String, bool)],
    on: bool,
    known: &HashMap<String, PolicyId>,
    missing: &mut BTreeSet<String>,
) -> Vec<PolicyId> {
    let mut found = Vec::new();
    for (slug, _) in switches.iter().filter(|(_, is_on)| *is_on == on) {
        match known.get(slug) {
            Some(policy) => found.push(policy.clone()),
            None => drop(missing.insert(slug.clone())),
        }
    }
    found
}

/// Makes the groups that are not there, and gives the others their names back. Answers the ids, for each
/// wanted group those of all tenants.
fn ensure_groups(
    db: &mut Connection,
    tenants: &[TenantId],
    wanted: &[Wanted],
    done: &mut Done,
) -> DatabaseResult<Vec<Vec<GroupId>>> {
    let mut names = BTreeSet::new();
    for wanted in wanted {
        match &wanted.slug {
            Some(slug) => drop(names.insert(slug.clone())),
            None => names.extend(tenants.iter().map(queries::group::all_users_slug)),
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let found = queries::group::list_called(db, tenants, &names)?;
    let by_slug: HashMap<(&TenantId, String), &Group> = found
        .iter()
        .map(|group| ((&group.tenant_uuid, lower(&group.slug)), group))
        .collect();
    let taken: HashSet<(&TenantId, &str)> = found
        .iter()
        .map(|group| (&group.tenant_uuid, group.name.as_str()))
        .collect();

    let mut all = Vec::new();
    let (mut new, mut to_rename) = (Vec::new(), Vec::new());
    for wanted in wanted {
        let mut ids = Vec::new();
        for tenant in tenants {
            let slug = wanted.slug(tenant);
            let is_taken = taken.contains(&(tenant, slug.as_str()));
            let Some(group) = by_slug.get(&(tenant, lower(&slug))) else {
                let group = missing_group(tenant, slug, wanted.slug.is_none(), is_taken);
                if is_taken {
                    note_taken(done, &group);
                }
                ids.push(group.uuid.clone());
                new.push(group);
                continue;
            };
            ids.push(group.uuid.clone());
            let mut restored = restore(db, group, &slug, wanted.slug.is_none())?;
            if group.name != slug && is_taken {
                note_taken(done, group);
            } else if group.name != slug {
                to_rename.push(group.uuid.clone());
                restored = true;
            }
            done.restored += usize::from(restored);
        }
        all.push(ids);
    }
    queries::group::insert_many(db, &new)?;
    queries::group::name_by_slug(db, &to_rename)?;
    let (system, ordinary): (Vec<Group>, Vec<Group>) =
        new.into_iter().partition(|group| group.system_managed);
    let system_ids: Vec<GroupId> = system.iter().map(|group| group.uuid.clone()).collect();
    queries::group::join_all_users(db, &system_ids)?;
    done.made += ordinary.len();
    done.without_all_users
        .extend(system.into_iter().map(|group| group.tenant_uuid));
    Ok(all)
}

/// Gives a group what is not its name back. Hardly any group ever needs it, so each has a statement of
/// its own. Answers whether it did.
fn restore(
    db: &mut Connection,
    group: &Group,
    slug: &str,
    system_managed: bool,
) -> DatabaseResult<bool> {
    let mut restored = false;
    if group.slug != slug {
        restored |= queries::group::spell_slug(db, &group.uuid, slug)?;
    }
    // A default group that another program gave to the system stays the system's.
    if system_managed && !group.system_managed {
        restored |= queries::group::set_system_managed(db, &group.uuid, true)?;
    }
    Ok(restored)
}

/// A group as the configuration wants it. Where its name is taken it gets one that nobody has: what looks
/// for a group knows it by its slug.
fn missing_group(tenant: &TenantId, slug: String, system_managed: bool, is_taken: bool) -> Group {
    let uuid = GroupId::random();
    let name = if is_taken {
        let name = format!("{uuid} {slug}");
        name.chars().take(LONGEST_NAME).collect()
    } else {
        slug.clone()
    };
    Group {
        uuid,
        name,
        slug,
        tenant_uuid: tenant.clone(),
        system_managed,
    }
}

fn note_taken(done: &mut Done, group: &Group) {
    let first = (0, group.tenant_uuid.clone());
    done.names_taken
        .entry(group.slug.clone())
        .or_insert(first)
        .0 += 1;
}

/// Gives the groups their policies, and takes from them what is not theirs.
fn link(
    db: &mut Connection,
    wanted: &Wanted,
    groups: &[GroupId],
    done: &mut Done,
) -> DatabaseResult<()> {
    let policies: Vec<PolicyId> = wanted.gets.iter().chain(&wanted.loses).cloned().collect();
    let there: HashSet<PolicyLink> = queries::group::list_policy_links(db, groups, &policies)?
        .into_iter()
        .collect();
    let missing: Vec<PolicyLink> = groups
        .iter()
        .flat_map(|group| {
            wanted
                .gets
                .iter()
                .map(|policy| (group.clone(), policy.clone()))
        })
        .filter(|link| !there.contains(link))
        .collect();
    done.linked += queries::group::add_policies(db, &missing)?;
    for policy in &wanted.loses {
        let holders: Vec<GroupId> = there
            .iter()
            .filter(|(_, held)| held == policy)
            .map(|(group, _)| group.clone())
            .collect();
        done.unlinked += queries::group::remove_policy_from(db, &holders, policy)?;
    }
    Ok(())
}
