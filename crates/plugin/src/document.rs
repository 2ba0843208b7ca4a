//! JSON text that crosses the boundary, in either direction.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Map, PluginError, PluginResult};

/// Reads what the daemon sent as `what`; an empty text stands for `null`.
pub(crate) fn read<T: DeserializeOwned>(what: &str, text: &str) -> PluginResult<T> {
    let text = if text.is_empty() { "null" } else { text };
    // The parser's own words may quote the document, and that may hold secrets.
    serde_json::from_str(text).map_err(|error| {
        PluginError::invalid_argument(format!(
            "the {what} cannot be understood (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// Reads an object that the daemon sent as `what`; an empty text stands for an empty one.
pub(crate) fn read_object(what: &str, text: &str) -> PluginResult<Map> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    read(what, text)
}

/// Writes an object that is promised to the daemon as the answer of `method`.
pub(crate) fn write_object(method: &str, value: &Value) -> PluginResult<String> {
    if value.is_object() {
        Ok(value.to_string())
    } else {
        Err(PluginError::internal(format!(
            "`{method}` of the plugin must answer a JSON object"
        )))
    }
}

/// Writes an object's members.
pub(crate) fn write_map(map: Map) -> String {
    Value::Object(map).to_string()
}

/// The text of an optional object: empty when there is nothing to say.
pub(crate) fn write_optional(map: Map) -> String {
    if map.is_empty() {
        String::new()
    } else {
        write_map(map)
    }
}
