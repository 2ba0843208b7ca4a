//! Whether one pattern includes another, and whether two have an access in common.
//!
//! Patterns become graphs whose edges lead forwards only, with wildcards as nodes that repeat
//! themselves. Both questions walk the graph of an access node by node and keep, for each node, the
//! places in the graph of the other pattern that the text so far can have led to.
//!
//! **Inclusion.** An entry `g` includes an access `x` when `g` matches every text that `x` matches.
//! Take `x` with each wildcard as one symbol that stands in no text. It is enough to look for this
//! one: in `g` nothing but a wildcard can go over such a symbol, `#` over both kinds and `*` over `*`.
//! Where one does, it goes over everything that may stand in the symbol's place too, so `g` matches
//! every text of `x`. Where none does, `g` fails on a text of `x`: the one that has in place of `*` a
//! character that is not in `g`, and in place of `#` the character `#`, which `g` has in no text and
//! `*` does not go over. (No access holds a line break, so `#` goes over all that `*` does.)
//!
//! The word `edit` of `x` is two texts, and `g` must match `x` with either. Each set of places splits
//! in two there. What holds for a set holds for those that contain it, so only the smallest are kept:
//! behind the next dot there is normally one again.
//!
//! **Overlap.** A text that both match is a walk through both graphs at once.
//!
//! Both cost at most the length of one pattern times the length of the other, times [`MAX_SETS`] for
//! inclusion.

use super::{Identity, NOBODY, Part, Pattern, WORD};

/// How many sets of places are followed at once. An access that needs more, with many words `edit`
/// against an entry with many wildcards, counts as not included.
const MAX_SETS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wildcard {
    Star,
    Hash,
}

impl Wildcard {
    fn takes(self, character: char) -> bool {
        match self {
            Self::Star => !matches!(character, '.' | '#'),
            Self::Hash => character != '\n',
        }
    }

    /// Whether it takes all that another one takes.
    fn covers(self, other: Self) -> bool {
        self == Self::Hash || other == Self::Star
    }
}

/// A node of a graph. Edges lead to nodes with larger numbers.
#[derive(Debug)]
enum Node {
    /// A character leads to that node.
    Character(char, usize),
    /// What the wildcard takes leads here again, nothing to the next node.
    Wildcard(Wildcard),
    /// Nothing leads to each of these.
    Fork([usize; 2]),
    /// The whole pattern has matched.
    End,
}

/// A pattern, ready to be compared with others.
pub(super) struct Graph(Vec<Node>);

impl Graph {
    /// The graph of an entry, in the list of this identity. One that was read as handed out has no word
    /// that depends on it.
    pub(super) fn of(pattern: &Pattern, identity: &Identity<'_>) -> Self {
        let me = identity.auth_id.unwrap_or(NOBODY);
        let my_session = identity.session.unwrap_or(NOBODY);
        let mut graph = Self(Vec::new());
        graph.push_text(&pattern.start);
        for part in &pattern.middle {
            match part {
                Part::Text(text) => graph.push_text(text),
                Part::Me => graph.push_either("me", me),
                Part::MySession => graph.push_either("my_session", my_session),
                Part::Edit => graph.push_either("edit", "update"),
                Part::Star => graph.0.push(Node::Wildcard(Wildcard::Star)),
                Part::Hash => graph.0.push(Node::Wildcard(Wildcard::Hash)),
            }
        }
        graph.push_text(&pattern.end);
        graph.0.push(Node::End);
        graph
    }

    fn push_text(&mut self, text: &str) {
        for character in text.chars() {
            let next = self.0.len() + 1;
            self.0.push(Node::Character(character, next));
        }
    }

    fn push_either(&mut self, one: &str, other: &str) {
        if one == other {
            return self.push_text(one);
        }
        let first = self.0.len() + 1;
        let second = first + one.chars().count();
        let behind = second + other.chars().count();
        let start_of_first = if one.is_empty() { behind } else { first };
        self.0.push(Node::Fork([start_of_first, second]));
        self.push_text(one);
        if let Some(Node::Character(_, next)) = self.0.last_mut() {
            *next = behind;
        }
        self.push_text(other);
    }

    /// The places before anything was read.
    fn start(&self) -> Places {
        let mut places = Places::none(self.0.len());
        places.insert(0);
        self.follow(&mut places);
        places
    }

    /// Adds the places that nothing leads to. They are behind those that they are reached from, so that
    /// their own turn is still to come.
    fn follow(&self, places: &mut Places) {
        let mut at = 0;
        while let Some(place) = places.next(at) {
            match self.0.get(place) {
                Some(Node::Wildcard(_)) => places.insert(place + 1),
                Some(Node::Fork(next)) => next.iter().for_each(|next| places.insert(*next)),
                Some(Node::Character(..) | Node::End) | None => {}
            }
            at = place + 1;
        }
    }

    /// The places that `next` says of each node, and those that nothing leads to from there.
    fn step(&self, places: &Places, next: impl Fn(usize, &Node) -> Option<usize>) -> Places {
        let mut reached = Places::none(self.0.len());
        let mut at = 0;
        while let Some(place) = places.next(at) {
            if let Some(next) = self.0.get(place).and_then(|node| next(place, node)) {
                reached.insert(next);
            }
            at = place + 1;
        }
        self.follow(&mut reached);
        reached
    }

