//! What our own indexes cost whoever adds tokens.

use std::time::{Duration, Instant};

use diesel::{RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Text};
use wazo_auth_database::{Connection, Database, DatabaseError, DatabaseResult};

use crate::fill::{Numbers, numbered, session, token};

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

/// How long a filled database takes to add `more` tokens, with our own indexes and without them. Leaves
/// it as it was.
pub fn time_inserts(
    database: &Database,
    numbers: Numbers,
    more: u64,
) -> DatabaseResult<(Duration, Duration)> {
    let from = numbers.tokens + 1;
    let statements = [session(numbers.tenants), token(numbers.users)]
        .map(|statement| numbered(from, numbers.tokens + more, &statement));
    let time = |with: bool| {
        let statements = statements.clone();
        let undone = database.write(move |db| -> Result<(), Undone> {
            if !with {
                for index in own_indexes(db)? {
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

fn own_indexes(db: &mut Connection) -> DatabaseResult<Vec<String>> {
    let names = match db {
        Connection::Postgres(db) => {
            sql::<Text>("SELECT indexname::text FROM pg_indexes WHERE tablename = 'auth_token'")
                .load::<String>(db)?
        }
        Connection::Sqlite(db) => sql::<Text>(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'auth_token'",
        )
        .load(db)?,
    };
    Ok(names
        .into_iter()
        .filter(|name| name.starts_with("wazo_auth_rs_"))
        .collect())
}
