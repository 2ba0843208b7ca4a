//! The bytes of a manifest, put together while the plugin is compiled.
//!
//! Their form is described in `wazo_auth_core::manifest`. All functions here are for constants, so
//! that whatever is wrong stops the compiler and never a plugin.
#![expect(
    clippy::indexing_slicing,
    reason = "constants cannot iterate; an index out of bounds does not compile"
)]

use wazo_auth_core::manifest::{MAGIC, SECTION, SYMBOL, field};

/// The compiler that builds this plugin.
pub const RUSTC: &str = env!("WAZO_AUTH_PLUGIN_RUSTC");
/// The platform that it is built for.
pub const TARGET: &str = env!("WAZO_AUTH_PLUGIN_TARGET");
/// What a panic in it does.
pub const PANIC: &str = if cfg!(panic = "unwind") {
    "unwind"
} else {
    "abort"
};

/// One `name=value` of a manifest, in pieces.
pub struct Field([&'static str; 6]);

impl Field {
    /// A field with a plain value.
    pub const fn new(name: &'static str, value: &'static str) -> Self {
        Self([name, "=", value, "", "", "\0"])
    }

    /// An entry: its kind and its name.
    pub const fn entry(kind: &'static str, name: &'static str) -> Self {
        Self([field::ENTRY, "=", kind, ":", name, "\0"])
    }
}

/// How many bytes the manifest has.
pub const fn length(fields: &[Field]) -> usize {
    let mut length = MAGIC.len() + 1;
    let mut i = 0;
    while i < fields.len() {
        let mut j = 0;
        while j < fields[i].0.len() {
            length += fields[i].0[j].len();
            j += 1;
        }
        i += 1;
    }
    length
}

/// The bytes of the manifest.
pub const fn write<const LENGTH: usize>(fields: &[Field]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut at = put(&mut bytes, 0, MAGIC) + 1;
    let mut i = 0;
    while i < fields.len() {
        let mut j = 0;
        while j < fields[i].0.len() {
            at = put(&mut bytes, at, fields[i].0[j]);
            j += 1;
        }
        i += 1;
    }
    assert!(at == LENGTH, "the manifest has another length");
    bytes
}

/// Copies `text` to `at` and answers where it ends.
const fn put<const LENGTH: usize>(bytes: &mut [u8; LENGTH], at: usize, text: &str) -> usize {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        bytes[at + i] = text[i];
        i += 1;
    }
    at + text.len()
}

/// Whether `name` can be the name of an entry: letters, digits, `_`, `-` and `.`, at most 100.
pub const fn is_name(name: &str) -> bool {
    let name = name.as_bytes();
    let mut i = 0;
    while i < name.len() {
        if !(name[i].is_ascii_alphanumeric() || matches!(name[i], b'_' | b'-' | b'.')) {
            return false;
        }
        i += 1;
    }
    !name.is_empty() && name.len() <= 100
}

/// Whether `name` can be an operation: `service.operation`.
pub const fn is_operation(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut dots = 0;
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'.' {
            dots += 1;
        }
        i += 1;
    }
    is_name(name) && dots == 1 && bytes[0] != b'.' && bytes[bytes.len() - 1] != b'.'
}

/// Whether no two of the names are the same.
pub const fn unique(names: &[&str]) -> bool {
    let mut i = 0;
    while i < names.len() {
        let mut j = i + 1;
        while j < names.len() {
            if same(names[i], names[j]) {
                return false;
            }
            j += 1;
        }
        i += 1;
    }
    true
}

/// Whether two texts are the same.
pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut i = 0;
    while i < left.len() {
        if left[i] != right[i] {
            return false;
        }
        i += 1;
    }
    true
}

// An attribute and an item name cannot be taken from constants, so `export!` repeats these two.
const _: () = assert!(same(SECTION, ".wazo_auth_plugin"));
const _: () = assert!(same(SYMBOL, "WAZO_AUTH_PLUGIN_MANIFEST"));

#[cfg(test)]
mod tests {
    use super::*;
    use wazo_auth_core::manifest::kind;

    #[test]
    fn fields_follow_the_magic_and_each_ends_in_nul() {
        const FIELDS: &[Field] = &[
            Field::new(field::NAME, "demo"),
            Field::new(field::DESCRIPTION, ""),
            Field::entry(kind::BACKEND, "example"),
        ];
        const BYTES: [u8; length(FIELDS)] = write(FIELDS);
        assert_eq!(
            std::str::from_utf8(&BYTES),
            Ok("WAZO-AUTH-PLUGIN\0name=demo\0description=\0entry=backend:example\0")
        );
    }

    #[test]
    fn names_are_told_from_nonsense() {
        assert!(is_name("ldap_user") && is_name("a-b.c2"));
        assert!(!is_name("") && !is_name("a b") && !is_name("a\0") && !is_name("backend:x"));
        assert!(is_operation("user_service.get_acl"));
        for nonsense in ["", "get_acl", ".get_acl", "user_service.", "a.b.c"] {
            assert!(!is_operation(nonsense), "{nonsense}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_found() {
        assert!(unique(&[]) && unique(&["a"]) && unique(&["a", "b", "ab"]));
        assert!(!unique(&["a", "b", "a"]));
    }
}
