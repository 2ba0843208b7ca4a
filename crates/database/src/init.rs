//! Prepares a PostgreSQL server: the role, its database, and the extension that the schema needs.

use diesel::{
    Connection as _, PgConnection, RunQueryDsl,
    connection::SimpleConnection,
    prelude::*,
    sql_types::{Bool, Text},
};

use crate::{
    error::{DatabaseError, DatabaseResult},
    uri::Uri,
};

/// What a server has to have.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// The role that owns the database.
    pub owner: String,
    /// The role's password, where the role is made.
    pub password: String,
    /// The database.
    pub database: String,
}

/// What was made; what was there already stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    /// The role.
    pub role: bool,
    /// The database.
    pub database: bool,
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    sql: String,
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// Makes role and database, as a superuser that `server` leads to. Both are there afterwards, whoever
/// made them.
///
/// # Errors
///
/// When the server cannot be reached or refuses.
pub fn prepare(server: &Uri, wanted: &Preparation) -> DatabaseResult<Prepared> {
    let connection = &mut connect(server)?;
    let role = !exists(
        connection,
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS yes",
        &wanted.owner,
    )?;
    if role {
        // The server quotes: neither names nor passwords can be bound to such a statement.
        let create: Statement =
            diesel::sql_query("SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', $1, $2) AS sql")
                .bind::<Text, _>(&wanted.owner)
                .bind::<Text, _>(&wanted.password)
                .get_result(connection)?;
        connection.batch_execute(&create.sql)?;
    }
    let database = !exists(
        connection,
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS yes",
        &wanted.database,
    )?;
    if database {
        let create: Statement = diesel::sql_query(
            "SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', $1, $2) AS sql",
        )
        .bind::<Text, _>(&wanted.database)
        .bind::<Text, _>(&wanted.owner)
        .get_result(connection)?;
        connection.batch_execute(&create.sql)?;
    }
    Ok(Prepared { role, database })
}

/// Makes the extension that gives new rows their ids, in the database that `database` leads to.
///
/// # Errors
///
/// When the database cannot be reached or refuses.
pub fn add_extension(database: &Uri) -> DatabaseResult<()> {
    connect(database)?
        .batch_execute("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"")
        .map_err(DatabaseError::from)
}

fn connect(uri: &Uri) -> DatabaseResult<PgConnection> {
    let Uri::Postgres(text) = uri else {
        return Err(DatabaseError::Uri(
            "an SQLite database needs no preparation; wazo-auth-upgrade-db makes its file"
                .to_owned(),
        ));
    };
    PgConnection::establish(text).map_err(|error| DatabaseError::Open {
        path: uri.to_string(),
        source: Box::new(error),
    })
}

fn exists(connection: &mut PgConnection, question: &str, name: &str) -> DatabaseResult<bool> {
    let answer: Exists = diesel::sql_query(question)
        .bind::<Text, _>(name)
        .get_result(connection)?;
    Ok(answer.yes)
}
