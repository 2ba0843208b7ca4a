//! Searching users one by one, in their names and e-mail addresses: where there are few of them, or
//! where the texts for [`super::text`] are not kept.

use diesel::{
    QueryResult,
    expression::{
        AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate::No,
    },
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Nullable, Text},
    sqlite::Sqlite,
};

use crate::{connection::MultiBackend, schema::auth_user};

/// How e-mail addresses are looked at, beside the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addresses {
    /// At all of them, since all users are looked at.
    AtOnce,
    /// At those of each user that is left.
    OfEach,
}

/// Whether a user has the pattern in a name or an e-mail address.
#[derive(Debug, Clone)]
pub(super) struct Searched {
    pattern: String,
    rough: Rough,
    addresses: Addresses,
}

impl Searched {
    /// The condition on users.
    pub(super) fn new(search: &str, addresses: Addresses) -> Self {
        let pattern = wazo_auth_model::search::pattern(search);
        Self {
            rough: Rough::of(&pattern),
            pattern,
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
        out.push_sql("(");
        for name in NAMES {
            out.push_sql(name);
            out.push_sql(" ILIKE ");
            out.push_bind_param::<Text, String>(&self.pattern)?;
            out.push_sql(" OR ");
        }
        let (before, behind) = match self.addresses {
            Addresses::AtOnce => (
                "auth_user.uuid IN (SELECT auth_email.user_uuid FROM auth_email WHERE auth_email.address ILIKE ",
                "))",
            ),
            // A value and not EXISTS, of which PostgreSQL could make a look at all addresses.
            Addresses::OfEach => (
                "(SELECT TRUE FROM auth_email WHERE auth_email.user_uuid = auth_user.uuid AND auth_email.address ILIKE ",
                " LIMIT 1))",
            ),
        };
        out.push_sql(before);
        out.push_bind_param::<Text, String>(&self.pattern)?;
        out.push_sql(behind);
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Searched {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("(");
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
