//! The texts that are kept of users, for searches: they follow whoever writes, in whatever way.

#![expect(
    clippy::unwrap_used,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

mod support;

use std::{collections::BTreeMap, sync::mpsc, thread};

use diesel::{
    RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    sql_types::{Nullable, Text},
};
use support::{Engine, both};
use wazo_auth_database::{
    Connection, Database, DatabaseError, DatabaseResult, Pending, Settings, Uri,
};
use wazo_auth_test_support::{postgres::Server, wait};

/// What is to be kept, or is kept, of each user: tenant, names, and all fields in lower case.
type Texts = BTreeMap<String, (String, Vec<Option<String>>, Vec<String>)>;
type Row = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn load(db: &mut Connection, statement: &str) -> DatabaseResult<Vec<Row>> {
    type Columns = (
        Text,
        Text,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
    );
    let select = sql::<Columns>(statement);
    Ok(match db {
        Connection::Postgres(db) => select.load(db)?,
        Connection::Sqlite(db) => select.load(db)?,
    })
}

/// What the table says.
fn kept(db: &mut Connection) -> DatabaseResult<Texts> {
    let rows = load(
        db,
        "SELECT uuid, tenant_uuid, username, firstname, lastname, folded FROM wazo_auth_rs_user_text",
    )?;
    Ok(rows
        .into_iter()
        .map(|(uuid, tenant, username, firstname, lastname, folded)| {
            let folded = folded.unwrap();
            let mut fields: Vec<String> = folded
                .split_terminator('\u{1f}')
                .map(str::to_owned)
                .collect();
            fields.sort();
            (uuid, (tenant, vec![username, firstname, lastname], fields))
        })
        .collect())
}

/// What users and their addresses say.
fn wanted(db: &mut Connection) -> DatabaseResult<Texts> {
    let rows = load(
        db,
        "SELECT auth_user.uuid, tenant_uuid, username, firstname, lastname, address
         FROM auth_user LEFT JOIN auth_email ON user_uuid = auth_user.uuid",
    )?;
    let mut wanted = Texts::new();
    for (uuid, tenant, username, firstname, lastname, address) in rows {
        let fold = |field: &String| field.to_lowercase().replace('\u{1f}', "\u{1e}");
        let names = vec![username, firstname, lastname];
        let (.., fields) = wanted.entry(uuid).or_insert_with(|| {
            let fields = names.iter().flatten().map(fold).collect();
            (tenant, names, fields)
        });
        fields.extend(address.as_ref().map(fold));
        fields.sort();
    }
    Ok(wanted)
}

/// Runs statements, and looks whether the texts followed.
fn follow(engine: &Engine, statements: &str) {
    let (name, statements) = (engine.name, statements.to_owned());
    engine.write(move |db| {
        db.batch_execute(&statements)?;
        let (kept, wanted) = (kept(db)?, wanted(db)?);
        assert_eq!(kept, wanted, "{name}: {statements}");
        Ok(())
    });
}

/// Two tenants below the top, and three users with or without names.
const BEGIN: &str = "
    INSERT INTO auth_tenant (uuid, slug, parent_uuid)
        SELECT 'one', 'one', uuid FROM auth_tenant WHERE uuid = parent_uuid;
    INSERT INTO auth_tenant (uuid, slug, parent_uuid) VALUES ('two', 'two', 'one');
    INSERT INTO auth_user (uuid, username, firstname, lastname, tenant_uuid, purpose) VALUES
        ('a', 'Ada', 'ÉLODIE', 'a\u{1f}b', 'one', 'user'),
        ('b', NULL, '', 'Müller', 'one', 'user'),
        ('c', NULL, NULL, NULL, 'two', 'user')";
const ADDRESSES: &str = "
    INSERT INTO auth_email (uuid, address, confirmed, main, user_uuid) VALUES
        ('a1', 'Ada@Example.com', TRUE, TRUE, 'a'),
        ('a2', 'second@example.com', TRUE, FALSE, 'a'),
        ('c1', 'c@example.com', TRUE, TRUE, 'c')";

