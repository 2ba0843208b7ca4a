//! The answer to a request.

use serde_json::Value;
use wazo_auth_core as abi;

use super::{HeaderPair, find_header, headers_from_abi, headers_into_abi};

/// The answer to a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<HeaderPair>,
    body: Vec<u8>,
}

impl Response {
    /// An answer without a body. The status is one of 200 to 599.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A JSON document.
    pub fn json(status: u16, document: &Value) -> Self {
        Self::new(status)
            .with_header("content-type", "application/json")
            .with_body(document.to_string())
    }

    /// Plain text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::new(status)
            .with_header("content-type", "text/plain; charset=utf-8")
            .with_body(text.into())
    }

    /// Status 204.
    pub fn no_content() -> Self {
        Self::new(204)
    }

    /// Sends the client elsewhere, with status 302.
    pub fn redirect(location: &str) -> Self {
        Self::new(302).with_header("location", location)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON; null when it is none.
    pub fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn from_abi(response: abi::Response) -> Self {
        Self {
            status: response.status,
            headers: headers_from_abi(response.headers),
            body: response.body.into(),
        }
    }

    pub(crate) fn into_abi(self) -> abi::Response {
        abi::Response {
            status: self.status,
            headers: headers_into_abi(self.headers),
            body: self.body.into(),
            extra: String::new().into(),
        }
    }
}

// Not the body: it may hold credentials.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}
