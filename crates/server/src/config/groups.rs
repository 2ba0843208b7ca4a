//! Rules over `tenant_default_groups` that a table of keys cannot say. A group that the database refuses
//! would let no tenant be made.

use super::tree::{Mapping, Value};

const PATH: &str = "tenant_default_groups";
/// How long a slug can be, in characters.
const MOST: usize = 80;
/// How the group of all users of a tenant begins.
const RESERVED: &str = "wazo-all-users-tenant-";

/// Checks every group; the problems have their places.
pub fn check(tree: &Mapping) -> Vec<String> {
    let Some(Value::Map(groups)) = tree.get(PATH).map(|entry| &entry.node.value) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut slugs: Vec<String> = Vec::new();
    for entry in groups.iter() {
        let (at, slug) = (&entry.at, &entry.key);
        let folded = slug.to_lowercase();
        if !(1..=MOST).contains(&slug.chars().count()) || slug.contains('\0') {
            problems.push(format!(
                "{at}: {PATH}: found {slug:?}, wanted: a slug of 1 to {MOST} characters"
            ));
        } else if folded.starts_with(RESERVED) {
            problems.push(format!(
                "{at}: {PATH}: {slug} belongs to the daemon itself, wanted: another slug"
            ));
        } else if slugs.contains(&folded) {
            problems.push(format!(
                "{at}: {PATH}: {slug} differs from another slug in the case of letters alone, wanted: another one"
            ));
        }
        slugs.push(folded);
    }
    problems
}
