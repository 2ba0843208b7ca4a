//! Brings the schema up to date, and takes over databases of the program that we replace.
//!
//! Versions are kept in a table of ours: diesel's default one may belong to another program that
//! shares the database. The other program's own table is read, and never written with another value.

use diesel::{
    connection::SimpleConnection,
    migration::{Migration, MigrationSource},
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::{
    connection::Connection,
    error::{DatabaseError, DatabaseResult},
};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The version of the shared schema.
const BASELINE: &str = "20260101000000";
/// What the program that we replace calls the same schema.
const REFERENCE_REVISION: &str = "1c862ebfbb3a";
/// Held while the schema changes: the same number in every daemon, "wazoauth" in ASCII.
const LOCK: i64 = 0x7761_7a6f_6175_7468;

diesel::table! {
    wazo_auth_rs_migration (version) {
        version -> Text,
        adopted -> Bool,
    }
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied, oldest first.
    pub applied: Vec<String>,
    /// Whether a database of the program that we replace was taken over.
    pub adopted: bool,
    /// Why our additions were left out, if they were.
    pub left_out: Option<String>,
}

/// What a migration would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The versions that would be applied, oldest first.
    pub pending: Vec<String>,
    /// Whether a database of the program that we replace would be taken over.
    pub adopts: bool,
    /// Why our additions would be left out, if they would.
    pub left_out: Option<String>,
}

/// What a daemon has to know of a database that it starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Whether the program that we replace made it.
    pub adopted: bool,
    /// Whether events can be written.
    pub events: bool,
}

/// What was found in a database.
struct Found {
    /// The version in the other program's table, if that is there.
    reference: Option<String>,
    /// Our versions, and which of them we found there; none without our table.
    own: Option<Vec<(String, bool)>>,
    /// Whether tables of the schema are there.
    tables: bool,
    /// Why we may not add anything.
    may_not_add: Option<String>,
}

#[derive(QueryableByName)]
pub(crate) struct Name {
    #[diesel(sql_type = Text)]
    pub name: String,
}

#[derive(QueryableByName)]
struct Yes {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

impl Found {
    fn look(connection: &mut Connection) -> DatabaseResult<Self> {
        let has_own = has_table(connection, "wazo_auth_rs_migration")?;
        let own = if has_own {
            Some(
                wazo_auth_rs_migration::table
                    .select((
                        wazo_auth_rs_migration::version,
                        wazo_auth_rs_migration::adopted,
                    ))
                    .order(wazo_auth_rs_migration::version)
                    .load(connection)?,
            )
        } else {
            None
        };
        let tables = has_table(connection, "auth_tenant")?;
        let Connection::Postgres(postgres) = connection else {
            return Ok(Self {
                reference: None,
                own,
                tables,
                may_not_add: None,
            });
        };
        let reference = if has_postgres_table(postgres, "alembic_version_auth")? {
            let versions: Vec<Name> =
                diesel::sql_query("SELECT version_num::text AS name FROM alembic_version_auth")
                    .load(postgres)?;
            Some(
                versions
                    .into_iter()
                    .next()
                    .map(|row| row.name)
                    .unwrap_or_default(),
            )
        } else {
            None
        };
        let may_not_add = if tables { may_not_add(postgres)? } else { None };
        Ok(Self {
            reference,
            own,
            tables,
            may_not_add,
        })
    }

    /// Refuses what is not ours to touch.
    fn judge(&self, known: &[String], postgres: bool) -> DatabaseResult<()> {
        let unknown: Vec<&str> = self
            .own
            .iter()
            .flatten()
            .map(|(version, _)| version.as_str())
            .filter(|version| !known.iter().any(|known| known == version))
            .collect();
        if !unknown.is_empty() {
            return Err(DatabaseError::Newer(unknown.join(", ")));
        }
        match &self.reference {
            Some(version) if version == REFERENCE_REVISION => Ok(()),
            Some(version) => Err(DatabaseError::Foreign(format!(
                "the schema of the database has the revision {version:?}, and only {REFERENCE_REVISION:?} can be taken over; upgrade it first with the wazo-auth that made it, release 25.14 or a later one that has this revision"
            ))),
            None if postgres && self.tables => Err(DatabaseError::Foreign(
                "the database has tables of wazo-auth, but no version of their schema (table alembic_version_auth); restore a backup, or use an empty database".to_owned(),
            )),
            None => Ok(()),
        }
    }

