//! Rules over policies and groups of the configuration that a table of keys cannot say. What the database
//! refuses would let no daemon start, or no tenant be made.

use wazo_auth_model::access::MAX_ACCESS_LENGTH;

use super::tree::{Entry, Mapping, Node, Value};

const POLICIES: &str = "default_policies";
const ALL_USERS: &str = "all_users_policies";
const GROUPS: &str = "tenant_default_groups";
/// How long a slug can be, in characters.
const MOST: usize = 80;
/// How the group of all users of a tenant begins.
const RESERVED: &str = "wazo-all-users-tenant-";

/// Checks every policy and every group; the problems have their places.
pub fn check(tree: &Mapping) -> Vec<String> {
    let mut problems = Vec::new();
    let policies = mapping(tree, POLICIES);
    check_slugs(POLICIES, policies, "", &mut problems);
    for policy in policies.into_iter().flat_map(Mapping::iter) {
        check_policy(policy, &mut problems);
    }
    check_names(ALL_USERS, mapping(tree, ALL_USERS), &mut problems);
    let groups = mapping(tree, GROUPS);
    check_slugs(GROUPS, groups, RESERVED, &mut problems);
    for group in groups.into_iter().flat_map(Mapping::iter) {
        if let Value::Map(group_keys) = &group.node.value {
            let path = format!("{GROUPS}.{}.policies", group.key);
            check_names(&path, mapping(group_keys, "policies"), &mut problems);
        }
    }
    problems
}

fn mapping<'a>(tree: &'a Mapping, key: &str) -> Option<&'a Mapping> {
    match tree.get(key).map(|entry| &entry.node.value) {
        Some(Value::Map(mapping)) => Some(mapping),
        _ => None,
    }
}

/// `reserved`: how no slug may begin, unless empty.
fn check_slugs(path: &str, named: Option<&Mapping>, reserved: &str, problems: &mut Vec<String>) {
    let mut slugs: Vec<String> = Vec::new();
    for entry in named.into_iter().flat_map(Mapping::iter) {
        let (at, slug) = (&entry.at, &entry.key);
        let folded = slug.to_lowercase();
        if !(1..=MOST).contains(&slug.chars().count()) || slug.contains('\0') {
            problems.push(format!(
                "{at}: {path}: found {slug:?}, wanted: a slug of 1 to {MOST} characters"
            ));
        } else if !reserved.is_empty() && folded.starts_with(reserved) {
            problems.push(format!(
                "{at}: {path}: {slug} belongs to the daemon itself, wanted: another slug"
            ));
        } else if slugs.contains(&folded) {
            problems.push(format!(
                "{at}: {path}: {slug} differs from another slug in the case of letters alone, wanted: another one"
            ));
        }
        slugs.push(folded);
    }
}

/// Slugs of policies that are elsewhere, or nowhere: they only have to be texts that can be looked up.
fn check_names(path: &str, named: Option<&Mapping>, problems: &mut Vec<String>) {
    for entry in named.into_iter().flat_map(Mapping::iter) {
        if entry.key.contains('\0') {
            let (at, slug) = (&entry.at, &entry.key);
            problems.push(format!(
                "{at}: {path}: found {slug:?}, wanted: a slug without a NUL character"
            ));
        }
    }
}

/// A policy without an `acl` would grant nothing, which nobody means who forgot it.
fn check_policy(entry: &Entry, problems: &mut Vec<String>) {
    let (at, slug) = (&entry.at, &entry.key);
    let Value::Map(policy) = &entry.node.value else {
        return;
    };
    let path = |key: &str| format!("{POLICIES}.{slug}.{key}");
    match policy.get("acl") {
        Some(acl) if !acl.node.is_null() => {
            check_text(acl, &path("acl"), MAX_ACCESS_LENGTH, problems);
        }
        _ => problems.push(format!(
            "{at}: {}: found nothing, wanted: list of: text; [] for a policy that grants nothing",
            path("acl")
        )),
    }
    if let Some(description) = policy.get("description") {
        check_text(description, &path("description"), usize::MAX, problems);
    }
}

/// No database keeps a NUL character, and nobody is ever asked for so long an access.
fn check_text(entry: &Entry, path: &str, most: usize, problems: &mut Vec<String>) {
    let at = &entry.at;
    if any_text(&entry.node, &|text| text.contains('\0')) {
        problems.push(format!(
            "{at}: {path}: found a NUL character, wanted: text without one"
        ));
    }
    if any_text(&entry.node, &|text| text.len() > most) {
        problems.push(format!(
            "{at}: {path}: found a longer text, wanted: text of at most {most} bytes"
        ));
    }
}

/// Whether a text, or one of a list, is so.
fn any_text(node: &Node, is: &impl Fn(&str) -> bool) -> bool {
    match &node.value {
        Value::Scalar(scalar) => is(&scalar.text),
        Value::List(nodes) => nodes.iter().any(|node| any_text(node, is)),
        Value::Map(_) | Value::Broken => false,
    }
}
