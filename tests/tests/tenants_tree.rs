//! The tree of tenants under any edits: what the daemon keeps and shows is what a simple model has.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::tenants::{Actor, text};

/// Domain names that tenants take from each other.
const DOMAINS: usize = 4;

/// What is done to the tree. Whom it concerns, an index into all tenants says; `from` is the tenant that
/// it is done from, nothing for the top tenant.
#[derive(Debug, Clone)]
enum Edit {
    Create {
        from: Index,
        name: Option<u8>,
        domains: Vec<usize>,
    },
    Update {
        from: Option<Index>,
        tenant: Index,
        name: Option<u8>,
        domains: Vec<usize>,
    },
    Move {
        from: Option<Index>,
        tenant: Index,
        parent: Index,
    },
    Delete {
        from: Option<Index>,
        tenant: Index,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let from = || option::weighted(0.4, any::<Index>());
    let name = || option::of(0..3_u8);
    let domains = || vec(0..DOMAINS, 0..3);
    prop_oneof![
        4 => (any::<Index>(), name(), domains())
            .prop_map(|(from, name, domains)| Edit::Create { from, name, domains }),
        2 => (from(), any::<Index>(), name(), domains())
            .prop_map(|(from, tenant, name, domains)| Edit::Update { from, tenant, name, domains }),
        3 => (from(), any::<Index>(), any::<Index>())
            .prop_map(|(from, tenant, parent)| Edit::Move { from, tenant, parent }),
        2 => (from(), any::<Index>()).prop_map(|(from, tenant)| Edit::Delete { from, tenant }),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tenant {
    parent: String,
    name: Option<String>,
    domains: Vec<String>,
}

/// A tree of its own below the top tenant, and what it should look like.
struct World<'a> {
    admin: &'a Actor<'a>,
    number: usize,
    top: String,
    root: String,
    tenants: BTreeMap<String, Tenant>,
    gone: Vec<String>,
}

impl World<'_> {
    fn pick(&self, index: Index) -> String {
        let uuids: Vec<&String> = self.tenants.keys().collect();
        (*index.get(&uuids)).clone()
    }

    fn from(&self, from: Option<Index>) -> String {
        from.map_or_else(|| self.top.clone(), |index| self.pick(index))
    }

    fn actor(&self, tenant: &str) -> Actor<'_> {
        self.admin.within(tenant)
    }

    fn sees(&self, from: &str, tenant: &str) -> bool {
        let mut at = tenant;
        while at != from {
            match self.tenants.get(at) {
                Some(tenant) => at = &tenant.parent,
                None => return false,
            }
        }
        true
    }

    fn profile(&self, name: Option<u8>, domains: &[usize]) -> (Value, Tenant) {
        let name = name.map(|name| format!("name {name}"));
        let mut domains: Vec<String> = domains
            .iter()
            .map(|domain| format!("d{domain}.w{}.example", self.number))
            .collect();
        let document = json!({ "name": name, "domain_names": domains });
        domains.sort();
        domains.dedup();
        let parent = String::new();
        (
            document,
            Tenant {
                parent,
                name,
                domains,
            },
        )
    }

    /// Whether a tenant other than this one has one of the domains.
    fn is_taken(&self, domains: &[String], except: &str) -> bool {
        let others = self.tenants.iter().filter(|(uuid, _)| *uuid != except);
        others
            .flat_map(|(_, tenant)| &tenant.domains)
            .any(|domain| domains.contains(domain))
    }