    /// What is not there yet, oldest first.
    fn missing<'a>(&self, known: &'a [String]) -> Vec<&'a String> {
        let has = |wanted: &str| match &self.own {
            Some(own) => own.iter().any(|(version, _)| version == wanted),
            None => wanted == BASELINE && self.reference.is_some(),
        };
        known.iter().filter(|version| !has(version)).collect()
    }

    /// What of that we may add.
    fn pending(&self, known: &[String]) -> Vec<String> {
        self.missing(known)
            .into_iter()
            .filter(|version| self.may_not_add.is_none() || *version == BASELINE)
            .cloned()
            .collect()
    }

    /// Whether there is a schema that we did not make, without a note of ours yet.
    fn adopts(&self) -> bool {
        self.own.is_none() && self.reference.is_some()
    }
}

fn has_table(connection: &mut Connection, name: &str) -> DatabaseResult<bool> {
    match connection {
        Connection::Postgres(connection) => has_postgres_table(connection, name),
        Connection::Sqlite(connection) => {
            let found: Vec<Name> = diesel::sql_query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
            )
            .bind::<Text, _>(name)
            .load(connection)?;
            Ok(!found.is_empty())
        }
    }
}

fn has_postgres_table(connection: &mut PgConnection, name: &str) -> DatabaseResult<bool> {
    let found: Yes = diesel::sql_query("SELECT to_regclass($1) IS NOT NULL AS yes")
        .bind::<Text, _>(name)
        .get_result(connection)?;
    Ok(found.yes)
}

/// Tables are made in a schema, indexes by the owner of their table.
fn may_not_add(connection: &mut PgConnection) -> DatabaseResult<Option<String>> {
    let create: Yes =
        diesel::sql_query("SELECT has_schema_privilege(current_schema(), 'CREATE') AS yes")
            .get_result(connection)?;
    if !create.yes {
        return Ok(Some(
            "the database's role may not create tables in its schema".to_owned(),
        ));
    }
    let owner: Yes = diesel::sql_query(
        "SELECT pg_has_role(relowner, 'USAGE') AS yes FROM pg_class WHERE oid = 'auth_token'::regclass",
    )
    .get_result(connection)?;
    Ok((!owner.yes).then(|| "the database's role does not own the table auth_token".to_owned()))
}

fn known(connection: &Connection) -> DatabaseResult<Vec<String>> {
    fn versions<DB: diesel::backend::Backend>(
        source: &EmbeddedMigrations,
    ) -> DatabaseResult<Vec<String>>
    where
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let migrations: Vec<Box<dyn Migration<DB>>> = source
            .migrations()
            .map_err(|source| failed("the list of migrations", source))?;
        let mut versions: Vec<String> = migrations
            .iter()
            .map(|migration| migration.name().version().to_string())
            .collect();
        versions.sort();
        Ok(versions)
    }
    match connection {
        Connection::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
        Connection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
    }
}

fn failed(version: &str, source: Box<dyn std::error::Error + Send + Sync>) -> DatabaseError {
    DatabaseError::Migration {
        version: version.to_owned(),
        source,
    }
}

/// Runs `work` while nobody else changes the schema; what it did stays if it succeeds.
pub(crate) fn locked<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> DatabaseResult<T>,
) -> DatabaseResult<T> {
    // Inside the transaction: it ends with it, whatever happens, also behind a pooler.
    connection.batch_execute(match connection {
        Connection::Postgres(_) => "BEGIN; SET LOCAL statement_timeout = 0",
        Connection::Sqlite(_) => "BEGIN IMMEDIATE",
    })?;
    let done = lock(connection).and_then(|()| work(connection));
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    match (done, connection.batch_execute(end)) {
        (Ok(_), Err(error)) => Err(error.into()),
        (done, _) => done,
    }
}

fn lock(connection: &mut Connection) -> DatabaseResult<()> {
    if let Connection::Postgres(connection) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<BigInt, _>(LOCK)
            .execute(connection)?;
    }
    Ok(())
}

/// Applies what is missing, all of it or nothing. `progress` is told each version before it is applied,
/// since some take a while: its number, how many there are, and the version.
pub(crate) fn migrate(
    connection: &mut Connection,
    progress: &mut dyn FnMut(usize, usize, &str),
) -> DatabaseResult<Migrated> {
    let known = known(connection)?;
    locked(connection, |connection| {
        let found = Found::look(connection)?;
        found.judge(&known, matches!(connection, Connection::Postgres(_)))?;
        let adopted = found.adopts();
        let pending = found.pending(&known);
        if found.may_not_add.is_none() && found.own.is_none() {
            connection.batch_execute(
                "CREATE TABLE wazo_auth_rs_migration (
                     version TEXT NOT NULL PRIMARY KEY,
                     adopted BOOLEAN NOT NULL
                 )",
            )?;
            if let Connection::Postgres(postgres) = connection {
                // A daemon whose role may add nothing has to know what is there.
                postgres.batch_execute("GRANT SELECT ON wazo_auth_rs_migration TO PUBLIC")?;
            }
            if adopted {
                note(connection, BASELINE, true)?;
            }
        }
        for (number, version) in pending.iter().enumerate() {
            progress(number + 1, pending.len(), version);
            apply(connection, version)?;
            note(connection, version, false)?;
        }
        Ok(Migrated {
            applied: pending,
            adopted,
            left_out: found.may_not_add,
        })
    })
}