    /// The places that a character leads to.
    fn over(&self, places: &Places, character: char) -> Places {
        self.step(places, |place, node| match node {
            Node::Character(own, next) if *own == character => Some(*next),
            Node::Wildcard(own) if own.takes(character) => Some(place),
            _ => None,
        })
    }

    /// The places that the symbol for a wildcard leads to.
    fn over_wildcard(&self, places: &Places, wildcard: Wildcard) -> Places {
        self.step(places, |place, node| match node {
            Node::Wildcard(own) if own.covers(wildcard) => Some(place),
            _ => None,
        })
    }

    /// Adds the places that any text leads to which a wildcard takes.
    fn spread(&self, places: &mut Places, wildcard: Wildcard) {
        let mut at = 0;
        while let Some(place) = places.next(at) {
            match self.0.get(place) {
                Some(Node::Character(own, next)) if wildcard.takes(*own) => places.insert(*next),
                Some(Node::Wildcard(_)) => places.insert(place + 1),
                Some(Node::Fork(next)) => next.iter().for_each(|next| places.insert(*next)),
                Some(Node::Character(..) | Node::End) | None => {}
            }
            at = place + 1;
        }
    }

    fn is_end(&self, places: &Places) -> bool {
        places.next(self.0.len().saturating_sub(1)).is_some()
    }

    /// Whether this entry matches all that an access matches.
    pub(super) fn includes(&self, access: &Self) -> bool {
        let mut sets: Vec<Vec<Places>> = access.0.iter().map(|_| Vec::new()).collect();
        let mut here = vec![self.start()];
        for (at, node) in access.0.iter().enumerate() {
            if at > 0 {
                here = sets.get_mut(at).map(std::mem::take).unwrap_or_default();
            }
            for places in here.drain(..) {
                let (next, reached) = match node {
                    Node::Character(character, next) => {
                        ([Some(*next), None], self.over(&places, *character))
                    }
                    Node::Wildcard(wildcard) => {
                        ([Some(at + 1), None], self.over_wildcard(&places, *wildcard))
                    }
                    Node::Fork(next) => (next.map(Some), places),
                    Node::End if self.is_end(&places) => continue,
                    Node::End => return false,
                };
                if reached.is_empty() {
                    return false;
                }
                for next in next.into_iter().flatten() {
                    if let Some(there) = sets.get_mut(next) {
                        keep_smallest(there, reached.clone());
                        if there.len() > MAX_SETS {
                            return false;
                        }
                    }
                }
            }
        }
        true
    }

    /// Whether this entry and an access match a text in common.
    pub(super) fn overlaps(&self, access: &Self) -> bool {
        let mut sets: Vec<Places> = access.0.iter().map(|_| Places::default()).collect();
        if let Some(first) = sets.first_mut() {
            *first = self.start();
        }
        for (at, node) in access.0.iter().enumerate() {
            let mut places = sets.get_mut(at).map(std::mem::take).unwrap_or_default();
            if places.is_empty() {
                continue;
            }
            match node {
                Node::Character(character, next) => {
                    add(&mut sets, *next, &self.over(&places, *character));
                }
                Node::Wildcard(wildcard) => {
                    self.spread(&mut places, *wildcard);
                    add(&mut sets, at + 1, &places);
                }
                Node::Fork(next) => next.iter().for_each(|next| add(&mut sets, *next, &places)),
                Node::End => return self.is_end(&places),
            }
        }
        false
    }
}

/// Some of the places of a graph: one bit for each.
#[derive(Debug, Clone, Default)]
struct Places(Vec<u64>);

impl Places {
    fn none(places: usize) -> Self {
        Self(vec![0; places.div_ceil(WORD)])
    }

    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / WORD) {
            *word |= 1 << (place % WORD);
        }
    }

    /// The first place that is there, from this one on.
    fn next(&self, from: usize) -> Option<usize> {
        let first = from / WORD;
        let mut mask = u64::MAX << (from % WORD);
        for (index, word) in self.0.iter().enumerate().skip(first) {
            let bits = word & mask;
            if bits != 0 {
                return Some(index * WORD + usize::try_from(bits.trailing_zeros()).ok()?);
            }
            mask = u64::MAX;
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(own, other)| own & !other == 0)
    }
}

/// Adds a set, but for those that contain another one.
fn keep_smallest(sets: &mut Vec<Places>, new: Places) {
    if !sets.iter().any(|known| known.is_within(&new)) {
        sets.retain(|known| !new.is_within(known));
        sets.push(new);
    }
}

/// Adds places to those of a node.
fn add(sets: &mut [Places], node: usize, places: &Places) {
    if let Some(there) = sets.get_mut(node) {
        if there.0.is_empty() {
            there.0.clone_from(&places.0);
        } else {
            for (there, new) in there.0.iter_mut().zip(&places.0) {
                *there |= new;
            }
        }
    }
}
