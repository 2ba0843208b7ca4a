//! Access lists: what the holder of a token may do.
//!
//! An access is a dotted text such as `auth.users.me.read`. An entry of a list may hold more than
//! plain text:
//!
//! | in an entry | stands for |
//! |---|---|
//! | `!`, first | the entry denies what the rest of it matches |
//! | `*` | any characters but `.` and `#` |
//! | `#` | any characters but a line break |
//! | the word `me` | itself, or who the token belongs to |
//! | the word `my_session` | itself, or the session of the token |
//! | the word `edit` | itself, or `update` |
//!
//! A word is what stands between two dots. What is required is plain text throughout, and so is an
//! identity: a `*` in one of them is only a `*`.
//!
//! Who writes an access into a policy hands out a pattern, and must have all of what it stands for:
//! see [`AccessList::may_add`].

mod inclusion;

use inclusion::Graph;

/// Longest access that callers should take from outside, in bytes.
///
/// An entry costs a check at most its own length times the length of the required access, so this
/// bounds what a request can ask for. Longer ones are matched all the same.
pub const MAX_ACCESS_LENGTH: usize = 4096;

/// What an absent identity stands for in an entry.
const NOBODY: &str = "None";

/// Whose token it is: what `me` and `my_session` stand for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// Who logged in: a user's UUID, or another text.
    pub auth_id: Option<&'a str>,
    /// The session's UUID.
    pub session: Option<&'a str>,
}

/// A list of accesses, made ready for checks. It holds no identity: tokens with equal lists can
/// share one.
#[derive(Debug, Clone, Default)]
pub struct AccessList {
    denials: Vec<Pattern>,
    grants: Vec<Pattern>,
}

impl AccessList {
    /// Makes a list ready. Any text is an entry; order and repetition have no meaning.
    #[must_use]
    pub fn compile<S: AsRef<str>>(entries: &[S]) -> Self {
        let mut list = Self::default();
        for entry in entries {
            let entry = entry.as_ref();
            match entry.strip_prefix('!') {
                Some(denied) => list.denials.push(Pattern::parse(denied)),
                None => list.grants.push(Pattern::parse(entry)),
            }
        }
        list
    }

    /// Whether the list grants what is required: an entry matches it, and no denial does.
    ///
    /// When nothing is required (`None`) every list grants it, also one that denies everything.
    /// The empty text is not nothing. A line break at the very end of it does not count.
    #[must_use]
    pub fn grants<'r>(
        &self,
        identity: &Identity<'_>,
        required: impl Into<Option<&'r str>>,
    ) -> bool {
        let Some(required) = required.into() else {
            return true;
        };
        let without_end = required.strip_suffix('\n');
        let matches = |pattern: &Pattern| {
            pattern.matches(identity, required)
                || without_end.is_some_and(|required| pattern.matches(identity, required))
        };
        self.grants.iter().any(matches) && !self.denials.iter().any(matches)
    }

    /// Whether the holder may hand out an access, by putting it into a policy or by giving a policy
    /// with it to somebody. Denials always; anything else when one entry of the list matches every
    /// access that it can match, and no denial matches any of them.
    ///
    /// The words `me` and `my_session` stand for themselves in what is handed out. What holds a line
    /// break is included in nothing: no access that can be required has one.
    #[must_use]
    pub fn may_add(&self, identity: &Identity<'_>, access: &str) -> bool {
        if access.starts_with('!') {
            return true;
        }
        if access.contains('\n') {
            return false;
        }
        self.includes(identity, access)
    }

    /// Whether one entry matches every access that a text can match as an entry, and no denial matches
    /// any of them.
    fn includes(&self, identity: &Identity<'_>, access: &str) -> bool {
        let pattern = Pattern::parse_handed_out(access);
        if pattern.middle.is_empty() {
            return self.grants(identity, access);
        }
        let graph = Graph::of(&pattern, identity);
        self.grants
            .iter()
            .any(|entry| entry.may_include(&pattern) && Graph::of(entry, identity).includes(&graph))
            && !self.denials.iter().any(|entry| {
                entry.may_overlap(&pattern) && Graph::of(entry, identity).overlaps(&graph)
            })
    }

    /// Whether the holder may take an access out of a policy: what is granted to them, and denials of what
    /// they could hand out, since taking a denial away may do just that.
    #[must_use]
    pub fn may_remove(&self, identity: &Identity<'_>, access: &str) -> bool {
        match access.strip_prefix('!') {
            // No access that can be required has a line break, but one at its very end.
            Some(denied) if !denied.contains('\n') => self.includes(identity, denied),
            Some(denied) => self.grants(identity, denied),
            None => self.grants(identity, access),
        }
    }
}

/// An entry without its `!`.
///
/// The plain text at both ends is compared first: it decides most checks, and all of those against
/// an entry that is plain text throughout.
#[derive(Debug, Clone)]
struct Pattern {
    start: Box<str>,
    middle: Box<[Part]>,
    end: Box<str>,
}