fn note(connection: &mut Connection, version: &str, adopted: bool) -> DatabaseResult<()> {
    diesel::insert_into(wazo_auth_rs_migration::table)
        .values((
            wazo_auth_rs_migration::version.eq(version),
            wazo_auth_rs_migration::adopted.eq(adopted),
        ))
        .execute(connection)?;
    Ok(())
}

fn apply(connection: &mut Connection, version: &str) -> DatabaseResult<()> {
    fn run<DB: diesel::backend::Backend>(
        source: &EmbeddedMigrations,
        connection: &mut dyn diesel::connection::BoxableConnection<DB>,
        version: &str,
    ) -> DatabaseResult<()>
    where
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let migrations = MigrationSource::<DB>::migrations(source)
            .map_err(|source| failed("the list of migrations", source))?;
        migrations
            .iter()
            .filter(|migration| migration.name().version().to_string() == version)
            .try_for_each(|migration| migration.run(connection))
            .map_err(|source| failed(version, source))
    }
    match connection {
        Connection::Postgres(connection) => run::<diesel::pg::Pg>(&POSTGRES, connection, version),
        Connection::Sqlite(connection) => {
            run::<diesel::sqlite::Sqlite>(&SQLITE, connection, version)
        }
    }
}

/// What [`migrate`] would do now.
pub(crate) fn plan(connection: &mut Connection) -> DatabaseResult<Plan> {
    let known = known(connection)?;
    let found = Found::look(connection)?;
    found.judge(&known, matches!(connection, Connection::Postgres(_)))?;
    Ok(Plan {
        pending: found.pending(&known),
        adopts: found.adopts(),
        left_out: found.may_not_add,
    })
}

/// Whether a daemon can work on this database.
pub(crate) fn check(connection: &mut Connection) -> DatabaseResult<Ready> {
    let known = known(connection)?;
    let found = Found::look(connection)?;
    found.judge(&known, matches!(connection, Connection::Postgres(_)))?;
    if let Some(reason) = &found.may_not_add
        && !found.missing(&known).is_empty()
    {
        log::warn!(
            "what makes wazo-auth fast on this database is missing: {reason}; run wazo-auth-upgrade-db as its owner"
        );
    } else if !found.pending(&known).is_empty() {
        return Err(DatabaseError::Uri(
            "the database's schema is missing or out of date; run wazo-auth-upgrade-db, or start with --db-upgrade-on-startup"
                .to_owned(),
        ));
    }
    warn_of_slow_searches(connection)?;
    Ok(Ready {
        adopted: match &found.own {
            Some(own) => own
                .iter()
                .any(|(version, adopted)| version == BASELINE && *adopted),
            None => true,
        },
        events: events(connection)?,
    })
}

/// Says so where the texts for searches are kept, but not for this role.
fn warn_of_slow_searches(connection: &mut Connection) -> DatabaseResult<()> {
    let Connection::Postgres(connection) = connection else {
        return Ok(());
    };
    let may: Yes = diesel::sql_query(
        "SELECT coalesce(has_table_privilege(to_regclass('wazo_auth_rs_user_text')::oid, 'SELECT'), TRUE) AS yes",
    )
    .get_result(connection)?;
    if !may.yes {
        log::warn!(
            "the database's role may not read the table wazo_auth_rs_user_text: searches among many users are slow"
        );
    }
    Ok(())
}

/// Whether events can be written; says so where not.
fn events(connection: &mut Connection) -> DatabaseResult<bool> {
    let Connection::Postgres(connection) = connection else {
        return Ok(true);
    };
    // The youngest column: where it is missing, the table is that of an older version.
    let may: Yes = diesel::sql_query(
        "SELECT EXISTS (
             SELECT FROM pg_attribute
             WHERE attrelid = to_regclass('wazo_auth_rs_event') AND attname = 'set_aside'
               AND has_table_privilege(attrelid, 'INSERT')
               AND has_table_privilege(to_regclass('wazo_auth_rs_expire_soon')::oid, 'INSERT')
         ) AS yes",
    )
    .get_result(connection)?;
    if !may.yes {
        log::warn!(
            "the database's role may not write to the table wazo_auth_rs_event: nobody will be told when sessions begin and end"
        );
    }
    Ok(may.yes)
}

#[cfg(test)]
mod tests;
