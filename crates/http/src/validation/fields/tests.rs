//! What a table of fields makes of bodies.

use serde::Deserialize;

use super::*;

const SLUG: Pattern = Pattern {
    shown: "^[a-z]+$",
    is: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase()),
};
const THING: &[Field] = &[
    Field::text("name").length(1, 4).nullable(),
    Field::text("slug").length(1, 4).matching(&SLUG),
    Field::text("kind").one_of(&["a", "b"]),
    Field::boolean("on"),
    Field::integer("size").range(1, 9),
    Field::uuid("uuid"),
    Field::list(
        "mails",
        &Field::object("", &[Field::email("address").required()]),
    ),
    Field::object("place", &[Field::text("city").length(1, 4).nullable()]),
];
const SECRET: &[Field] = &[Field::text("password").min_length(1).required()];

#[derive(Debug, PartialEq, Deserialize)]
struct Thing {
    name: Option<String>,
    slug: Option<String>,
    kind: Option<String>,
    on: Option<bool>,
    size: Option<i64>,
    uuid: Option<String>,
    #[serde(default)]
    mails: Vec<Mail>,
    place: Option<Place>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Mail {
    address: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Place {
    city: Option<String>,
}

fn failures(document: Value) -> Value {
    Value::Object(read::<Thing>(&document, &[THING]).unwrap_err().0)
}

#[test]
fn a_body_is_read_in_the_forms_that_the_daemon_works_with() {
    let thing: Thing = read(
        &json!({
            "name": null, "slug": "ab", "kind": "b", "on": "yes", "size": "7",
            "uuid": "{0D7D2C61-54A1-4A6E-9A0E-5F0C8E0A1B11}", "mails": [{"address": "a@b.io"}],
            "place": {"city": null, "planet": 3}, "other": [],
        }),
        &[THING],
    )
    .unwrap();
    assert_eq!(
        thing,
        Thing {
            name: None,
            slug: Some("ab".to_owned()),
            kind: Some("b".to_owned()),
            on: Some(true),
            size: Some(7),
            uuid: Some("0d7d2c61-54a1-4a6e-9a0e-5f0c8e0a1b11".to_owned()),
            mails: vec![Mail {
                address: "a@b.io".to_owned()
            }],
            place: Some(Place { city: None }),
        }
    );
}

#[test]
fn what_counts_as_nothing_is_an_empty_body() {
    for nothing in [
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!(0),
        json!(false),
    ] {
        let thing: Thing = read(&nothing, &[THING]).unwrap();
        assert_eq!(thing.name, None);
    }
    for something in [json!([1]), json!("a"), json!(1), json!(true)] {
        assert_eq!(
            failures(something),
            json!({ "_schema": ["Invalid input type."] })
        );
    }
}

#[test]
fn each_failure_has_the_words_of_its_rule() {
    assert_eq!(
        failures(json!({
            "name": "abcde", "slug": "ABCDE", "kind": null, "on": 2, "size": 10, "uuid": "x",
            "mails": [{"address": "x"}, {}, 3], "place": {"city": ""},
        })),
        json!({
            "name": [{"constraint_id": "length", "constraint": {"min": 1, "max": 4},
                "message": "Length must be between 1 and 4."}],
            "slug": [
                {"constraint_id": "length", "constraint": {"min": 1, "max": 4},
                    "message": "Length must be between 1 and 4."},
                {"constraint_id": "regex", "constraint": "^[a-z]+$",
                    "message": "String does not match expected pattern."},
            ],
            "kind": {"message": "Field may not be null.", "constraint_id": "not_null",
                "constraint": "not_null"},
            "on": {"message": "Not a valid boolean.", "constraint_id": "type",
                "constraint": "boolean"},
            "size": [{"constraint_id": "range", "constraint": {"min": 1, "max": 9}, "message":
                "Must be greater than or equal to 1 and less than or equal to 9."}],
            "uuid": {"message": "Not a valid UUID.", "constraint_id": "type",
                "constraint": "uuid"},
            "mails": {
                "0": {"address": [{"constraint_id": "type", "constraint": "email",
                    "message": "Not a valid email address."}]},
                "1": {"address": {"message": "Missing data for required field.",
                    "constraint_id": "required", "constraint": "required"}},
                "2": {"_schema": ["Invalid input type."]},
            },
            "place": {"city": [{"constraint_id": "length", "constraint": {"min": 1, "max": 4},
                "message": "Length must be between 1 and 4."}]},
        })
    );
    assert_eq!(
        failures(json!({ "mails": "x", "place": [], "kind": "c", "name": 1 })),
        json!({
            "name": {"message": "Not a valid string.", "constraint_id": "type",
                "constraint": "string"},
            "kind": [{"constraint_id": "enum", "constraint": {"choices": ["a", "b"]},
                "message": "Must be one of: a, b."}],
            "mails": {"message": "Invalid type.", "constraint_id": "type",
                "constraint": "dict"},
            "place": {"message": "Invalid type.", "constraint_id": "type",
                "constraint": "dict"},
        })
    );
}

#[test]
fn the_first_failure_is_that_of_the_first_field_in_the_table() {
    let failures = read::<Value>(
        &json!({ "size": 0, "slug": "ABCDE", "password": "" }),
        &[THING, SECRET],
    )
    .unwrap_err();
    assert_eq!(
        first_of(&failures.0),
        (
            json!("Length must be between 1 and 4."),
            json!({ "slug": {"constraint_id": "length", "constraint": {"min": 1, "max": 4},
                "message": "Length must be between 1 and 4."} })
        )
    );
    let failures = read::<Value>(&json!({ "password": "" }), &[THING, SECRET]).unwrap_err();
    assert_eq!(
        first_of(&failures.0),
        (
            json!("Shorter than minimum length 1."),
            json!({ "password": {"constraint_id": "length",
                "constraint": {"min": 1, "max": null},
                "message": "Shorter than minimum length 1."} })
        )
    );
}

#[test]
fn a_failure_inside_is_found_under_the_names_that_lead_to_it() {
    let failures =
        read::<Thing>(&json!({ "mails": [{"address": "a@b.io"}, {}] }), &[THING]).unwrap_err();
    let (message, details) = first_of(&failures.0);
    assert_eq!(message, "Missing data for required field.");
    assert_eq!(
        details,
        json!({ "mails": { "1": { "address": {
            "message": "Missing data for required field.",
            "constraint_id": "required", "constraint": "required",
        } } } })
    );
    assert_eq!(
        first_of(&Failures::rules(&["No."]).0),
        (json!("No."), json!({ "_schema": { "message": "No." } }))
    );
}

#[test]
fn of_many_wrong_items_some_are_told_and_a_list_has_an_end() {
    const SHORT: &[Field] = &[Field::list(
        "mails",
        &Field::object("", &[Field::email("address").required()]),
    )
    .max_items(30)];
    let mails = |count: usize| json!({ "mails": vec![json!({}); count] });
    let told =
        |count: usize| read::<Value>(&mails(count), &[SHORT]).unwrap_err().0["mails"].clone();
    assert_eq!(told(30).as_object().unwrap().len(), MAX_FAILURES);
    assert_eq!(
        told(31),
        json!([{ "constraint_id": "length", "constraint": { "min": null, "max": 30 },
            "message": "Longer than maximum length 30." }])
    );
}
