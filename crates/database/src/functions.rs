//! SQL functions: those of PostgreSQL that SQLite lacks, and matching that is the same on both.

use std::sync::{Mutex, PoisonError};

use diesel::{
    QueryResult, SqliteConnection,
    expression::{AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Nullable, SqlType, Text},
    sqlite::Sqlite,
};
use wazo_auth_model::search::Pattern;

use crate::connection::MultiBackend;

/// What ends each field of a text of `wazo_auth_rs_user_text`. No field has it in it.
pub const FIELD_END: char = '\u{1f}';

#[diesel::declare_sql_function]
extern "SQL" {
    /// A new random UUID.
    fn uuid_generate_v4() -> Text;
    /// Microseconds since the Unix epoch.
    fn wazo_auth_rs_now() -> diesel::sql_types::BigInt;
    /// Lower case for all of Unicode; SQLite's own folds ASCII alone.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
    /// PostgreSQL's ILIKE.
    fn wazo_auth_rs_ilike(text: Nullable<Text>, pattern: Nullable<Text>) -> Nullable<Bool>;
    /// Whether one of three texts is like a pattern; one call for each row is faster than three.
    fn wazo_auth_rs_any_ilike(
        first: Nullable<Text>,
        second: Nullable<Text>,
        third: Nullable<Text>,
        pattern: Text,
    ) -> Bool;
    /// Whether one field of a text of `wazo_auth_rs_user_text` is like a pattern.
    fn wazo_auth_rs_any_field_like(text: Text, pattern: Text) -> Bool;
}

/// Makes the functions known to an SQLite connection. `lower` takes the place of SQLite's own, also in
/// the schema's indexes; hence every program that writes these tables must register it.
pub fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    uuid_generate_v4_utils::register_nondeterministic_impl(connection, || {
        uuid::Uuid::new_v4().to_string()
    })?;
    wazo_auth_rs_now_utils::register_nondeterministic_impl(connection, || {
        chrono::Utc::now().timestamp_micros()
    })?;
    let last = LastPattern::default();
    wazo_auth_rs_ilike_utils::register_impl(
        connection,
        move |text: Option<String>, pattern: Option<String>| {
            Some(last.matches(&pattern?, [text?.as_str()]))
        },
    )?;
    let last = LastPattern::default();
    wazo_auth_rs_any_ilike_utils::register_impl(
        connection,
        move |first: Option<String>,
              second: Option<String>,
              third: Option<String>,
              pattern: String| {
            let texts = [&first, &second, &third];
            last.matches(&pattern, texts.into_iter().flatten().map(String::as_str))
        },
    )?;
    let last = LastPattern::default();
    wazo_auth_rs_any_field_like_utils::register_impl(
        connection,
        move |text: String, pattern: String| {
            last.matches(&pattern, text.split_terminator(FIELD_END))
        },
    )?;
    lower_utils::register_impl(connection, |text: Option<String>| {
        text.map(|text| wazo_auth_model::search::lower(&text))
    })
}

/// The pattern that a connection was asked for last: a statement asks for the same one with each row.
#[derive(Default)]
struct LastPattern(Mutex<Option<(String, Pattern)>>);

impl LastPattern {
    /// Whether one of the texts matches.
    fn matches<'a>(&self, text: &str, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, pattern) = match &mut *last {
            Some(last) if last.0 == text => last,
            last => last.insert((text.to_owned(), Pattern::new(text))),
        };
        texts.into_iter().any(|text| pattern.matches(text))
    }
}

/// `text ILIKE pattern`, in any case of letters of all of Unicode, on both engines.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct ILike<L, R>(L, R);

impl<L: Expression, R: Expression> Expression for ILike<L, R> {
    type SqlType = Nullable<Bool>;
}

impl<L, R, QS> SelectableExpression<QS> for ILike<L, R>
where
    Self: AppearsOnTable<QS>,
    L: SelectableExpression<QS>,
    R: SelectableExpression<QS>,
{
}

impl<L, R, QS> AppearsOnTable<QS> for ILike<L, R>
where
    Self: Expression,
    L: AppearsOnTable<QS>,
    R: AppearsOnTable<QS>,
{
}

impl<L: QueryFragment<Pg>, R: QueryFragment<Pg>> QueryFragment<Pg> for ILike<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" ILIKE ");
        self.1.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<L: QueryFragment<Sqlite>, R: QueryFragment<Sqlite>> QueryFragment<Sqlite> for ILike<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("wazo_auth_rs_ilike(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.1.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<L, R> QueryFragment<MultiBackend> for ILike<L, R>
where
    Self: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

/// Gives [`ILike`] to columns of text.
pub trait ILikeMethod: Expression + Sized
where
    Self::SqlType: SqlType,
{
    /// Whether the text matches a pattern of `%` and `_`, in any case of letters.
    fn matches(self, pattern: &str) -> ILike<Self, <String as AsExpression<Text>>::Expression> {
        ILike(
            self,
            AsExpression::<Text>::as_expression(pattern.to_owned()),
        )
    }
}

impl<E: Expression> ILikeMethod for E where E::SqlType: SqlType {}
