//! The table of keys, and what the documentation says of it.

use serde_json::Map;

use super::*;
use crate::config::{
    check::check,
    keys::KEYS,
    schema::{Key, Kind, defaults},
};

const DOCUMENTATION: &str = include_str!("../../../../../docs/configuration.md");

/// Calls `visit` for every key that has a value of its own, with its path; `NAME` stands for free names.
fn each(keys: &'static [Key], path: &str, visit: &mut impl FnMut(&str, &Key)) {
    for key in keys {
        let path = format!("{path}{}", key.name);
        match &key.kind {
            Kind::Record { keys, others } => {
                each(keys, &format!("{path}."), visit);
                if let Some(kind) = others {
                    each_named(kind, &path, visit);
                }
            }
            kind => {
                visit(&path, key);
                if let Kind::Map(kind) = kind {
                    each_named(kind, &path, visit);
                }
            }
        }
    }
}

fn each_named(kind: &'static Kind, path: &str, visit: &mut impl FnMut(&str, &Key)) {
    if let Kind::Record { keys, .. } = kind {
        each(keys, &format!("{path}.NAME."), visit);
    }
}

#[test]
fn the_documentation_has_a_row_for_every_key() {
    let (used, idle) = DOCUMENTATION
        .split_once("\n## Accepted without effect\n")
        .unwrap();
    let mut missing = Vec::new();
    each(KEYS, "", &mut |path, key| {
        let part = if key.used { used } else { idle };
        let default = match key.default {
            "" => "-".to_owned(),
            default => format!("`{}`", default.trim_matches('\'')),
        };
        let row = format!("| `{path}` | {} | {default} |", key.kind);
        if !part.lines().any(|line| line.starts_with(&row)) {
            missing.push(row);
        }
    });
    assert!(
        missing.is_empty(),
        "rows that are missing:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_documentation_has_no_row_for_a_key_that_is_not_known() {
    let mut known = Vec::new();
    each(KEYS, "", &mut |path, _| known.push(path.to_owned()));
    for line in DOCUMENTATION.lines() {
        if let Some(rest) = line.strip_prefix("| `")
            && let Some((path, _)) = rest.split_once("` | ")
        {
            assert!(known.iter().any(|known| known == path), "{path}");
        }
    }
}

#[test]
fn every_default_is_a_value_that_its_key_accepts() {
    each(KEYS, "", &mut |path, key| {
        assert_eq!(
            key.default_node().is_some(),
            !key.default.is_empty(),
            "{path}"
        );
    });
    let checked = check(&defaults(KEYS), KEYS);
    assert_eq!(checked.problems, Vec::<String>::new());
    assert_eq!(checked.warnings, Vec::<String>::new());
    assert_ne!(checked.document, Map::new());
}

#[test]
fn the_first_example_of_the_documentation_gives_what_it_says() {
    let example = |name: &str| {
        let (_, behind) = DOCUMENTATION
            .split_once(&format!("```yaml\n# {name}\n"))
            .unwrap();
        behind.split_once("```").unwrap().0
    };
    let installation = Installation::new(example("/etc/wazo-auth/config.yml"))
        .with("10-site.yml", example("/etc/wazo-auth/conf.d/10-site.yml"))
        .with(
            "50-defaults.yml",
            example("/etc/wazo-auth/conf.d/50-defaults.yml"),
        );
    let document = installation.document();
    assert_eq!(document["rest_api"]["port"], 8080);
    assert_eq!(document["rest_api"]["listen"], "10.0.0.5");
    assert_eq!(document["rest_api"]["max_threads"], 25);
    assert_eq!(
        document["google"]["scope"],
        serde_json::json!(["calendar", "mail", "profile"])
    );
}
