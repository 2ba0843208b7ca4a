//! Which trace a request belongs to (W3C Trace Context), so that lines of several daemons can be put
//! together.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use crate::exchange::header;

/// The place of a request in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The trace: 32 hexadecimal digits.
    pub trace: String,
    /// This request: 16 of them.
    span: String,
    /// What sent it, if it said so.
    parent: Option<String>,
}

impl Trace {
    /// The place of a request; asked again, the same.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return known.clone();
        }
        let parent = header(request, "traceparent").as_deref().and_then(parse);
        let mut span = Uuid::new_v4().simple().to_string();
        span.truncate(16);
        let made = match parent {
            Some((trace, parent)) => Self {
                trace,
                span,
                parent: Some(parent),
            },
            None => Self {
                trace: Uuid::new_v4().simple().to_string(),
                span,
                parent: None,
            },
        };
        request.extensions_mut().insert(made.clone());
        made
    }
}

/// As log lines end.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.parent.as_deref().unwrap_or("-");
        write!(
            f,
            "[span_id={} parent_id={parent} trace_id={}]",
            self.span, self.trace
        )
    }
}

/// The trace and the parent in a header `traceparent`.
fn parse(header: &str) -> Option<(String, String)> {
    let header = header.trim().to_ascii_lowercase();
    let mut parts = header.split('-');
    let mut part = |length: usize| {
        parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let (version, trace, parent, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    // Version 0 has these four parts; later ones may append more.
    if version == "ff" || version == "00" && parts.next().is_some() {
        return None;
    }
    let names_something = |id: &str| id.bytes().any(|byte| byte != b'0');
    (names_something(trace) && names_something(parent))
        .then(|| (trace.to_owned(), parent.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_trace_goes_on_in_lower_case() {
        let found = Some((TRACE.to_owned(), PARENT.to_owned()));
        assert_eq!(parse(&format!("00-{TRACE}-{PARENT}-01")), found);
        assert_eq!(
            parse(&format!("00-{TRACE}-{PARENT}-01").to_uppercase()),
            found
        );
        assert_eq!(parse(&format!("cc-{TRACE}-{PARENT}-01-what")), found);
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for text in [
            String::new(),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-x"),
            format!("00-{TRACE}x-{PARENT}-01"),
            format!("00-{PARENT}-{TRACE}-01"),
        ] {
            assert_eq!(parse(&text), None, "{text}");
        }
    }
}
