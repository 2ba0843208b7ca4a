//! Searching in texts, as lists of the API do it.

/// The pattern of a search: its words in their order, with anything before, between and behind them.
/// `%` and `_` in a word keep their meaning of [`matches()`].
#[must_use]
pub fn pattern(search: &str) -> String {
    let words: Vec<&str> = search.split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return "%".to_owned();
    }
    format!("%{}%", words.join("%"))
}

/// Whether a text matches a pattern, in any case of letters: `%` stands for any number of characters, `_`
/// for one, and a backslash takes the next character as it is. This is PostgreSQL's `ILIKE`. For many
/// texts, [`Pattern`] reads the pattern once.
#[must_use]
pub fn matches(text: &str, pattern: &str) -> bool {
    Pattern::new(pattern).matches(text)
}

/// A pattern of [`matches()`], ready to be compared with many texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Any number of characters.
    Any,
    /// One character, whichever it is.
    One,
    /// This character, in lower case.
    Only(char),
}

impl Pattern {
    /// Reads a pattern; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut characters = pattern.chars().map(fold);
        let mut parts = Vec::new();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '%' => Part::Any,
                '_' => Part::One,
                '\\' => Part::Only(characters.next().unwrap_or('\\')),
                other => Part::Only(other),
            });
        }
        Self(parts)
    }

    /// Whether a text matches it.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // Most texts are ASCII, and these need no copy.
        if text.is_ascii() {
            let bytes = text.as_bytes();
            return is_like(&self.0, |at| {
                bytes
                    .get(at)
                    .map(|byte| char::from(byte.to_ascii_lowercase()))
            });
        }
        let text: Vec<char> = text.chars().map(fold).collect();
        is_like(&self.0, |at| text.get(at).copied())
    }
}

/// A text in lower case, character by character as PostgreSQL does it: two texts are one login, or one
/// slug, when these are the same.
#[must_use]
pub fn lower(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Lower case, character by character as PostgreSQL does it: no letter becomes two.
fn fold(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

/// Goes back to the last `%` alone, so that no pattern takes more than length times length.
fn is_like(pattern: &[Part], text: impl Fn(usize) -> Option<char>) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while let Some(character) = text(at) {
        let matches = match pattern.get(in_pattern) {
            Some(Part::Any) => {
                in_pattern += 1;
                // Nothing behind it can be wrong.
                if in_pattern == pattern.len() {
                    return true;
                }
                last_star = Some((in_pattern, at));
                continue;
            }
            Some(Part::One) => true,
            Some(Part::Only(wanted)) => *wanted == character,
            None => false,
        };
        if matches {
            at += 1;
            in_pattern += 1;
        } else if let Some((behind_star, from)) = last_star {
            last_star = Some((behind_star, from + 1));
            at = from + 1;
            in_pattern = behind_star;
        } else {
            return false;
        }
    }
    pattern
        .get(in_pattern..)
        .is_none_or(|rest| rest.iter().all(|part| *part == Part::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_in_any_case_of_letters_of_all_of_unicode() {
        assert!(matches("Élodie", "%éLO%"));
        assert!(matches("foo bar baz", "%foo%BAZ%") && !matches("foo", "%foo%baz%"));
        assert!(matches("abc", "a_c") && !matches("abc", "a_d") && !matches("", "_"));
        assert!(matches("", "%") && matches("", "") && !matches("a", ""));
        assert!(matches("a%c", r"a\%c") && !matches("abc", r"a\%c"));
        assert!(matches(r"a\", r"a\") && matches("É", r"\é") && matches("\u{212a}m", "%KM%"));
        assert!(matches("aab", "%ab") && matches("mississippi", "%issip%i"));
    }

    #[test]
    fn a_search_is_its_words_in_their_order() {
        assert_eq!(pattern(""), "%");
        assert_eq!(pattern("  "), "%");
        assert_eq!(pattern(" foo  b_r "), "%foo%b_r%");
        assert_eq!(pattern(r"50%_\"), r"%50%_\%");
        // Only the space divides.
        assert_eq!(pattern("a\tb"), "%a\tb%");
    }
}
