//! What lists have in common: search, order, and the part that is wanted.

use diesel::{
    QueryResult,
    backend::Backend,
    expression::{
        AppearsOnTable, Expression, SelectableExpression, ValidGrouping,
        expression_types::NotSelectable,
    },
    query_builder::{AstPass, QueryFragment, QueryId},
};

/// How many ids one statement names: SQLite takes 32,766 values, PostgreSQL 65,535.
pub(crate) const MANY: usize = 10_000;

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// The smallest; what has no value comes last.
    #[default]
    Ascending,
    /// The largest; what has no value comes first.
    Descending,
}

/// Which part of a list is wanted, by the columns in `O`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging<O> {
    /// Words that one of the searched columns has, in this order.
    pub search: Option<String>,
    /// The column that decides the order; the id decides between equal values.
    pub order: O,
    /// Which end comes first.
    pub direction: Direction,
    /// How many at most; all of them without.
    pub limit: Option<u64>,
    /// How many of the first are left out.
    pub offset: u64,
}

impl<O> Paging<O> {
    /// What follows LIMIT; there always is one, since SQLite knows no OFFSET without it.
    pub(crate) fn limit(&self) -> i64 {
        self.limit.map_or(i64::MAX, clamp)
    }

    /// What follows OFFSET.
    pub(crate) fn offset(&self) -> i64 {
        clamp(self.offset)
    }

    /// The same part of so many rows, counted from the end that is nearer to it. From the other end than
    /// asked for, the rows of the part come in the opposite order.
    pub(crate) fn counted_from_nearer_end(&self, found: i64) -> Self
    where
        O: Copy,
    {
        let count = self.limit().min(found.saturating_sub(self.offset()));
        let behind = found.saturating_sub(self.offset()).saturating_sub(count);
        let from = |direction, offset| Self {
            search: self.search.clone(),
            order: self.order,
            direction,
            limit: Some(u64::try_from(count).unwrap_or_default()),
            offset,
        };
        match u64::try_from(behind) {
            Ok(behind) if behind < self.offset => from(self.direction.opposite(), behind),
            _ => from(self.direction, self.offset),
        }
    }

    /// A column in the wanted direction.
    pub(crate) fn by<C>(&self, column: C) -> Sorted<C> {
        Sorted(column, self.direction.sql_with_nothing())
    }

    /// A column in the wanted direction, in a form that no index has: for what is found along another
    /// index, and sorted then.
    pub(crate) fn by_sorting<C>(&self, column: C) -> Sorted<C> {
        Sorted(
            column,
            match self.direction {
                Direction::Ascending => " || '' ASC NULLS LAST",
                Direction::Descending => " || '' DESC NULLS FIRST",
            },
        )
    }

    /// A column that always has a value, in the wanted direction: an index on both is walked from
    /// either end.
    pub(crate) fn ties_by<C>(&self, column: C) -> Sorted<C> {
        Sorted(column, self.direction.sql())
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is in this part.
    pub items: Vec<T>,
    /// How many there are in the scope.
    pub total: i64,
    /// How many of these fit the filter and the search, in whatever part.
    pub filtered: i64,
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Direction {
    fn opposite(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    /// The same for what always has a value: how SQL calls it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => " ASC",
            Self::Descending => " DESC",
        }
    }

    /// How SQL calls it, where nothing belongs included.
    pub(crate) fn sql_with_nothing(self) -> &'static str {
        match self {
            Self::Ascending => " ASC NULLS LAST",
            Self::Descending => " DESC NULLS FIRST",
        }
    }
}

/// A column to order by. Says where nothing belongs: the engines differ in that.
#[derive(Debug, Clone, Copy, ValidGrouping)]
pub(crate) struct Sorted<C>(C, &'static str);

impl<C: Expression> Expression for Sorted<C> {
    type SqlType = NotSelectable;
}

impl<C, QS> SelectableExpression<QS> for Sorted<C>
where
    Self: AppearsOnTable<QS>,
    C: SelectableExpression<QS>,
{
}

impl<C: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Sorted<C> {}

impl<C: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Sorted<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(self.1);
        Ok(())
    }
}

/// The text depends on the direction, so statements are told apart by it and not by their type.
impl<C> QueryId for Sorted<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_what_sql_knows_are_its_largest() {
        let paging = Paging::<()> {
            limit: Some(u64::MAX),
            offset: u64::MAX,
            ..Paging::default()
        };
        assert_eq!((paging.limit(), paging.offset()), (i64::MAX, i64::MAX));
        assert_eq!(Paging::<()>::default().limit(), i64::MAX);
    }

    #[test]
    fn a_part_is_the_same_from_either_end() {
        use Direction::{Ascending, Descending};
        let near = |limit, offset, found| {
            let paging = Paging::<()> {
                limit,
                offset,
                ..Paging::default()
            };
            let near = paging.counted_from_nearer_end(found);
            (near.direction, near.offset(), near.limit())
        };
        assert_eq!(near(Some(3), 2, 10), (Ascending, 2, 3));
        assert_eq!(near(Some(3), 4, 10), (Descending, 3, 3));
        assert_eq!(near(Some(3), 9, 10), (Descending, 0, 1));
        assert_eq!(near(Some(30), 0, 10), (Ascending, 0, 10));
        assert_eq!(near(None, 4, 10), (Descending, 0, 6));
        assert_eq!(near(Some(3), 10, 10), (Descending, 0, 0));
        assert_eq!(near(Some(3), 99, 10).2, 0);
    }
}
