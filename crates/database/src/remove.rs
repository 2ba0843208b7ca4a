//! Gives a database back to the program that made it: without anything that we added.

use diesel::{connection::SimpleConnection, prelude::*};

use crate::{
    connection::{Connection, per_engine},
    error::{DatabaseError, DatabaseResult},
    migrate::{Name, locked},
};

/// What was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Kind and name of each object.
    pub objects: Vec<String>,
}

/// Takes away whatever we added.
pub(crate) fn remove_own(connection: &mut Connection) -> DatabaseResult<Removed> {
    if matches!(connection, Connection::Sqlite(_)) {
        return Err(DatabaseError::Foreign(
            "an SQLite database belongs to this program as a whole: there is nothing to take away from it"
                .to_owned(),
        ));
    }
    // Triggers go with their functions, indexes of our tables with them.
    const OWN: &str = "SELECT kind || ' ' || quote_ident(name) AS name FROM (
            SELECT 1 AS rank, 'INDEX' AS kind, c.relname::text AS name
            FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
            JOIN pg_class t ON t.oid = i.indrelid
            WHERE c.relnamespace = current_schema()::regnamespace
              AND c.relname LIKE 'wazo\\_auth\\_rs\\_%' AND t.relname NOT LIKE 'wazo\\_auth\\_rs\\_%'
            UNION ALL
            SELECT 2, 'TABLE', relname::text FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
              AND relname LIKE 'wazo\\_auth\\_rs\\_%'
            UNION ALL
            SELECT 3, 'FUNCTION', proname::text FROM pg_proc
            WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'wazo\\_auth\\_rs\\_%'
        ) AS own ORDER BY rank, name";
    locked(connection, |connection| {
        let own: Vec<Name> = per_engine!(connection => diesel::sql_query(OWN).load(connection))?;
        for object in &own {
            connection.batch_execute(&format!("DROP {} CASCADE", object.name))?;
        }
        Ok(Removed {
            objects: own.into_iter().map(|object| object.name).collect(),
        })
    })
}
