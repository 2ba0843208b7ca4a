//! An external authentication type that the mock has started.

use std::sync::Arc;

use serde_json::{Value, json};
use wazo_auth_core::{
    self as abi, Header, Pair, RoutesObject,
    abi_stable::std_types::{RString, RVec},
    routes::auth,
};

use super::{MockCall, daemon::Daemon, held::Held};
use crate::{PluginError, PluginResult, Response, Route, document};

/// An external authentication type behind the ABI, with the methods of
/// [`ExternalAuth`](crate::ExternalAuth).
pub struct MockExternalAuth {
    object: Held<RoutesObject>,
    routes: Vec<Route>,
}

/// A request to send to [`MockExternalAuth::send`].
#[derive(Debug, Clone)]
pub struct MockRequest {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl MockExternalAuth {
    pub(super) fn new(
        daemon: &Arc<Daemon>,
        object: RoutesObject,
        call: &MockCall,
    ) -> PluginResult<Self> {
        let object = Held::new(daemon, object);
        let routes = object.run(call, |object, call| object.routes(call))?;
        Ok(Self {
            object,
            routes: routes.into_iter().map(from_abi).collect(),
        })
    }

    /// The routes.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The access that a request needs: none for a public route, or for one that is not there.
    pub fn access(&self, method: &str, path: &str) -> Option<&str> {
        let (route, _) = self.find(method, path)?;
        (!route.public).then_some(route.access.as_str())
    }

    /// Sends a request to the route that matches it. No token is needed, nor is one checked.
    pub fn send(&self, call: &MockCall, request: MockRequest) -> PluginResult<Response> {
        let (route, params) = self
            .find(&request.method, &request.path)
            .ok_or_else(|| PluginError::http(404, "no route of the plugin matches"))?;
        let request = abi::Request {
            handler: route.handler,
            method: request.method.into(),
            path: request.path.into(),
            path_params: pairs(params),
            query: pairs(request.query),
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| Header {
                    name: name.into(),
                    value: value.into_bytes().into(),
                })
                .collect(),
            body: request.body.into(),
            extra: json!({ "remote_addr": "127.0.0.1" }).to_string().into(),
        };
        self.object
            .run(call, |object, call| object.handle(call, request))
            .map(Response::from_abi)
    }

    /// Calls [`ExternalAuth::describe`](crate::ExternalAuth::describe), answers the `plugin_info`.
    pub fn plugin_info(&self, call: &MockCall) -> PluginResult<Value> {
        let answer = self
            .object
            .run(call, |object, call| object.describe(call))?;
        let mut description = document::read_object("description", answer.as_str())?;
        Ok(description.remove("plugin_info").unwrap_or_default())
    }

    /// Calls [`ExternalAuth::filter_safe`](crate::ExternalAuth::filter_safe).
    pub fn filter_safe(&self, call: &MockCall, data: &Value) -> PluginResult<Value> {
        let data = data.to_string();
        let answer = self.object.run(call, |object, call| {
            object.filter_safe(call, data.as_str().into())
        })?;
        document::read("safe data", answer.as_str())
    }

    /// Calls [`ExternalAuth::on_message`](crate::ExternalAuth::on_message).
    pub fn on_message(&self, call: &MockCall, message: &Value) -> PluginResult<()> {
        let message = message.to_string();
        self.object.run(call, |object, call| {
            object.on_message(call, message.as_str().into())
        })
    }

    /// Calls [`ExternalAuth::stop`](crate::ExternalAuth::stop).
    pub fn stop(&self, call: &MockCall) -> PluginResult<()> {
        self.object.run(call, |object, call| object.stop(call))
    }

    /// Calls [`ExternalAuth::check`](crate::ExternalAuth::check).
    pub fn check(&self, call: &MockCall) -> PluginResult<Value> {
        let answer = self.object.run(call, |object, call| object.check(call))?;
        document::read("answer", answer.as_str())
    }

    /// Calls [`ExternalAuth::call`](crate::ExternalAuth::call).
    pub fn call(&self, call: &MockCall, method: &str, args: &Value) -> PluginResult<Value> {
        let args = args.to_string();
        let answer = self.object.run(call, |object, call| {
            object.call(call, method.into(), args.as_str().into())
        })?;
        document::read("answer", answer.as_str())
    }

    fn find(&self, method: &str, path: &str) -> Option<(&Route, Vec<(String, String)>)> {
        self.routes
            .iter()
            .filter(|route| route.method == method)
            .find_map(|route| Some((route, params(&route.path, path)?)))
    }
}

impl std::fmt::Debug for MockExternalAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MockExternalAuth")
            .field(&self.routes)
            .finish()
    }
}

impl MockRequest {
    /// A request with a method of its own.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST with a JSON document.
    pub fn post(path: &str, document: &Value) -> Self {
        Self::new("POST", path).json(document)
    }

    /// A PUT with a JSON document.
    pub fn put(path: &str, document: &Value) -> Self {
        Self::new("PUT", path).json(document)
    }

    /// A DELETE.
    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to a JSON document.
    #[must_use]
    pub fn json(self, document: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(document.to_string())
    }
}

fn from_abi(route: abi::Route) -> Route {
    Route {
        method: route.method.into(),
        path: route.path.into(),
        access: route.access.into(),
        public: route.auth == auth::PUBLIC,
        handler: route.handler,
        // A plugin that was built with this crate says an object or nothing.
        description: document::read_object("description of a route", route.extra.as_str())
            .unwrap_or_default(),
    }
}

/// The parameters of `path`, if it matches the template.
fn params(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(params),
            (Some(expected), Some(found)) => {
                match expected.strip_prefix('{').and_then(|e| e.strip_suffix('}')) {
                    None if expected == found => {}
                    Some(name) if name.ends_with("_uuid") && is_uuid(found) => {
                        params.push((name.to_owned(), found.to_ascii_lowercase()));
                    }
                    Some(name) if !name.ends_with("_uuid") && !found.is_empty() => {
                        params.push((name.to_owned(), found.to_owned()));
                    }
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn pairs(pairs: Vec<(String, String)>) -> RVec<Pair> {
    pairs
        .into_iter()
        .map(|(name, value)| Pair {
            name: RString::from(name),
            value: RString::from(value),
        })
        .collect()
}
