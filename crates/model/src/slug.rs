//! Slugs: short names that stand in for longer ones.

/// What the slugs of one kind of thing may look like.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The rule as a regular expression, as clients are shown it.
    pub pattern: &'static str,
    /// How many characters it has at most.
    pub max_length: usize,
    punctuation: &'static [u8],
}

/// The slugs of tenants.
pub const TENANT: Rule = Rule {
    pattern: "^[a-zA-Z0-9_]+$",
    max_length: 10,
    punctuation: b"_",
};

/// The slugs of groups and policies.
pub const POLICY: Rule = Rule {
    pattern: "^[a-zA-Z0-9_-]+$",
    max_length: 80,
    punctuation: b"_-",
};

impl Rule {
    /// Whether a text has one character or more, all of them allowed. Its length is another matter.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| self.allows(byte))
    }

    /// What of a name can stand in a slug: empty when nothing can.
    #[must_use]
    pub fn from_name(&self, name: &str) -> String {
        name.chars()
            .filter(|character| u8::try_from(*character).is_ok_and(|byte| self.allows(byte)))
            .take(self.max_length)
            .collect()
    }

    fn allows(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || self.punctuation.contains(&byte)
    }
}

/// A slug of so many small letters and digits as there are random bytes.
#[must_use]
pub fn random(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()))
        .map(|byte| char::from(*byte))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_what_of_a_name_is_allowed() {
        for (name, slug) in [
            ("t one!", "tone"),
            ("My Ténant-Name_Long", "MyTnantNam"),
            ("é à", ""),
            ("", ""),
        ] {
            assert_eq!(TENANT.from_name(name), slug, "{name}");
        }
    }

    #[test]
    fn a_slug_holds_nothing_else() {
        assert!(TENANT.matches("aZ_9"));
        for text in ["", "a-b", "a b", "é", "a\n"] {
            assert!(!TENANT.matches(text), "{text:?}");
        }
    }

    #[test]
    fn slugs_of_groups_and_policies_are_longer_and_may_have_hyphens() {
        assert_eq!(POLICY.from_name("gr o(ü)ne-_1"), "grone-_1");
        assert_eq!(POLICY.from_name(&"x".repeat(100)).len(), 80);
        assert!(POLICY.matches("aZ-_9") && !POLICY.matches("a.b") && !POLICY.matches(""));
    }

    #[test]
    fn random_slugs_have_as_many_characters_as_bytes() {
        assert_eq!(random(&[0, 35, 36, 255]), "a9ad");
    }
}
