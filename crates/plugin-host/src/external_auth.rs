//! A started external authentication type.

use abi_stable::std_types::{RString, RVec};
use serde_json::{Value, json};
use wazo_auth_core::{self as abi, RoutesObject};

use crate::{
    CallContext, CallError, Map,
    document::{object, write_object},
    entry::Entry,
    route::{self, RouteInfo},
};

/// No body of an answer is longer.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// No answer has more headers.
const MAX_HEADERS: usize = 100;

/// Headers that belong to the connection, and hence to the daemon.
const CONNECTION_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that matched one of the plugin's routes, with its token already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The number that the matched route carries.
    pub handler: u32,
    /// The HTTP method in capitals.
    pub method: String,
    /// The path below the API's version, as sent.
    pub path: String,
    /// The path's parameters, decoded; UUIDs in lower case.
    pub path_params: Vec<(String, String)>,
    /// The query's parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers, less those that carry credentials; names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// The client's address.
    pub remote_addr: Option<String>,
}

/// The answer to a [`Request`]; status and headers have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// The headers to add.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; empty where the status allows none.
    pub body: Vec<u8>,
}

/// An external authentication type that has been started.
pub struct ExternalAuthEntry {
    pub(crate) entry: Entry<RoutesObject>,
    plugin_info: Value,
    routes: Vec<RouteInfo>,
}

impl ExternalAuthEntry {
    /// Asks the started plugin what it is and which routes it has. The error is one line.
    pub(crate) fn describe(
        entry: Entry<RoutesObject>,
        context: &CallContext,
    ) -> Result<Self, String> {
        let failed = |error: CallError| error.to_string();
        let description = entry
            .call(context, "describe", |plugin, call| plugin.describe(call))
            .map_err(failed)?;
        let mut description = object(description.as_str())
            .map_err(|problem| format!("describe answered what {problem}"))?;
        let plugin_info = match description.remove("plugin_info") {
            None | Some(Value::Null) => json!({}),
            Some(info @ Value::Object(_)) => info,
            Some(_) => return Err("describe answered a plugin_info that is no object".to_owned()),
        };
        let routes = entry
            .call(context, "routes", |plugin, call| plugin.routes(call))
            .map_err(failed)?;
        let routes = route::check_all(&routes)?;
        Ok(Self {
            entry,
            plugin_info,
            routes,
        })
    }

    /// The type: the name that the configuration knows it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// What clients are told of the plugin, a JSON object.
    #[must_use]
    pub fn plugin_info(&self) -> &Value {
        &self.plugin_info
    }

    /// The routes.
    #[must_use]
    pub fn routes(&self) -> &[RouteInfo] {
        &self.routes
    }

    /// Lets the plugin answer a request.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers what is no HTTP response.
    pub fn handle(&self, context: &CallContext, request: Request) -> Result<Response, CallError> {
        let request = into_abi(request);
        let response = self.entry.call(context, "handle", move |plugin, call| {
            plugin.handle(call, request)
        })?;
        from_abi(response).map_err(|problem| self.entry.malformed("handle", problem))
    }

    /// The part of a user's stored data that may be listed, a JSON object.
    ///
    /// # Errors
    ///
    /// When the plugin fails, is busy, does not answer in time, or answers no JSON object.
    pub fn filter_safe(&self, context: &CallContext, data: &Value) -> Result<Map, CallError> {
        let data = data.to_string();
        let shown = self
            .entry
            .call(context, "filter_safe", move |plugin, call| {
                plugin.filter_safe(call, data.as_str().into())
            })?;
        object(shown.as_str()).map_err(|problem| {
            self.entry
                .malformed("filter_safe", &format!("answered what {problem}"))
        })
    }
}

fn into_abi(request: Request) -> abi::Request {
    let pairs = |pairs: Vec<(String, String)>| -> RVec<abi::Pair> {
        pairs
            .into_iter()
            .map(|(name, value)| abi::Pair {
                name: name.into(),
                value: value.into(),
            })
            .collect()
    };
    let extra = Map::from_iter([("remote_addr".to_owned(), json!(request.remote_addr))]);
    abi::Request {
        handler: request.handler,
        method: request.method.into(),
        path: request.path.into(),
        path_params: pairs(request.path_params),
        query: pairs(request.query),
        headers: request
            .headers
            .into_iter()
            .map(|(name, value)| abi::Header {
                name: name.into(),
                value: value.into(),
            })
            .collect(),
        body: request.body.into(),
        extra: write_object(&extra).into(),
    }
}

fn from_abi(response: abi::Response) -> Result<Response, &'static str> {
    if !(200..=599).contains(&response.status) {
        return Err("answered a status that is none from 200 to 599");
    }
    if response.body.len() > MAX_BODY {
        return Err("answered a body of more than 16 MiB");
    }
    if response.headers.len() > MAX_HEADERS {
        return Err("answered more than 100 headers");
    }
    let headers = response
        .headers
        .into_iter()
        .map(|header| {
            let name = header_name(header.name)?;
            let value: Vec<u8> = header.value.into();
            if value
                .iter()
                .any(|byte| *byte == 127 || (*byte < 32 && *byte != b'\t'))
            {
                return Err("answered a header whose value has control characters");
            }
            Ok((name, value))
        })
        .collect::<Result<_, _>>()?;
    Ok(Response {
        status: response.status,
        headers,
        // RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5: these have none.
        body: if matches!(response.status, 204 | 205 | 304) {
            Vec::new()
        } else {
            response.body.into()
        },
    })
}

/// A header's name: a token of RFC 9110, section 5.6.2, in lower case.
fn header_name(name: RString) -> Result<String, &'static str> {
    let name = name.into_string().to_ascii_lowercase();
    let is_token = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if !is_token {
        return Err("answered a header whose name is none");
    }
    if CONNECTION_HEADERS.contains(&name.as_str()) {
        return Err("answered a header that belongs to the connection, such as content-length");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> abi::Response {
        abi::Response {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| abi::Header {
                    name: (*name).into(),
                    value: value.as_bytes().into(),
                })
                .collect(),
            body: body.as_bytes().into(),
            extra: RString::new(),
        }
    }

    #[test]
    fn a_response_keeps_its_status_headers_and_body() {
        let answer = from_abi(response(
            201,
            &[("Content-Type", "a/b"), ("x", "\té")],
            "body",
        ));
        assert_eq!(
            answer,
            Ok(Response {
                status: 201,
                headers: vec![
                    ("content-type".to_owned(), b"a/b".to_vec()),
                    ("x".to_owned(), "\té".as_bytes().to_vec()),
                ],
                body: b"body".to_vec(),
            })
        );
        assert_eq!(
            from_abi(response(204, &[], "body")).map(|answer| answer.body),
            Ok(Vec::new())
        );
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for (status, headers) in [
            (0, &[][..]),
            (101, &[]),
            (600, &[]),
            (200, &[("", "x")]),
            (200, &[("a b", "x")]),
            (200, &[("a:", "x")]),
            (200, &[("a", "x\r\nset-cookie: y")]),
            (200, &[("a", "\0")]),
            (200, &[("Content-Length", "5")]),
            (200, &[("transfer-encoding", "chunked")]),
        ] {
            assert!(
                from_abi(response(status, headers, "")).is_err(),
                "{status} {headers:?}"
            );
        }
        let mut large = response(200, &[], "");
        large.body = vec![0; MAX_BODY + 1].into();
        assert!(from_abi(large).is_err());
    }
}
