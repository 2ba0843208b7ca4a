//! The same tables as JSON Schemas, for the API's document: what it says of a body and what is checked
//! cannot differ.

use super::{Field, Kind, Presence};
use crate::document::schema::{self, Schema};

/// The schema of a body with the members of these tables.
pub fn body(tables: &[&[Field]]) -> Schema {
    members(tables.iter().copied().flatten())
}

fn members<'a>(fields: impl Iterator<Item = &'a Field>) -> Schema {
    let mut object = schema::object([]);
    for field in fields {
        let required = match field.presence {
            Presence::Required | Presence::RequiredOrNull => true,
            Presence::Optional | Presence::Nullable => false,
        };
        object = object.member(field.name, field.schema(), required);
    }
    object
}

impl Field {
    fn schema(&self) -> Schema {
        let mut schema = match self.kind {
            Kind::Text => schema::text(),
            Kind::Boolean => schema::boolean(),
            Kind::Integer => schema::integer(),
            Kind::Uuid => schema::uuid(),
            Kind::Email => schema::text().with("format", "email"),
            Kind::List(item) => schema::list(item.schema()),
            Kind::Object(fields) => members(fields.iter()),
        };
        if let Some((min, max)) = self.length {
            schema = schema.with("minLength", min);
            if let Some(max) = max {
                schema = schema.with("maxLength", max);
            }
        }
        if let Some((min, max)) = self.range {
            schema = schema.with("minimum", min).with("maximum", max);
        }
        if !self.choices.is_empty() {
            schema = schema.one_of(self.choices);
        }
        if let Some(pattern) = self.pattern
            && !pattern.shown.is_empty()
        {
            schema = schema.with("pattern", pattern.shown);
        }
        if self.max_items != usize::MAX {
            schema = schema.with("maxItems", self.max_items);
        }
        match self.presence {
            Presence::Nullable | Presence::RequiredOrNull => schema.nullable(),
            Presence::Optional | Presence::Required => schema,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_says_what_the_check_of_a_body_lets_through() {
        const ITEM: Field = Field::object("", &[Field::email("address").required()]);
        let schema = body(&[
            &[
                Field::text("name").length(1, 80).required(),
                Field::integer("expiration").range(1, 10),
                Field::text("kind").one_of(&["a", "b"]).nullable(),
            ],
            &[
                Field::list("items", &ITEM).max_items(3),
                Field::text("password").min_length(1).required().nullable(),
                Field::uuid("uuid"),
                Field::boolean("on"),
            ],
        ]);
        assert_eq!(
            schema.value(),
            &json!({
                "type": "object",
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 80 },
                    "expiration": { "type": "integer", "minimum": 1, "maximum": 10 },
                    "kind": { "type": "string", "enum": ["a", "b", null], "nullable": true },
                    "items": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": { "address": { "type": "string", "format": "email" } },
                            "required": ["address"],
                        },
                        "maxItems": 3,
                    },
                    "password": { "type": "string", "minLength": 1, "nullable": true },
                    "uuid": { "type": "string", "format": "uuid" },
                    "on": { "type": "boolean" },
                },
                "required": ["name", "password"],
            })
        );
    }
}
