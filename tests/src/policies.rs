//! Policies, made and asked for over HTTP.

use serde_json::{Value, json};
use wazo_auth_database::queries::policy;
use wazo_auth_model::ids::PolicyId;
use wazo_auth_test_support::http::Response;

use crate::{
    shapes::{assert_api, assert_reason},
    store::Store,
    tenants::{Actor, text},
};

/// Makes a policy; answers it.
///
/// # Panics
///
/// When that fails.
#[must_use]
pub fn make(actor: &Actor<'_>, document: &Value) -> Value {
    actor.post("/policies", document).expect(200)
}

/// The same; answers its id.
///
/// # Panics
///
/// When that fails.
#[must_use]
pub fn make_id(actor: &Actor<'_>, document: &Value) -> String {
    text(&make(actor, document), "uuid")
}

/// A policy of the top tenant that belongs to the configuration; answers its id.
#[must_use]
pub fn config_managed(store: &Store, slug: &str, acl: &[&str]) -> String {
    let uuid = store.policy(None, slug, acl);
    let id: PolicyId = uuid.clone();
    store.write(move |db| policy::set_config_managed(db, &id, true));
    uuid.to_string()
}

/// The path of a policy.
#[must_use]
pub fn at(name: &str) -> String {
    format!("/policies/{name}")
}

/// Expects the answer for a policy that does not exist.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_unknown_policy(answer: &Response, kind: &str, name: &str) {
    assert_reason(
        answer,
        404,
        &format!("No such policy {{'{kind}': '{name}'}}"),
    );
}

/// Expects the answer for a policy that the caller may see and not change.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_read_only(answer: &Response, uuid: &str) {
    assert_reason(
        answer,
        403,
        &format!("Forbidden policy deletion: \"{uuid}\""),
    );
}

/// Expects that somebody is refused because they would hand out or take away more than they have.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_lacks(answer: &Response, token: &str, access: &str) {
    assert_api(
        answer,
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({ "invalid_token": token, "required_access": access }),
    );
}