/// A piece of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Me,
    MySession,
    Edit,
    Star,
    Hash,
}

impl Part {
    /// Whether a wildcard cannot go over this byte. The bytes of a character outside ASCII are all
    /// outside ASCII, so that a character is taken whole or not at all.
    fn stops_at(&self, byte: u8) -> bool {
        match self {
            Self::Star => matches!(byte, b'.' | b'#'),
            Self::Hash => byte == b'\n',
            Self::Text(_) | Self::Me | Self::MySession | Self::Edit => true,
        }
    }
}

impl Pattern {
    fn parse(entry: &str) -> Self {
        Self::parse_words(entry, |word| match word {
            "me" => Some(Part::Me),
            "my_session" => Some(Part::MySession),
            "edit" => Some(Part::Edit),
            _ => None,
        })
    }

    /// An entry that belongs to nobody yet: `me` and `my_session` are plain text.
    fn parse_handed_out(entry: &str) -> Self {
        Self::parse_words(entry, |word| (word == "edit").then_some(Part::Edit))
    }

    fn parse_words(entry: &str, special: impl Fn(&str) -> Option<Part>) -> Self {
        let mut parts = Parts::default();
        for (position, word) in entry.split('.').enumerate() {
            if position > 0 {
                parts.text.push('.');
            }
            match special(word) {
                Some(part) => parts.push(part),
                None => parts.push_word(word),
            }
        }
        let mut parts = parts.finish();
        let end = match parts.pop_if(|part| matches!(part, Part::Text(_))) {
            Some(Part::Text(text)) => text,
            _ => Box::default(),
        };
        let (start, middle) = match parts.split_first() {
            Some((Part::Text(text), middle)) => (text.clone(), middle),
            _ => (Box::default(), parts.as_slice()),
        };
        Self {
            start,
            middle: middle.into(),
            end,
        }
    }

    /// Whether the plain text at the ends lets an entry include a pattern that more than one text
    /// matches. Most entries have nothing to do with each other, and cost no graph.
    fn may_include(&self, other: &Self) -> bool {
        // Behind its plain start, the other one goes on in more than one way.
        other.start.starts_with(&*self.start) && other.end.ends_with(&*self.end)
    }

    /// The same for having an access in common.
    fn may_overlap(&self, other: &Self) -> bool {
        let (start, end) = (&*other.start, &*other.end);
        (start.starts_with(&*self.start) || self.start.starts_with(start))
            && (end.ends_with(&*self.end) || self.end.ends_with(end))
    }

    fn matches(&self, identity: &Identity<'_>, required: &str) -> bool {
        let Some(rest) = required
            .strip_prefix(&*self.start)
            .and_then(|rest| rest.strip_suffix(&*self.end))
        else {
            return false;
        };
        match &*self.middle {
            [] => rest.is_empty(),
            [wildcard @ (Part::Star | Part::Hash)] => {
                !rest.bytes().any(|byte| wildcard.stops_at(byte))
            }
            parts => walk(parts, identity, rest.as_bytes()),
        }
    }
}

/// Pieces of an entry while it is read.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    /// Plain text since the last part.
    text: String,
}

impl Parts {
    fn push_word(&mut self, word: &str) {
        for character in word.chars() {
            match character {
                '*' => self.push(Part::Star),
                '#' => self.push(Part::Hash),
                other => self.text.push(other),
            }
        }
    }

    fn push(&mut self, part: Part) {
        self.flush();
        // Between two words there is a dot, so only a wildcard can follow itself; two match as one.
        if self.parts.last() != Some(&part) {
            self.parts.push(part);
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.parts.push(Part::Text(text.into_boxed_str()));
        }
    }

    fn finish(mut self) -> Vec<Part> {
        self.flush();
        self.parts
    }
}

/// Whether the parts, one after the other, match the whole text.
///
/// All ways to match are followed at once, as the set of places in the text that the parts so far
/// can end at. Each part goes over the text once, so the cost is bounded by the length of the parts
/// (identities filled in) times the length of the text, whatever they are.
fn walk(parts: &[Part], identity: &Identity<'_>, text: &[u8]) -> bool {
    let needed = text.len() / WORD + 1;
    let mut on_stack = [0; MAX_ACCESS_LENGTH / WORD + 1];
    let mut on_heap = Vec::new();
    let words = match on_stack.get_mut(..needed) {
        Some(words) => words,
        None => {
            on_heap.resize(needed, 0);
            &mut on_heap
        }
    };
    let mut places = Places(words);
    places.insert(0);
    for part in parts {
        match part {
            Part::Text(wanted) => places.step_over(text, &[wanted]),
            Part::Me => places.step_over(text, &["me", identity.auth_id.unwrap_or(NOBODY)]),
            Part::MySession => {
                places.step_over(text, &["my_session", identity.session.unwrap_or(NOBODY)]);
            }
            Part::Edit => places.step_over(text, &["edit", "update"]),
            Part::Star | Part::Hash => places.spread(text, part),
        }
        if places.is_empty() {
            return false;
        }
    }
    places.contains(text.len())
}

