//! Bodies, coming and going.

use actix_web::{HttpResponse, HttpResponseBuilder, web::Bytes};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::{error::ApiError, python, validation::BEYOND_FLOATS};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// A successful answer with a JSON document.
pub fn json(value: &Value) -> HttpResponse {
    json_with(HttpResponse::Ok(), value)
}

/// An answer with a JSON document.
pub fn json_with(mut response: HttpResponseBuilder, value: &Value) -> HttpResponse {
    response
        .content_type("application/json")
        .body(python::json(value))
}

/// A successful answer without a document.
pub fn none() -> HttpResponse {
    HttpResponse::NoContent()
        .content_type("application/json")
        .finish()
}

/// Reads a JSON document, whatever the content type says, but for forms.
///
/// # Errors
///
/// When the body is none, is nested too deeply, or holds a NUL character.
pub fn parse(content_type: Option<&str>, body: &Bytes) -> Result<Value, ApiError> {
    if content_type.is_some_and(is_form) {
        return Err(ApiError::bad_request());
    }
    checked(serde_json::from_slice(body))
}

/// Reads a JSON document as [`parse`] does, for members that are checked one by one: a number beyond
/// all floats is there as [`BEYOND_FLOATS`], so that the check of its member names it.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_members(content_type: Option<&str>, body: &Bytes) -> Result<Value, ApiError> {
    parse(content_type, body).or_else(|error| {
        let form = content_type.is_some_and(is_form);
        // Is it JSON, whatever its numbers are?
        if form || serde_json::from_slice::<IgnoredAny>(body).is_err() {
            return Err(error);
        }
        checked(serde_json::from_slice(&within_floats(body)))
    })
}

fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        || essence.eq_ignore_ascii_case("multipart/form-data")
}

fn checked(document: serde_json::Result<Value>) -> Result<Value, ApiError> {
    document
        .ok()
        .filter(|value| !holds_nul(value))
        .ok_or_else(ApiError::bad_request)
}

/// A JSON document with [`BEYOND_FLOATS`] in place of each number that no float holds.
fn within_floats(document: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(document.len());
    let mut rest = document;
    let (mut in_text, mut escaped) = (false, false);
    while let Some((byte, behind)) = rest.split_first() {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
        } else if matches!(byte, b'-' | b'0'..=b'9') {
            let length = rest
                .iter()
                .position(|byte| !matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9' | b'E' | b'e'));
            let (number, behind) = rest.split_at(length.unwrap_or(rest.len()));
            let value = str::from_utf8(number)
                .ok()
                .and_then(|number| number.parse().ok());
            if value.is_some_and(f64::is_infinite) {
                result.extend(format!("{BEYOND_FLOATS:e}").bytes());
            } else {
                result.extend(number);
            }
            rest = behind;
            continue;
        } else {
            in_text = *byte == b'"';
        }
        result.push(*byte);
        rest = behind;
    }
    result
}

/// Whether a body is a JSON document with a NUL character in a text: none of ours may have one, and
/// plugins store what they get.
pub fn is_json_with_nul(body: &[u8]) -> bool {
    // Most bodies are not even looked into: JSON writes the character in this way alone.
    body.windows(6).any(|part| part == b"\\u0000")
        && serde_json::from_slice(body).is_ok_and(|value| holds_nul(&value))
}

/// Databases cannot keep U+0000 in texts. The parser has bounded the depth.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_beyond_floats_are_found_outside_of_texts() {
        let most = BEYOND_FLOATS;
        for (document, expected) in [
            ("1e999", json!(most)),
            ("[-1E+999,1.5e400 , 2]", json!([most, most, 2])),
            (
                r#"{"1e999": "\\\"1e999", "a": 1e999}"#,
                json!({"1e999": "\\\"1e999", "a": most}),
            ),
        ] {
            let body = Bytes::copy_from_slice(document.as_bytes());
            assert!(parse(None, &body).is_err(), "{document}");
            let value = parse_members(None, &body).ok();
            assert_eq!(value, Some(expected), "{document}");
        }
        for document in ["", "{", "01e999", "1e999 x", "[1e999,]", "\"\\u0000\""] {
            let body = Bytes::copy_from_slice(document.as_bytes());
            assert!(parse_members(None, &body).is_err(), "{document}");
        }
    }

    #[test]
    fn a_form_is_known_by_its_content_type_without_parameters() {
        for form in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded; charset=utf-8",
            " multipart/form-data ;boundary=x",
        ] {
            assert!(is_form(form), "{form}");
        }
        for other in [
            "",
            ";",
            "application/json",
            "application/x-www-form-urlencoded2",
        ] {
            assert!(!is_form(other), "{other}");
        }
    }
}
