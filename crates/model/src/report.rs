//! Errors as a line of the log, or of a terminal, shows them.

use std::{borrow::Cow, error::Error};

/// An error with its causes, in one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        line.push_str(": ");
        line.push_str(&inner.to_string());
        cause = inner.source();
    }
    // Some libraries write whole paragraphs.
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text that moves no cursor and begins no line: its control characters, but for tabs, are shown and
/// not written.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let moves = |character: char| character.is_control() && character != '\t';
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if moves(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no\n  database")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn control_characters_are_shown_and_not_written() {
        assert!(matches!(printable("é\tx"), Cow::Borrowed("é\tx")));
        assert_eq!(printable("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
    }

    #[test]
    fn causes_follow_in_one_line() {
        let error = "x".parse::<u8>().map_err(Outer);
        assert_eq!(
            error.map_err(|error| chain(&error)),
            Err("no database: invalid digit found in string".to_owned())
        );
    }
}
