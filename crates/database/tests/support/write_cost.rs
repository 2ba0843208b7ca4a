//! What our own indexes and triggers cost whoever adds rows.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use wazo_auth_database::{Database, DatabaseError, DatabaseResult};

use crate::{fill::numbered, own};

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
/// with our own indexes and triggers of these tables and without them. Leaves it as it was.
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
                own::drop(db, tables)?;
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
