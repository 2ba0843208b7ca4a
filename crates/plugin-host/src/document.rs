//! The JSON documents that cross between daemon and plugin, and texts that come from plugins.

use std::fmt::Write;

use serde_json::Value;

use crate::Map;

/// No document of a plugin is longer.
pub(crate) const MAX_DOCUMENT: usize = 1024 * 1024;

/// Reads a JSON object; nothing means an empty one. The error is for a plugin's author.
pub(crate) fn object(text: &str) -> Result<Map, String> {
    match value(text)? {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        _ => Err("is no JSON object".to_owned()),
    }
}

/// Reads a JSON document; nothing means `null`.
pub(crate) fn value(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if text.len() > MAX_DOCUMENT {
        return Err(format!(
            "has {} bytes, more than {MAX_DOCUMENT}",
            text.len()
        ));
    }
    // Without serde_json's own message: it may quote what is secret.
    serde_json::from_str(text).map_err(|error| {
        format!(
            "is no JSON document (line {}, column {})",
            error.line(),
            error.column()
        )
    })
}

/// Writes a JSON object; an empty one as nothing.
pub(crate) fn write_object(map: &Map) -> String {
    if map.is_empty() {
        return String::new();
    }
    serde_json::to_string(map).unwrap_or_default()
}

/// The beginning of a text, at most `limit` bytes of it.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A text as it can stand on a line of the log: cut, and without control characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let kept = cut(text, limit);
    let mut line = String::with_capacity(kept.len());
    for character in kept.chars() {
        if character.is_control() && character != '\t' {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    if kept.len() < text.len() {
        // Writing to a string cannot fail.
        let _ = write!(line, "… ({} bytes)", text.len());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aéb", 2), "a");
        assert_eq!(one_line("aéb", 2), "a… (4 bytes)");
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        assert_eq!(
            object("{\"password\": \"s3cre7\" oops"),
            Err("is no JSON document (line 1, column 23)".to_owned())
        );
        assert_eq!(object("[]"), Err("is no JSON object".to_owned()));
        assert_eq!(object(""), Ok(Map::new()));
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        assert!(value(&"[".repeat(100_000)).is_err());
    }
}
