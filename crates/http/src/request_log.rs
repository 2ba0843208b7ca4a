//! One line when a request arrives, one when its answer leaves.
//!
//! The arrival of a JSON document is logged when it is there, and with it. At DEBUG the answer's document
//! follows. Whoever reads logs must not be able to act as those who are in them: see [`crate::redaction`].

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    http::header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::{Map, Value};
use wazo_auth_model::{ids::redact_token, report::printable};

use crate::{
    proxies::Proxies,
    python,
    redaction::{HIDDEN, redacted_body, redacted_url},
    trace::Trace,
};

/// The logger that these lines are under.
const TARGET: &str = "wazo-auth";
/// Headers with credentials of other kinds.
const SECRET_HEADERS: &[&str] = &["cookie", "proxy-authorization", "authorization"];
/// A request that is being answered.
pub struct Record {
    line: String,
    headers: String,
    client: String,
    trace: Trace,
    since: Instant,
    arrived: bool,
    /// Whether bodies are of a form that is known here.
    shows_bodies: bool,
}

impl Record {
    /// Of a request that has come; `None` when nobody wants to know. Unless it brings a JSON document,
    /// its arrival is logged at once.
    pub fn of(proxies: &Proxies, request: &HttpRequest) -> Option<Self> {
        if !log::log_enabled!(target: TARGET, log::Level::Info) {
            return None;
        }
        let url = format!(
            "{}{}",
            proxies.origin(request).base(),
            request
                .uri()
                .path_and_query()
                .map_or("/", |text| text.as_str())
        );
        let mut record = Self {
            line: format!("{} {}", request.method(), redacted_url(&url)),
            headers: headers(request),
            client: printable(&proxies.client(request)).into_owned(),
            trace: Trace::of(request),
            since: Instant::now(),
            arrived: false,
            shows_bodies: false,
        };
        if !is_json(request.headers()) {
            record.arrive(&[]);
        }
        Some(record)
    }

    /// The bodies of this request and its answer have forms that are known here, so that secrets in them
    /// are known by their names.
    pub fn show_bodies(&mut self) {
        self.shows_bodies = true;
    }

    /// Logs the arrival, unless that was done.
    pub fn arrive(&mut self, body: &[u8]) {
        if std::mem::replace(&mut self.arrived, true) {
            return;
        }
        let data = match body {
            [] => String::new(),
            _ if !self.shows_bodies => format!(" with data {HIDDEN}"),
            body => format!(" with data {}", printable(&redacted_body(body))),
        };
        log::info!(
            target: TARGET,
            "request: {} {}{data} {}",
            self.line,
            self.headers,
            self.trace
        );
    }

    /// Logs that the answer leaves.
    pub fn reply(mut self, answer: HttpResponse) -> HttpResponse {
        self.arrive(&[]);
        log::info!(
            target: TARGET,
            "response to {} in {:.2}s: {} {} {}",
            self.client,
            self.since.elapsed().as_secs_f64(),
            self.line,
            answer.status().as_u16(),
            self.trace
        );
        if log::log_enabled!(target: TARGET, log::Level::Debug) {
            self.reply_body(answer)
        } else {
            answer
        }
    }

    /// Logs what is in an answer.
    fn reply_body(&self, answer: HttpResponse) -> HttpResponse {
        if matches!(answer.body().size(), BodySize::None | BodySize::Sized(0)) {
            log::debug!(target: TARGET, "response body empty");
            return answer;
        }
        if !is_json(answer.headers()) {
            let content_type = answer.headers().get(CONTENT_TYPE);
            let content_type = content_type.map_or(&b""[..], HeaderValue::as_bytes);
            let content_type = String::from_utf8_lossy(content_type);
            log::debug!(target: TARGET, "response body: not printable: \"{content_type}\"");
            return answer;
        }
        if !self.shows_bodies {
            log::debug!(target: TARGET, "response body: {HIDDEN}");
            return answer;
        }
        let (head, body) = answer.into_parts();
        // All answers of ours are in memory.
        match body.try_into_bytes() {
            Ok(bytes) => {
                log::debug!(target: TARGET, "response body: {}", printable(&redacted_body(&bytes)));
                head.set_body(BoxBody::new(bytes))
            }
            Err(body) => head.set_body(body),
        }
    }
}

impl Drop for Record {
    /// Who hangs up while the body is on its way has been there all the same.
    fn drop(&mut self) {
        self.arrive(&[]);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/json")
}

/// The headers, by name.
fn headers(request: &HttpRequest) -> String {
    let mut lines: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), text.into_owned())
        })
        .collect();
    lines.sort();
    let shown: Map<String, Value> = lines
        .into_iter()
        .map(|(name, value)| {
            let value = shown_header(&name, &value);
            (title(&name), Value::from(value))
        })
        .collect();
    python::repr(&Value::Object(shown))
}

fn shown_header(name: &str, value: &str) -> String {
    match name {
        "x-auth-token" => redact_token(value),
        "authorization" if value.starts_with("Basic ") => format!("Basic {HIDDEN}"),
        _ if SECRET_HEADERS.contains(&name) => HIDDEN.to_owned(),
        // A page's address, or that of a request as a proxy saw it.
        _ if value.contains('/') => redacted_url(value),
        _ => value.to_owned(),
    }
}

/// A header's name as people write it.
fn title(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TOKEN: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";
    const SHOWN: &str = "XXXXXXXX-XXXX-XXXX-XXXX-XXXX9b0e6f34";

    #[test]
    fn headers_are_shown_without_credentials() {
        let request = TestRequest::default()
            .append_header(("X-Auth-Token", TOKEN))
            .append_header(("Authorization", "Basic YTpi"))
            .append_header(("Cookie", "a=b"))
            .append_header(("Referer", format!("https://x.example/reset?token={TOKEN}")))
            .append_header(("User-Agent", "it's me"))
            .to_http_request();
        assert_eq!(
            headers(&request),
            format!(
                "{{'Authorization': 'Basic <hidden>', 'Cookie': '<hidden>', \
                 'Referer': 'https://x.example/reset?token={SHOWN}', \
                 'User-Agent': \"it's me\", 'X-Auth-Token': '{SHOWN}'}}"
            )
        );
        assert_eq!(shown_header("authorization", "Bearer abc"), "<hidden>");
    }
}
