//! Schemas of the API's document, in the dialect of OpenAPI 3.0. The older form of the document is
//! translated from it.

use serde_json::{Map, Value, json};

/// Where schemas that have a name stand, in OpenAPI 3.0.
pub const SCHEMAS: &str = "#/components/schemas/";

/// What a value looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema(Value);

fn of_type(name: &str) -> Schema {
    Schema(json!({ "type": name }))
}

/// Any value.
pub fn anything() -> Schema {
    Schema(json!({}))
}

/// A text.
pub fn text() -> Schema {
    of_type("string")
}

/// A boolean.
pub fn boolean() -> Schema {
    of_type("boolean")
}

/// An integer.
pub fn integer() -> Schema {
    of_type("integer")
}

/// A number, such as seconds since the Unix epoch with a fraction.
pub fn number() -> Schema {
    of_type("number")
}

/// A UUID.
pub fn uuid() -> Schema {
    text().with("format", "uuid")
}

/// A list.
pub fn list(item: Schema) -> Schema {
    of_type("array").with("items", item.0)
}

/// An object that has all of these members.
pub fn object<const N: usize>(members: [(&str, Schema); N]) -> Schema {
    members
        .into_iter()
        .fold(of_type("object"), |object, (name, schema)| {
            object.member(name, schema, true)
        })
}

/// An object with members of any names.
pub fn map(value: Schema) -> Schema {
    of_type("object").with("additionalProperties", value.0)
}

/// An object of which nothing is known.
pub fn any_object() -> Schema {
    of_type("object")
}

/// A schema that stands elsewhere in the document.
pub fn named(name: &str) -> Schema {
    Schema(json!({ "$ref": format!("{SCHEMAS}{name}") }))
}

/// What one of these says.
pub fn any_of(schemas: &[Schema]) -> Schema {
    match schemas {
        [one] => one.clone(),
        several => {
            let several: Vec<&Value> = several.iter().map(Schema::value).collect();
            Schema(json!({ "anyOf": several }))
        }
    }
}

/// A part of a list, as all lists answer it.
pub fn page(item: Schema) -> Schema {
    object([
        ("items", list(item)),
        (
            "total",
            integer().says("How many there are, whatever is searched for and shown."),
        ),
        (
            "filtered",
            integer().says("How many meet the search and the filters, whatever part is shown."),
        ),
    ])
}

impl Schema {
    /// The schema as JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// A schema that somebody else wrote, if all of it is what both forms of the document know.
    pub fn foreign(value: Value) -> Result<Self, String> {
        check_foreign(&value)?;
        Ok(Self(value))
    }

    /// With one more keyword.
    pub fn with(mut self, keyword: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(keywords) = &mut self.0 {
            keywords.insert(keyword.to_owned(), value.into());
        }
        self
    }

    /// With words about it.
    pub fn says(self, description: &str) -> Self {
        self.with("description", description)
    }

    /// One of a few texts.
    pub fn one_of(self, choices: &[&str]) -> Self {
        self.with("enum", choices)
    }

    /// Null is a value too.
    pub fn nullable(mut self) -> Self {
        if let Some(Value::Array(choices)) = self.0.get_mut("enum") {
            choices.push(Value::Null);
        }
        self.with("nullable", true)
    }

    /// An object with one more member.
    pub fn member(mut self, name: &str, schema: Self, required: bool) -> Self {
        if let Value::Object(keywords) = &mut self.0 {
            let members = keywords
                .entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(members) = members {
                members.insert(name.to_owned(), schema.0);
            }
            if required
                && let Value::Array(names) = keywords.entry("required").or_insert_with(|| json!([]))
            {
                names.push(json!(name));
            }
        }
        self
    }

    /// An object with one more member, which may be absent.
    pub fn optional(self, name: &str, schema: Self) -> Self {
        self.member(name, schema, false)
    }
}

/// What a value of a keyword must be.
type Kind = fn(&Value) -> bool;

/// Keywords whose values nobody has to look into.
const PLAIN: &[(&str, Kind)] = &[
    ("description", Value::is_string),
    ("format", Value::is_string),
    ("pattern", Value::is_string),
    ("title", Value::is_string),
    ("nullable", Value::is_boolean),
    ("minLength", Value::is_u64),
    ("maxLength", Value::is_u64),
    ("minItems", Value::is_u64),
    ("maxItems", Value::is_u64),
    ("minimum", Value::is_number),
    ("maximum", Value::is_number),
    ("default", |_| true),
    ("example", |_| true),
];

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

fn check_foreign(value: &Value) -> Result<(), String> {
    let keywords = value.as_object().ok_or("a schema is no object")?;
    for (keyword, value) in keywords {
        let good = match keyword.as_str() {
            "type" => value.as_str().is_some_and(|name| TYPES.contains(&name)),
            "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
            "required" => value
                .as_array()
                .is_some_and(|names| !names.is_empty() && names.iter().all(Value::is_string)),
            "properties" => {
                let members = value.as_object().ok_or("properties are no object")?;
                members.values().try_for_each(check_foreign)?;
                true
            }
            "items" => {
                check_foreign(value)?;
                true
            }
            "additionalProperties" if value.is_boolean() => true,
            "additionalProperties" => {
                check_foreign(value)?;
                true
            }
            other => PLAIN
                .iter()
                .find(|(known, _)| *known == other)
                .is_some_and(|(_, is)| is(value)),
        };
        if !good {
            return Err(format!(
                "a schema has the keyword {keyword:?}, or a value of it, that the document cannot have"
            ));
        }
    }
    if keywords.get("type") == Some(&json!("array")) && !keywords.contains_key("items") {
        return Err("a schema of a list does not say what is in it".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_schema_says_what_both_forms_of_the_document_can_say() {
        for good in [
            json!({}),
            json!({ "type": "object", "properties": { "a": { "type": "string", "nullable": true } },
                "required": ["a"], "additionalProperties": false }),
            json!({ "type": "array", "items": { "enum": [1, 2] }, "description": "x" }),
            json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 1 } }),
        ] {
            assert!(Schema::foreign(good.clone()).is_ok(), "{good}");
        }
        for bad in [
            json!(null),
            json!({ "type": "null" }),
            json!({ "type": ["string", "null"] }),
            json!({ "type": "array" }),
            json!({ "$ref": "#/x" }),
            json!({ "anyOf": [] }),
            json!({ "enum": [] }),
            json!({ "minLength": -1 }),
            json!({ "properties": { "a": { "x": 1 } } }),
            json!({ "required": [] }),
        ] {
            assert!(Schema::foreign(bad.clone()).is_err(), "{bad}");
        }
    }
}
