//! What may be handed out, against trying texts one after the other.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::select, test_runner::Config};
use wazo_auth_model::access::{AccessList, Identity, MAX_ACCESS_LENGTH};

const ALICE: Identity<'_> = Identity {
    auth_id: Some("b"),
    session: Some("ab"),
};

/// What entries are made of. The words are short or rare, so that a few pieces meet.
const PIECES: &[&str] = &["a", "b", ".", ".", "*", "#", "me", "edit", "my_session"];

/// What texts are made of: all that the entries know, and a character that none of them has.
const LETTERS: &[&str] = &[
    "a",
    "b",
    ".",
    "#",
    "z",
    "me",
    "edit",
    "update",
    "my_session",
];

/// Every text of up to five pieces.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..5 {
        last = last
            .iter()
            .flat_map(|text| LETTERS.iter().map(move |letter| format!("{text}{letter}")))
            .collect();
        texts.extend(last.clone());
    }
    texts
});

/// The texts that an access stands for when it is in nobody's list. Another one's list would say more.
fn stands_for(access: &str) -> impl Iterator<Item = &'static str> {
    let nobody = Identity {
        auth_id: Some("me"),
        session: Some("my_session"),
    };
    let list = AccessList::compile(&[access]);
    TEXTS
        .iter()
        .map(String::as_str)
        .filter(move |text| list.grants(&nobody, *text))
}

fn entry() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..4).prop_map(|pieces| pieces.concat())
}

fn may_add(list: &[&str], access: &str) -> bool {
    AccessList::compile(list).may_add(&ALICE, access)
}

proptest! {
    #![proptest_config(Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn an_access_may_be_added_when_an_entry_grants_every_text_of_it(
        entry in entry(),
        access in entry(),
    ) {
        let list = AccessList::compile(&[&entry]);
        let expected = stands_for(&access).all(|text| list.grants(&ALICE, text));
        prop_assert_eq!(list.may_add(&ALICE, &access), expected);
    }

    #[test]
    fn an_access_may_not_be_added_when_a_denial_matches_a_text_of_it(
        denial in entry(),
        access in entry(),
    ) {
        let list = AccessList::compile(&["#".to_owned(), format!("!{denial}")]);
        let expected = stands_for(&access).all(|text| list.grants(&ALICE, text));
        prop_assert_eq!(list.may_add(&ALICE, &access), expected);
    }

    #[test]
    fn what_may_be_added_grants_nothing_that_its_giver_has_not(
        entries in vec((select(&["", "", "!"][..]), entry()), 0..5),
        access in entry(),
    ) {
        let entries: Vec<_> = entries.iter().map(|(sign, entry)| format!("{sign}{entry}")).collect();
        let list = AccessList::compile(&entries);
        if list.may_add(&ALICE, &access) {
            let more = stands_for(&access).find(|text| !list.grants(&ALICE, *text));
            prop_assert_eq!(more, None);
        }
    }

    #[test]
    fn a_denial_that_may_be_taken_away_denies_nothing_that_the_taker_has_not(
        entries in vec((select(&["", "", "!"][..]), entry()), 0..5),
        access in entry(),
    ) {
        let entries: Vec<_> = entries.iter().map(|(sign, entry)| format!("{sign}{entry}")).collect();
        let list = AccessList::compile(&entries);
        if list.may_remove(&ALICE, &format!("!{access}")) {
            let more = stands_for(&access).find(|text| !list.grants(&ALICE, *text));
            prop_assert_eq!(more, None);
        }
    }

    #[test]
    fn everybody_may_add_their_own_entries_when_nothing_is_denied(access in entry()) {
        prop_assert!(AccessList::compile(&[&access]).may_add(&ALICE, &access));
    }
}

#[test]
fn a_denial_may_always_be_added() {
    for access in ["!", "!#", "!!a", "!a\nb"] {
        assert!(may_add(&[], access), "{access:?}");
        assert!(may_add(&["!#"], access), "{access:?}");
    }
}

