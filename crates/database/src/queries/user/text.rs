//! Searching among many users, in the table that keeps the texts of each.
//!
//! A pattern may begin with anything, so a search reads what it compares of every user. Triggers keep
//! that together, in lower case: all fields of a user in one text, each with a character behind it that ends it. One look
//! at this text is enough for a user whom the search does not find, and for most searches it is the
//! answer too.

use diesel::{
    QueryResult, RunQueryDsl,
    dsl::sql,
    expression::{
        AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate::No,
    },
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Text},
    sqlite::Sqlite,
};
use wazo_auth_model::search::lower;

use crate::{
    connection::{Connection, MultiBackend, per_engine},
    error::DatabaseResult,
    functions::FIELD_END as END,
    schema::wazo_auth_rs_user_text,
};

/// Stands for what ends a field where it is within one.
const NO_END: char = '\u{1e}';
/// The longest pattern that is looked for in this way, in bytes. SQLite takes few that are longer.
const LONGEST: usize = 10_000;
/// The longest pattern that PostgreSQL looks for as a regular expression, in bytes: it refuses those that
/// need much memory.
const LONGEST_REGEX: usize = 200;

/// Whether the table is there and may be read.
pub(super) fn are_kept(db: &mut Connection) -> DatabaseResult<bool> {
    const POSTGRES: &str = "SELECT coalesce(has_table_privilege(to_regclass('wazo_auth_rs_user_text')::oid, 'SELECT'), FALSE)";
    const SQLITE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'wazo_auth_rs_user_text')";
    let query = match db {
        Connection::Postgres(_) => POSTGRES,
        Connection::Sqlite(_) => SQLITE,
    };
    Ok(per_engine!(db => sql::<Bool>(query).get_result(db))?)
}

/// Whether a user has the pattern of a search in one of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Searched {
    /// The pattern, which is compared with each field for itself.
    pattern: String,
    /// What a text has in it if one of its fields fits: for LIKE, and for SQLite's GLOB, which takes
    /// letters as they are.
    like: String,
    glob: String,
    /// What only a text has of which one field fits, as a regular expression of PostgreSQL's. Where
    /// there is none, the text with the right letters is the one.
    regex: Option<String>,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Any number of characters.
    Any,
    /// One character, whichever it is.
    One,
    /// This character.
    Only(char),
}

impl Searched {
    /// The condition on rows of the table, if the search is one for this way.
    pub(super) fn new(search: &str) -> Option<Self> {
        let pattern = wazo_auth_model::search::pattern(search);
        if pattern.len() > LONGEST || pattern.contains([END, NO_END]) {
            return None;
        }
        let core = core(&pattern);
        let like = write(&core, "%", "_", |written, character| {
            if matches!(character, '%' | '_' | '\\') {
                written.push('\\');
            }
            written.push(character);
        });
        let glob = write(&core, "*", "?", |written, character| match character {
            '*' | '?' | '[' => written.extend(['[', character, ']']),
            other => written.push(other),
        });
        let one = format!("[^{END}]");
        let regex = write(&core, &format!("{one}*"), &one, |written, character| {
            // Before a letter, a backslash would have a meaning.
            if character.is_ascii_punctuation() {
                written.push('\\');
            }
            written.push(character);
        });
        let is_plain = core.iter().all(|piece| matches!(piece, Piece::Only(_)));
        Some(Self {
            like: format!("%{like}%"),
            glob: format!("*{}*", lower(&glob)),
            regex: (!is_plain).then_some(regex),
            pattern,
        })
    }
}

/// What a text has somewhere if one of its fields fits a pattern.
fn core(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let piece = match character {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::Only(characters.next().unwrap_or('\\')),
            other => Piece::Only(other),
        };
        if piece != Piece::Any || pieces.last() != Some(&Piece::Any) {
            pieces.push(piece);
        }
    }
    // A search begins with anything. It does not end so if its last word ends with a backslash.
    if pieces.first() == Some(&Piece::Any) {
        pieces.remove(0);
    }
    // What fits everything fits nobody who has no field.
    if pieces.pop_if(|last| *last == Piece::Any).is_none() || pieces.is_empty() {
        pieces.push(Piece::Only(END));
    }
    pieces
}

