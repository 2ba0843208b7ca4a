//! Names of Internet domains, as tenants have them.

/// The rule as a pattern, in the notation that clients are shown.
pub const PATTERN: &str =
    r"^(?=.{1,253}\.?$)(?:(?!(-|_)|[^.]+_)[A-Za-z0-9-_]{1,}(?<!-)(?:\.|$)){2,63}$";

/// Whether a text is a name of a domain: 2 to 63 labels of ASCII letters, digits and hyphens, none
/// with a hyphen at an end, together at most 253 characters: that is what the database keeps. A dot may
/// stand at the end.
#[must_use]
pub fn is_domain_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let labels: Vec<&str> = name.split('.').collect();
    text.len() <= 253 && (2..=63).contains(&labels.len()) && labels.into_iter().all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_name_has_two_labels_or_more() {
        let long = format!("{}.example", "a".repeat(100));
        for name in ["ok.example.com", "a.b.", "A.B", "1.2", "a--b.c", &long] {
            assert!(is_domain_name(name), "{name}");
        }
        assert!(is_domain_name(&format!("{}.b.", "a".repeat(250))));
        let too_long = format!("{}.example", "a".repeat(246));
        let longer_than_kept = format!("{}.b.", "a".repeat(251));
        let too_many = ["a"; 64].join(".");
        for name in [
            "",
            ".",
            "single",
            "single.",
            "-a.b",
            "a-.b",
            "_a.b",
            "a_b.c",
            "a.b_",
            "a b.c",
            "a..b",
            ".a.b",
            "a.b..",
            "é.fr",
            "a.b\n",
            &too_long,
            &too_many,
            &longer_than_kept,
        ] {
            assert!(!is_domain_name(name), "{name}");
        }
    }
}
