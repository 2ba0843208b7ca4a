//! What our own indexes cost whoever adds rows.

use std::time::{Duration, Instant};

use diesel::{RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Text};
use wazo_auth_database::{Connection, Database, DatabaseError, DatabaseResult};

use crate::fill::numbered;

/// How often each side has its turn.
const ROUNDS: u32 = 3;

/// What ends a transaction that is to leave nothing behind.
enum Undone {
    Took(Duration),
    Failed(DatabaseError),
}

impl From<DatabaseError> for Undone {
    fn from(error: DatabaseError) -> Self {
        Self::Failed(error)
    }
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// How long a filled database takes to run `statements` for `more` numbers behind those that are there,
/// with our own indexes of these tables and without them. Leaves it as it was.
pub fn time_inserts(
    database: &Database,
    there: u64,
    more: u64,
    statements: &[String],
    tables: &'static [&'static str],
) -> DatabaseResult<(Duration, Duration)> {
    let statements: Vec<String> = statements
        .iter()
        .map(|statement| numbered(there + 1, there + more, statement))
        .collect();
    let time = |with: bool| {
        let statements = statements.clone();
        let undone = database.write(move |db| -> Result<(), Undone> {
            if !with {
                for index in own_indexes(db, tables)? {
                    db.batch_execute(&format!("DROP INDEX {index}"))?;
                }
            }
            let start = Instant::now();
            for statement in &statements {
                db.batch_execute(statement)?;
            }
            Err(Undone::Took(start.elapsed()))
        });
        match undone.wait() {
            Err(Undone::Took(time)) => Ok(time),
            Err(Undone::Failed(error)) => Err(error),
            Ok(()) => Ok(Duration::ZERO),
        }
    };
    // In turns, so that whatever else the machine does hits both sides; the first is not measured.
    time(true)?;
    let (mut with, mut without) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        with += time(true)?;
        without += time(false)?;
    }
    Ok((with / ROUNDS, without / ROUNDS))
}

/// Our own indexes of these tables.
pub fn own_indexes(db: &mut Connection, tables: &[&str]) -> DatabaseResult<Vec<String>> {
    let (index, table, from) = match db {
        Connection::Postgres(_) => ("indexname::text", "tablename::text", "pg_indexes"),
        Connection::Sqlite(_) => ("name", "tbl_name", "sqlite_master"),
    };
    let select = sql::<(Text, Text)>(&format!("SELECT {index}, {table} FROM {from}"));
    let rows: Vec<(String, String)> = match db {
        Connection::Postgres(db) => select.load(db)?,
        Connection::Sqlite(db) => select.load(db)?,
    };
    Ok(rows
        .into_iter()
        .filter(|(name, table)| {
            name.starts_with("wazo_auth_rs_") && tables.contains(&table.as_str())
        })
        .map(|(name, _)| name)
        .collect())
}
