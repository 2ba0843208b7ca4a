//! What a table of keys consists of: the kinds of values, and how they are described.

use std::{fmt, sync::Arc};

use super::{
    tree::{Entry, Mapping, Node, Place, Value},
    yaml,
};

/// A key of the configuration.
pub struct Key {
    /// Its name in the mapping that it belongs to.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What stands there when nobody says anything, as YAML; empty for nothing.
    pub default: &'static str,
    /// Whether null is a value, although there is a default.
    pub nullable: bool,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Whether this version does something with it.
    pub used: bool,
}

/// A key that this version uses.
pub const fn key(name: &'static str, kind: Kind, default: &'static str) -> Key {
    Key {
        name,
        kind,
        default,
        nullable: false,
        secret: false,
        used: true,
    }
}

/// A key that holds further keys.
pub const fn section(name: &'static str, keys: &'static [Key]) -> Key {
    key(name, Kind::Record { keys, others: None }, "")
}

impl Key {
    /// Null is a value too.
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The value must not be shown.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// This version accepts the key and does nothing with it.
    pub const fn idle(mut self) -> Self {
        self.used = false;
        self
    }

    /// Whether null is accepted: where the default is nothing, it says just that.
    pub fn accepts_null(&self) -> bool {
        let nothing = matches!(self.default, "" | "{}" | "[]");
        self.nullable || nothing && !matches!(self.kind, Kind::Record { .. })
    }

    /// The default as a tree; `None` when there is none.
    pub fn default_node(&self) -> Option<Node> {
        let at = Place::whole("built-in default");
        if let Kind::Record { keys, .. } = self.kind {
            let value = Value::Map(defaults(keys));
            return Some(Node { at, value });
        }
        // A unit test reads every one of them.
        yaml::parse(self.default, &Arc::clone(&at.source))
            .ok()?
            .root
    }
}

/// The defaults of several keys.
pub fn defaults(keys: &[Key]) -> Mapping {
    let mut mapping = Mapping::default();
    for key in keys {
        if let Some(node) = key.default_node() {
            mapping.insert(Entry {
                key: key.name.to_owned(),
                at: node.at.clone(),
                node,
            });
        }
    }
    mapping
}

/// What may stand at a key.
pub enum Kind {
    /// Anything; the daemon does not look at it.
    Any,
    /// A truth value.
    Bool,
    /// An integer in a range, both ends included.
    Integer(i64, i64),
    /// A number in a range, both ends included; it may have a fraction.
    Number(f64, f64),
    /// A text. A number written without quotes is taken as it is spelled.
    Text,
    /// A text with so many characters at most.
    ShortText(usize),
    /// A text, or a list of texts.
    Texts,
    /// The path of a file or directory.
    Path,
    /// A path, or a list of paths.
    Paths,
    /// An address to listen on.
    Address,
    /// An address, or a network of them.
    Network,
    /// The name of a log level.
    Level,
    /// One of several words.
    Choice(&'static [&'static str]),
    /// A list.
    List(&'static Kind),
    /// Free names, with values of one kind.
    Map(&'static Kind),
    /// Fixed keys.
    Record {
        /// These.
        keys: &'static [Key],
        /// What other keys hold; without it there are no others.
        others: Option<&'static Kind>,
    },
}

/// As messages and the documentation say it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Bool => f.write_str("true or false"),
            Self::Integer(least, most) => write!(f, "integer from {least} to {most}"),
            Self::Number(least, most) => write!(f, "number from {least} to {most}"),
            Self::Text => f.write_str("text"),
            Self::ShortText(most) => write!(f, "text of at most {most} characters"),
            Self::Texts => f.write_str("text or list of texts"),
            Self::Path => f.write_str("path"),
            Self::Paths => f.write_str("path or list of paths"),
            Self::Address => f.write_str("IP address or host name"),
            Self::Network => f.write_str("IP address or network"),
            Self::Level => f.write_str(&either(LEVELS)),
            Self::Choice(words) => f.write_str(&either(words)),
            Self::List(kind) => write!(f, "list of: {kind}"),
            Self::Map(kind) => write!(f, "mapping of names to: {kind}"),
            Self::Record { .. } => f.write_str("mapping"),
        }
    }
}

/// The names of log levels.
pub const LEVELS: &[&str] = &["debug", "info", "warning", "error", "critical"];

fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The known key that somebody who wrote `name` may have meant: one of `siblings` that is spelled
/// almost like it.
pub fn suggestion<'a>(name: &str, siblings: &'a [Key]) -> Option<&'a Key> {
    let letters = name.chars().count();
    // A longer name is no slip of the pen, and comparing takes the square of its length.
    if letters > 64 {
        return None;
    }
    siblings
        .iter()
        .map(|key| (distance(name, key.name), key))
        .filter(|(distance, _)| *distance <= letters / 3 + 1 && *distance < letters)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// How many letters have to be added, dropped or replaced to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(letter != *other))
                .min(left + 1)
                .min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
