//! What a plugin file says of itself, and whether this daemon can have it.

use std::{collections::BTreeMap, str};

use serde::{Serialize, Serializer};
use wazo_auth_core::{
    ABI_VERSION,
    manifest::{MAGIC, field},
};

/// The manifest of a file: what it says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The plugin's name.
    pub name: String,
    /// The version of the ABI that it was built for.
    pub abi: String,
    /// Its version.
    pub version: Option<String>,
    /// Its licence.
    pub license: Option<String>,
    /// Its authors.
    pub authors: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The compiler that built it.
    pub rustc: Option<String>,
    /// The platform that it was built for.
    pub target: Option<String>,
    /// What a panic in it does: `unwind` or `abort`.
    pub panic: Option<String>,
    /// Kinds and names.
    #[serde(serialize_with = "as_objects")]
    pub entries: Vec<(String, String)>,
    /// The operations of the daemon that it may call.
    pub needs: Vec<String>,
}

impl Manifest {
    /// Reads the bytes of a manifest.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|_| "its manifest is no text; rebuild it")?;
        let mut fields = text.split('\0');
        if fields.next() != Some(MAGIC) {
            return Err("its manifest is not one of a wazo-auth plugin; rebuild it".to_owned());
        }
        let mut manifest = Self::default();
        for field in fields.filter(|field| !field.is_empty()) {
            // What newer versions may add is none of our business.
            if let Some((name, value)) = field.split_once('=') {
                manifest.set(name, value)?;
            }
        }
        for (name, value) in [(field::NAME, &manifest.name), (field::ABI, &manifest.abi)] {
            if value.is_empty() {
                return Err(format!("its manifest lacks the field {name:?}; rebuild it"));
            }
        }
        if !is_name(&manifest.name) {
            return Err(format!("{:?} is no name for a plugin", manifest.name));
        }
        if manifest.entries.is_empty() {
            return Err("its manifest names no entry, so there is nothing to load".to_owned());
        }
        Ok(manifest)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match name {
            field::NAME => value.clone_into(&mut self.name),
            field::ABI => value.clone_into(&mut self.abi),
            field::VERSION => self.version = text(),
            field::LICENSE => self.license = text(),
            field::AUTHORS => self.authors = text(),
            field::DESCRIPTION => self.description = text(),
            field::RUSTC => self.rustc = text(),
            field::TARGET => self.target = text(),
            field::PANIC => self.panic = text(),
            field::NEEDS => self.needs.push(value.to_owned()),
            field::ENTRY => {
                let entry = value
                    .split_once(':')
                    .filter(|(kind, name)| is_name(kind) && is_name(name))
                    .map(|(kind, name)| (kind.to_owned(), name.to_owned()))
                    .ok_or_else(|| format!("its manifest has a malformed entry {value:?}"))?;
                if self.entries.contains(&entry) {
                    return Err(format!("its manifest names the entry {value:?} twice"));
                }
                self.entries.push(entry);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this daemon speaks the plugin's version of the ABI: any minor of its major.
    pub(crate) fn check_abi(&self) -> Result<(), String> {
        check_abi(&self.abi)
    }

    /// Whether a panic in the plugin stays in the plugin.
    pub(crate) fn check_panic(&self, can_unwind: bool) -> Result<(), String> {
        if self.panic.as_deref() == Some("unwind") && can_unwind {
            return Ok(());
        }
        Err("built with panic=abort: a panic in it would kill the daemon; rebuild it with panic=\"unwind\"".to_owned())
    }

    /// Whether the daemon has all the operations that the plugin needs.
    pub(crate) fn check_needs(&self, operations: &[&str]) -> Result<(), String> {
        let missing: Vec<_> = self
            .needs
            .iter()
            .filter(|need| !operations.contains(&need.as_str()))
            .map(|need| format!("{need:?}"))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!(
            "it needs {}, which this daemon does not offer; use a newer daemon or an older plugin",
            missing.join(" and ")
        ))
    }
}

/// Entries as other reports show them.
fn as_objects<S: Serializer>(
    entries: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(
        entries
            .iter()
            .map(|(kind, name)| BTreeMap::from([("kind", kind), ("name", name)])),
    )
}

/// Whether this daemon speaks that version of the ABI.
pub(crate) fn check_abi(version: &str) -> Result<(), String> {
    let (Some((plugin, minor)), Some((daemon, our_minor))) =
        (major_minor(version), major_minor(ABI_VERSION))
    else {
        return Err(format!(
            "{version:?} is no version of the ABI; rebuild the plugin"
        ));
    };
    if plugin == daemon {
        return Ok(());
    }
    Err(format!(
        "plugin was built for ABI {plugin}.{minor}, this daemon speaks {daemon}.{our_minor}"
    ))
}

/// The first two numbers of a version.
pub(crate) fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Whether a text can name a kind, a plugin or an entry in configuration, log and URLs.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(fields: &[&str]) -> Vec<u8> {
        let mut text = format!("{MAGIC}\0");
        for field in fields {
            text.push_str(field);
            text.push('\0');
        }
        text.into_bytes()
    }

    #[test]
    fn a_manifest_is_read_and_what_is_unknown_in_it_is_left_alone() {
        let manifest = Manifest::parse(&bytes(&[
            "name=x",
            "abi=0.1.0",
            "colour=blue",
            "no field at all",
            "entry=backend:a",
            "entry=idp:b",
            "needs=op.one",
        ]));
        let expected = Manifest {
            name: "x".to_owned(),
            abi: "0.1.0".to_owned(),
            entries: vec![
                ("backend".to_owned(), "a".to_owned()),
                ("idp".to_owned(), "b".to_owned()),
            ],
            needs: vec!["op.one".to_owned()],
            ..Manifest::default()
        };
        assert_eq!(manifest, Ok(expected));
    }

    #[test]
    fn what_is_wrong_with_a_manifest_is_said() {
        for (fields, reason) in [
            (
                &["name=x", "entry=backend:a"][..],
                "its manifest lacks the field \"abi\"; rebuild it",
            ),
            (
                &["name=x", "abi=0.1.0"],
                "its manifest names no entry, so there is nothing to load",
            ),
            (
                &["name=x", "abi=0.1.0", "entry=backend:a b"],
                "its manifest has a malformed entry \"backend:a b\"",
            ),
            (
                &["name=x", "abi=0.1.0", "entry=a:b", "entry=a:b"],
                "its manifest names the entry \"a:b\" twice",
            ),
        ] {
            assert_eq!(Manifest::parse(&bytes(fields)), Err(reason.to_owned()));
        }
    }

    #[test]
    fn every_minor_of_the_major_is_spoken() {
        assert_eq!(check_abi("0.0.7"), Ok(()));
        assert_eq!(check_abi("0.99.0"), Ok(()));
        assert!(check_abi("1.x").is_err());
        assert!(check_abi("2.0.1").is_err_and(|reason| {
            reason.starts_with("plugin was built for ABI 2.0, this daemon speaks 0.")
        }));
    }
}
