//! Puts sources of configuration over each other.

use super::tree::{Mapping, Node, Value};

/// What becomes of two lists under one key.
#[derive(Clone, Copy)]
pub enum Lists {
    /// The lower one follows the higher one: between files.
    Concatenate,
    /// The higher one stays: between files and what is over or under them.
    KeepHigher,
}

/// Puts `low` under `high`. Mappings become one, all the way down; for everything else, null
/// included, the higher value stays. The keys of the higher source come first.
pub fn under(high: &mut Mapping, low: Mapping, lists: Lists) {
    for entry in low.into_entries() {
        match high.get_mut(&entry.key) {
            Some(present) => combine(&mut present.node, entry.node, lists),
            None => high.insert(entry),
        }
    }
}

fn combine(high: &mut Node, low: Node, lists: Lists) {
    match (&mut high.value, low.value, lists) {
        (Value::Map(high), Value::Map(low), _) => under(high, low, lists),
        (Value::List(high), Value::List(low), Lists::Concatenate) => high.extend(low),
        _ => {}
    }
}

/// Appends the default to every list that the main file has below the top level. At the top level
/// a list of a file replaces the default.
pub fn append_default_lists(main: &mut Mapping, defaults: &Mapping) {
    for entry in main.iter_mut() {
        if let Some(default) = defaults.get(&entry.key)
            && let (Value::Map(values), Value::Map(defaults)) =
                (&mut entry.node.value, &default.node.value)
        {
            append_nested(values, defaults);
        }
    }
}

fn append_nested(main: &mut Mapping, defaults: &Mapping) {
    for entry in main.iter_mut() {
        if let Some(default) = defaults.get(&entry.key) {
            match (&mut entry.node.value, &default.node.value) {
                (Value::Map(values), Value::Map(defaults)) => append_nested(values, defaults),
                (Value::List(values), Value::List(default)) => {
                    values.extend(default.iter().cloned());
                }
                _ => {}
            }
        }
    }
}
