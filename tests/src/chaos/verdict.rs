//! What was published, held against what was answered.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use serde_json::Value;
use wazo_auth_tests::bus::Message;

use crate::load::Answered;

/// What came of it.
#[derive(Debug, Default)]
pub struct Verdict {
    changes: usize,
    lost: usize,
    duplicated: usize,
    out_of_order: usize,
}

impl Verdict {
    /// Whether all that is promised was kept. Some events may come twice when everything dies.
    pub fn is_good(&self) -> bool {
        self.changes > 0 && self.lost == 0 && self.out_of_order == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "chaos: changes={} lost={} duplicated={} out_of_order={}",
            self.changes, self.lost, self.duplicated, self.out_of_order
        )
    }
}

/// Judges. A change is one that a client was told of: it is lost when no message is about it.
pub fn judge(answered: &Answered, messages: &[Message]) -> Verdict {
    let mut seen = HashSet::new();
    let mut verdict = Verdict {
        changes: answered.begun.len() + answered.ended.len(),
        ..Verdict::default()
    };
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for message in messages {
        let data = message.data();
        let session = data.get("uuid").and_then(Value::as_str).unwrap_or_default();
        let names = told.entry(session.to_owned()).or_default();
        if seen.insert(message.id()) {
            names.push(message.name());
        } else {
            verdict.duplicated += 1;
            // The same once more is no harm as long as nothing later came before it.
            if names.last() != Some(&message.name()) {
                verdict.out_of_order += 1;
            }
        }
    }
    let has = |session: &String, name: &str| {
        told.get(session)
            .is_some_and(|names| names.iter().any(|told| told == name))
    };
    verdict.lost += answered
        .begun
        .iter()
        .filter(|session| !has(session, "auth_session_created"))
        .count();
    verdict.lost += answered
        .ended
        .iter()
        .filter(|session| !has(session, "auth_session_deleted"))
        .count();
    verdict.out_of_order += told
        .values()
        .filter(|names| {
            names
                .iter()
                .position(|name| name == "auth_session_deleted")
                .is_some_and(|deleted| deleted + 1 < names.len())
        })
        .count();
    verdict
}
