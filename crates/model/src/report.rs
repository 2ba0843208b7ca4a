//! Errors as a line of the log, or of a terminal, shows them.

use std::error::Error;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no\n  database")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_follow_in_one_line() {
        let error = "x".parse::<u8>().map_err(Outer);
        assert_eq!(
            error.map_err(|error| chain(&error)),
            Err("no database: invalid digit found in string".to_owned())
        );
    }
}
