//! The shapes of answers that are no success.

use serde_json::{Map, Value, json};
use wazo_auth_test_support::http::Response;

/// The text for a request that cannot be understood.
pub const NOT_UNDERSTOOD: &str =
    "The browser (or proxy) sent a request that this server could not understand.";

/// Expects an answer about tokens and logins: a reason and a time, each in a list.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_reason(answer: &Response, status: u16, reason: &str) {
    let mut body = document(answer, status);
    let time = body.insert("timestamp".to_owned(), Value::Null);
    assert!(
        time.as_ref()
            .and_then(|time| time.get(0))
            .is_some_and(Value::is_f64),
        "no list with a time: {answer:?}"
    );
    assert_eq!(
        Value::Object(body).to_string(),
        json!({ "reason": [reason], "timestamp": null, "status_code": status }).to_string()
    );
}

/// Expects an answer about anything else. `resource` is absent when it is empty.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_api(
    answer: &Response,
    status: u16,
    (error_id, resource): (&str, &str),
    message: impl Into<Value>,
    details: &Value,
) {
    let mut body = document(answer, status);
    let time = body.insert("timestamp".to_owned(), Value::Null);
    assert!(
        time.as_ref().is_some_and(Value::is_f64),
        "no time: {answer:?}"
    );
    let mut expected = json!({
        "message": message.into(),
        "error_id": error_id,
        "details": details,
        "timestamp": null,
    });
    if !resource.is_empty()
        && let Value::Object(expected) = &mut expected
    {
        expected.insert("resource".to_owned(), json!(resource));
    }
    assert_eq!(Value::Object(body).to_string(), expected.to_string());
}

/// Expects an answer about HTTP alone.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_framework(answer: &Response, status: u16, message: &str) {
    assert_eq!(
        Value::Object(document(answer, status)),
        json!({ "message": message })
    );
}

/// Expects that a request was not understood.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_not_understood(answer: &Response) {
    assert_framework(answer, 400, NOT_UNDERSTOOD);
}

/// Expects the answer to a path that is none.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_no_route(answer: &Response) {
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{answer:?}"
    );
    assert_eq!(answer.body.len(), 207, "{answer:?}");
    assert!(
        answer
            .body
            .starts_with("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n")
            && answer.body.ends_with('\n'),
        "{answer:?}"
    );
}

/// Expects a refusal by the check in front of an endpoint: the token is unknown, or it has expired.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_unknown_token(answer: &Response, token: &str, access: &str) {
    assert_api(
        answer,
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({
            "invalid_token": token,
            "reason": "not_found_or_expired",
            "required_access": access,
        }),
    );
}

/// Expects a refusal by the check in front of an endpoint: the token does not grant the access.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_not_granted(answer: &Response, token: &str, access: &str) {
    assert_api(
        answer,
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({
            "invalid_token": token,
            "reason": "missing_permission_or_invalid_tenant",
            "required_access": access,
            "tenant_uuid": null,
        }),
    );
}

/// The members of a JSON object, from an answer with that status, in the form that all answers have.
fn document(answer: &Response, status: u16) -> Map<String, Value> {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_json(answer);
    match answer.json() {
        Value::Object(members) => members,
        _ => panic!("no object: {answer:?}"),
    }
}

/// Expects the form that all JSON documents have: blanks behind separators, ASCII alone, a line feed
/// at the end, and a content type without a character set.
///
/// # Panics
///
/// When it is another form.
pub fn assert_json(answer: &Response) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer:?}"
    );
    assert!(
        answer.body.is_ascii() && answer.body.ends_with('\n'),
        "{answer:?}"
    );
    assert_eq!(
        answer
            .header("content-length")
            .and_then(|length| length.parse().ok()),
        Some(answer.body.len()),
        "{answer:?}"
    );
    assert_eq!(
        blanks(answer.body.trim_end_matches('\n')),
        Ok(()),
        "{answer:?}"
    );
}

/// Whether there is one blank behind each comma and colon outside of texts, and none elsewhere; the
/// error is what stands at the wrong place.
fn blanks(document: &str) -> Result<(), &str> {
    let (mut in_text, mut escaped, mut wanted) = (false, false, false);
    for (at, letter) in document.char_indices() {
        if in_text {
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        if (letter == ' ') != wanted || letter.is_control() {
            return Err(document.get(at..).unwrap_or_default());
        }
        wanted = matches!(letter, ',' | ':');
        in_text = letter == '"';
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_stand_behind_separators_alone() {
        assert_eq!(blanks(r#"{"a b": [1, "c,\"d:e"], "f": {}}"#), Ok(()));
        assert_eq!(blanks(r#"{"a":1}"#), Err("1}"));
        assert_eq!(blanks(r#"[1,2]"#), Err("2]"));
        assert_eq!(blanks(r#"[1,  2]"#), Err(" 2]"));
        assert_eq!(blanks("[\n1]"), Err("\n1]"));
    }
}
