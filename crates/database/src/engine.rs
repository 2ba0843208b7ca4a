//! Both engines behind one connection, so that there is one query code.

use diesel::{
    PgConnection, RunQueryDsl, SqliteConnection,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
};

/// A connection to one of the engines. Where it is used it is called `Connection`, a name that
/// diesel's derive needs for itself here.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// A statement that both engines understand, but that diesel builds for one of them at a time, such
/// as an upsert: `Each(statement).execute(connection)`.
#[derive(Debug, Clone, Copy)]
pub struct Each<Q>(pub Q);

impl<Q> QueryFragment<MultiBackend> for Each<Q>
where
    Q: QueryFragment<diesel::pg::Pg> + QueryFragment<diesel::sqlite::Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: QueryId> QueryId for Each<Q> {
    type QueryId = Each<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
    const IS_WINDOW_FUNCTION: bool = Q::IS_WINDOW_FUNCTION;
}

impl<Q: Query> Query for Each<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<AnyConnection> for Each<Q> {}

/// The same expression once for each engine, with the connection of that engine: for what the
/// connection to either cannot take, such as inserting several rows at once.
macro_rules! per_engine {
    ($connection:ident => $body:expr) => {
        match $connection {
            $crate::engine::AnyConnection::Postgres($connection) => $body,
            $crate::engine::AnyConnection::Sqlite($connection) => $body,
        }
    };
}
pub(crate) use per_engine;
