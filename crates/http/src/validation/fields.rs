//! What the body of a request may hold: declared once for each resource, as a table of [`Field`]s.
//!
//! ```text
//! const TENANT: &[Field] = &[
//!     Field::text("name").length(1, 128).nullable(),
//!     Field::list("domain_names", &Field::text("").matching(&DOMAIN_NAME)),
//! ];
//! let tenant: Tenant = fields::read(&body, &[TENANT]).map_err(|failures| failures.first("tenants"))?;
//! ```
//!
//! What passes is read into a structure by its names; what does not becomes one of the shapes in
//! which clients are told.

pub mod schema;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use wazo_auth_model::{email, ids};

use super::{boolean, broken, integer, missing, null, text, wrong_type};
use crate::{error::ApiError, python};

/// A member of a body, and what may stand there.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: &'static str,
    kind: Kind,
    presence: Presence,
    length: Option<(usize, Option<usize>)>,
    range: Option<(i64, i64)>,
    choices: &'static [&'static str],
    pattern: Option<&'static Pattern>,
    max_items: usize,
}

/// How many failures of the items of a list are told: a client that sends thousands of wrong ones learns
/// no more from thousands of messages.
const MAX_FAILURES: usize = 20;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Boolean,
    Integer,
    Uuid,
    Email,
    List(&'static Field),
    Object(&'static [Field]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// May be absent, not null.
    Optional,
    /// May be absent and null.
    Nullable,
    /// Must be there, and not null.
    Required,
    /// Must be there; null is a value.
    RequiredOrNull,
}

/// A rule for a text that clients are shown as a regular expression.
#[derive(Debug)]
pub struct Pattern {
    /// The regular expression.
    pub shown: &'static str,
    /// What it says.
    pub is: fn(&str) -> bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Optional,
            length: None,
            range: None,
            choices: &[],
            pattern: None,
            max_items: usize::MAX,
        }
    }

    /// A text.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    /// A boolean, in any of the spellings that clients use.
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, Kind::Boolean)
    }

    /// An integer, as a number or as a text.
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, Kind::Integer)
    }

    /// A UUID in any spelling; read in its canonical one.
    pub const fn uuid(name: &'static str) -> Self {
        Self::new(name, Kind::Uuid)
    }

    /// An e-mail address.
    pub const fn email(name: &'static str) -> Self {
        Self::new(name, Kind::Email)
    }

    /// A list; the name of what stands in it does not matter.
    pub const fn list(name: &'static str, item: &'static Self) -> Self {
        Self::new(name, Kind::List(item))
    }

    /// An object with these members.
    pub const fn object(name: &'static str, members: &'static [Self]) -> Self {
        Self::new(name, Kind::Object(members))
    }

    /// How many items a list may have.
    pub const fn max_items(mut self, max: usize) -> Self {
        self.max_items = max;
        self
    }

    /// Null is a value too.
    pub const fn nullable(mut self) -> Self {
        self.presence = match self.presence {
            Presence::Optional | Presence::Nullable => Presence::Nullable,
            Presence::Required | Presence::RequiredOrNull => Presence::RequiredOrNull,
        };
        self
    }

    /// It must be there.
    pub const fn required(mut self) -> Self {
        self.presence = match self.presence {
            Presence::Optional | Presence::Required => Presence::Required,
            Presence::Nullable | Presence::RequiredOrNull => Presence::RequiredOrNull,
        };
        self
    }

    /// Bounds of a text's length, in characters.
    pub const fn length(mut self, min: usize, max: usize) -> Self {
        self.length = Some((min, Some(max)));
        self
    }

    /// The shortest that a text may be, in characters.
    pub const fn min_length(mut self, min: usize) -> Self {
        self.length = Some((min, None));
        self
    }

    /// Bounds of an integer.
    pub const fn range(mut self, min: i64, max: i64) -> Self {
        self.range = Some((min, max));
        self
    }

    /// The texts that may stand there.
    pub const fn one_of(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    /// A rule for the text.
    pub const fn matching(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// The value, in the form that it is read in; or what is wrong with it.
    fn check(&self, value: &Value) -> Result<Value, Value> {
        if value.is_null() {
            return match self.presence {
                Presence::Nullable | Presence::RequiredOrNull => Ok(Value::Null),
                Presence::Optional | Presence::Required => Err(null()),
            };
        }
        match self.kind {
            Kind::Text => {
                let text = text(value)?;
                self.check_text(text)?;
                Ok(json!(text))
            }
            Kind::Boolean => boolean(value).map(Value::from),
            Kind::Integer => self.check_integer(integer(value)?),
            Kind::Uuid => value
                .as_str()
                .and_then(ids::normalize_uuid)
                .map(Value::from)
                .ok_or_else(|| {
                    json!({
                        "message": "Not a valid UUID.",
                        "constraint_id": "type",
                        "constraint": "uuid",
                    })
                }),
            Kind::Email => {
                let text = text(value)?;
                if email::is_address(text) {
                    return Ok(json!(text));
                }
                Err(broken("type", json!("email"), "Not a valid email address."))
            }
            Kind::List(item) => {
                let items = value.as_array().ok_or_else(|| match item.kind {
                    Kind::Object(_) => no_object(),
                    _ => wrong_type("list"),
                })?;
                if items.len() > self.max_items {
                    let max = self.max_items;
                    let message = format!("Longer than maximum length {max}.");
                    return Err(broken(
                        "length",
                        json!({ "min": null, "max": max }),
                        &message,
                    ));
                }
                check_items(items, item)
            }
            Kind::Object(members) => {
                let given = value.as_object().ok_or_else(no_object)?;
                check_members(given, &[members])
                    .map(Value::Object)
                    .map_err(|failures| Value::Object(failures.0))
            }
        }
    }

    /// All constraints that a text breaks.
    fn check_text(&self, text: &str) -> Result<(), Value> {
        let mut failures = Vec::new();
        if let Some((min, max)) = self.length {
            let length = text.chars().count();
            if length < min || max.is_some_and(|max| length > max) {
                let message = match max {
                    Some(max) => format!("Length must be between {min} and {max}."),
                    None => format!("Shorter than minimum length {min}."),
                };
                failures.push(broken(
                    "length",
                    json!({ "min": min, "max": max }),
                    &message,
                ));
            }
        }
        if !self.choices.is_empty() {
            failures.extend(super::one_of(text, self.choices).err());
        }
        if let Some(pattern) = self.pattern
            && !(pattern.is)(text)
        {
            failures.push(broken(
                "regex",
                json!(pattern.shown),
                "String does not match expected pattern.",
            ));
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(failures
            .into_iter()
            .flat_map(|failure| match failure {
                Value::Array(list) => list,
                one => vec![one],
            })
            .collect())
    }

    fn check_integer(&self, value: i128) -> Result<Value, Value> {
        let narrow = i64::try_from(value).ok();
        let (min, max) = self.range.unwrap_or((i64::MIN, i64::MAX));
        narrow
            .filter(|value| (min..=max).contains(value))
            .map(Value::from)
            .ok_or_else(|| {
                broken(
                    "range",
                    json!({ "min": min, "max": max }),
                    &format!(
                        "Must be greater than or equal to {min} and less than or equal to {max}."
                    ),
                )
            })
    }
}

/// The failure of what is no object, and of what is no list of objects.
fn no_object() -> Value {
    json!({
        "message": "Invalid type.",
        "constraint_id": "type",
        "constraint": "dict",
    })
}

fn check_items(items: &[Value], item: &Field) -> Result<Value, Value> {
    let mut passed = Vec::with_capacity(items.len());
    let mut failures = Map::new();
    for (place, value) in items.iter().enumerate() {
        let checked = match (item.kind, value) {
            (Kind::Object(_), Value::Object(_)) => item.check(value),
            (Kind::Object(_), _) => Err(json!({ "_schema": ["Invalid input type."] })),
            _ => item.check(value),
        };
        match checked {
            Ok(value) => passed.push(value),
            Err(failure) => {
                failures.insert(place.to_string(), failure);
                if failures.len() == MAX_FAILURES {
                    break;
                }
            }
        }
    }
    if failures.is_empty() {
        Ok(Value::Array(passed))
    } else {
        Err(Value::Object(failures))
    }
}

fn check_members(
    given: &Map<String, Value>,
    tables: &[&[Field]],
) -> Result<Map<String, Value>, Failures> {
    let mut passed = Map::new();
    let mut failures = Map::new();
    for field in tables.iter().copied().flatten() {
        let checked = match given.get(field.name) {
            Some(value) => field.check(value),
            None => match field.presence {
                Presence::Optional | Presence::Nullable => continue,
                Presence::Required | Presence::RequiredOrNull => Err(missing()),
            },
        };
        match checked {
            Ok(value) => passed.insert(field.name.to_owned(), value),
            Err(failure) => failures.insert(field.name.to_owned(), failure),
        };
    }
    if failures.is_empty() {
        Ok(passed)
    } else {
        Err(Failures(failures))
    }
}

/// Everything that is wrong with a body, by its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures(Map<String, Value>);

/// Reads a body by the fields of these tables. Whatever counts as nothing in JSON is the empty object;
/// members of other names are ignored.
///
/// # Errors
///
/// All that is wrong.
pub fn read<T: DeserializeOwned>(document: &Value, tables: &[&[Field]]) -> Result<T, Failures> {
    let given = members(document)?;
    let passed = check_members(&given, tables)?;
    serde_json::from_value(Value::Object(passed)).map_err(|error| {
        // The table and the structure disagree: a fault of ours that any test of the resource meets.
        log::error!("a body that passed its checks could not be read: {error}");
        Failures::rules(&["Invalid input type."])
    })
}

/// The members of a body.
///
/// # Errors
///
/// When it is something, and no object.
pub fn members(document: &Value) -> Result<Cow<'_, Map<String, Value>>, Failures> {
    match document {
        Value::Object(members) => Ok(Cow::Borrowed(members)),
        nothing if counts_as_nothing(nothing) => Ok(Cow::Owned(Map::new())),
        _ => Err(Failures::rules(&["Invalid input type."])),
    }
}

fn counts_as_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

impl Failures {
    /// Rules that several fields break together.
    pub fn rules(broken: &[&str]) -> Self {
        Self(Map::from_iter([("_schema".to_owned(), json!(broken))]))
    }

    /// The answer of most resources: the first thing that is wrong, and nothing else.
    pub fn first(&self, resource: &str) -> ApiError {
        let (message, details) = first_of(&self.0);
        ApiError::invalid(resource, message, details)
    }

    /// As [`first`](Self::first), without saying where.
    pub fn first_message(&self, resource: &str) -> ApiError {
        let (message, _) = first_of(&self.0);
        ApiError::invalid(resource, message, json!({}))
    }

    /// The answer about policies: which field is wrong first, and nothing of what is wrong with it.
    pub fn first_field(&self) -> ApiError {
        invalid_field(self.0.keys().next().map_or("_schema", String::as_str))
    }

    /// The answer about tokens: all of it as a reason, in Python's notation.
    pub fn python(self) -> ApiError {
        ApiError::reason(
            StatusCode::BAD_REQUEST,
            python::repr(&Value::Object(self.0)),
        )
    }

    /// The answer of what takes a body for the parameters of a list: all of it, in place of a message.
    pub fn list_parameters(self) -> ApiError {
        ApiError::invalid_list(self.0)
    }

    /// The answer of some resources: all of it, in place of a message.
    pub fn all(self, resource: &str) -> ApiError {
        ApiError::invalid(resource, Value::Object(self.0), json!({}))
    }
}

/// A value about policies that breaks a rule.
pub fn invalid_field(name: &str) -> ApiError {
    ApiError::reason(
        StatusCode::BAD_REQUEST,
        format!("Invalid value supplied for field: {name}"),
    )
}

/// The first failure: what it says, and itself under the names that lead to it.
fn first(failure: &Value) -> (Value, Value) {
    match failure {
        Value::Array(failures) => failures.first().map_or_else(Default::default, first),
        Value::String(message) => (json!(message), json!({ "message": message })),
        Value::Object(members) => match members.get("message") {
            Some(message @ Value::String(_)) => (message.clone(), failure.clone()),
            _ => first_of(members),
        },
        _ => Default::default(),
    }
}

fn first_of(failures: &Map<String, Value>) -> (Value, Value) {
    failures
        .iter()
        .next()
        .map_or_else(Default::default, |(name, inner)| {
            let (message, details) = first(inner);
            (message, json!({ name: details }))
        })
}

impl ApiError {
    /// Parameters of a list that are wrong, by their names. The resource has always been this one.
    pub fn invalid_list(failures: Map<String, Value>) -> Self {
        Self::api(
            StatusCode::BAD_REQUEST,
            "invalid-list-param",
            Some("users"),
            Value::Object(failures),
            json!({}),
        )
    }

    /// A body that breaks the rules of a resource.
    pub fn invalid(resource: &str, message: Value, details: Value) -> Self {
        Self::api(
            StatusCode::BAD_REQUEST,
            "invalid-data",
            Some(resource),
            message,
            details,
        )
    }
}

#[cfg(test)]
mod tests;
