//! YAML from JSON values.

use saphyr::{Mapping, Scalar, Yaml, YamlEmitter};
use serde_json::Value;

/// Writes an object in YAML, so that texts one after the other are the document that has the members
/// of all.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = YamlEmitter::new(&mut text).dump(&yaml(value));
    let text = text.strip_prefix("---\n").unwrap_or(&text);
    format!("{text}\n")
}

fn yaml(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Value(Scalar::Null),
        Value::Bool(value) => Yaml::Value(Scalar::Boolean(*value)),
        Value::Number(number) => Yaml::Value(match number.as_i64() {
            Some(integer) => Scalar::Integer(integer),
            None => Scalar::FloatingPoint(number.as_f64().unwrap_or_default().into()),
        }),
        Value::String(text) => Yaml::Value(Scalar::String(text.into())),
        Value::Array(items) => Yaml::Sequence(items.iter().map(yaml).collect()),
        Value::Object(members) => Yaml::Mapping(
            members
                .iter()
                .map(|(name, value)| (Yaml::Value(Scalar::String(name.into())), yaml(value)))
                .collect::<Mapping<'_>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use saphyr::LoadableYamlNode;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_as_the_same() {
        let value = json!({
            "swagger": "2.0",
            "200": "a number in quotes",
            "yes": ["no", "on", "~", "null", "1e3", "0x1F", "", " ", "- a", "a: b", "#", "a #b", "'", "\"", "\\"],
            "lines": "one\ntwo\n\nthree\n",
            "empty": { "list": [], "object": {}, "nothing": null },
            "nested": [{ "a": [1, -2, 0.5, true] }, [[]]],
            "^(?=.{1,253}\\.?$)": "{a} [b] & *c !d | > %e @f `g` é \u{1f600}",
        });
        let text = write(&value);
        let read = Yaml::load_from_str(&text).unwrap();
        assert_eq!(read, [yaml(&value)], "{text}");
    }
}
