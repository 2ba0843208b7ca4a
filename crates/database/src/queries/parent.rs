//! Which row it was that a new row refers to in vain.

use diesel::{QueryResult, dsl::exists, prelude::*, select};

use crate::{
    connection::Connection,
    constraint::Constraint,
    error::{DatabaseError, DatabaseResult, Violation},
    schema::{auth_group, auth_policy, auth_tenant, auth_tenant_domain, auth_user},
};

/// A row that another one refers to, by its id.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parent<'a> {
    Tenant(&'a str),
    User(&'a str),
    Group(&'a str),
    Policy(&'a str),
    Domain(&'a str),
}

impl Parent<'_> {
    fn exists(self, db: &mut Connection) -> QueryResult<bool> {
        match self {
            Self::Tenant(uuid) => select(exists(auth_tenant::table.find(uuid))).get_result(db),
            Self::User(uuid) => select(exists(auth_user::table.find(uuid))).get_result(db),
            Self::Group(uuid) => select(exists(auth_group::table.find(uuid))).get_result(db),
            Self::Policy(uuid) => select(exists(auth_policy::table.find(uuid))).get_result(db),
            Self::Domain(uuid) => {
                select(exists(auth_tenant_domain::table.find(uuid))).get_result(db)
            }
        }
    }
}

/// Gives a broken foreign key the name that SQLite left out: that of the first missing parent. There
/// the transaction goes on after a failed statement, and nobody else writes, so it is still missing.
pub(crate) fn name_missing<T>(
    db: &mut Connection,
    result: QueryResult<T>,
    parents: &[(Parent<'_>, Constraint)],
) -> DatabaseResult<T> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => DatabaseError::from(error),
    };
    if error.violation() == Some(Violation::ForeignKey) && matches!(db, Connection::Sqlite(_)) {
        for (parent, constraint) in parents {
            if !parent.exists(db)? {
                return Err(DatabaseError::Missing(*constraint));
            }
        }
    }
    Err(error)
}
