//! Holds a tree against the table of keys: names unknown keys, reports wrong values, and gives the
//! values in the form that their keys ask for.

use std::{collections::HashSet, net::IpAddr};

use serde_json::{Map, Value as Json};
use wazo_auth_model::{network::Network, report::printable};

use super::{
    schema::{Key, Kind, LEVELS, suggestion},
    tree::{Entry, Mapping, Node, Scalar, Value},
};

/// More unknown keys are counted and not named.
const MAX_UNKNOWN: usize = 100;
/// Sections that the platform's packaged files have for plugins that may not be enabled.
const PACKAGED_SECTIONS: &[&str] = &["google", "microsoft"];

/// A tree that was held against the table.
pub struct Checked {
    /// The whole configuration: of known keys in the form that they ask for, of others as YAML says.
    pub document: Map<String, Json>,
    /// What stops the start.
    pub problems: Vec<String>,
    /// What does not.
    pub warnings: Vec<String>,
}

/// Checks a merged configuration, its defaults included.
pub fn check(tree: &Mapping, keys: &'static [Key]) -> Checked {
    let mut checker = Checker {
        keys,
        sections: plugin_names(tree),
        problems: Vec::new(),
        warnings: Vec::new(),
        unknown: 0,
    };
    let document = checker.record(keys, None, tree, "", false);
    if checker.unknown > MAX_UNKNOWN {
        let more = checker.unknown - MAX_UNKNOWN;
        checker
            .warnings
            .push(format!("and {more} more unknown keys"));
    }
    Checked {
        document,
        problems: checker.problems,
        warnings: checker.warnings,
    }
}

struct Checker {
    keys: &'static [Key],
    /// Names of plugins: each may have a section of its own at the top.
    sections: HashSet<String>,
    problems: Vec<String>,
    warnings: Vec<String>,
    unknown: usize,
}

impl Checker {
    /// Checks the entries of a mapping with fixed keys, and adds the defaults of those left out.
    fn record(
        &mut self,
        keys: &[Key],
        others: Option<&Kind>,
        mapping: &Mapping,
        path: &str,
        secret: bool,
    ) -> Map<String, Json> {
        let mut object = Map::new();
        for entry in mapping.iter() {
            let below = join(path, &entry.key);
            let value = if let Some(key) = keys.iter().find(|key| key.name == entry.key) {
                self.keyed(key, &entry.node, &below)
            } else if let Some(kind) = others {
                self.value(kind, &entry.node, &below, secret)
            } else if path.is_empty() && self.sections.contains(&entry.key) {
                self.plugin_section(&entry.node, &below)
            } else {
                self.warn(entry, keys, path);
                Some(json(&entry.node))
            };
            if let Some(value) = value {
                object.insert(entry.key.clone(), value);
            }
        }
        for key in keys.iter().filter(|key| mapping.get(key.name).is_none()) {
            if let Some(node) = key.default_node()
                && let Some(value) = self.keyed(key, &node, &join(path, key.name))
            {
                object.insert(key.name.to_owned(), value);
            }
        }
        object
    }

    fn keyed(&mut self, key: &Key, node: &Node, path: &str) -> Option<Json> {
        if node.is_null() && key.accepts_null() {
            return Some(match key.kind {
                Kind::Map(_) => Json::Object(Map::new()),
                Kind::List(_) => Json::Array(Vec::new()),
                _ => Json::Null,
            });
        }
        self.value(&key.kind, node, path, key.secret)
    }

    fn value(&mut self, kind: &Kind, node: &Node, path: &str, secret: bool) -> Option<Json> {
        let value = match (kind, &node.value) {
            (_, Value::Broken) => return None,
            (Kind::Any, _) => Some(json(node)),
            (Kind::Map(kind), Value::Map(mapping)) => {
                Some(self.record(&[], Some(kind), mapping, path, secret).into())
            }
            (Kind::Record { keys, others }, Value::Map(mapping)) => {
                Some(self.record(keys, *others, mapping, path, secret).into())
            }
            (Kind::List(kind), Value::List(nodes)) => {
                return self.list(kind, nodes, path, secret);
            }
            (Kind::Paths, Value::List(nodes)) if !nodes.is_empty() => {
                return self.list(&Kind::Path, nodes, path, secret);
            }
            (Kind::Texts, Value::List(nodes)) => {
                return self.list(&Kind::Text, nodes, path, secret);
            }
            (_, Value::Scalar(scalar)) => from_scalar(kind, scalar),
            _ => None,
        };
        if value.is_none() {
            self.wrong(kind, node, path, secret);
        }
        value
    }

