//! What is said of groups over HTTP.

use serde_json::{Value, json};
use wazo_auth_test_support::http::Response;

use crate::{
    shapes::{assert_api, assert_reason},
    tenants::{Actor, text},
};

/// Makes a group in the tenant that is acted in; answers its id.
///
/// # Panics
///
/// When that fails.
#[must_use]
pub fn group_id(actor: &Actor<'_>, name: &str) -> String {
    let made = actor.post("/groups", &json!({ "name": name })).expect(200);
    text(&made, "uuid")
}

/// Expects the answer for a group that does not exist.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_unknown_group(answer: &Response, uuid: &str) {
    assert_groups(
        answer,
        404,
        "unknown-group",
        &format!("No such group: \"{uuid}\""),
        &json!({ "uuid": uuid }),
    );
}

/// Expects the answer for a group that is the system's.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_forbidden(answer: &Response, uuid: &str) {
    assert_groups(
        answer,
        403,
        "forbidden-group",
        &format!("Forbidden group modification: \"{uuid}\""),
        &json!({ "uuid": uuid }),
    );
}

/// Expects that another group is in the way of one of this name.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_taken(answer: &Response, name: &str) {
    assert_reason(answer, 409, &format!("Group \"{name}\" already exists"));
}

/// Expects the answer for a user that does not exist.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_unknown_user(answer: &Response, uuid: &str) {
    assert_api(
        answer,
        404,
        ("unknown-user", "users"),
        format!("No such user: \"{uuid}\""),
        &json!({ "uuid": uuid }),
    );
}

fn assert_groups(answer: &Response, status: u16, error_id: &str, message: &str, details: &Value) {
    assert_api(answer, status, (error_id, "groups"), message, details);
}
