//! Answers to browsers that ask on behalf of pages of other origins.

use actix_web::http::{
    Method,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
        ORIGIN, VARY,
    },
};

/// The methods that pages may use.
const METHODS: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const METHODS_TEXT: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/// What pages of other origins may do.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// Origins of such pages, in either case of letters; `*` is any.
    pub origins: Vec<String>,
    /// Request headers that they may set, in either case of letters.
    pub allow_headers: Vec<String>,
}

impl Cors {
    /// Adds to an answer what the request asks for. One that says itself which origins may read it
    /// stays as it is.
    pub fn apply(&self, method: &Method, request: &HeaderMap, answer: &mut HeaderMap) {
        if answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        let any = self.origins.iter().any(|known| known == "*");
        let origin = request.get(ORIGIN).filter(|origin| !origin.is_empty());
        if !any || origin.is_some() {
            // A cache must not give one page the answer of another.
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        let allowed = match origin {
            Some(origin) if any || self.knows(origin) => origin.clone(),
            None if any => HeaderValue::from_static("*"),
            _ => return,
        };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if *method == Method::OPTIONS {
            self.preflight(request, answer);
        }
    }

    fn knows(&self, origin: &HeaderValue) -> bool {
        let mut known = self.origins.iter();
        known.any(|known| known.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
    }

    /// Tells a browser, before it sends a request, whether it may.
    fn preflight(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        let wanted = request
            .get(ACCESS_CONTROL_REQUEST_METHOD)
            .and_then(|method| method.to_str().ok())
            .unwrap_or_default();
        if !METHODS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(wanted))
        {
            return;
        }
        answer.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS_TEXT),
        );
        let headers = request
            .get_all(ACCESS_CONTROL_REQUEST_HEADERS)
            .filter_map(|names| names.to_str().ok())
            .collect::<Vec<_>>()
            .join(",");
        let mut allowed: Vec<&str> = headers
            .split(',')
            .map(str::trim)
            .filter(|name| {
                let mut known = self.allow_headers.iter();
                known.any(|known| known.eq_ignore_ascii_case(name))
            })
            .collect();
        allowed.sort_unstable();
        if !allowed.is_empty()
            && let Ok(allowed) = allowed.join(", ").parse()
        {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
    }
}
