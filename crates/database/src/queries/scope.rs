//! Which tenants a query is about, as a condition inside it: no list of ids is loaded and sent back,
//! however many tenants there are.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text},
    sqlite::Sqlite,
};
use wazo_auth_model::ids::TenantId;

use crate::connection::{Connection, MultiBackend};

/// A set of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them: what the top tenant sees, also tenants that hang nowhere.
    All,
    /// One, whether or not it exists.
    Tenant(TenantId),
    /// One with all that is below it; empty when it does not exist.
    Subtree(TenantId),
}

impl Scope {
    /// Whether the tenant in a column is in this set.
    pub(crate) fn covers<C: Expression<SqlType = Text>>(&self, column: C) -> Within<C> {
        Within(
            column,
            match self {
                Self::All => Set::All,
                Self::Tenant(tenant) => Set::One(tenant.as_str().to_owned()),
                Self::Subtree(tenant) => Set::Below(Below::new(tenant)),
            },
            Way::Any,
        )
    }

    /// The same for a statement that goes along another index, past rows of other tenants: no engine
    /// looks into this condition to find a way.
    pub(crate) fn covers_in_passing<C: Expression<SqlType = Text>>(&self, column: C) -> Within<C> {
        Within {
            2: Way::InPassing,
            ..self.covers(column)
        }
    }
}

/// Whether the tenant in a column is `tenant` or one of those above it.
pub(crate) fn is_at_or_above<C: Expression<SqlType = Text>>(column: C, tenant: &str) -> Within<C> {
    Within(column, Set::Above(tenant.to_owned()), Way::Any)
}

/// A condition on a column of ids of tenants.
#[derive(Debug, Clone, ValidGrouping)]
pub(crate) struct Within<C>(C, Set, Way);

/// How the rows with these tenants may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Any,
    InPassing,
}

#[derive(Debug, Clone)]
enum Set {
    All,
    One(String),
    Below(Below),
    Above(String),
}

/// The ids of a tenant and of all those below it; as a statement, [`Query`] loads them.
#[derive(Debug, Clone)]
pub(crate) struct Below(String);

impl Below {
    pub(crate) fn new(tenant: &TenantId) -> Self {
        Self(tenant.as_str().to_owned())
    }

    /// Both parts of a UNION, which drops what was found before: parents in a ring end the walk.
    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>, step: &str) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<Text>,
        String: ToSql<Text, DB>,
    {
        out.push_sql(
            "WITH RECURSIVE below (uuid) AS (SELECT root.uuid FROM auth_tenant AS root WHERE root.uuid = ",
        );
        out.push_bind_param::<Text, String>(&self.0)?;
        out.push_sql(" UNION SELECT child.uuid FROM below ");
        out.push_sql(step);
        out.push_sql(") SELECT below.uuid FROM below");
        Ok(())
    }
}

impl QueryFragment<Pg> for Below {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // PostgreSQL takes ten tenants for the start of every walk, and would read the whole table at
        // each level. OFFSET keeps it from seeing through the subquery.
        self.walk(
            out,
            "CROSS JOIN LATERAL (SELECT child.uuid FROM auth_tenant AS child WHERE child.parent_uuid = below.uuid OFFSET 0) AS child",
        )
    }
}

impl QueryFragment<Sqlite> for Below {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(
            out,
            "JOIN auth_tenant AS child ON child.parent_uuid = below.uuid",
        )
    }
}

impl QueryFragment<MultiBackend> for Below {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

impl Query for Below {
    type SqlType = Text;
}

impl QueryId for Below {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<Connection> for Below {}

const ABOVE: (&str, &str) = (
    " IN (WITH RECURSIVE above (uuid, parent_uuid) AS (SELECT leaf.uuid, leaf.parent_uuid FROM auth_tenant AS leaf WHERE leaf.uuid = ",
    " UNION SELECT parent.uuid, parent.parent_uuid FROM above JOIN auth_tenant AS parent ON parent.uuid = above.parent_uuid) SELECT above.uuid FROM above)",
);

impl<C, DB> QueryFragment<DB> for Within<C>
where
    C: QueryFragment<DB>,
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
    Below: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if matches!(self.1, Set::All) {
            out.push_sql("(1 = 1)");
            return Ok(());
        }
        out.push_sql(match self.2 {
            Way::Any => "(",
            Way::InPassing => "((",
        });
        self.0.walk_ast(out.reborrow())?;
        match &self.1 {
            Set::All => {}
            Set::One(tenant) => {
                out.push_sql(" = ");
                out.push_bind_param::<Text, String>(tenant)?;
            }
            Set::Below(below) => {
                out.push_sql(" IN (");
                below.walk_ast(out.reborrow())?;
                out.push_sql(")");
            }
            Set::Above(tenant) => {
                out.push_sql(ABOVE.0);
                out.push_bind_param::<Text, String>(tenant)?;
                out.push_sql(ABOVE.1);
            }
        }
        out.push_sql(match self.2 {
            Way::Any => ")",
            Way::InPassing => ") IS TRUE)",
        });
        Ok(())
    }
}

impl<C: Expression> Expression for Within<C> {
    type SqlType = Bool;
}

impl<C, QS> SelectableExpression<QS> for Within<C>
where
    Self: AppearsOnTable<QS>,
    C: SelectableExpression<QS>,
{
}

impl<C: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Within<C> {}

/// The text depends on the set, so statements are told apart by it and not by their type.
impl<C> QueryId for Within<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