#[test]
fn they_follow_every_statement() {
    for engine in both() {
        follow(&engine, BEGIN);
        follow(&engine, ADDRESSES);
        for statement in [
            "UPDATE auth_user SET enabled = FALSE",
            "UPDATE auth_user SET username = 'Anna', lastname = NULL WHERE uuid = 'a'",
            "UPDATE auth_user SET firstname = 'ALL'",
            "UPDATE auth_user SET tenant_uuid = 'two' WHERE uuid = 'b'",
            "UPDATE auth_user SET uuid = 'd' WHERE uuid = 'b'",
            "UPDATE auth_email SET main = FALSE",
            "UPDATE auth_email SET address = 'THIRD@example.com' WHERE uuid = 'a2'",
            "UPDATE auth_email SET user_uuid = 'd' WHERE uuid = 'a1'",
            "UPDATE auth_email SET address = address || '.org'",
            "DELETE FROM auth_email WHERE uuid = 'a2'",
            "DELETE FROM auth_email WHERE user_uuid IN ('c', 'd')",
            ADDRESSES,
            "DELETE FROM auth_user WHERE uuid = 'd'",
            "DELETE FROM auth_tenant WHERE uuid = 'two'",
            "DELETE FROM auth_user",
        ] {
            follow(&engine, statement);
        }
    }
}

#[test]
fn they_follow_when_a_table_is_emptied_at_once() {
    let engine = Engine::empty_postgres().migrated();
    follow(&engine, BEGIN);
    follow(&engine, ADDRESSES);
    follow(&engine, "TRUNCATE auth_email");
    follow(&engine, ADDRESSES);
    follow(&engine, "TRUNCATE auth_user CASCADE");
}

#[test]
fn they_follow_when_a_statement_inserts_nothing_or_is_taken_back() {
    for engine in both() {
        follow(&engine, BEGIN);
        follow(
            &engine,
            "INSERT INTO auth_user (uuid, tenant_uuid, purpose) SELECT 'x', 'one', 'user' FROM auth_user WHERE uuid = 'none';
             SAVEPOINT here; DELETE FROM auth_user WHERE uuid = 'a'; ROLLBACK TO here;
             INSERT INTO auth_user (uuid, username, tenant_uuid, purpose) VALUES ('a', 'x', 'two', 'user') ON CONFLICT DO NOTHING",
        );
    }
}

#[test]
fn those_of_users_who_were_there_before_are_made_with_the_table() {
    let server = Server::shared();
    let name = server.database();
    let uri = Uri::parse(&server.uri(&name)).unwrap();
    Database::migrate(&uri).unwrap();
    Database::remove_own(&uri).unwrap();
    let left = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'wazo%'
                UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'wazo%'";
    assert_eq!(server.sql(&name, left), "");
    server.sql(&name, BEGIN);
    server.sql(&name, ADDRESSES);
    Database::migrate(&uri).unwrap();
    let database = Database::open(&Settings::new(uri, 1)).unwrap();
    let both = database.read(|db| Ok::<_, DatabaseError>((kept(db)?, wanted(db)?)));
    let (kept, wanted) = both.wait().unwrap();
    assert_eq!(kept, wanted);
    assert_eq!(kept.len(), 3);
}

#[test]
fn whoever_may_write_users_needs_no_right_on_them() {
    let engine = Engine::empty_postgres().migrated();
    follow(&engine, BEGIN);
    let server = Server::shared();
    let Uri::Postgres(uri) = &engine.uri else {
        return;
    };
    let behind_host = uri.rsplit_once('/').map(|(_, rest)| rest).unwrap();
    let name = behind_host.split('?').next().unwrap();
    let role = format!("writer_{name}");
    server.sql(
        name,
        &format!(
            "CREATE ROLE {role} LOGIN;
             GRANT SELECT, INSERT, UPDATE, DELETE ON auth_user, auth_email, auth_tenant TO {role};
             GRANT SELECT ON alembic_version_auth TO {role}"
        ),
    );
    let uri = Uri::parse(&server.uri_as(&role, name)).unwrap();
    let writer = Database::open(&Settings::new(uri, 1)).unwrap();
    let write = |statement: &'static str| {
        let done = writer.write(move |db| Ok::<_, DatabaseError>(db.batch_execute(statement)?));
        done.wait()
    };
    write(ADDRESSES).unwrap();
    // A table of the same name is in nobody's way.
    write("CREATE TEMPORARY TABLE auth_email (user_uuid TEXT, address TEXT); UPDATE auth_user SET lastname = 'new'").unwrap();
    write("DELETE FROM auth_user WHERE uuid = 'b'").unwrap();
    assert!(write("DELETE FROM wazo_auth_rs_user_text").is_err());
    assert!(write("SELECT wazo_auth_rs_user_text_renew(ARRAY['a'])").is_err());
    follow(
        &engine,
        "UPDATE auth_user SET username = 'last' WHERE uuid = 'a'",
    );
}

