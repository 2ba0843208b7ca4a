//! The query parameters that lists share.

use std::cell::RefCell;

use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Value, json};
use wazo_auth_services::list::{Direction, Page, Paging};

use crate::{
    error::ApiError,
    exchange::Exchange,
    validation::{self, Failures},
};

/// What a list can be asked for, apart from what all lists can: declared once for each list, for those
/// who read it and for the API's document.
pub struct List<O: 'static> {
    /// What it can be ordered by.
    pub columns: &'static [(&'static str, O)],
    /// What it is ordered by when nothing is asked for; perhaps none of the columns.
    pub order: O,
    /// What it can be narrowed by.
    pub criteria: &'static [Criterion],
}

/// A parameter that narrows a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criterion {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub kind: CriterionKind,
}

/// What may stand in a parameter that narrows a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CriterionKind {
    /// Any text.
    Text,
    /// At most so many texts, each in a parameter of the name.
    Texts(usize),
    /// A boolean in one of the spellings that bodies may have.
    Flag,
    /// A boolean as a database reads one.
    Boolean,
    /// A point in time.
    Time,
}

impl Criterion {
    const fn new(name: &'static str, kind: CriterionKind) -> Self {
        Self { name, kind }
    }

    /// A text, compared as it is.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, CriterionKind::Text)
    }

    /// At most so many texts, of which any may be the one.
    pub const fn texts(name: &'static str, most: usize) -> Self {
        Self::new(name, CriterionKind::Texts(most))
    }

    /// A boolean in one of the spellings that bodies may have.
    pub const fn flag(name: &'static str) -> Self {
        Self::new(name, CriterionKind::Flag)
    }

    /// A boolean column.
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, CriterionKind::Boolean)
    }

    /// A column of times.
    pub const fn time(name: &'static str) -> Self {
        Self::new(name, CriterionKind::Time)
    }
}

/// Reads parameters of a list and notes what is wrong with each, so that a client learns all of it at
/// once. Of a parameter that comes twice, the first one counts.
///
/// Builds with assertions see that exactly the criteria are read that the list declares.
pub struct Parameters<O: 'static> {
    list: &'static List<O>,
    pairs: Vec<(String, String)>,
    failures: Failures,
    read: RefCell<Vec<Criterion>>,
}

impl<O: Copy> Parameters<O> {
    /// The parameters of a request for this list.
    pub fn of(exchange: &Exchange, list: &'static List<O>) -> Self {
        Self {
            list,
            pairs: exchange.query_pairs(),
            failures: Failures::new(),
            read: RefCell::default(),
        }
    }

    /// A parameter as it is.
    pub fn text(&self, name: &'static str) -> Option<String> {
        self.note(Criterion::text(name));
        self.given(name)
    }

    fn given(&self, name: &str) -> Option<String> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    /// All values of a parameter that may come several times, at most so often; `None` when it does not
    /// come.
    pub fn texts(&mut self, name: &'static str, most: usize) -> Option<Vec<String>> {
        self.note(Criterion::texts(name, most));
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

    /// Which part is wanted, in which order.
    pub fn paging(&mut self) -> Paging<O> {
        let columns = self.list.columns;
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
            search: self.given("search"),
            order: order.map_or(self.list.order, |(_, order)| *order),
            direction,
            limit,
            offset,
        }
    }

    /// Whether what is below the tenant is wanted too.
    pub fn recurse(&mut self) -> bool {
        self.read("recurse", "boolean", validation::boolean_text)
            .unwrap_or(false)
    }

    /// A boolean in one of the spellings that clients use.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.note(Criterion::flag(name));
        self.read(name, "boolean", validation::boolean_text)
    }

    /// A filter on a boolean column.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.note(Criterion::boolean(name));
        self.read(name, "boolean", boolean)
    }

    /// A filter on a column of times. Without a zone it is UTC.
    pub fn time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        self.note(Criterion::time(name));
        self.read(name, "datetime", time)
    }

    /// Lets the request through, if nothing was wrong.
    pub fn check(self) -> Result<(), ApiError> {
        debug_assert!(self.reads_all(), "not all of the criteria were read");
        if self.failures.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid_list(self.failures))
    }

    fn note(&self, criterion: Criterion) {
        if cfg!(debug_assertions) {
            debug_assert!(
                self.list.criteria.contains(&criterion),
                "{criterion:?} is not declared"
            );
            self.read.borrow_mut().push(criterion);
        }
    }

    fn reads_all(&self) -> bool {
        let read = self.read.borrow();
        self.list
            .criteria
            .iter()
            .all(|criterion| read.contains(criterion))
    }

    fn read<T>(
        &mut self,
        name: &str,
        kind: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.given(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.failures
                .insert(name.to_owned(), validation::wrong_type(kind));
        }
        value
    }

    fn choice(&mut self, name: &str, choices: &[&str]) -> Option<String> {
        let text = self.given(name)?;
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
