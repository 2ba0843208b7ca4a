//! The two ways in which clients of this API see values written: JSON with Python's spacing, and
//! Python's own notation inside some error texts.

use std::io;

use serde::Serialize;
use serde_json::{Serializer, Value, ser::Formatter};

/// JSON with a blank behind separators, everything beyond ASCII escaped, one line feed at the end.
#[must_use]
pub fn json(value: &Value) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    // Writing a `Value` to memory has no way to fail: its keys are strings.
    if value
        .serialize(&mut Serializer::with_formatter(&mut text, Spaced))
        .is_err()
    {
        text.clear();
    }
    text.push(b'\n');
    text
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { w.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { w.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        w.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.is_ascii() {
            return w.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(w, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut units) {
                    write!(w, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// A value in Python's notation.
#[must_use]
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => repr_text(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", repr_text(key), repr(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

fn repr_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_has_blanks_behind_separators_and_escapes_beyond_ascii() {
        let text = json(&json!({"a": [1, "é", "😀"], "b": {}}));
        assert_eq!(
            String::from_utf8_lossy(&text),
            "{\"a\": [1, \"\\u00e9\", \"\\ud83d\\ude00\"], \"b\": {}}\n"
        );
    }

    #[test]
    fn repr_chooses_the_quotes_that_need_no_escape() {
        let value = json!({"_schema": ["it's", "\"x\"", "'\""], "n": null, "t": true});
        assert_eq!(
            repr(&value),
            r#"{'_schema': ["it's", '"x"', '\'"'], 'n': None, 't': True}"#
        );
    }
}
