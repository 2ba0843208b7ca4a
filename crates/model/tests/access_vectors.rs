//! Access lists, row by row against the answers that clients rely on.

use serde::Deserialize;
use wazo_auth_model::access::{AccessList, Identity};

const VECTORS: &str = include_str!("../../../tests/data/access-vectors.json");

/// Here the identity is a text with a dot in it, which is expected to match as a pattern. Ours are
/// texts.
const IDENTITY_AS_PATTERN: u32 = 111;

#[derive(Deserialize)]
struct Vectors {
    matches: Vec<Row>,
    may_add: Vec<Row>,
    may_remove: Vec<Row>,
    random: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: Option<u32>,
    auth_id: Option<String>,
    session_uuid: Option<String>,
    acl: Vec<String>,
    required: Option<String>,
    access: Option<String>,
    expect: bool,
}

impl Row {
    fn list(&self) -> AccessList {
        AccessList::compile(&self.acl)
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            auth_id: self.auth_id.as_deref(),
            session: self.session_uuid.as_deref(),
        }
    }
}

fn vectors() -> Vectors {
    let vectors: Result<Vectors, _> = serde_json::from_str(VECTORS);
    vectors.unwrap_or_else(|error| unreachable!("the vectors cannot be read: {error}"))
}

/// The rows whose answer is another than expected.
fn wrong(rows: &[Row], answer: impl Fn(&Row) -> bool) -> Vec<&Row> {
    rows.iter()
        .filter(|row| answer(row) != row.expect)
        .collect()
}

#[test]
fn every_row_is_there() {
    let vectors = vectors();
    let counts = [
        vectors.matches.len(),
        vectors.may_add.len(),
        vectors.may_remove.len(),
        vectors.random.len(),
    ];
    assert_eq!(counts, [132, 27, 27, 600]);
}

#[test]
fn a_list_grants_what_it_should() {
    let vectors = vectors();
    for rows in [&vectors.matches, &vectors.random] {
        let wrong: Vec<_> = wrong(rows, |row| {
            row.list().grants(&row.identity(), row.required.as_deref())
        })
        .into_iter()
        .filter(|row| row.id != Some(IDENTITY_AS_PATTERN))
        .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn an_identity_is_a_text_and_no_pattern() {
    let vectors = vectors();
    let row = vectors
        .matches
        .iter()
        .find(|row| row.id == Some(IDENTITY_AS_PATTERN))
        .unwrap();
    assert!(!row.list().grants(&row.identity(), row.required.as_deref()));
}

#[test]
fn a_holder_may_put_into_a_policy_what_they_have() {
    let vectors = vectors();
    let wrong: Vec<_> = wrong(&vectors.may_add, |row| {
        row.list()
            .may_add(&row.identity(), row.access.as_deref().unwrap())
    })
    .into_iter()
    .map(|row| (row.acl.concat(), row.access.as_deref().unwrap()))
    .collect();
    // These two would get around a denial of their holder.
    let wider = |access| ("#!a.b".to_owned(), access);
    assert_eq!(wrong, [wider("a.*"), wider("a.#")]);
}

#[test]
fn a_holder_may_take_out_of_a_policy_what_they_have() {
    let vectors = vectors();
    let wrong = wrong(&vectors.may_remove, |row| {
        row.list()
            .may_remove(&row.identity(), row.access.as_deref().unwrap())
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
