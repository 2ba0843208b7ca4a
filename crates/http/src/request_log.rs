//! One line when a request arrives, one when its answer leaves.
//!
//! Whoever reads logs must not be able to act as those who are in them: no body is here, no
//! credentials, and of a token the last characters.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
};
use serde_json::{Map, Value};
use wazo_auth_model::ids::redact_token;

use crate::{proxies::Proxies, python, trace::Trace};

/// The logger that these lines are under.
const TARGET: &str = "wazo-auth";
/// Stands for what is not shown.
const HIDDEN: &str = "<hidden>";
/// Headers with credentials of other kinds.
const SECRET_HEADERS: &[&str] = &["cookie", "proxy-authorization", "authorization"];
/// Query parameters that are secrets, or become one.
const SECRET_PARAMETERS: &[&str] = &[
    "access_token",
    "client_secret",
    "code",
    "new_password",
    "old_password",
    "password",
    "refresh_token",
    "saml_session_id",
    "samlresponse",
];

/// A request that is being answered.
pub struct Record {
    line: String,
    client: String,
    trace: Trace,
    since: Instant,
}

/// Logs the arrival of a request; `None` when nobody wants to know.
pub fn arrival(proxies: &Proxies, request: &HttpRequest) -> Option<Record> {
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
    let record = Record {
        line: format!("{} {}", request.method(), redacted_url(&url)),
        client: printable(&proxies.client(request)),
        trace: Trace::of(request),
        since: Instant::now(),
    };
    log::info!(
        target: TARGET,
        "request: {} {} {}",
        record.line,
        headers(request),
        record.trace
    );
    Some(record)
}

impl Record {
    /// Logs that the answer leaves. What is in it is between the daemon and its client.
    pub fn reply(self, answer: &HttpResponse) {
        log::info!(
            target: TARGET,
            "response to {} in {:.2}s: {} {} {}",
            self.client,
            self.since.elapsed().as_secs_f64(),
            self.line,
            answer.status().as_u16(),
            self.trace
        );
        let empty = matches!(answer.body().size(), BodySize::None | BodySize::Sized(0));
        if empty {
            log::debug!(target: TARGET, "response body empty");
        } else {
            log::debug!(target: TARGET, "response body: {HIDDEN}");
        }
    }
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

/// An address, decoded, without the secrets in its path and query.
fn redacted_url(url: &str) -> String {
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let mut shown = redacted_path(&decoded(path));
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&redacted_query(query));
    }
    printable(&shown)
}

/// What follows the word `token` is one.
fn redacted_path(path: &str) -> String {
    let mut token_follows = false;
    let segments = path.split('/').map(|segment| {
        if segment.is_empty() {
            return String::new();
        }
        let is_token = std::mem::replace(&mut token_follows, segment.eq_ignore_ascii_case("token"));
        if is_token {
            redact_token(segment)
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn redacted_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| {
        let Some((name, value)) = pair.split_once('=') else {
            return decoded(pair);
        };
        let (name, value) = (decoded(name), decoded(value));
        let known = name.to_ascii_lowercase();
        let value = if known == "token" {
            redact_token(&value)
        } else if SECRET_PARAMETERS.contains(&known.as_str()) {
            HIDDEN.to_owned()
        } else {
            value
        };
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A text without its percent signs; what is no UTF-8 in it is replaced.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| behind.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = match escaped {
            Some(_) => behind.get(2..).unwrap_or_default(),
            None => behind,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text that moves no cursor.
fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TOKEN: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";
    const SHOWN: &str = "XXXXXXXX-XXXX-XXXX-XXXX-XXXX9b0e6f34";

    #[test]
    fn a_token_in_an_address_shows_its_end_and_other_uuids_stay() {
        for (url, expected) in [
            (format!("/0.1/token/{TOKEN}"), format!("/0.1/token/{SHOWN}")),
            (
                format!("/0.1//token//{TOKEN}/scopes/check"),
                format!("/0.1//token//{SHOWN}/scopes/check"),
            ),
            (
                format!("/0.1/%74oken/{TOKEN}"),
                format!("/0.1/token/{SHOWN}"),
            ),
            (
                format!("/0.1/token%2F{TOKEN}"),
                format!("/0.1/token/{SHOWN}"),
            ),
            (format!("/0.1/Token/{TOKEN}"), format!("/0.1/Token/{SHOWN}")),
            (
                format!("/0.1/users/{TOKEN}/tokens/phone"),
                format!("/0.1/users/{TOKEN}/tokens/phone"),
            ),
            (
                format!("/x?a=%20b&tok%65n={TOKEN}&Token={TOKEN}"),
                format!("/x?a= b&token={SHOWN}&Token={SHOWN}"),
            ),
            (
                "/x?password=a%26b&code=c&refresh_token=d&username=e".to_owned(),
                "/x?password=<hidden>&code=<hidden>&refresh_token=<hidden>&username=e".to_owned(),
            ),
            ("/x?a%0Ab".to_owned(), "/x?a\\nb".to_owned()),
            ("/%ff%".to_owned(), "/\u{fffd}%".to_owned()),
        ] {
            assert_eq!(redacted_url(&url), expected, "{url}");
        }
    }

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