/// A transaction that has done something and is not over yet.
struct Held<'a> {
    over: mpsc::Sender<()>,
    answer: Pending<(), DatabaseError>,
    engine: &'a Engine,
}

impl<'a> Held<'a> {
    fn after(engine: &'a Engine, statement: &'static str) -> Self {
        let (begun, begins) = mpsc::channel();
        let (over, end) = mpsc::channel();
        let answer = engine.database().write(move |db| {
            db.batch_execute(statement)?;
            begun.send(()).unwrap();
            // It ends when the other side is gone.
            end.recv().unwrap_or_default();
            Ok(())
        });
        begins.recv().unwrap();
        Self {
            over,
            answer,
            engine,
        }
    }

    /// Begins another one beside it.
    fn beside(&self, statement: &'static str) -> Pending<(), DatabaseError> {
        let work = move |db: &mut Connection| Ok(db.batch_execute(statement)?);
        self.engine.database().write(work)
    }

    fn end(self) {
        drop(self.over);
        self.answer.wait().unwrap();
    }
}

#[test]
fn two_who_write_addresses_of_a_user_at_once_both_count() {
    let pairs = [
        (
            "INSERT INTO auth_email (uuid, address, confirmed, main, user_uuid) VALUES ('n', 'n@example.com', TRUE, FALSE, 'a')",
            "INSERT INTO auth_email (uuid, address, confirmed, main, user_uuid) VALUES ('m', 'm@example.com', TRUE, FALSE, 'a')",
        ),
        (
            "DELETE FROM auth_email WHERE uuid = 'a1'",
            "DELETE FROM auth_email WHERE uuid = 'a2'",
        ),
        (
            "UPDATE auth_user SET firstname = 'changed' WHERE uuid = 'a'",
            "UPDATE auth_email SET address = 'changed@example.com' WHERE uuid = 'a2'",
        ),
        (
            "UPDATE auth_email SET address = 'changed@example.com' WHERE uuid = 'a2'",
            "INSERT INTO auth_email (uuid, address, confirmed, main, user_uuid) VALUES ('m', 'm@example.com', TRUE, FALSE, 'a')",
        ),
        (
            "DELETE FROM auth_email WHERE uuid = 'a1'",
            "DELETE FROM auth_user WHERE uuid = 'a'",
        ),
    ];
    for (one, other) in pairs {
        for (one, other) in [(one, other), (other, one)] {
            let engine = Engine::empty_postgres().migrated();
            follow(&engine, BEGIN);
            follow(&engine, ADDRESSES);
            let held = Held::after(&engine, one);
            let second = held.beside(other);
            let second = thread::spawn(move || second.wait());
            wait::until("the second transaction", || {
                let waiting =
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
                let waits = Server::shared().sql("postgres", waiting).trim() != "0";
                (second.is_finished() || waits).then_some(())
            });
            held.end();
            second.join().unwrap().unwrap();
            follow(&engine, "SELECT 1");
        }
    }
}

#[test]
fn two_who_write_other_users_do_not_wait_for_each_other() {
    let engine = Engine::empty_postgres().migrated();
    follow(&engine, BEGIN);
    follow(&engine, ADDRESSES);
    let held = Held::after(
        &engine,
        "UPDATE auth_user SET firstname = 'held' WHERE uuid = 'a';
         DELETE FROM auth_email WHERE uuid = 'a1'",
    );
    for statement in [
        "UPDATE auth_user SET firstname = 'new' WHERE uuid = 'c'",
        "UPDATE auth_email SET address = 'new@example.com' WHERE uuid = 'c1'",
        "DELETE FROM auth_email WHERE uuid = 'c1'",
        "INSERT INTO auth_user (uuid, tenant_uuid, purpose) VALUES ('e', 'one', 'user')",
        "DELETE FROM auth_user WHERE uuid = 'c'",
    ] {
        held.beside(statement).wait().unwrap();
    }
    held.end();
    follow(&engine, "SELECT 1");
}
