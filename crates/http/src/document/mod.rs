//! The API's own document: every operation there is, with what it takes, what it answers and what
//! access it asks for.
//!
//! It is put together from what the daemon itself works by: paths, methods and accesses are those of
//! the route table, bodies those of the tables that check them, parameters of lists those that the
//! lists declare. What only people can say stands in [`subjects`]. One description is rendered in both
//! forms, [`swagger`] and [`openapi`].

mod common;
mod openapi;
pub mod operation;
mod plugin;
mod rendered;
pub mod schema;
mod standard;
mod subjects;
mod swagger;
mod yaml;

use std::collections::{HashMap, HashSet};

use operation::Operation;
use schema::Schema;

use crate::routes::{Access, Endpoint};

pub use plugin::Told;
pub use rendered::{Document, Documents, Form};

/// The version of the API, in front of every path.
pub const PREFIX: &str = "/0.1";

/// All that is known of an API.
#[derive(Debug, Default)]
pub struct Api {
    tags: Vec<(String, String)>,
    schemas: Vec<(String, Schema)>,
    operations: Vec<(Operation, Access)>,
    described: HashMap<(String, String), Operation>,
}

impl Api {
    /// The API that has these endpoints; `told` is what plugins say of theirs.
    pub fn of(endpoints: &[Endpoint], told: &[Told]) -> Self {
        let mut api = Self::default();
        standard::describe_failures(&mut api);
        subjects::describe(&mut api);
        let mut described = std::mem::take(&mut api.described);
        let mut ids = HashSet::new();
        for endpoint in endpoints {
            let mut operation = match told.iter().find(|told| told.is_of(endpoint)) {
                Some(told) => told.operation(endpoint),
                None => described
                    .remove(&(endpoint.method.clone(), endpoint.path.clone()))
                    .unwrap_or_else(|| plugin::unknown(endpoint)),
            };
            standard::complete(&mut operation, &endpoint.access);
            // Of plugins' routes the name is made from the path, and that may come out like another.
            let plain = operation.id.clone();
            let mut number = 1;
            while !ids.insert(operation.id.clone()) {
                number += 1;
                operation.id = format!("{plain}_{number}");
            }
            api.operations.push((operation, endpoint.access.clone()));
        }
        for told in told {
            if api.tags.iter().all(|(known, _)| *known != told.tag()) {
                let about = format!("What the plugin {:?} brings.", told.plugin);
                api.tags.push((told.tag(), about));
            }
        }
        let operations = &api.operations;
        api.tags.retain(|(tag, _)| {
            operations
                .iter()
                .any(|(operation, _)| operation.tag == *tag)
        });
        api
    }

    /// A schema that several places name.
    fn schema(&mut self, name: &str, schema: Schema) {
        self.schemas.push((name.to_owned(), schema));
    }

    /// The subject of the operations that follow.
    fn tag(&mut self, name: &str, description: &str) {
        self.tags.push((name.to_owned(), description.to_owned()));
    }

