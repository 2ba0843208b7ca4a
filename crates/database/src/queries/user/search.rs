//! Searching users by their names and e-mail addresses.
//!
//! A search reads what it compares of every user, since a pattern may begin with anything. It does so in
//! an index that has the names and little else; on PostgreSQL in lower case already, which is most of
//! the work there. Indexes of PostgreSQL take no long texts, so users with long names are a part of
//! their own there, normally an empty one.

use diesel::{
    QueryResult,
    dsl::sql,
    expression::{
        AppearsOnTable, Expression, SelectableExpression, SqlLiteral, ValidGrouping,
        is_aggregate::No,
    },
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Nullable, Text},
    sqlite::Sqlite,
};

use crate::{
    connection::{Connection, MultiBackend},
    schema::auth_user,
};

/// A part of all users. The parts have no user in common.
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

/// How e-mail addresses are looked at, beside the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addresses {
    /// At all of them, since all users are looked at.
    AtOnce,
    /// At those of each user that is left.
    OfEach,
    /// Not at all; on PostgreSQL.
    Not,
    /// At all of them, and not at the names; on PostgreSQL.
    Alone,
}

impl Addresses {
    /// The looks that find together what this one finds, one user more than once perhaps. PostgreSQL
    /// ends each of two looks early, and would first read all addresses for one.
    pub(super) fn looks(self, db: &Connection) -> &'static [Self] {
        match (self, db) {
            (Self::AtOnce, Connection::Postgres(_)) => &[Self::Not, Self::Alone],
            (Self::AtOnce, Connection::Sqlite(_)) => &[Self::AtOnce],
            (Self::OfEach, _) => &[Self::OfEach],
            (Self::Not, _) => &[Self::Not],
            (Self::Alone, _) => &[Self::Alone],
        }
    }
}

/// Whether a user has the pattern in a name or an e-mail address.
#[derive(Debug, Clone)]
pub(super) struct Searched {
    pattern: String,
    rough: Rough,
    part: Part,
    addresses: Addresses,
}

impl Searched {
    /// The condition on the users of a part.
    pub(super) fn new(search: &str, part: Part, addresses: Addresses) -> Self {
        let pattern = wazo_auth_model::search::pattern(search);
        Self {
            rough: Rough::of(&pattern),
            pattern,
            part,
            addresses,
        }
    }
}

/// The names of a user, as columns.
const NAMES: [&str; 3] = [
    "auth_user.username",
    "auth_user.firstname",
    "auth_user.lastname",
];