    fn list(&mut self, kind: &Kind, nodes: &[Node], path: &str, secret: bool) -> Option<Json> {
        let mut values = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            values.extend(self.value(kind, node, &format!("{path}[{index}]"), secret));
        }
        Some(values.into())
    }

    fn plugin_section(&mut self, node: &Node, path: &str) -> Option<Json> {
        match &node.value {
            Value::Map(_) => Some(json(node)),
            Value::Broken => None,
            _ if node.is_null() => Some(Map::new().into()),
            // What plugins call a secret, only they know.
            _ => {
                self.problems.push(format!(
                    "{}: {path}: found {}, wanted: mapping, the section of the plugin of this name",
                    node.at,
                    found(node, true)
                ));
                None
            }
        }
    }

    fn wrong(&mut self, kind: &Kind, node: &Node, path: &str, secret: bool) {
        let at = &node.at;
        let problem = match (kind, &node.value) {
            (Kind::Level, Value::Scalar(level)) if !node.is_null() => format!(
                "{at}: {path}: Unknown log level {}, wanted: {kind}",
                shortened(&level.text).trim_matches('"')
            ),
            _ => {
                let hint = hint(kind, &node.value);
                let found = found(node, secret);
                format!("{at}: {path}: found {found}, wanted: {kind}{hint}")
            }
        };
        self.problems.push(problem);
    }

    fn warn(&mut self, entry: &Entry, siblings: &[Key], path: &str) {
        self.unknown += 1;
        if self.unknown > MAX_UNKNOWN {
            return;
        }
        let meant = suggestion(&entry.key, siblings)
            .map(|key| join(path, key.name))
            .or_else(|| only_elsewhere(&entry.key, self.keys));
        let question = meant.map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
        self.warnings.push(format!(
            "{}: unknown key {:?}{question}",
            entry.at,
            join(path, &entry.key)
        ));
    }
}

/// What a scalar is for a kind; `None` when it does not fit.
fn from_scalar(kind: &Kind, scalar: &Scalar) -> Option<Json> {
    match kind {
        Kind::Bool => scalar.boolean().map(Json::from),
        Kind::Integer(least, most) => scalar
            .integer()
            .filter(|number| (least..=most).contains(&number))
            .map(Json::from),
        Kind::Number(least, most) => {
            let number = scalar.number();
            number.filter(|number| (least..=most).contains(&number))?;
            scalar.integer().map(Json::from).or(number.map(Json::from))
        }
        _ => from_text(kind, text(scalar)?),
    }
}

fn from_text(kind: &Kind, text: &str) -> Option<Json> {
    let fits = match kind {
        Kind::Text | Kind::Texts => true,
        Kind::ShortText(most) => text.chars().count() <= *most,
        Kind::Path | Kind::Paths => !text.is_empty() && !text.contains('\0'),
        // A number alone would be taken for an address by the resolver, 0 for all of them.
        Kind::Address => {
            text.parse::<IpAddr>().is_ok() || text.contains(|c: char| c.is_ascii_alphabetic())
        }
        Kind::Network => text.parse::<Network>().is_ok(),
        Kind::Level => {
            let level = text.to_ascii_lowercase();
            return LEVELS.contains(&level.as_str()).then(|| level.into());
        }
        Kind::Choice(words) => words.contains(&text),
        _ => false,
    };
    fits.then(|| text.into())
}

/// The text that a scalar is. Plain numbers are taken as they are spelled; what YAML 1.1 takes for a
/// truth value is not, since nobody can tell whether `no` is a name.
fn text(scalar: &Scalar) -> Option<&str> {
    (!scalar.is_null() && !reads_as_boolean(scalar)).then_some(scalar.text.as_str())
}

fn reads_as_boolean(scalar: &Scalar) -> bool {
    scalar.boolean().is_some() && scalar.text.len() > 1
}

