//! The part of a list of users that is wanted.
//!
//! It is found by ids first: the way past all users before it leads along an index alone, and the rows
//! themselves are only read of those that are wanted.

use diesel::{
    QueryResult,
    dsl::sql,
    expression::{
        AppearsOnTable, Expression, SelectableExpression, SqlLiteral, ValidGrouping,
        is_aggregate::No,
    },
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool},
};

use crate::{
    connection::{Connection, MultiBackend},
    queries::list::{Direction, Paging},
    schema::auth_user,
};

/// A part of all users. The parts have no user in common.
///
/// Indexes of PostgreSQL take no long texts. So users with long names are a part of their own there,
/// normally an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of them.
    All,
    /// Those who are in our indexes.
    Indexed,
    /// Those whose names are too long.
    Long,
}

impl Part {
    /// The parts that make up all users.
    pub(super) fn all(db: &Connection) -> &'static [Self] {
        match db {
            Connection::Postgres(_) => &[Self::Indexed, Self::Long],
            Connection::Sqlite(_) => &[Self::All],
        }
    }

    /// Whether a user is in this part. The text is that of the indexes.
    pub(super) fn holds(self) -> SqlLiteral<Bool> {
        /// How long the longest name of a user is, in bytes.
        macro_rules! length {
            () => {
                "coalesce(greatest(octet_length(auth_user.username), octet_length(auth_user.firstname), octet_length(auth_user.lastname)), 0)"
            };
        }
        sql(match self {
            Self::All => "(1 = 1)",
            Self::Indexed => concat!("(", length!(), " <= 300) IS TRUE"),
            Self::Long => concat!(length!(), " > 300"),
        })
    }
}

/// A statement that finds ids, in order.
pub(super) type Ids<'a> = Box<dyn QueryFragment<MultiBackend> + Send + 'a>;

/// The ids of users along the index of a column, each with what decides its place: so many of them,
/// from there on.
macro_rules! ids_along {
    ($users:expr, $paging:expr, $range:expr, $column:expr) => {
        Box::new(
            $users
                .order($paging.by($column))
                .then_order_by($paging.ties_by(auth_user::uuid))
                .offset($range.0)
                .limit($range.1)
                .select((auth_user::uuid, $column)),
        ) as $crate::queries::user::page::Ids<'_>
    };
}
pub(super) use ids_along;

/// The ids on a page of what a statement finds in whatever way, and sorts then.
macro_rules! sorted_ids {
    ($rows:expr, $paging:expr, $by:ident, $table:ident) => {{
        let rows = match $paging.order {
            Order::Username => $rows.order($paging.$by($table::username)),
            Order::Firstname => $rows.order($paging.$by($table::firstname)),
            Order::Lastname => $rows.order($paging.$by($table::lastname)),
        };
        Box::new(
            rows.then_order_by($paging.ties_by($table::uuid))
                .offset($paging.offset())
                .limit($paging.limit())
                .select($table::uuid),
        ) as $crate::queries::user::page::Ids<'_>
    }};
}
pub(super) use sorted_ids;

/// Whether a user is on the page.
pub(super) struct OnPage<'a> {
    parts: Vec<Ids<'a>>,
    direction: Direction,
    limit: i64,
    offset: i64,
}

/// From where on, and how many, each of so many parts is read.
pub(super) fn range<O>(paging: &Paging<O>, parts: usize) -> (i64, i64) {
    if parts == 1 {
        return (paging.offset(), paging.limit());
    }
    // Whose users come first is only known when all are together.
    (0, paging.offset().saturating_add(paging.limit()))
}

impl<'a> OnPage<'a> {
    /// The page of what the parts have together, each of them in its [`range`].
    pub(super) fn new<O>(parts: Vec<Ids<'a>>, paging: &Paging<O>) -> Self {
        Self {
            parts,
            direction: paging.direction,
            limit: paging.limit(),
            offset: paging.offset(),
        }
    }
}

impl QueryFragment<MultiBackend> for OnPage<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        // How far the page goes decides the way: the planner is to see it.
        out.unsafe_to_cache_prepared();
        out.push_sql("auth_user.uuid IN (SELECT page.uuid FROM (");
        if let [part] = self.parts.as_slice() {
            part.walk_ast(out.reborrow())?;
            out.push_sql(") AS page)");
            return Ok(());
        }
        for (number, part) in self.parts.iter().enumerate() {
            out.push_sql(if number == 0 { "(" } else { " UNION ALL (" });
            part.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(") AS page (uuid, key) ORDER BY page.key");
        out.push_sql(self.direction.sql_with_nothing());
        out.push_sql(", page.uuid");
        out.push_sql(self.direction.sql());
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.limit)?;
        out.push_sql(" OFFSET ");
        out.push_bind_param::<BigInt, i64>(&self.offset)?;
        out.push_sql(")");
        Ok(())
    }
}

impl Expression for OnPage<'_> {
    type SqlType = Bool;
}

impl<QS> SelectableExpression<QS> for OnPage<'_>
where
    Self: AppearsOnTable<QS>,
    auth_user::uuid: SelectableExpression<QS>,
{
}

impl<QS> AppearsOnTable<QS> for OnPage<'_> where auth_user::uuid: AppearsOnTable<QS> {}

impl<G> ValidGrouping<G> for OnPage<'_> {
    type IsAggregate = No;
}

/// The text depends on the parts, so statements are told apart by it and not by their type.
impl QueryId for OnPage<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
