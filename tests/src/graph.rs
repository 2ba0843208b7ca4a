//! Who may use whom among the crates of the workspace.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::markdown;

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    /// Its folder below the root, such as `crates/model`.
    pub folder: String,
    /// Its package.
    pub package: String,
    /// What it uses, of ours and of others.
    pub uses: Vec<Use>,
}

/// That a crate uses another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The other's package.
    pub package: String,
    /// For what.
    pub purpose: Purpose,
}

/// What a crate uses another for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For what it ships, or for building that.
    Ship,
    /// For its tests.
    Test,
}

/// For each folder, or pattern of folders that ends in `*`, the folders of what it may use; `None`
/// is everything.
pub type Rules = BTreeMap<String, Option<Vec<String>>>;

/// The packages of others that only few crates may use, by the beginning of their names.
const HOLDERS: &[(&str, &[&str])] = &[
    ("diesel", &["crates/database"]),
    ("libsqlite3-sys", &["crates/database"]),
    ("libloading", &["crates/plugin-host"]),
    ("abi_stable", &["crates/core", "crates/plugin-host"]),
    // `tests` has the bare server that the benchmark compares with.
    ("actix", &["crates/http", "crates/server", "tests"]),
];

/// The table in the text of `ARCHITECTURE.md`.
///
/// # Panics
///
/// When it has another form than the table has today.
#[must_use]
pub fn rules(architecture: &str) -> Rules {
    let mut rules = Rules::new();
    for row in markdown::rows(architecture) {
        let [names, uses, ..] = row.as_slice() else {
            continue;
        };
        if !names.starts_with('`') {
            continue;
        }
        let uses = match uses.as_str() {
            "-" => Some(Vec::new()),
            text if text == "all" || text.starts_with("all ") => None,
            text => Some(
                text.split(", ")
                    .map(|name| format!("crates/{name}"))
                    .collect(),
            ),
        };
        for name in names.split(", ") {
            let name = name.trim_matches('`').to_owned();
            rules.insert(name, uses.clone());
        }
    }
    assert!(rules.len() > 9, "where is the table of crates? {rules:?}");
    rules
}

/// The crates in the output of `cargo metadata --no-deps`.
///
/// # Panics
///
/// When that is another document.
#[must_use]
pub fn crates(metadata: &Value) -> Vec<Crate> {
    let root = text(metadata, "workspace_root");
    let packages = metadata.get("packages").and_then(Value::as_array);
    packages
        .expect("cargo metadata lists packages")
        .iter()
        .map(|package| Crate {
            folder: text(package, "manifest_path")
                .trim_start_matches(root)
                .trim_start_matches('/')
                .trim_end_matches("/Cargo.toml")
                .to_owned(),
            package: text(package, "name").to_owned(),
            uses: package
                .get("dependencies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|dependency| Use {
                    package: text(dependency, "name").to_owned(),
                    purpose: match dependency.get("kind").and_then(Value::as_str) {
                        Some("dev") => Purpose::Test,
                        _ => Purpose::Ship,
                    },
                })
                .collect(),
        })
        .collect()
}

/// What is wrong, one line each.
#[must_use]
pub fn violations(crates: &[Crate], rules: &Rules) -> Vec<String> {
    let mut wrong = Vec::new();
    for user in crates {
        let Some(allowed) = rule(rules, &user.folder) else {
            wrong.push(format!("{} is not in the table", user.folder));
            continue;
        };
        for used in &user.uses {
            let ours = crates.iter().find(|known| known.package == used.package);
            let reason = match (ours, used.purpose) {
                (Some(ours), Purpose::Test) => (ours.folder != "crates/test-support"
                    && allowed.is_some())
                .then_some("uses in its tests"),
                (Some(ours), Purpose::Ship) => {
                    let may = match allowed {
                        Some(allowed) => allowed.contains(&ours.folder),
                        None => is_test_code(&user.folder) || !is_test_code(&ours.folder),
                    };
                    (!may).then_some("may not use")
                }
                (None, _) => holder(&used.package)
                    .filter(|holders| !holders.contains(&user.folder.as_str()))
                    .map(|_| "may not use"),
            };
            if let Some(reason) = reason {
                wrong.push(format!("{} {reason} {}", user.folder, used.package));
            }
        }
    }
    wrong
}

/// What is never shipped.
fn is_test_code(folder: &str) -> bool {
    matches!(folder, "tests" | "crates/test-support")
}

fn rule<'a>(rules: &'a Rules, folder: &str) -> Option<&'a Option<Vec<String>>> {
    rules.get(folder).or_else(|| {
        rules
            .iter()
            .find(|(pattern, _)| {
                pattern
                    .strip_suffix('*')
                    .is_some_and(|start| folder.starts_with(start))
            })
            .map(|(_, allowed)| allowed)
    })
}

fn holder(package: &str) -> Option<&'static [&'static str]> {
    HOLDERS
        .iter()
        .find(|(start, _)| package.starts_with(start))
        .map(|(_, holders)| *holders)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("cargo metadata without {name}"))
}