impl QueryFragment<Pg> for Searched {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // The planner is to see the pattern: it decides the way.
        out.unsafe_to_cache_prepared();
        // In UTF-8, ILIKE is LIKE between texts in lower case, which are in the index.
        let (open, like, close) = match self.part {
            Part::Indexed => ("lower(", ") LIKE lower(", ")"),
            Part::All | Part::Long => ("", " ILIKE (", ")"),
        };
        out.push_sql("(");
        if self.addresses != Addresses::Alone {
            for (number, name) in NAMES.into_iter().enumerate() {
                out.push_sql(if number == 0 { "" } else { " OR " });
                for piece in [open, name, like] {
                    out.push_sql(piece);
                }
                out.push_bind_param::<Text, String>(&self.pattern)?;
                out.push_sql(close);
            }
        }
        match self.addresses {
            Addresses::Not => {}
            Addresses::AtOnce | Addresses::Alone => {
                out.push_sql(if self.addresses == Addresses::Alone {
                    ""
                } else {
                    " OR "
                });
                out.push_sql("auth_user.uuid IN (SELECT auth_email.user_uuid FROM auth_email WHERE (octet_length(auth_email.address) <= 300) IS TRUE AND lower(auth_email.address) LIKE lower(");
                out.push_bind_param::<Text, String>(&self.pattern)?;
                out.push_sql(") UNION ALL SELECT auth_email.user_uuid FROM auth_email WHERE octet_length(auth_email.address) > 300 AND auth_email.address ILIKE ");
                out.push_bind_param::<Text, String>(&self.pattern)?;
                out.push_sql(")");
            }
            // A value and not EXISTS, of which PostgreSQL could make a look at all addresses.
            Addresses::OfEach => {
                out.push_sql(" OR (SELECT TRUE FROM auth_email WHERE auth_email.user_uuid = auth_user.uuid AND auth_email.address ILIKE ");
                out.push_bind_param::<Text, String>(&self.pattern)?;
                out.push_sql(" LIMIT 1)");
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Searched {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(match self.addresses {
            // Holds for all of them, and leads along the index for searches: users come by in the order
            // of their ids, and next to each other in their index are the addresses of neighbours. If
            // SQLite saw that it holds for all, it would read the table.
            Addresses::AtOnce => "(auth_user.uuid >= (SELECT '') AND ",
            Addresses::OfEach | Addresses::Not | Addresses::Alone => "(",
        });
        let mut like = |before: &str, name: &str| {
            out.push_sql(before);
            out.push_sql(name);
            out.push_sql(" LIKE ");
            out.push_bind_param::<Text, String>(&self.rough.text)?;
            out.push_sql(r" ESCAPE '\'");
            QueryResult::Ok(())
        };
        let [first, second, third] = NAMES;
        like("((", first)?;
        like(" OR ", second)?;
        like(" OR ", third)?;
        out.push_sql(")");
        if !self.rough.exact {
            out.push_sql(" AND wazo_auth_rs_any_ilike(");
            for name in NAMES {
                out.push_sql(name);
                out.push_sql(", ");
            }
            out.push_bind_param::<Text, String>(&self.pattern)?;
            out.push_sql(")");
        }
        out.push_sql(" OR EXISTS (SELECT 1 FROM auth_email WHERE auth_email.user_uuid = auth_user.uuid AND auth_email.address LIKE ");
        out.push_bind_param::<Text, String>(&self.rough.text)?;
        out.push_sql(r" ESCAPE '\'");
        if !self.rough.exact {
            out.push_sql(" AND wazo_auth_rs_ilike(auth_email.address, ");
            out.push_bind_param::<Text, String>(&self.pattern)?;
            out.push_sql(")");
        }
        out.push_sql(")))");
        Ok(())
    }
}

/// A pattern for SQLite's own LIKE, which is faster than a function of ours, and folds ASCII alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rough {
    text: String,
    /// Whether it matches the same texts as the pattern, and not more.
    exact: bool,
}

impl Rough {
    /// Folding makes one character of one. So whatever is beyond ASCII, or may come from there as the `k`
    /// does, is one character of any kind.
    fn of(pattern: &str) -> Self {
        // SQLite takes no longer ones.
        if pattern.len() > LONGEST_LIKE {
            return Self {
                text: "%".to_owned(),
                exact: false,
            };
        }
        let mut rough = Self {
            text: String::with_capacity(pattern.len()),
            exact: true,
        };
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            let escaped = (character == '\\').then(|| characters.next().unwrap_or('\\'));
            let plain = escaped.unwrap_or(character);
            if !plain.is_ascii() || plain.eq_ignore_ascii_case(&'k') {
                rough.text.push('_');
                rough.exact = false;
                continue;
            }
            if escaped.is_some() {
                rough.text.push('\\');
            }
            rough.text.push(plain);
        }
        rough
    }
}

/// The longest pattern of LIKE that SQLite takes, in bytes.
const LONGEST_LIKE: usize = 50_000;

impl QueryFragment<MultiBackend> for Searched {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

impl Expression for Searched {
    type SqlType = Nullable<Bool>;
}

impl<QS> SelectableExpression<QS> for Searched
where
    Self: AppearsOnTable<QS>,
    auth_user::uuid: SelectableExpression<QS>,
{
}

impl<QS> AppearsOnTable<QS> for Searched where auth_user::uuid: AppearsOnTable<QS> {}

impl<G> ValidGrouping<G> for Searched {
    type IsAggregate = No;
}

/// The text depends on the values, so statements are told apart by it and not by their type.
impl QueryId for Searched {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_unicode_folds_is_any_character_for_sqlite() {
        for (pattern, rough, exact) in [
            (r"%a\%_b\\%", r"%a\%_b\\%", true),
            ("%kim%", "%_im%", false),
            ("%élo%", "%_lo%", false),
            (r"%\é\K\n%", r"%__\n%", false),
            (r"a\", r"a\\", true),
        ] {
            let found = Rough::of(pattern);
            assert_eq!((found.text.as_str(), found.exact), (rough, exact));
        }
        assert_eq!(Rough::of(&"a".repeat(50_001)).text, "%");
    }
}