fn found(node: &Node, secret: bool) -> String {
    match &node.value {
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
        Value::Broken => "nothing".to_owned(),
        Value::Scalar(scalar) if scalar.is_null() => "nothing".to_owned(),
        Value::Scalar(_) if secret => "a value that is not shown".to_owned(),
        Value::Scalar(scalar) => shortened(&scalar.text),
    }
}

/// A text for a message: quoted, in one line, and not too long.
fn shortened(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    format!("{start:?}")
}

fn hint(kind: &Kind, value: &Value) -> &'static str {
    let Value::Scalar(scalar) = value else {
        return "";
    };
    let plain = Scalar {
        text: scalar.text.clone(),
        plain: true,
    };
    match kind {
        Kind::Bool | Kind::Integer(..) | Kind::Number(..)
            if from_scalar(kind, &plain).is_some() =>
        {
            "; remove the quotes"
        }
        Kind::Integer(..) | Kind::Number(..)
            if scalar.text.len() > 1
                && scalar.text.starts_with('0')
                && scalar.text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            "; remove the leading zero"
        }
        Kind::Text | Kind::Texts | Kind::ShortText(_) if reads_as_boolean(scalar) => {
            "; YAML takes this for true or false: put it in quotes"
        }
        _ => "",
    }
}

/// A value that no key of ours says anything about, as YAML 1.2 reads it.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Map(mapping) => mapping
            .iter()
            .map(|entry| (entry.key.clone(), json(&entry.node)))
            .collect::<Map<_, _>>()
            .into(),
        Value::List(nodes) => nodes.iter().map(json).collect::<Vec<_>>().into(),
        Value::Broken => Json::Null,
        Value::Scalar(scalar) if scalar.is_null() => Json::Null,
        Value::Scalar(scalar) if scalar.plain => {
            match saphyr::Scalar::parse_from_cow(scalar.text.as_str().into()) {
                saphyr::Scalar::Null => Json::Null,
                saphyr::Scalar::Boolean(value) => value.into(),
                saphyr::Scalar::Integer(value) => value.into(),
                // JSON has no infinity; the spelling says it.
                saphyr::Scalar::FloatingPoint(value) if value.is_finite() => value.0.into(),
                saphyr::Scalar::FloatingPoint(_) | saphyr::Scalar::String(_) => {
                    scalar.text.as_str().into()
                }
            }
        }
        Value::Scalar(scalar) => scalar.text.as_str().into(),
    }
}

/// A path with one more key. Line feeds and the like are shown, not written.
fn join(path: &str, key: &str) -> String {
    let mut joined = path.to_owned();
    if !path.is_empty() {
        joined.push('.');
    }
    joined.push_str(&printable(key));
    joined
}

/// The place of a key that is known elsewhere only, and only once.
fn only_elsewhere(name: &str, keys: &[Key]) -> Option<String> {
    let mut places = keys.iter().filter_map(|section| match section.kind {
        Kind::Record { keys, .. } => keys
            .iter()
            .find(|key| key.name == name)
            .map(|key| join(section.name, key.name)),
        _ => None,
    });
    let place = places.next();
    place.filter(|_| places.next().is_none())
}

/// Every name that the configuration has for a plugin.
fn plugin_names(tree: &Mapping) -> HashSet<String> {
    let mut names: HashSet<String> = PACKAGED_SECTIONS
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let mapping = |mapping: &Mapping, key: &str| match mapping.get(key).map(|e| &e.node.value) {
        Some(Value::Map(below)) => below.clone(),
        _ => Mapping::default(),
    };
    let mut add = |mapping: &Mapping| names.extend(mapping.iter().map(|entry| entry.key.clone()));
    for entry in tree.iter() {
        if entry.key.starts_with("enabled_")
            && let Value::Map(plugins) = &entry.node.value
        {
            add(plugins);
        }
    }
    let providers = mapping(tree, "idp_plugins");
    add(&providers);
    add(&mapping(&mapping(&providers, "backend"), "backends"));
    for entry in mapping(tree, "purpose_metadata_mapping").iter() {
        if let Value::List(plugins) = &entry.node.value {
            names.extend(plugins.iter().filter_map(scalar_text));
        }
    }
    names.extend(
        tree.get("email_notification_plugin")
            .and_then(|entry| scalar_text(&entry.node)),
    );
    names
}

fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.text.clone()),
        Value::List(_) | Value::Map(_) | Value::Broken => None,
    }
}
