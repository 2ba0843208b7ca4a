//! A request to one of a plugin's routes.

use serde_json::Value;
use wazo_auth_core::{self as abi, Pair, abi_stable::std_types::RVec};

use super::{HeaderPair, find_header, headers_from_abi};
use crate::{Map, PluginError, PluginResult, document};

/// A request to one of the plugin's routes; its token has already been checked.
///
/// Everything in it was written by the client, the path's parameters included.
#[derive(Clone)]
pub struct Request {
    handler: u32,
    method: String,
    path: String,
    params: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: Vec<HeaderPair>,
    body: Vec<u8>,
    extra: Map,
}

impl Request {
    pub(crate) fn from_abi(request: abi::Request) -> PluginResult<Self> {
        Ok(Self {
            handler: request.handler,
            method: request.method.into(),
            path: request.path.into(),
            params: pairs(request.path_params),
            query: pairs(request.query),
            headers: headers_from_abi(request.headers),
            body: request.body.into(),
            extra: document::read_object("details of the request", request.extra.as_str())?,
        })
    }

    /// The number that the matching [`Route`](crate::Route) was made with.
    pub fn handler(&self) -> u32 {
        self.handler
    }

    /// The HTTP method in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path below the API's version, as it was sent.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A parameter of the path; UUIDs are in lower case. One that the route does not have is an
    /// error.
    pub fn param(&self, name: &str) -> PluginResult<&str> {
        find(&self.params, name)
            .ok_or_else(|| PluginError::internal(format!("the route has no parameter `{name}`")))
    }

    /// A parameter of the query, the first of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// All parameters of the query, in order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A header that is text. Those that carry credentials never get here.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON. For any other body the error is the client's: a status of 400.
    pub fn json(&self) -> PluginResult<Value> {
        serde_json::from_slice(&self.body).map_err(|_| {
            PluginError::http(
                400,
                "The browser (or proxy) sent a request that this server could not understand.",
            )
        })
    }

    /// The address that the request came from.
    pub fn remote_addr(&self) -> Option<&str> {
        self.extra.get("remote_addr")?.as_str()
    }
}

// Neither body nor headers: they may hold credentials.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({} {})", self.method, self.path)
    }
}

fn pairs(pairs: RVec<Pair>) -> Vec<(String, String)> {
    pairs
        .into_iter()
        .map(|pair| (pair.name.into(), pair.value.into()))
        .collect()
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(candidate, _)| candidate == name)
        .map(|(_, value)| value.as_str())
}
