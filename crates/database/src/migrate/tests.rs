//! Migrations taken back and applied again.

use super::*;
use crate::{connection::open, uri::Uri};
use wazo_auth_test_support::{Home, postgres::Server};

fn revert(connection: &mut Connection, version: &str) {
    fn run<DB: diesel::backend::Backend>(
        source: &EmbeddedMigrations,
        connection: &mut dyn diesel::connection::BoxableConnection<DB>,
        version: &str,
    ) where
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let migrations = MigrationSource::<DB>::migrations(source).unwrap();
        for migration in migrations {
            if migration.name().version().to_string() == version {
                migration.revert(connection).unwrap();
            }
        }
    }
    match connection {
        Connection::Postgres(postgres) => {
            run::<diesel::pg::Pg>(&POSTGRES, postgres, version);
        }
        Connection::Sqlite(sqlite) => {
            run::<diesel::sqlite::Sqlite>(&SQLITE, sqlite, version);
        }
    }
}

#[test]
fn every_migration_can_be_taken_back() {
    let home = Home::new();
    let server = Server::shared();
    let file = format!("sqlite://{}", home.join("x.sqlite").display());
    for uri in [file, server.uri(&server.database())] {
        let connection = &mut open(&Uri::parse(&uri).unwrap()).unwrap().connection;
        let applied = migrate(connection, &mut |_, _, _| {}).unwrap().applied;
        assert_eq!(applied, known(connection).unwrap());
        for version in applied.iter().rev() {
            revert(connection, version);
        }
        for table in ["auth_tenant", "auth_token", "alembic_version_auth"] {
            assert!(!has_table(connection, table).unwrap(), "{uri}: {table}");
        }
        // And the way up is free again.
        for version in &applied {
            apply(connection, version).unwrap();
        }
    }
}

#[test]
fn events_from_before_the_publisher_get_what_it_needs() {
    use crate::queries::event;
    use wazo_auth_model::{
        event::{Client, Event},
        ids::{SessionId, TenantId, UserId},
    };
    let (tenant, session) = (TenantId::random(), SessionId::random());
    let client = Client {
        client_id: "a.b*c#d".to_owned(),
        mobile: true,
        user: UserId::random(),
        tenant: tenant.clone(),
    };
    let events = [
        Event::SessionDeleted {
            session,
            tenant: tenant.clone(),
            auth_id: None,
        },
        Event::TenantUpdated { tenant, name: None },
        Event::RefreshTokenCreated(client.clone()),
        Event::RefreshTokenDeleted(client),
    ];
    let home = Home::new();
    let server = Server::shared();
    let file = format!("sqlite://{}", home.join("x.sqlite").display());
    for uri in [file, server.uri(&server.database())] {
        let connection = &mut open(&Uri::parse(&uri).unwrap()).unwrap().connection;
        migrate(connection, &mut |_, _, _| {}).unwrap();
        for event in &events {
            event::insert(connection, event, chrono::DateTime::default()).unwrap();
        }
        let before = event::list(connection, 0, 10).unwrap();
        revert(connection, "20260116000000");
        apply(connection, "20260116000000").unwrap();
        assert_eq!(event::list(connection, 0, 10).unwrap(), before, "{uri}");
        // No number comes twice, also when the last row is gone.
        for event in &before {
            event::delete(connection, event.id).unwrap();
        }
        revert(connection, "20260116000000");
        apply(connection, "20260116000000").unwrap();
        event::insert(connection, &events[0], chrono::DateTime::default()).unwrap();
        let after = event::list(connection, 0, 10).unwrap();
        assert!(after[0].id > before[3].id, "{uri}");
    }
}