#[test]
fn one_entry_must_include_the_whole_access() {
    assert!(!may_add(&["a.edit", "a.me"], "a.*"));
    assert!(!may_add(&["x.edi*", "x.upd*"], "x.edit"));
    assert!(may_add(&["x.edi*", "x.edit"], "x.edit"));
    assert!(may_add(&["x.#"], "x.*.edit"));
}

#[test]
fn a_wildcard_does_not_get_around_a_denial() {
    for access in [
        "#",
        "auth.#",
        "auth.*.read",
        "auth.secret.#",
        "#.read",
        "auth.s*.*",
    ] {
        assert!(!may_add(&["#", "!auth.secret.read"], access), "{access}");
    }
    for access in [
        "auth.*",
        "auth.secret.*.#",
        "auth.secret.edit",
        "auth.p#",
        "calld.#",
    ] {
        assert!(may_add(&["#", "!auth.secret.read"], access), "{access}");
    }
    assert!(!may_add(&["#", "!auth.update"], "auth.edit"));
}

#[test]
fn the_identity_of_the_giver_is_not_handed_out() {
    // For its next holder the word stands for them; the giver's denial and grant are about the giver.
    assert!(may_add(&["auth.users.me.#"], "auth.users.me.read"));
    assert!(may_add(&["auth.users.me.#"], "auth.users.b.*"));
    assert!(!may_add(&["auth.users.b.#"], "auth.users.me.*"));
    assert!(!may_add(&["#", "!auth.users.me.read"], "auth.users.b.*"));
    assert!(!may_add(&["#", "!auth.users.me.read"], "auth.users.me.*"));
    let star = Identity {
        auth_id: Some("*"),
        session: None,
    };
    assert!(!AccessList::compile(&["a.me.#"]).may_add(&star, "a.*.#"));
}

#[test]
fn words_that_are_each_matched_in_another_way_are_included_together() {
    // With either text of `edit` the entry matches, at another place each time.
    assert!(may_add(&["#*a*.*i*#"], "a.edit.bi"));
    assert!(!may_add(&["#*a*.*i*#"], "a.edit.b"));
}

#[test]
fn a_line_break_can_be_required_by_nothing_and_is_included_in_nothing() {
    for access in ["a\n", "a\nb", "\n"] {
        assert!(!may_add(&["*", "#", access], access), "{access:?}");
    }
    assert!(may_add(&["#"], "*"));
}

#[test]
fn long_accesses_are_decided_however_many_ways_there_are() {
    let long = |unit: &str, length: usize| unit.repeat(length / unit.len());
    for unit in ["*a", "#a", "*#", "edit.", "#.edit.", "*.edit.a"] {
        let access = long(unit, MAX_ACCESS_LENGTH / 4);
        assert!(may_add(&[&access], &access), "{unit}");
        assert!(!may_add(&[&format!("{access}b#")], &access), "{unit}");
        assert!(!may_add(&["#", &format!("!{access}")], &access), "{unit}");
    }
    // Each word may stand for two texts; they are not followed in all combinations.
    let many = format!("#.{}#", "edit.*.".repeat(64));
    assert!(may_add(&["#"], &many));
    assert!(may_add(&[&many], &many));
}

#[test]
fn a_denial_is_taken_away_by_who_has_all_that_it_denies() {
    let may_remove =
        |list: &[&str], access: &str| AccessList::compile(list).may_remove(&ALICE, access);
    assert!(may_remove(&["x.#"], "!x.*"));
    assert!(may_remove(&["x.#", "!y"], "!x.a"));
    // A wildcard does not get around what the taker is denied.
    assert!(!may_remove(&["x.#", "!x.a"], "!x.*"));
    assert!(!may_remove(&["x.#", "!x.a"], "!x.#"));
    assert!(!may_remove(&["x.*"], "!x.#"));
    assert!(!may_remove(&["x.a", "x.b"], "!x.*"));
    // What is denied may itself begin with a sign.
    assert!(may_remove(&["#"], "!!a.b"));
    assert!(!may_remove(&["a.b"], "!!a.b"));
    assert!(!may_remove(&[], "!!a.b"));
    // Nobody needs it, and nobody is kept from tidying up.
    assert!(may_remove(&["#"], "!a\n"));
    assert!(!may_remove(&["#"], "!a\nb"));
}
