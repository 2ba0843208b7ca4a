//! A configuration as a tree in which every value knows where it was written.
//!
//! Scalars are kept as they were spelled: what a text means depends on the key that it stands at.

use std::{collections::HashMap, fmt, sync::Arc};

/// Where a value was written: a file and a line, or a source that has no lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named, or what else the value came from.
    pub source: Arc<str>,
    /// Counted from 1; 0 for a source without lines.
    pub line: usize,
}

impl Place {
    /// A source that has no lines.
    pub fn whole(source: &str) -> Self {
        Self {
            source: source.into(),
            line: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            f.write_str(&self.source)
        } else {
            write!(f, "{}:{}", self.source, self.line)
        }
    }
}

/// A value and its place.
#[derive(Clone)]
pub struct Node {
    /// Where it was written.
    pub at: Place,
    /// What was written.
    pub value: Value,
}

impl Node {
    /// A text, as if it had been written in quotes.
    pub fn text(text: impl Into<String>, at: &Place) -> Self {
        Self::scalar(text.into(), false, at)
    }

    /// A plain scalar: YAML's rules say whether it is a number, a truth value or a text.
    pub fn plain(text: impl Into<String>, at: &Place) -> Self {
        Self::scalar(text.into(), true, at)
    }

    fn scalar(text: String, plain: bool, at: &Place) -> Self {
        Self {
            at: at.clone(),
            value: Value::Scalar(Scalar { text, plain }),
        }
    }

    /// Whether it is YAML's null.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_null())
    }

    /// Whether it says nothing: null, or a text without a character.
    pub fn is_blank(&self) -> bool {
        self.is_null() || matches!(&self.value, Value::Scalar(scalar) if scalar.text.is_empty())
    }
}

/// What a node can be.
#[derive(Clone)]
pub enum Value {
    /// Text, number, truth value or null.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name.
    Map(Mapping),
    /// One that could not be had. The reason is reported already.
    Broken,
}

/// A scalar as it was spelled.
#[derive(Clone)]
pub struct Scalar {
    /// The spelling, without quotes.
    pub text: String,
    /// Whether it stood without quotes, so that it may be more than a text.
    pub plain: bool,
}

impl Scalar {
    /// Whether it is YAML's null.
    pub fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth value that it stands for. YAML 1.1 has more spellings than 1.2, and configuration
    /// files use them.
    pub fn boolean(&self) -> Option<bool> {
        if !self.plain {
            return None;
        }
        match self.text.as_str() {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
                Some(true)
            }
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n"
            | "N" => Some(false),
            _ => None,
        }
    }

    /// The integer that it stands for.
    ///
    /// A leading zero makes an octal number in YAML 1.1 and a decimal one in 1.2: it is neither here.
    pub fn integer(&self) -> Option<i64> {
        if !self.plain {
            return None;
        }
        let (sign, digits) = match self.text.as_bytes().first()? {
            b'-' => ("-", self.text.get(1..)?),
            b'+' => ("", self.text.get(1..)?),
            _ => ("", self.text.as_str()),
        };
        let (radix, digits) = match digits.get(..2) {
            Some("0x") => (16, digits.get(2..)?),
            Some("0o") => (8, digits.get(2..)?),
            _ if digits.len() > 1 && digits.starts_with('0') => return None,
            _ => (10, digits),
        };
        let first = digits.chars().next()?;
        if !first.is_digit(radix) || !digits.chars().all(|c| c.is_digit(radix) || c == '_') {
            return None;
        }
        i64::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), radix).ok()
    }

    /// The number that it stands for, if that is finite; of leading zeros as for integers.
    pub fn number(&self) -> Option<f64> {
        let digits = self.text.trim_start_matches(['+', '-']).as_bytes();
        let octal = matches!(digits, [b'0', b'0'..=b'9', ..]);
        if !self.plain || octal {
            return None;
        }
        if let Some(integer) = self.integer() {
            // Through its decimal digits: there is no other conversion that cannot fail.
            return integer.to_string().parse().ok();
        }
        saphyr::parse_core_schema_fp(&self.text).filter(|number| number.is_finite())
    }
}

/// A key with its value.
#[derive(Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub at: Place,
    /// Its value.
    pub node: Node,
}

/// A mapping in the order of its keys.
#[derive(Clone, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    positions: HashMap<String, usize>,
}

impl Mapping {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(*self.positions.get(key)?)
    }

    /// The entry of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.get_mut(*self.positions.get(key)?)
    }

    /// Adds an entry; one with the same key is replaced and keeps its position.
    pub fn insert(&mut self, entry: Entry) {
        if let Some(present) = self.get_mut(&entry.key) {
            *present = entry;
        } else {
            self.positions.insert(entry.key.clone(), self.entries.len());
            self.entries.push(entry);
        }
    }

    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// The entries in order, by value.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}