/// A pattern in another language: its words for anything and for one character, and how it writes a
/// character that is meant.
fn write(pieces: &[Piece], any: &str, one: &str, only: impl Fn(&mut String, char)) -> String {
    let mut written = String::new();
    for piece in pieces {
        match piece {
            Piece::Any => written.push_str(any),
            Piece::One => written.push_str(one),
            Piece::Only(character) => only(&mut written, *character),
        }
    }
    written
}

impl QueryFragment<Pg> for Searched {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // The planner is to see the pattern: it decides the way.
        out.unsafe_to_cache_prepared();
        // In UTF-8, ILIKE is LIKE between texts in lower case, and PostgreSQL makes it of both.
        out.push_sql("(wazo_auth_rs_user_text.folded LIKE lower(");
        out.push_bind_param::<Text, String>(&self.like)?;
        match &self.regex {
            None => {}
            Some(regex) if self.pattern.len() <= LONGEST_REGEX => {
                out.push_sql(") AND wazo_auth_rs_user_text.folded ~ lower(");
                out.push_bind_param::<Text, String>(regex)?;
            }
            Some(_) => {
                out.push_sql(") AND EXISTS (SELECT FROM unnest(string_to_array(wazo_auth_rs_user_text.folded, chr(31))) AS field WHERE field LIKE lower(");
                out.push_bind_param::<Text, String>(&self.pattern)?;
                out.push_sql("))");
                out.push_sql(")");
                return Ok(());
            }
        }
        out.push_sql("))");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Searched {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("(wazo_auth_rs_user_text.folded GLOB ");
        out.push_bind_param::<Text, String>(&self.glob)?;
        if self.regex.is_some() {
            out.push_sql(" AND wazo_auth_rs_any_field_like(wazo_auth_rs_user_text.folded, ");
            out.push_bind_param::<Text, String>(&self.pattern)?;
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<MultiBackend> for Searched {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

impl Expression for Searched {
    type SqlType = Bool;
}

impl<QS> SelectableExpression<QS> for Searched
where
    Self: AppearsOnTable<QS>,
    wazo_auth_rs_user_text::folded: SelectableExpression<QS>,
{
}

impl<QS> AppearsOnTable<QS> for Searched where wazo_auth_rs_user_text::folded: AppearsOnTable<QS> {}

impl<G> ValidGrouping<G> for Searched {
    type IsAggregate = No;
}

/// The text depends on the pattern, so statements are told apart by it and not by their type.
impl QueryId for Searched {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_said_in_the_language_of_each_engine() {
        for (search, like, glob, regex) in [
            ("Kim", "%Kim%", "*kim*", None),
            ("50%", "%50%", "*50*", None),
            (r"50\%", r"%50\%%", "*50%*", None),
            ("[a]*?", "%[a]*?%", "*[[]a][*][?]*", None),
            // The field ends with it.
            (r"50\", "%50\\%\u{1f}%", "*50%\u{1f}*", None),
            // Whatever it is, there is a field.
            ("%", "%\u{1f}%", "*\u{1f}*", None),
            (
                "É%%_ b.",
                "%É%_%b.%",
                "*é*?*b.*",
                Some("É[^\u{1f}]*[^\u{1f}][^\u{1f}]*b\\."),
            ),
            ("_", "%_%", "*?*", Some("[^\u{1f}]")),
        ] {
            let searched = Searched::new(search).unwrap();
            assert_eq!(
                (&*searched.like, &*searched.glob, searched.regex.as_deref()),
                (like, glob, regex),
                "{search:?}"
            );
        }
    }

    #[test]
    fn what_would_be_taken_for_the_end_of_a_field_goes_another_way() {
        for search in ["a\u{1f}b", "a\u{1e}b", &"a".repeat(LONGEST)] {
            assert_eq!(Searched::new(search), None);
        }
    }
}
