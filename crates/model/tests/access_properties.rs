//! Access lists against the plainest matcher there is: it tries every way, one after the other.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::Config};
use wazo_auth_model::access::{AccessList, Identity};

/// What entries, required accesses and identities are made of.
const PIECES: &[&str] = &[
    "a",
    "b",
    "ab",
    ".",
    ".",
    ".",
    "#",
    "*",
    "!",
    "\n",
    "é",
    "me",
    "edit",
    "update",
    "my_session",
    "None",
];

/// One character of an entry once its words are filled in.
#[derive(Clone, Copy)]
enum Symbol {
    Plain(char),
    Star,
    Hash,
}

/// All that an entry can be when each of its words stands for one of its meanings.
fn fillings(entry: &str, identity: &Identity<'_>) -> Vec<Vec<Symbol>> {
    let plain = |text: &str| text.chars().map(Symbol::Plain).collect::<Vec<_>>();
    let mut all = vec![Vec::new()];
    for (position, word) in entry.split('.').enumerate() {
        let meanings = match word {
            "me" => vec![plain("me"), plain(identity.auth_id.unwrap_or("None"))],
            "my_session" => vec![
                plain("my_session"),
                plain(identity.session.unwrap_or("None")),
            ],
            "edit" => vec![plain("edit"), plain("update")],
            word => vec![
                word.chars()
                    .map(|character| match character {
                        '*' => Symbol::Star,
                        '#' => Symbol::Hash,
                        other => Symbol::Plain(other),
                    })
                    .collect(),
            ],
        };
        let mut longer = Vec::new();
        for filling in &all {
            for meaning in &meanings {
                let mut next = filling.clone();
                if position > 0 {
                    next.push(Symbol::Plain('.'));
                }
                next.extend(meaning);
                longer.push(next);
            }
        }
        all = longer;
    }
    all
}

fn matches(pattern: &[Symbol], text: &[char]) -> bool {
    let Some((first, others)) = pattern.split_first() else {
        return text.is_empty();
    };
    let goes_over = |character: char| match first {
        Symbol::Plain(own) => *own == character,
        Symbol::Star => character != '.' && character != '#',
        Symbol::Hash => character != '\n',
    };
    let next = text
        .split_first()
        .filter(|(character, _)| goes_over(**character));
    match first {
        Symbol::Plain(_) => next.is_some_and(|(_, rest)| matches(others, rest)),
        Symbol::Star | Symbol::Hash => {
            matches(others, text) || next.is_some_and(|(_, rest)| matches(pattern, rest))
        }
    }
}

fn entry_matches(entry: &str, identity: &Identity<'_>, required: &str) -> bool {
    let text: Vec<char> = required.chars().collect();
    fillings(entry, identity).iter().any(|pattern| {
        matches(pattern, &text)
            || text
                .split_last()
                .is_some_and(|(last, rest)| *last == '\n' && matches(pattern, rest))
    })
}

fn grants(entries: &[String], identity: &Identity<'_>, required: &str) -> bool {
    let denied = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix('!'))
        .any(|entry| entry_matches(entry, identity, required));
    !denied
        && entries
            .iter()
            .filter(|entry| !entry.starts_with('!'))
            .any(|entry| entry_matches(entry, identity, required))
}

fn text(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(select(PIECES), pieces).prop_map(|pieces| pieces.concat())
}

fn identity() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.9, text(0..3))
}

/// A text that an entry may well match: its wildcards and words filled with something.
fn near(entry: &str, fillers: &[String]) -> String {
    let mut fillers = fillers.iter();
    let mut text = String::new();
    for (position, word) in entry.trim_start_matches('!').split('.').enumerate() {
        if position > 0 {
            text.push('.');
        }
        if matches!(word, "me" | "my_session" | "edit") {
            text.push_str(fillers.next().map_or(word, String::as_str));
            continue;
        }
        for character in word.chars() {
            match character {
                '*' | '#' => text.push_str(fillers.next().map_or("", String::as_str)),
                other => text.push(other),
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(Config {
        cases: 4096,
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn a_list_grants_what_trying_every_way_finds(
        entries in vec(text(0..8), 0..4),
        required in text(0..8),
        auth_id in identity(),
        session in identity(),
    ) {
        let identity = Identity { auth_id: auth_id.as_deref(), session: session.as_deref() };
        prop_assert_eq!(
            AccessList::compile(&entries).grants(&identity, required.as_str()),
            grants(&entries, &identity, &required)
        );
    }

    #[test]
    fn an_access_made_from_an_entry_is_granted_when_trying_every_way_says_so(
        entries in vec(text(1..8), 1..4),
        fillers in vec(text(0..3), 0..6),
        auth_id in identity(),
        end in select(&["", "", "\n", "\n\n"][..]),
    ) {
        // The session is one of the fillers, so that `my_session` is met as well.
        let identity = Identity {
            auth_id: auth_id.as_deref(),
            session: fillers.first().map(String::as_str),
        };
        let list = AccessList::compile(&entries);
        for entry in &entries {
            let required = near(entry, &fillers) + end;
            prop_assert_eq!(
                list.grants(&identity, required.as_str()),
                grants(&entries, &identity, &required),
                "{:?}", required
            );
        }
    }
}
