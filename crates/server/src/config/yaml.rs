//! From the text of a configuration file to a tree with places.
//!
//! Written over the parser's events, because its ready-made trees know neither duplicate keys nor
//! bounds: a few lines of aliases can stand for more values than fit into memory.

use std::{collections::HashMap, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{
    exec,
    tree::{Entry, Mapping, Node, Place, Scalar, Value},
};

/// How deep values may be nested.
const MAX_DEPTH: usize = 64;
/// How many keys and values a file may have once its aliases are followed.
const MAX_VALUES: usize = 50_000;

/// What a text holds.
pub struct Parsed {
    /// Its only document; `None` when there is none, or when it is null.
    pub root: Option<Node>,
    /// Faults after which reading could go on, each with its place. They stop the start.
    pub problems: Vec<String>,
}

/// Reads a text. The error is a line with its place.
pub fn parse(text: &str, source: &Arc<str>) -> Result<Parsed, String> {
    let mut builder = Builder {
        source: Arc::clone(source),
        fixed: None,
        open: Vec::new(),
        anchors: HashMap::new(),
        values: 0,
        root: None,
        problems: Vec::new(),
    };
    builder.read(text)?;
    Ok(Parsed {
        root: builder
            .root
            .map(|built| built.node)
            .filter(|node| !node.is_null()),
        problems: builder.problems,
    })
}

/// A finished value, and what it costs to copy it.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Values in it, itself included.
    size: usize,
    /// Levels in it; 0 for a scalar.
    height: usize,
}

/// A collection that has begun and not ended.
struct Open {
    at: Place,
    anchor: usize,
    exec: bool,
    size: usize,
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Mapping,
        /// What `<<` brings: it stands behind the mapping's own entries.
        inherited: Mapping,
        key: Option<(Key, Place)>,
    },
}

enum Key {
    Named(String),
    Inherit,
}

/// What a tag asks for.
enum Wish {
    Nothing,
    Text,
    Plain,
    Collection,
    Exec,
}

struct Builder {
    source: Arc<str>,
    /// Set for the output of a command: all of it stands where the command does.
    fixed: Option<Place>,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    values: usize,
    root: Option<Built>,
    problems: Vec<String>,
}

