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
/// for one, and a backslash takes the next character as it is. This is PostgreSQL's `ILIKE`.
#[must_use]
pub fn matches(text: &str, pattern: &str) -> bool {
    is_like(&fold(text), &fold(pattern))
}

/// Lower case, character by character as PostgreSQL does it: no letter becomes two.
fn fold(text: &str) -> Vec<char> {
    text.chars()
        .map(|character| {
            let mut lower = character.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(single), None) => single,
                _ => character,
            }
        })
        .collect()
}

/// Goes back to the last `%` alone, so that no pattern takes more than length times length.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        let (matches, width) = match pattern.get(in_pattern) {
            Some('%') => {
                last_star = Some((in_pattern + 1, at));
                in_pattern += 1;
                continue;
            }
            Some('_') => (true, 1),
            Some('\\') if in_pattern + 1 < pattern.len() => {
                (pattern.get(in_pattern + 1) == Some(character), 2)
            }
            Some(wanted) => (wanted == character, 1),
            None => (false, 0),
        };
        if matches {
            at += 1;
            in_pattern += width;
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
        .is_none_or(|rest| rest.iter().all(|character| *character == '%'))
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
