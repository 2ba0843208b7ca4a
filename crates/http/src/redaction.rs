//! What the log shows of addresses and bodies: never what lets its readers act as those who are in it.
//!
//! Secrets are known by their names, whatever stands under them and however deep: the parameter
//! `token` of a query, the member `password` of a document. What has no such name is no secret of this
//! daemon. Data whose names others choose (plugins, services that users log in to) is not shown at all.

use serde_json::{Map, Value};
use wazo_auth_model::{ids::redact_token, report::printable};

use crate::python;

/// Stands for what is not shown.
pub const HIDDEN: &str = "<hidden>";
/// What names of secrets have in them.
const SECRET_PARTS: &[&str] = &["password", "secret", "private_key"];
/// Whole names of secrets, and of what becomes one.
const SECRET_NAMES: &[&str] = &[
    "access_token",
    "authorization",
    "code",
    "refresh_token",
    "saml_session_id",
    "samlresponse",
];
/// How many characters of a body are shown.
const MAX_BODY: usize = 2_000;

/// What becomes of a value with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Shown,
    /// Of a token its last characters are shown: people compare by them.
    Token,
    Hidden,
}

fn sight(name: &str) -> Sight {
    let name = name.to_ascii_lowercase();
    let hidden = SECRET_NAMES.contains(&name.as_str())
        || SECRET_PARTS.iter().any(|part| name.contains(part));
    if hidden {
        Sight::Hidden
    } else if name == "token" || name.ends_with("_token") || name == "token_uuid" {
        Sight::Token
    } else {
        Sight::Shown
    }
}

/// A JSON document without the secrets in it, as it was spaced by Python; what is none is shown as it is,
/// unless it speaks of a secret.
pub fn redacted_body(body: &[u8]) -> String {
    let text = match serde_json::from_slice(body) {
        Ok(document) => {
            let text = python::json(&redacted_value(document));
            String::from_utf8_lossy(&text).trim_end().to_owned()
        }
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let lower = text.to_ascii_lowercase();
            let mut words = SECRET_NAMES.iter().chain(SECRET_PARTS).chain(&["token"]);
            if words.any(|word| lower.contains(word)) {
                HIDDEN.to_owned()
            } else {
                text.into_owned()
            }
        }
    };
    match text.char_indices().nth(MAX_BODY) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The parser has bounded the depth.
fn redacted_value(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let shown: Map<String, Value> = members
                .into_iter()
                .map(|(name, value)| {
                    let value = match (sight(&name), value) {
                        (Sight::Hidden, _) => Value::from(HIDDEN),
                        (Sight::Token, Value::String(token)) => Value::from(redact_token(&token)),
                        (_, value) => redacted_value(value),
                    };
                    (name, value)
                })
                .collect();
            Value::Object(shown)
        }
        Value::Array(items) => items.into_iter().map(redacted_value).collect(),
        other => other,
    }
}

/// An address, decoded, without the secrets in its path and query.
pub fn redacted_url(url: &str) -> String {
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let mut shown = redacted_path(&decoded(path));
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&redacted_query(query));
    }
    printable(&shown).into_owned()
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
        let value = match sight(&name) {
            Sight::Shown => value,
            Sight::Token => redact_token(&value),
            Sight::Hidden => HIDDEN.to_owned(),
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

#[cfg(test)]
mod tests {
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
    fn a_document_keeps_everything_but_what_is_named_as_a_secret() {
        for (body, expected) in [
            (
                r#"{"username":"é","password":"hunter2","Old_Password":1,"new_password":null}"#.to_owned(),
                r#"{"username": "\u00e9", "password": "<hidden>", "Old_Password": "<hidden>", "new_password": "<hidden>"}"#.to_owned(),
            ),
            (
                format!(r#"[{{"deep":{{"bind_password":{{"x":"y"}},"token":"{TOKEN}","details":{{"invalid_token":"{TOKEN}"}}}}}}]"#),
                format!(r#"[{{"deep": {{"bind_password": "<hidden>", "token": "{SHOWN}", "details": {{"invalid_token": "{SHOWN}"}}}}}}]"#),
            ),
            (r#"{"token":{"refresh_token":"x"}}"#.to_owned(), r#"{"token": {"refresh_token": "<hidden>"}}"#.to_owned()),
            (format!(r#"{{"user_uuid":"{TOKEN}"}}"#), format!(r#"{{"user_uuid": "{TOKEN}"}}"#)),
            ("{\"a\": 1,".to_owned(), "{\"a\": 1,".to_owned()),
            ("{\"PassWord\": hunter2".to_owned(), "<hidden>".to_owned()),
            (format!("{{\"token\": \"{TOKEN}"), "<hidden>".to_owned()),
        ] {
            assert_eq!(redacted_body(body.as_bytes()), expected, "{body}");
        }
        let long = redacted_body(format!("[\"{}\"]", "x".repeat(1_000_000)).as_bytes());
        assert_eq!(long.chars().count(), MAX_BODY + 1);
    }
}
