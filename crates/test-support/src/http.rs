//! A small HTTP client for tests. It follows no redirects and takes every status as an answer.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use ureq::{Agent, http};

use crate::wait::PATIENCE;

/// Speaks to one server.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
}

/// A request on its way.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    client: &'a Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body; what is no UTF-8 in it is replaced.
    pub body: String,
}

impl Client {
    /// A client for paths below `base`, such as `http://127.0.0.1:9497/0.1`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .allow_non_standard_methods(true)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        Self {
            agent,
            base: base.to_owned(),
        }
    }

    /// The URL that paths are below.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request with any method.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        Request {
            client: self,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// A HEAD request.
    pub fn head(&self, path: &str) -> Request<'_> {
        self.request("HEAD", path)
    }

    /// A POST request.
    pub fn post(&self, path: &str) -> Request<'_> {
        self.request("POST", path)
    }

    /// A PUT request.
    pub fn put(&self, path: &str) -> Request<'_> {
        self.request("PUT", path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Request<'_> {
        self.request("DELETE", path)
    }

    /// An OPTIONS request.
    pub fn options(&self, path: &str) -> Request<'_> {
        self.request("OPTIONS", path)
    }

    /// Sends bytes as they are and reads until the server closes: for requests that no client sends.
    /// They should ask for that with `Connection: close`.
    ///
    /// # Panics
    ///
    /// When there is no connection.
    #[must_use]
    pub fn raw(&self, bytes: &[u8]) -> String {
        let uri: http::Uri = self.base.parse().expect("a base is a URL");
        let address = uri.authority().expect("a base has a host").as_str();
        let mut stream = TcpStream::connect(address).expect("the server accepts connections");
        stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .expect("a socket takes a limit");
        // A server may answer and close before it has read everything.
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Request<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the header with the caller's token.
    pub fn token(self, token: &str) -> Self {
        self.header("X-Auth-Token", token)
    }

    /// Adds the header with a login and its password.
    pub fn basic(self, login: &str, password: &str) -> Self {
        let value = STANDARD.encode(format!("{login}:{password}"));
        self.header("Authorization", &format!("Basic {value}"))
    }

    /// Sets a JSON document as the body, with its content type.
    pub fn json(self, document: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(document.to_string())
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends the request.
    ///
    /// # Panics
    ///
    /// When no answer comes.
    #[must_use]
    pub fn send(self) -> Response {
        let shown = format!("{} {}", self.method, self.path);
        self.try_send()
            .unwrap_or_else(|error| panic!("no answer to {shown}: {error}"))
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Why no answer came.
    pub fn try_send(self) -> Result<Response, ureq::Error> {
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("{}{}", self.client.base, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match self.body {
            Some(body) => {
                let request = request.body(body)?;
                self.client.agent.run(request)?
            }
            None => self.client.agent.run(request.body(())?)?,
        };
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let status = answer.status().as_u16();
        let body = answer.into_body().read_to_vec()?;
        Ok(Response {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

impl Response {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON in {self:?}: {error}"))
    }

    /// The answer itself, if it has that status.
    ///
    /// # Panics
    ///
    /// When the status is another one.
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The body as JSON, of an answer with that status.
    ///
    /// # Panics
    ///
    /// When the status is another one, or the body no JSON.
    #[must_use]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }
}
