//! SQL functions that SQLite lacks and the schema relies on.

use diesel::{
    QueryResult, SqliteConnection,
    sql_types::{Nullable, Text},
};

#[diesel::declare_sql_function]
extern "SQL" {
    /// A new random UUID.
    fn uuid_generate_v4() -> Text;
    /// Lower case for all of Unicode; SQLite's own folds ASCII alone.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// Makes the functions known to a connection. `lower` takes the place of SQLite's own, also in the
/// schema's indexes; hence every program that writes these tables must register it.
pub fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    uuid_generate_v4_utils::register_nondeterministic_impl(connection, || {
        uuid::Uuid::new_v4().to_string()
    })?;
    lower_utils::register_impl(connection, |text: Option<String>| {
        text.map(|text| text.to_lowercase())
    })
}
