//! What a plugin answers, and to whom.

use serde_json::{Value, json};
use wazo_auth_core::{self as abi, routes::auth};

use crate::{Map, document};

/// One method on one path.
///
/// The path lies below the API's version, as in `/users/{user_uuid}/external/bar`. A whole segment
/// in braces is a parameter; one whose name ends in `_uuid` matches UUIDs alone.
///
/// The access is what the client's token has to grant, with the path's parameters in braces, as in
/// `auth.users.{user_uuid}.external.bar.read`. The daemon checks it before the plugin runs.
///
/// What is said of it besides goes into the API's document. Of a route of which nothing is said, the
/// document has the path, the method and the access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) access: String,
    pub(crate) public: bool,
    pub(crate) handler: u32,
    pub(crate) description: Map,
}

impl Route {
    /// A route with a method of its own. `handler` is a number of your choice that comes back in
    /// [`Request::handler`](crate::Request::handler).
    pub fn new(method: &str, path: &str, access: &str, handler: u32) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            access: access.to_owned(),
            public: false,
            handler,
            description: Map::new(),
        }
    }

    /// Answers GET.
    pub fn get(path: &str, access: &str, handler: u32) -> Self {
        Self::new("GET", path, access, handler)
    }

    /// Answers POST.
    pub fn post(path: &str, access: &str, handler: u32) -> Self {
        Self::new("POST", path, access, handler)
    }

    /// Answers PUT.
    pub fn put(path: &str, access: &str, handler: u32) -> Self {
        Self::new("PUT", path, access, handler)
    }

    /// Answers PATCH.
    pub fn patch(path: &str, access: &str, handler: u32) -> Self {
        Self::new("PATCH", path, access, handler)
    }

    /// Answers DELETE.
    pub fn delete(path: &str, access: &str, handler: u32) -> Self {
        Self::new("DELETE", path, access, handler)
    }

    /// Asks for no token: anybody may send such a request. The access goes, since nothing is checked.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self.access.clear();
        self
    }

    /// Says in a few words what it does, for the API's document.
    #[must_use]
    pub fn summary(mut self, summary: &str) -> Self {
        self.description
            .insert("summary".to_owned(), json!(summary));
        self
    }

    /// Says more about it, for the API's document.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        let description = json!(description);
        self.description
            .insert("description".to_owned(), description);
        self
    }

    /// Says what a parameter of the query is, for the API's document.
    #[must_use]
    pub fn query(self, name: &str, description: &str) -> Self {
        self.one_more("query", json!({ "name": name, "description": description }))
    }

    /// Says what the body holds, for the API's document. `schema` is a schema of OpenAPI 3.0.
    #[must_use]
    pub fn body(mut self, description: &str, schema: Value) -> Self {
        let body = json!({ "description": description, "schema": schema });
        self.description.insert("body".to_owned(), body);
        self
    }

    /// Says what it answers, for the API's document: a status, when and what, and what the JSON document
    /// looks like, a schema of OpenAPI 3.0; `null` where there is none.
    ///
    /// The daemon adds what it answers by itself: where the token, the access or the request are wrong,
    /// and where the plugin fails.
    #[must_use]
    pub fn answers(self, status: u16, description: &str, schema: Value) -> Self {
        self.one_more(
            "answers",
            json!({ "status": status, "description": description, "schema": schema }),
        )
    }

    /// All that is said of it, as the daemon gets it: for tests of plugins.
    pub fn said(&self) -> Value {
        Value::Object(self.description.clone())
    }

    fn one_more(mut self, member: &str, value: Value) -> Self {
        let list = self.description.entry(member).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(value);
        }
        self
    }

    pub(crate) fn into_abi(self) -> abi::Route {
        abi::Route {
            method: self.method.into(),
            path: self.path.into(),
            access: self.access.into(),
            auth: if self.public {
                auth::PUBLIC
            } else {
                auth::TOKEN
            },
            handler: self.handler,
            extra: document::write_optional(self.description).into(),
        }
    }
}
