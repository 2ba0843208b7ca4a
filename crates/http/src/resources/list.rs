//! The query parameters that lists share.

use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Value, json};
use wazo_auth_services::list::{Direction, Page, Paging};

use crate::{
    error::ApiError,
    exchange::Exchange,
    validation::{self, Failures},
};

/// Reads parameters of a list and notes what is wrong with each, so that a client learns all of it at
/// once. Of a parameter that comes twice, the first one counts.
pub struct Parameters {
    pairs: Vec<(String, String)>,
    failures: Failures,
}

impl Parameters {
    /// The parameters of a request.
    pub fn of(exchange: &Exchange) -> Self {
        Self {
            pairs: exchange.query_pairs(),
            failures: Failures::new(),
        }
    }

    /// A parameter as it is.
    pub fn text(&self, name: &str) -> Option<String> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    /// All values of a parameter that may come several times, at most so often; `None` when it does not
    /// come.
    pub fn texts(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let values: Vec<String> = self
            .pairs
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .collect();
        if values.len() > most {
            let failure = validation::broken(
                "length",
                json!({ "min": null, "max": most }),
                &format!("Longer than maximum length {most}."),
            );
            self.failures.insert(name.to_owned(), failure);
        }
        (!values.is_empty()).then_some(values)
    }

    /// Which part is wanted, in which order: `columns` are what the list can be ordered by.
    pub fn paging<O: Copy>(&mut self, columns: &[(&str, O)], default: O) -> Paging<O> {
        let limit = self.number("limit");
        let offset = self.number("offset").unwrap_or(0);
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let order = self
            .choice("order", &names)
            .and_then(|wanted| columns.iter().find(|(name, _)| *name == wanted));
        let direction = match self.choice("direction", &["asc", "desc"]).as_deref() {
            Some("desc") => Direction::Descending,
            _ => Direction::Ascending,
        };
        Paging {
            search: self.text("search"),
            order: order.map_or(default, |(_, order)| *order),
            direction,
            limit,
            offset,
        }
    }

    /// Whether what is below the tenant is wanted too.
    pub fn recurse(&mut self) -> bool {
        self.flag("recurse").unwrap_or(false)
    }

    /// A boolean in one of the spellings that clients use.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, "boolean", validation::boolean_text)
    }

    /// A filter on a boolean column.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        self.read(name, "boolean", boolean)
    }

    /// A filter on a column of times. Without a zone it is UTC.
    pub fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.read(name, "datetime", time)
    }

    /// Lets the request through, if nothing was wrong.
    pub fn check(self) -> Result<(), ApiError> {
        if self.failures.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid_list(self.failures))
    }

    fn read<T>(
        &mut self,
        name: &str,
        kind: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.failures
                .insert(name.to_owned(), validation::wrong_type(kind));
        }
        value
    }

    fn choice(&mut self, name: &str, choices: &[&str]) -> Option<String> {
        let text = self.text(name)?;
        match validation::one_of(&text, choices) {
            Ok(()) => Some(text),
            Err(failure) => {
                self.failures.insert(name.to_owned(), failure);
                None
            }
        }
    }

    fn number(&mut self, name: &str) -> Option<u64> {
        let number = self.read(name, "integer", validation::integer_text)?;
        if number < 0 {
            let failure = validation::broken(
                "range",
                json!({ "min": 0 }),
                "Must be greater than or equal to 0.",
            );
            self.failures.insert(name.to_owned(), failure);
            return None;
        }
        // More than fits is more than there is.
        Some(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

/// A column to order by, or the name of one that clients may ask for and lists cannot be ordered by.
pub type Sortable<O> = Result<O, &'static str>;

/// Refuses what a list cannot be ordered by, when nothing else was wrong.
pub fn sortable<O>(paging: Paging<Sortable<O>>) -> Result<Paging<O>, ApiError> {
    let order = paging.order.map_err(|column| {
        let reason = format!("Invalid sort column: {column}");
        ApiError::reason(StatusCode::BAD_REQUEST, reason)
    })?;
    Ok(Paging {
        order,
        search: paging.search,
        direction: paging.direction,
        limit: paging.limit,
        offset: paging.offset,
    })
}

/// A part of a list, as clients see it.
pub fn page<T>(page: Page<T>, item: impl FnMut(T) -> Value) -> Value {
    json!({
        "items": page.items.into_iter().map(item).collect::<Vec<_>>(),
        "total": page.total,
        "filtered": page.filtered,
    })
}

/// A boolean as the database would read it: in any case of letters, and as short as it is still clear.
fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str| !text.is_empty() && word.starts_with(text.as_str());
    match text.as_str() {
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        _ if begins("true") || begins("yes") => Some(true),
        _ if begins("false") || begins("no") => Some(false),
        _ => None,
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Some(time.to_utc());
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time.and_utc());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_the_database_reads_them() {
        for text in ["True", "t", "TRU", "yes", "Y", "on", "1", " true "] {
            assert_eq!(boolean(text), Some(true), "{text:?}");
        }
        for text in ["False", "f", "no", "N", "off", "of", "0"] {
            assert_eq!(boolean(text), Some(false), "{text:?}");
        }
        for text in ["", "o", "foo", "truex", "2", "yess"] {
            assert_eq!(boolean(text), None, "{text:?}");
        }
    }

    #[test]
    fn times_have_a_zone_or_are_utc() {
        let expected = DateTime::from_timestamp(1_767_225_600, 250_000_000);
        for text in [
            "2026-01-01T00:00:00.250000+00:00",
            "2026-01-01 00:00:00.25",
            "2026-01-01T01:00:00.25+01:00",
            "2025-12-31 22:00:00.25-02",
            "2026-01-01T00:00:00.25Z",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(
            time("2026-01-01"),
            DateTime::from_timestamp(1_767_225_600, 0)
        );
        assert_eq!(time("foo"), None);
        assert_eq!(time(""), None);
    }
}
