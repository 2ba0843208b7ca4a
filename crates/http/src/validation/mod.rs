//! Checks of single values, in the words that clients know.
//!
//! A failure is a JSON value: a bare object where the type is wrong, a list of objects where a
//! constraint is broken. [`fields`] puts them together: what a body may hold is declared once for each
//! resource.

pub mod fields;

use serde_json::{Map, Value, json};

/// What stands for a number that no float holds, in bodies whose members are checked one by one.
pub const BEYOND_FLOATS: f64 = f64::MAX;

/// What is wrong with each field, in the order of checking.
pub type Failures = Map<String, Value>;

/// The failure of a value that has the wrong type.
pub fn wrong_type(name: &str) -> Value {
    json!({
        "message": format!("Not a valid {name}."),
        "constraint_id": "type",
        "constraint": name,
    })
}

/// The failure of a null.
pub fn null() -> Value {
    json!({
        "message": "Field may not be null.",
        "constraint_id": "not_null",
        "constraint": "not_null",
    })
}

/// A broken constraint.
pub fn broken(constraint_id: &str, constraint: Value, message: &str) -> Value {
    json!([{ "constraint_id": constraint_id, "constraint": constraint, "message": message }])
}

/// A value that must be one of a few texts.
pub fn one_of(text: &str, choices: &[&str]) -> Result<(), Value> {
    if choices.contains(&text) {
        return Ok(());
    }
    Err(broken(
        "enum",
        json!({ "choices": choices }),
        &format!("Must be one of: {}.", choices.join(", ")),
    ))
}

/// An integer from a JSON value: a number (a fraction is cut off) or a text that is one.
pub fn integer(value: &Value) -> Result<i128, Value> {
    match value {
        Value::Null => Err(null()),
        Value::Number(number) => {
            if let Some(integer) = number.as_i64() {
                return Ok(integer.into());
            }
            if let Some(integer) = number.as_u64() {
                return Ok(integer.into());
            }
            match number.as_f64() {
                // Within the 53 bits that a double keeps exactly, its text is the integer's.
                Some(float) if float.abs() < 9_007_199_254_740_992.0 => {
                    format!("{:.0}", float.trunc())
                        .parse()
                        .map_err(|_| wrong_type("integer"))
                }
                Some(float) if float.abs() < BEYOND_FLOATS => {
                    Ok(if float < 0.0 { i128::MIN } else { i128::MAX })
                }
                _ => Err(json!(["Number too large."])),
            }
        }
        Value::String(text) => integer_text(text).ok_or_else(|| wrong_type("integer")),
        _ => Err(wrong_type("integer")),
    }
}

/// An integer from a text: blanks around it, a sign, and single underscores between digits are
/// accepted. One beyond 128 bits is the largest.
pub fn integer_text(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let groups: Vec<&str> = digits.split('_').collect();
    if groups
        .iter()
        .any(|group| group.is_empty() || !group.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let value: i128 = groups.concat().parse().unwrap_or(i128::MAX);
    Some(if negative {
        value.saturating_neg()
    } else {
        value
    })
}

/// A text that is not null.
pub fn text(value: &Value) -> Result<&str, Value> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Err(null()),
        _ => Err(wrong_type("string")),
    }
}

/// A boolean from a JSON value: one itself, or in one of the other spellings that clients use.
pub fn boolean(value: &Value) -> Result<bool, Value> {
    let known = match value {
        Value::Null => return Err(null()),
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => boolean_text(text),
        Value::Array(_) | Value::Object(_) => None,
    };
    known.ok_or_else(|| wrong_type("boolean"))
}

/// The failure of a value that is not there.
pub fn missing() -> Value {
    json!({
        "message": "Missing data for required field.",
        "constraint_id": "required",
        "constraint": "required",
    })
}

/// A boolean in one of the spellings that clients use.
pub fn boolean_text(text: &str) -> Option<bool> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "y" | "Y" | "yes" | "Yes"
        | "YES" | "1" => Some(true),
        "f" | "F" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" | "n" | "N" | "no"
        | "No" | "NO" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_as_numbers_and_as_texts() {
        for (value, expected) in [
            (json!(60), Ok(60)),
            (json!("60"), Ok(60)),
            (json!(60.7), Ok(60)),
            (json!(" +1_000 "), Ok(1000)),
            (json!(-3.9), Ok(-3)),
            (json!("6.5"), Err(wrong_type("integer"))),
            (json!(true), Err(wrong_type("integer"))),
            (json!("1__0"), Err(wrong_type("integer"))),
            (json!(""), Err(wrong_type("integer"))),
            (json!(null), Err(null())),
            (json!(1e300), Ok(i128::MAX)),
            (json!(BEYOND_FLOATS), Err(json!(["Number too large."]))),
        ] {
            assert_eq!(integer(&value), expected, "{value}");
        }
    }
}