    /// An operation of the daemon.
    fn operation(&mut self, method: &str, path: &str, id: &str, summary: &str) -> &mut Operation {
        let tag = self.tags.last().map_or("", |(name, _)| name.as_str());
        self.described
            .entry((method.to_owned(), path.to_owned()))
            .or_insert_with(|| Operation::new(method, path, id, tag, summary))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{app::Routes, resources, routes::RouteTable};

    /// The daemon's own endpoints.
    fn endpoints() -> Vec<Endpoint> {
        let mut table = RouteTable::default();
        resources::mount(&mut Routes::new(&mut table, &[]));
        table.endpoints()
    }

    #[test]
    fn people_have_described_each_operation_of_the_daemon_and_no_other() {
        let mut api = Api::default();
        subjects::describe(&mut api);
        let described: BTreeSet<(String, String)> = api.described.into_keys().collect();
        let there: BTreeSet<(String, String)> = endpoints()
            .into_iter()
            .map(|endpoint| (endpoint.method, endpoint.path))
            .collect();
        let nameless: Vec<_> = there.difference(&described).collect();
        assert!(
            nameless.is_empty(),
            "described in no module of document/subjects: {nameless:?}"
        );
        let gone: Vec<_> = described.difference(&there).collect();
        assert!(gone.is_empty(), "described, and not there: {gone:?}");
    }

    #[test]
    fn an_operation_is_known_by_one_name() {
        let mut endpoints = endpoints();
        for path in ["/x/a-b", "/x/a_b", "/x/{a}/b", "/x/{a_uuid}/b"] {
            endpoints.push(Endpoint {
                method: "GET".to_owned(),
                path: path.to_owned(),
                access: Access::Public,
            });
        }
        let api = Api::of(&endpoints, &[]);
        let mut ids = BTreeSet::new();
        for (operation, _) in &api.operations {
            assert!(ids.insert(&operation.id), "{} twice", operation.id);
            assert!(!operation.summary.is_empty(), "{operation:?}");
        }
    }

    #[test]
    fn openapi_3_has_one_path_for_a_policy_whatever_names_it() {
        let document = openapi::render(&Api::of(&endpoints(), &[]));
        let paths = document["paths"].as_object().unwrap();
        assert!(!paths.contains_key("/policies/{policy_slug}"));
        let parameter = &paths["/policies/{policy_uuid}"]["get"]["parameters"][0];
        assert_eq!(
            parameter,
            &serde_json::json!({
                "name": "policy_uuid",
                "in": "path",
                "description": "The UUID of the policy. Or: The slug of the policy.",
                "required": true,
                "schema": { "type": "string", "minLength": 1 },
            })
        );
    }

    #[test]
    fn a_named_schema_is_there() {
        let api = Api::of(&endpoints(), &[]);
        for (document, place) in [
            (swagger::render(&api), "/definitions/"),
            (openapi::render(&api), "/components/schemas/"),
        ] {
            let text = document.to_string();
            let named: BTreeSet<&str> = text
                .split("\"$ref\":\"#")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .collect();
            assert!(named.len() > 5, "{named:?}");
            for path in named {
                assert!(path.starts_with(place), "{path}");
                assert!(document.pointer(path).is_some(), "{path} is not there");
            }
        }
    }

    #[test]
    fn what_a_plugin_says_of_a_route_is_shown_if_it_can_be_understood() {
        let endpoint = Endpoint {
            method: "PUT".to_owned(),
            path: "/x/{name}".to_owned(),
            access: Access::Token("auth.x.{name}".to_owned()),
        };
        let shown = |description: serde_json::Value| {
            let told = Told {
                plugin: "x".to_owned(),
                method: endpoint.method.clone(),
                path: endpoint.path.clone(),
                description: description.as_object().unwrap().clone(),
            };
            let mut api = Api::of(std::slice::from_ref(&endpoint), &[told]);
            assert_eq!(api.tags.len(), 1);
            api.operations.remove(0).0
        };
        let operation = shown(serde_json::json!({
            "summary": "Does it",
            "query": [{ "name": "how", "description": "In which way." }],
            "body": { "schema": { "type": "object" } },
            "answers": [{ "status": 202, "description": "Later" }],
        }));
        assert_eq!(operation.summary, "Does it");
        assert_eq!(operation.parameters.len(), 3, "{operation:?}");
        let statuses: Vec<u16> = operation.answers.keys().copied().collect();
        assert_eq!(statuses, [202, 400, 401, 404, 413, 500, 503, 504]);
        assert!(!operation.any_status);
        for bad in [
            serde_json::json!({ "summary": 1 }),
            serde_json::json!({ "summary": "x", "answers": [{ "status": 99 }] }),
            serde_json::json!({ "summary": "x", "body": { "schema": { "type": "what" } } }),
            serde_json::json!({ "summary": "x", "query": [{ "name": "a" }, { "name": "a" }] }),
        ] {
            let operation = shown(bad);
            assert_eq!(operation.summary, "PUT /x/{name}");
            assert!(operation.any_status);
        }
    }
}
