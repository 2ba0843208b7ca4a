//! E-mail addresses: which texts are some.

/// The longest address that mail can be sent to, in bytes (RFC 5321 §4.5.3.1.3, without its brackets).
const MAX_LENGTH: usize = 254;

/// Whether a text is an e-mail address: a local part of dot-separated atoms or a quoted string (RFC
/// 5321 §4.1.2, with letters of all scripts), and behind the last `@` a domain, an IPv4 address in
/// brackets, or `localhost`. International domains count by their ASCII form.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@').filter(|_| text.len() <= MAX_LENGTH) else {
        return false;
    };
    is_local_part(local)
        && (is_domain(domain) || idna::domain_to_ascii(domain).is_ok_and(|ascii| is_domain(&ascii)))
}

fn is_local_part(text: &str) -> bool {
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    quoted.map_or_else(|| text.split('.').all(is_atom), is_quoted)
}

fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            character.is_alphanumeric() || "_-!#$%&'*+/=?^`{}|~".contains(character)
        })
}

/// The inside of a quoted string: no line break, and quotes and backslashes only behind a backslash.
fn is_quoted(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let character = match character {
            '\\' => characters.next(),
            '"' | ' ' | '\t' => None,
            plain => Some(plain),
        };
        if !character.is_some_and(|character| {
            character.is_ascii() && !matches!(character, '\0' | '\n' | '\r')
        }) {
            return false;
        }
    }
    true
}

fn is_domain(text: &str) -> bool {
    if text.eq_ignore_ascii_case("localhost") {
        return true;
    }
    if let Some(address) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        return is_ipv4(address);
    }
    let Some((labels, last)) = text.rsplit_once('.') else {
        return false;
    };
    last.len() >= 2 && is_ldh(last) && labels.split('.').all(is_label)
}

/// Letters, digits, hyphens.
fn is_ldh(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len()) && is_ldh(text) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4
        && parts.into_iter().all(|part| {
            // Zeros in front are fine here, signs are not.
            (1..=3).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse::<u8>().is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_longer_than_mail_can_be_sent_to() {
        let address = |length: usize| format!("{}@example.com", "a".repeat(length - 12));
        assert!(is_address(&address(254)));
        assert!(!is_address(&address(255)));
    }

    #[test]
    fn addresses_have_a_local_part_and_a_domain() {
        for text in [
            "alice@example.com",
            "Alice.B+tag@Example.COM",
            "foo@localhost",
            "é@exämple.com",
            "中文@例え.jp",
            "o'neil{x}@a-b.io",
            "\"quoted.string@here\"@example.com",
            "\"a\\\"b\"@example.com",
            "a@[127.0.0.1]",
            "a@xn--exmple-cua.com",
            "a_b@1.23",
        ] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "@",
            "a@b",
            "alice",
            "alice@",
            "@example.com",
            " a@example.com",
            "a@example.com ",
            "a@example.com\n",
            "a b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example.c",
            "a@.com",
            "a@exa_mple.com",
            "a@[127.0.0.256]",
            "a@[127.0.0]",
            "a@[+1.0.0.1]",
            "\"a\"b\"@example.com",
            "\"@example.com",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