/// Places in one word of the set.
const WORD: usize = 64;

/// A set of places in a text, its end included: one bit for each.
struct Places<'a>(&'a mut [u64]);

impl Places<'_> {
    fn contains(&self, place: usize) -> bool {
        self.0
            .get(place / WORD)
            .is_some_and(|word| (word >> (place % WORD)) & 1 == 1)
    }

    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / WORD) {
            *word |= 1 << (place % WORD);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Moves each place over each of the wanted texts that stands there.
    fn step_over(&mut self, text: &[u8], wanted: &[&str]) {
        // From the end: places only move forwards, so none that has moved is met again.
        for index in (0..self.0.len()).rev() {
            let word = self.0.get_mut(index).map_or(0, std::mem::take);
            if word == 0 {
                continue;
            }
            for bit in (0..WORD).filter(|bit| (word >> bit) & 1 == 1) {
                let place = index * WORD + bit;
                let rest = text.get(place..).unwrap_or_default();
                for wanted in wanted {
                    if rest.starts_with(wanted.as_bytes()) {
                        self.insert(place + wanted.len());
                    }
                }
            }
        }
    }

    /// Adds every place that a wildcard leads to from a place of the set.
    fn spread(&mut self, text: &[u8], wildcard: &Part) {
        let mut reached = false;
        for (place, byte) in text.iter().enumerate() {
            reached |= self.contains(place);
            if reached {
                self.insert(place);
            }
            reached &= !wildcard.stops_at(*byte);
        }
        if reached {
            self.insert(text.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Identity<'_> = Identity {
        auth_id: Some("alice"),
        session: Some("monday"),
    };

    #[test]
    fn an_entry_that_can_match_in_countless_ways_is_decided_all_the_same() {
        let longest = |unit: &str| unit.repeat(MAX_ACCESS_LENGTH / unit.len());
        for (unit, required) in [
            ("*a", "a"),
            ("#a", "a"),
            ("*#", "a"),
            ("me.*.", "alice."),
            ("#.edit.", "update."),
        ] {
            let (entry, required) = (longest(unit), longest(required));
            // The wildcard behind keeps the missing text from being looked for at the end only.
            let list = AccessList::compile(&[format!("{entry}missing#")]);
            assert!(!list.grants(&ALICE, required.as_str()), "{unit}");
            let list = AccessList::compile(&[format!("{entry}missing#"), format!("{unit}#")]);
            assert!(list.grants(&ALICE, required.as_str()), "{unit}");
        }
    }

    #[test]
    fn what_is_longer_than_the_longest_access_is_matched_too() {
        let long = "a.b".repeat(MAX_ACCESS_LENGTH);
        assert!(AccessList::compile(&["#.*#b"]).grants(&ALICE, long.as_str()));
        assert!(!AccessList::compile(&["#.*#c#b"]).grants(&ALICE, long.as_str()));
        assert!(AccessList::compile(&[&long]).grants(&ALICE, long.as_str()));
        assert!(!AccessList::compile(&["#", &format!("!{long}")]).grants(&ALICE, long.as_str()));
    }

    #[test]
    fn an_access_that_ends_at_the_edge_of_a_word_of_the_set_is_matched() {
        for length in [
            63,
            64,
            65,
            127,
            128,
            129,
            MAX_ACCESS_LENGTH,
            MAX_ACCESS_LENGTH + 1,
        ] {
            let required = "x".repeat(length);
            let list = AccessList::compile(&["*#x*"]);
            assert!(list.grants(&ALICE, required.as_str()), "{length}");
            let longer = format!("{required}.y");
            assert!(
                !AccessList::compile(&["*x*#x"]).grants(&ALICE, longer.as_str()),
                "{length}"
            );
        }
    }

    #[test]
    fn an_identity_that_begins_like_the_word_does_not_hide_it() {
        let mercury = Identity {
            auth_id: Some("mercury"),
            session: None,
        };
        let list = AccessList::compile(&["me.#rcury"]);
        assert!(list.grants(&mercury, "mercury.rcury"));
        assert!(list.grants(&mercury, "me.rcury"));
        assert!(!list.grants(&mercury, "mercury"));
    }

    #[test]
    fn wildcards_in_an_identity_are_plain_text() {
        let star = Identity {
            auth_id: Some("*"),
            session: Some("#"),
        };
        let list = AccessList::compile(&["a.me.my_session"]);
        assert!(list.grants(&star, "a.*.#"));
        assert!(!list.grants(&star, "a.b.c"));
    }
}
