//! How the engines mean to run the statements that matter most: along indexes, never by reading a
//! table from end to end.
//!
//! The statements are those that the query modules send, caught on their way.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{InstrumentationEvent, SimpleConnection},
    dsl::sql,
    sql_types::{Integer, Text},
};
use serde_json::Value;
use wazo_auth_database::{
    Connection, Database, DatabaseError, DatabaseResult,
    queries::{
        list::{Direction, Paging},
        refresh_token,
        scope::Scope,
        session, tenant, token, user,
    },
};
use wazo_auth_model::ids::{RefreshTokenId, SessionId, TenantId, TokenId, UserId};

use crate::fill::{NOW, REFRESH_TOKEN, SESSION, TENANT, TOKEN, USER, id};

/// What plans call the recursive parts of our statements, which only ever hold what was asked for, and
/// SQLite a row without a table.
const NO_TABLES: [&str; 3] = ["below", "above", "CONSTANT"];
/// A table with a row for each login at an identity provider that a refresh token came of; the schema
/// has no index for what refers to a refresh token.
const SMALL: &str = "auth_saml_session";

/// Something that is done often, or while others wait.
struct Hot {
    name: &'static str,
    /// An index that it must go along, or a table that it must look at, where that is one of ours.
    index: Option<&'static str>,
    /// Whether it may look at all rows there.
    whole: bool,
    run: fn(&mut Connection) -> DatabaseResult<()>,
}

/// The number of the row that is asked for.
const ONE: u64 = 7;

fn user_id() -> UserId {
    UserId::from_database(id(USER, ONE))
}

fn tenant_id() -> TenantId {
    TenantId::from_database(id(TENANT, ONE))
}

const HOT: [Hot; 17] = [
    Hot {
        name: "token by id",
        index: None,
        whole: false,
        run: |db| token::find(db, &TokenId::from_database(id(TOKEN, ONE))).map(drop),
    },
    Hot {
        name: "sessions of a user, counted",
        index: Some("wazo_auth_rs_token_auth_id"),
        whole: false,
        run: |db| session::count_by_auth_id(db, &id(USER, ONE)).map(drop),
    },
    Hot {
        name: "sessions of a user, listed",
        index: Some("wazo_auth_rs_token_auth_id"),
        whole: false,
        run: |db| {
            session::list(db, &Scope::All, Some(&id(USER, ONE)), &Paging::default()).map(drop)
        },
    },
    Hot {
        name: "sessions of a user, ended",
        index: Some("wazo_auth_rs_token_auth_id"),
        whole: false,
        run: |db| session::delete_by_auth_id(db, &id(USER, ONE)).map(drop),
    },
    Hot {
        name: "sessions of a refresh token, ended",
        index: Some("wazo_auth_rs_token_refresh_token_uuid"),
        whole: false,
        run: |db| {
            let refresh_token = RefreshTokenId::from_database(id(REFRESH_TOKEN, 1));
            session::delete_by_refresh_token(db, &refresh_token).map(drop)
        },
    },
    Hot {
        name: "a batch of dead tokens",
        index: Some("wazo_auth_rs_token_expire_t"),
        whole: false,
        run: |db| token::list_expired(db, NOW, 50).map(drop),
    },
    Hot {
        name: "tokens that die soon",
        index: Some("wazo_auth_rs_token_expire_t"),
        whole: false,
        run: |db| token::list_expiring(db, NOW, NOW + 60, None, 50).map(drop),
    },
    Hot {
        name: "sessions of dead tokens, ended",
        index: None,
        whole: false,
        run: |db| {
            let dead: Vec<_> = (1..=20)
                .map(|n| SessionId::from_database(id(SESSION, n)))
                .collect();
            session::delete_many(db, &dead).map(drop)
        },
    },
    Hot {
        name: "refresh token by client",
        index: None,
        whole: false,
        run: |db| refresh_token::find_by_client(db, &user_id(), "client 7").map(drop),
    },
    Hot {
        name: "refresh token of a visible user, ended",
        index: None,
        whole: false,
        run: |db| {
            let scope = Scope::Subtree(tenant_id());
            refresh_token::delete_by_client(db, &scope, &user_id(), "client 7").map(drop)
        },
    },
    Hot {
        name: "whether a tenant is visible",
        index: None,
        whole: false,
        run: |db| tenant::is_visible_from(db, &tenant_id(), &id(TENANT, 600)).map(drop),
    },
    Hot {
        name: "subtree of a tenant",
        index: None,
        whole: false,
        run: |db| tenant::subtree(db, &tenant_id()).map(drop),
    },
    Hot {
        name: "user by login",
        index: None,
        whole: false,
        run: |db| user::find_by_login(db, "USER7").map(drop),
    },
    Hot {
        name: "users by user name",
        index: Some("wazo_auth_rs_user_username"),
        whole: true,
        run: |db| users(db, user::Order::Username, None),
    },
    Hot {
        name: "users by given name",
        index: Some("wazo_auth_rs_user_firstname"),
        whole: true,
        run: |db| users(db, user::Order::Firstname, None),
    },
    Hot {
        name: "users by family name",
        index: Some("wazo_auth_rs_user_lastname"),
        whole: true,
        run: |db| users(db, user::Order::Lastname, None),
    },
    Hot {
        name: "search",
        index: Some("wazo_auth_rs_user_text"),
        whole: true,
        run: |db| users(db, user::Order::Username, Some("zq")),
    },
];

