//! Bodies, coming and going.

use actix_web::{HttpResponse, HttpResponseBuilder, web::Bytes};
use serde_json::Value;

use crate::{error::ApiError, python};

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
    let form = content_type.is_some_and(|value| {
        let value = value.trim_start().to_ascii_lowercase();
        value.starts_with("application/x-www-form-urlencoded")
            || value.starts_with("multipart/form-data")
    });
    if form {
        return Err(ApiError::bad_request());
    }
    let value = serde_json::from_slice(body).map_err(|_| ApiError::bad_request())?;
    if holds_nul(&value) {
        return Err(ApiError::bad_request());
    }
    Ok(value)
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