impl Builder {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.split('\n').enumerate() {
            let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}');
            if let Some(character) = line.chars().find(|c| odd(*c)) {
                let at = self.place(index + 1);
                return Err(format!("{at}: has the control character {character:?}"));
            }
        }
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = self.place(error.marker().line());
                format!("{at}: is not YAML: {}", error.info())
            })?;
            let at = self.place(span.start.line());
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(format!(
                            "{at}: a second document begins; only one may be here"
                        ));
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, &at)?,
                Event::Scalar(text, style, anchor, tag) => {
                    let scalar = self.scalar(&text, style, tag.as_deref(), &at)?;
                    self.finish(scalar, anchor)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.begin(Content::List(Vec::new()), anchor, tag.as_deref(), at)?;
                }
                Event::MappingStart(anchor, tag) => {
                    let content = Content::Map {
                        entries: Mapping::default(),
                        inherited: Mapping::default(),
                        key: None,
                    };
                    self.begin(content, anchor, tag.as_deref(), at)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end()?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn place(&self, line: usize) -> Place {
        self.fixed.clone().unwrap_or_else(|| Place {
            source: Arc::clone(&self.source),
            line,
        })
    }

    /// The key that is being read, for messages.
    fn path(&self) -> String {
        let names = self.open.iter().filter_map(|open| match &open.content {
            Content::Map {
                key: Some((Key::Named(name), _)),
                ..
            } => Some(name.as_str()),
            _ => None,
        });
        names.collect::<Vec<_>>().join(".")
    }

    fn count(&mut self, values: usize, at: &Place) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            return Err(format!(
                "{at}: here are more than {MAX_VALUES} keys and values"
            ));
        }
        Ok(())
    }

    fn check_depth(&self, height: usize, at: &Place) -> Result<(), String> {
        if self.open.len() + height > MAX_DEPTH {
            return Err(format!(
                "{at}: values are nested deeper than {MAX_DEPTH} levels"
            ));
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: &Place) -> Result<(), String> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(format!("{at}: the alias stands inside what it stands for"));
        };
        // Before the copy is made.
        let (size, height) = (target.size, target.height);
        self.count(size, at)?;
        self.check_depth(height, at)?;
        match self.anchors.get(&anchor).cloned() {
            Some(target) => self.finish(target, 0),
            None => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: &Place,
    ) -> Result<Built, String> {
        self.count(1, at)?;
        let plain = match wish(tag, at)? {
            Wish::Nothing => style == ScalarStyle::Plain,
            Wish::Text => false,
            Wish::Plain => true,
            Wish::Exec => return Err(format!("{at}: write !exec {{command: \"...\"}}")),
            Wish::Collection => return Err(format!("{at}: the tag does not fit a scalar")),
        };
        Ok(Built {
            node: Node {
                at: at.clone(),
                value: Value::Scalar(Scalar {
                    text: text.to_owned(),
                    plain,
                }),
            },
            size: 1,
            height: 0,
        })
    }

    fn begin(
        &mut self,
        content: Content,
        anchor: usize,
        tag: Option<&Tag>,
        at: Place,
    ) -> Result<(), String> {
        self.count(1, &at)?;
        self.check_depth(1, &at)?;
        let exec = match wish(tag, &at)? {
            Wish::Nothing | Wish::Collection => false,
            Wish::Exec => true,
            Wish::Text | Wish::Plain => {
                return Err(format!("{at}: the tag does not fit a list or mapping"));
            }
        };
        self.open.push(Open {
            at,
            anchor,
            exec,
            size: 1,
            height: 1,
            content,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.content {
            Content::List(nodes) => Value::List(nodes),
            Content::Map {
                entries,
                inherited: mut all,
                ..
            } => {
                for entry in entries.into_entries() {
                    all.insert(entry);
                }
                Value::Map(all)
            }
        };
        let mut built = Built {
            node: Node { at: open.at, value },
            size: open.size,
            height: open.height,
        };
        if open.exec {
            built = self.run(built)?;
        }
        self.finish(built, open.anchor)
    }

    /// Takes a finished value to where it belongs.
    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), String> {
        self.check_depth(built.height, &built.node.at)?;
        if anchor > 0 {
            // Kept as a copy, so it counts as one.
            self.count(built.size, &built.node.at)?;
            self.anchors.insert(anchor, built.clone());
        }
        let mut twice = None;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(built);
            return Ok(());
        };
        open.size = open.size.saturating_add(built.size);
        open.height = open.height.max(built.height + 1);
        let mut node = built.node;
        match &mut open.content {
            Content::List(nodes) => nodes.push(node),
            Content::Map {
                entries,
                inherited,
                key,
            } => match key.take() {
                None => *key = Some((as_key(&node)?, node.at)),
                Some((Key::Inherit, at)) => inherit(inherited, node, &at)?,
                Some((Key::Named(name), at)) => {
                    // A value that was left out has no line of its own.
                    if node.is_null() {
                        node.at = at.clone();
                    }
                    if let Some(first) = entries.get(&name) {
                        twice = Some((at.clone(), name.clone(), first.at.line));
                    }
                    entries.insert(Entry {
                        key: name,
                        at,
                        node,
                    });
                }
            },
        }
        if let Some((at, name, line)) = twice {
            let mut path = self.path();
            if !path.is_empty() {
                path.push('.');
            }
            self.problems.push(format!(
                "{at}: {path}{name}: is here for the second time; the first is on line {line}"
            ));
        }
        Ok(())
    }

    /// Puts what a command prints in the place of its `!exec`.
    fn run(&mut self, call: Built) -> Result<Built, String> {
        let at = call.node.at;
        if self.fixed.is_some() {
            return Err(format!(
                "{at}: a command printed another !exec; it is not run"
            ));
        }
        let command = match &call.node.value {
            Value::Map(call) => match (call.iter().next(), call.iter().count()) {
                (Some(entry), 1) if entry.key == "command" => match &entry.node.value {
                    Value::Scalar(command) => Some(&command.text),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let Some(command) = command else {
            return Err(format!("{at}: write !exec {{command: \"...\"}}"));
        };
        let output = match exec::run(command, exec::LIMITS) {
            Ok(output) => output,
            Err(error) => {
                let path = self.path();
                self.problems.push(format!("{at}: {path}: !exec: {error}"));
                let value = Value::Broken;
                return Ok(Built {
                    node: Node { at, value },
                    size: 1,
                    height: 0,
                });
            }
        };
        let mut inner = Self {
            source: Arc::clone(&self.source),
            fixed: Some(at.clone()),
            open: Vec::new(),
            anchors: HashMap::new(),
            values: self.values,
            root: None,
            problems: Vec::new(),
        };
        inner.read(&output)?;
        self.values = inner.values;
        self.problems.append(&mut inner.problems);
        Ok(inner.root.unwrap_or_else(|| Built {
            node: Node::plain("", &at),
            size: 1,
            height: 0,
        }))
    }
}

fn as_key(node: &Node) -> Result<Key, String> {
    match &node.value {
        Value::Scalar(scalar) if scalar.plain && scalar.text.is_empty() => {
            Err(format!("{}: a key is missing", node.at))
        }
        Value::Scalar(scalar) if scalar.plain && scalar.text == "<<" => Ok(Key::Inherit),
        Value::Scalar(scalar) => Ok(Key::Named(scalar.text.clone())),
        Value::List(_) | Value::Map(_) | Value::Broken => Err(format!(
            "{}: a list or mapping stands where a key is wanted; texts that begin with a bracket or brace need quotes",
            node.at
        )),
    }
}

/// Adds what `<<` names: of several mappings the first wins.
fn inherit(inherited: &mut Mapping, node: Node, at: &Place) -> Result<(), String> {
    let parents = match node.value {
        Value::List(nodes) => nodes,
        Value::Broken => return Ok(()),
        Value::Map(_) | Value::Scalar(_) => vec![node],
    };
    for parent in parents {
        let Value::Map(parent) = parent.value else {
            return Err(format!("{at}: << wants a mapping or a list of mappings"));
        };
        for entry in parent.into_entries() {
            if inherited.get(&entry.key).is_none() {
                inherited.insert(entry);
            }
        }
    }
    Ok(())
}

fn wish(tag: Option<&Tag>, at: &Place) -> Result<Wish, String> {
    let Some(tag) = tag else {
        return Ok(Wish::Nothing);
    };
    match format!("{}{}", tag.handle, tag.suffix).as_str() {
        "!" | "tag:yaml.org,2002:str" => Ok(Wish::Text),
        "tag:yaml.org,2002:int"
        | "tag:yaml.org,2002:float"
        | "tag:yaml.org,2002:bool"
        | "tag:yaml.org,2002:null" => Ok(Wish::Plain),
        "tag:yaml.org,2002:map" | "tag:yaml.org,2002:seq" => Ok(Wish::Collection),
        "!exec" => Ok(Wish::Exec),
        name => Err(format!(
            "{at}: unknown tag {name:?}; only !exec and those of YAML itself are known"
        )),
    }
}
