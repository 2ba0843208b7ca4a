//! Brings the schema up to date.

use diesel::{
    RunQueryDsl,
    connection::SimpleConnection,
    migration::{Migration, MigrationSource},
    prelude::*,
    sql_types::Text,
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::{
    connection::{Connection, Mode, transaction},
    error::{DatabaseError, DatabaseResult},
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied, oldest first.
    pub applied: Vec<String>,
}

// The versions are kept in a table of ours: the default one of diesel may belong to another
// program that shares the database.
diesel::table! {
    wazo_auth_rs_migration (version) {
        version -> Text,
    }
}

/// Applies what is missing, all of it or nothing.
pub fn migrate(connection: &mut Connection) -> DatabaseResult<Migrated> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MigrationSource::<Sqlite>::migrations(&SQLITE)
        .map_err(|source| DatabaseError::Migration {
            version: "list".to_owned(),
            source,
        })?;
    transaction(connection, Mode::Write, &mut |connection| {
        connection.batch_execute(
            "CREATE TABLE IF NOT EXISTS wazo_auth_rs_migration (version TEXT NOT NULL PRIMARY KEY)",
        )?;
        let done: Vec<String> = wazo_auth_rs_migration::table
            .select(wazo_auth_rs_migration::version)
            .order(wazo_auth_rs_migration::version)
            .load(connection)?;
        let names: Vec<String> = known
            .iter()
            .map(|migration| migration.name().version().to_string())
            .collect();
        let unknown: Vec<&str> = done
            .iter()
            .filter(|version| !names.contains(version))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            return Err(DatabaseError::Newer(unknown.join(", ")));
        }
        let mut applied = Vec::new();
        for (migration, version) in known.iter().zip(names) {
            if done.contains(&version) {
                continue;
            }
            migration
                .run(connection)
                .map_err(|source| DatabaseError::Migration {
                    version: version.clone(),
                    source,
                })?;
            diesel::insert_into(wazo_auth_rs_migration::table)
                .values(wazo_auth_rs_migration::version.eq(&version))
                .execute(connection)?;
            applied.push(version);
        }
        Ok(Migrated { applied })
    })
}

/// Whether any migration is missing.
pub fn is_pending(connection: &mut Connection) -> DatabaseResult<bool> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        #[expect(dead_code, reason = "its presence is what is asked for")]
        name: String,
    }
    let known = MigrationSource::<Sqlite>::migrations(&SQLITE)
        .map_err(|source| DatabaseError::Migration {
            version: "list".to_owned(),
            source,
        })?
        .len();
    let tables: Vec<Name> = diesel::sql_query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'wazo_auth_rs_migration'",
    )
    .load(connection)?;
    if tables.is_empty() {
        return Ok(true);
    }
    let done: i64 = wazo_auth_rs_migration::table
        .count()
        .get_result(connection)?;
    Ok(usize::try_from(done).unwrap_or(0) < known)
}