/// A page far down in descending order.
fn users(db: &mut Connection, order: user::Order, search: Option<&str>) -> DatabaseResult<()> {
    let paging = Paging {
        search: search.map(str::to_owned),
        order,
        direction: Direction::Descending,
        limit: Some(100),
        offset: 5_000,
    };
    user::page(db, &Scope::All, &user::Filter::default(), &paging).map(drop)
}

/// How one statement is run.
#[derive(Debug)]
pub struct Walk {
    /// What it is for.
    pub name: &'static str,
    /// The statement, as it was sent.
    pub statement: String,
    /// The engine's plan.
    pub plan: String,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// Ends the transaction without a trace.
enum Undone {
    Walks(Vec<Walk>),
    Failed(DatabaseError),
}

impl From<DatabaseError> for Undone {
    fn from(error: DatabaseError) -> Self {
        Self::Failed(error)
    }
}

/// The plans of all that is hot, on a filled database, which stays as it is.
pub fn walks(database: &Database) -> DatabaseResult<Vec<Walk>> {
    let undone = database.write(|db| -> Result<(), Undone> {
        let mut walks = Vec::new();
        for hot in &HOT {
            walks.extend(look(db, hot)?);
        }
        Err(Undone::Walks(walks))
    });
    match undone.wait() {
        Err(Undone::Walks(walks)) => Ok(walks),
        Err(Undone::Failed(error)) => Err(error),
        Ok(()) => Ok(Vec::new()),
    }
}

fn look(db: &mut Connection, hot: &Hot) -> DatabaseResult<Vec<Walk>> {
    let caught = Arc::new(Mutex::new(Vec::new()));
    let net = Arc::clone(&caught);
    let catch = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            net.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(query.to_string());
        }
    };
    let nothing = |_: InstrumentationEvent<'_>| {};
    match db {
        Connection::Postgres(db) => db.set_instrumentation(catch),
        Connection::Sqlite(db) => db.set_instrumentation(catch),
    }
    let done = (hot.run)(db);
    match db {
        Connection::Postgres(db) => db.set_instrumentation(nothing),
        Connection::Sqlite(db) => db.set_instrumentation(nothing),
    }
    done?;
    let statements = mem::take(&mut *caught.lock().unwrap_or_else(PoisonError::into_inner));
    let mut walks = Vec::new();
    let mut along = false;
    for caught in statements {
        let (statement, binds) = caught.split_once(" -- binds: ").unwrap_or((&caught, "[]"));
        let lines = match db {
            Connection::Postgres(_) if is_setting(statement) => continue,
            Connection::Postgres(db) => plan_of_postgres(db, statement, binds, !hot.whole)?,
            Connection::Sqlite(db) => plan_of_sqlite(db, statement)?,
        };
        along |= hot
            .index
            .is_none_or(|index| lines.iter().any(|line| line.contains(index)));
        walks.push(Walk {
            name: hot.name,
            statement: caught.clone(),
            faults: lines
                .iter()
                .filter(|_| !hot.whole)
                .filter_map(|line| fault(line))
                .collect(),
            plan: lines.join("\n"),
        });
    }
    if !along && let Some(first) = walks.first_mut() {
        let index = hot.index.unwrap_or("no statement");
        first.faults.push(format!("does not go along {index}"));
    }
    Ok(walks)
}

/// Says what a line of a plan reads from end to end, if it does.
fn fault(line: &str) -> Option<String> {
    let line = line.trim();
    let table = match line.split_once("Seq Scan on ") {
        Some((_, table)) => table,
        None => line.strip_prefix("SCAN ")?,
    };
    let table = table.split(' ').next()?;
    (!NO_TABLES.contains(&table) && table != SMALL).then(|| format!("reads all of {table}"))
}

fn plan_of_sqlite(db: &mut SqliteConnection, statement: &str) -> DatabaseResult<Vec<String>> {
    let rows: Vec<(i32, i32, i32, String)> =
        sql::<(Integer, Integer, Integer, Text)>(&format!("EXPLAIN QUERY PLAN {statement}"))
            .load(db)?;
    Ok(rows.into_iter().map(|(.., detail)| detail).collect())
}

/// Whether a statement only changes how the others of its transaction are planned.
fn is_setting(statement: &str) -> bool {
    statement.starts_with("SET LOCAL ")
}

/// For the values that it was sent with, as the first few times, and if it may be kept for any, as a
/// prepared statement may be run later on.
fn plan_of_postgres(
    db: &mut PgConnection,
    statement: &str,
    binds: &str,
    kept: bool,
) -> DatabaseResult<Vec<String>> {
    let values: Vec<Value> = serde_json::from_str(binds).map_err(|error| {
        DatabaseError::Damaged(format!("the values {binds} cannot be read: {error}"))
    })?;
    let values: Vec<String> = values.iter().map(literal).collect();
    let values = if values.is_empty() {
        String::new()
    } else {
        format!("({})", values.join(", "))
    };
    db.batch_execute(&format!("PREPARE hot AS {statement}"))?;
    let mut lines = Vec::new();
    let modes: &[&str] = if kept {
        &["force_custom_plan", "force_generic_plan"]
    } else {
        &["force_custom_plan"]
    };
    for mode in modes {
        db.batch_execute(&format!("SET LOCAL plan_cache_mode = {mode}"))?;
        lines.extend(sql::<Text>(&format!("EXPLAIN EXECUTE hot {values}")).load::<String>(db)?);
    }
    db.batch_execute("DEALLOCATE hot")?;
    Ok(lines)
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(literal).collect();
            format!("ARRAY[{}]", list.join(", "))
        }
        other => other.to_string(),
    }
}