    /// Does it there and here, and expects the same to come of it.
    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Create {
                from,
                name,
                domains,
            } => {
                let parent = self.pick(*from);
                let (document, tenant) = self.profile(*name, domains);
                let taken = self.is_taken(&tenant.domains, "");
                let answer = self.actor(&parent).post("/tenants", &document);
                if taken {
                    assert_eq!(answer.status, 409, "{edit:?}");
                    return;
                }
                let uuid = text(&answer.expect(200), "uuid");
                self.tenants.insert(uuid, Tenant { parent, ..tenant });
            }
            Edit::Update {
                from,
                tenant,
                name,
                domains,
            } => {
                let (from, uuid) = (self.from(*from), self.pick(*tenant));
                let (document, changed) = self.profile(*name, domains);
                let expected = if !self.sees(&from, &uuid) {
                    404
                } else if self.is_taken(&changed.domains, &uuid) {
                    409
                } else {
                    200
                };
                let path = format!("/tenants/{uuid}");
                let answer = self.actor(&from).put(&path, &document);
                assert_eq!(answer.status, expected, "{edit:?}");
                if expected == 200 {
                    let parent = self.tenants[&uuid].parent.clone();
                    self.tenants.insert(uuid, Tenant { parent, ..changed });
                }
            }
            Edit::Move {
                from,
                tenant,
                parent,
            } => {
                let from = self.from(*from);
                let (uuid, parent) = (self.pick(*tenant), self.pick(*parent));
                let expected = if !self.sees(&from, &uuid) || !self.sees(&from, &parent) {
                    404
                } else if self.sees(&uuid, &parent) {
                    409
                } else {
                    204
                };
                let path = format!("/tenants/{uuid}/parent/{parent}");
                let answer = self.actor(&from).put(&path, &json!({}));
                assert_eq!(answer.status, expected, "{edit:?}");
                if expected == 204 {
                    self.tenants.get_mut(&uuid).unwrap().parent = parent;
                }
            }
            Edit::Delete { from, tenant } => {
                let (from, uuid) = (self.from(*from), self.pick(*tenant));
                // The root stays, so that there is something to edit.
                if uuid == self.root && from == self.top {
                    return;
                }
                let mut parents = self.tenants.values().map(|tenant| &tenant.parent);
                let expected = if from == uuid {
                    403
                } else if !self.sees(&from, &uuid) {
                    404
                } else if parents.any(|parent| *parent == uuid) {
                    400
                } else {
                    204
                };
                let answer = self.actor(&from).delete(&format!("/tenants/{uuid}"));
                assert_eq!(answer.status, expected, "{edit:?}");
                if expected == 204 {
                    self.tenants.remove(&uuid);
                    self.gone.push(uuid);
                }
            }
        }
    }

    /// Expects that what is seen from a tenant is what the model has below it.
    fn compare(&self, from: &str) {
        let list = self.actor(from).get("/tenants").expect(200);
        let items = list["items"].as_array().unwrap();
        let shown: BTreeMap<String, Tenant> = items
            .iter()
            .map(|item| {
                let domains = item["domain_names"].as_array().unwrap().iter();
                let mut domains: Vec<String> = domains
                    .map(|name| name.as_str().unwrap().to_owned())
                    .collect();
                domains.sort();
                let tenant = Tenant {
                    parent: text(item, "parent_uuid"),
                    name: item["name"].as_str().map(str::to_owned),
                    domains,
                };
                (text(item, "uuid"), tenant)
            })
            .collect();
        let expected: BTreeMap<String, Tenant> = self
            .tenants
            .iter()
            .filter(|(uuid, _)| self.sees(from, uuid))
            .map(|(uuid, tenant)| (uuid.clone(), tenant.clone()))
            .collect();
        assert_eq!(shown, expected, "from {from}");
        assert_eq!(items.len(), expected.len());
        assert_eq!(list["total"], expected.len());
    }
}

#[test]
fn any_edits_leave_the_tree_and_what_is_seen_of_it_as_in_a_simple_model() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let top = admin.get("/tenants?slug=master").expect(200);
    let top = text(&top["items"][0], "uuid");
    let worlds = AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    });
    let edits = vec((edit(), any::<Index>()), 1..40);
    let outcome = runner.run(&edits, |edits| {
        let number = worlds.fetch_add(1, Ordering::Relaxed);
        let root = admin.tenant_id(&json!({}));
        let tenant = Tenant {
            parent: top.clone(),
            name: None,
            domains: Vec::new(),
        };
        let mut world = World {
            admin: &admin,
            number,
            top: top.clone(),
            root: root.clone(),
            tenants: BTreeMap::from([(root, tenant)]),
            gone: Vec::new(),
        };
        for (edit, observer) in &edits {
            world.apply(edit);
            world.compare(&world.pick(*observer));
        }
        for uuid in world.tenants.keys() {
            world.compare(uuid);
        }
        for uuid in &world.gone {
            let answer = admin.get(&format!("/tenants/{uuid}"));
            prop_assert_eq!(answer.status, 404);
        }
        Ok(())
    });
    outcome.unwrap();
}
