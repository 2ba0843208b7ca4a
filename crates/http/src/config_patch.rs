//! The JSON Patch (RFC 6902) that turns switches of the configuration.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};
use wazo_auth_services::configuration::Switch;

use crate::{error::ApiError, validation};

/// What may be switched, by its path in a patch.
const SWITCHES: &[(&str, Switch)] = &[
    ("/debug", Switch::Debug),
    ("/profiling_enabled", Switch::Profiling),
];

/// The switches that a patch turns, in order.
///
/// # Errors
///
/// What is wrong first: then nothing of the patch is done.
pub fn changes(patch: &Value) -> Result<Vec<(Switch, bool)>, ApiError> {
    let Value::Array(items) = patch else {
        return Err(wrong_item());
    };
    items
        .iter()
        .map(|item| match item {
            Value::Object(item) => change(item),
            _ => Err(wrong_item()),
        })
        .collect()
}

fn change(item: &Map<String, Value>) -> Result<(Switch, bool), ApiError> {
    let field = |name: &str| {
        item.get(name)
            .ok_or_else(|| wrong(name, validation::missing()))
    };
    let text = |name: &str| validation::text(field(name)?).map_err(|failure| wrong(name, failure));
    if text("op")? != "replace" {
        let failure = validation::broken(
            "equal",
            json!({ "must_be": "replace" }),
            "Must be equal to replace.",
        );
        return Err(wrong("op", failure));
    }
    let path = text("path")?;
    let known = SWITCHES.iter().find(|(known, _)| *known == path);
    let (_, switch) = known.ok_or_else(|| {
        let paths: Vec<&str> = SWITCHES.iter().map(|(path, _)| *path).collect();
        let failure = validation::one_of(path, &paths).err().unwrap_or_default();
        wrong("path", failure)
    })?;
    let on = validation::boolean(field("value")?).map_err(|failure| wrong("value", failure))?;
    let unknown = item
        .keys()
        .find(|key| !matches!(key.as_str(), "op" | "path" | "value"));
    match unknown {
        Some(key) => Err(wrong(key, json!({ "message": "Unknown field." }))),
        None => Ok((*switch, on)),
    }
}

/// A patch that is no list of objects.
fn wrong_item() -> ApiError {
    wrong("_schema", json!({ "message": "Invalid input type." }))
}

/// What is wrong with a member of an item.
fn wrong(name: &str, failure: Value) -> ApiError {
    let failure = match failure {
        Value::Array(failures) => failures.into_iter().next().unwrap_or_default(),
        failure => failure,
    };
    let message = failure.get("message").cloned().unwrap_or_default();
    ApiError::api(
        StatusCode::BAD_REQUEST,
        "invalid-data",
        Some("config"),
        message,
        json!({ name: failure }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_switches_in_order_in_any_spelling_of_true_and_false() {
        let patch = json!([
            {"op": "replace", "path": "/debug", "value": true},
            {"op": "replace", "path": "/profiling_enabled", "value": "yes"},
            {"op": "replace", "path": "/debug", "value": 0},
        ]);
        assert_eq!(
            changes(&patch).unwrap(),
            [
                (Switch::Debug, true),
                (Switch::Profiling, true),
                (Switch::Debug, false)
            ]
        );
        assert_eq!(changes(&json!([])).unwrap(), []);
    }

    #[test]
    fn a_patch_that_does_anything_else_is_refused_as_a_whole() {
        let good = json!({"op": "replace", "path": "/debug", "value": true});
        for bad in [
            json!(null),
            json!([]),
            json!("replace"),
            json!({}),
            json!({"op": "add", "path": "/debug", "value": true}),
            json!({"op": 1, "path": "/debug", "value": true}),
            json!({"op": "replace", "path": "/db_uri", "value": true}),
            json!({"op": "replace", "path": "/debug", "value": "perhaps"}),
            json!({"op": "replace", "path": "/debug", "value": null}),
            json!({"op": "replace", "path": "/debug"}),
            json!({"path": "/debug", "value": true}),
            json!({"op": "replace", "path": "/debug", "value": true, "x": 1}),
        ] {
            assert!(changes(&json!([good, bad])).is_err(), "{bad}");
        }
        for bad in [json!(null), json!({}), json!("x"), json!(1), good] {
            assert!(changes(&bad).is_err(), "{bad}");
        }
    }
}
