//! Schemas made, taken over, refused, and given back.

mod support;

use std::thread;

use support::{Engine, both};
use wazo_auth_database::{Database, DatabaseError, Migrated, Uri, queries};
use wazo_auth_test_support::postgres::Server;

/// Everything that a program which reads these tables could notice, in order.
const CATALOGUE: &str = "
    SELECT format('%s %s %s %s %s', table_name, ordinal_position, column_name,
                  data_type || coalesce('(' || character_maximum_length || ')', ''),
                  is_nullable || ' ' || coalesce(column_default, '-'))
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT format('%s %s %s', sequencename, data_type, last_value) FROM pg_sequences
    WHERE schemaname = 'public'
    ORDER BY 1";

#[test]
fn an_empty_database_gets_the_schema_and_its_first_rows() {
    for engine in both() {
        let top = engine.write(queries::tenant::find_top);
        let group = engine.write({
            let top = top.uuid.clone();
            move |db| queries::group::find_all_users(db, &top)
        });
        assert!(group.is_some(), "{}", engine.name);
        let policy = engine.write({
            let top = top.uuid.clone();
            move |db| queries::policy::find_by_slug(db, &top, "wazo_default_master_user_policy")
        });
        assert!(policy.is_some(), "{}", engine.name);
        assert!(!engine.database().is_adopted(), "{}", engine.name);
    }
}

#[test]
fn a_second_migration_finds_nothing_to_do() {
    for engine in both() {
        let again = Database::migrate(&engine.uri).unwrap();
        assert_eq!(
            again,
            Migrated {
                applied: Vec::new(),
                adopted: false,
                left_out: None
            },
            "{}",
            engine.name
        );
        let plan = Database::plan(&engine.uri).unwrap();
        assert!(plan.pending.is_empty() && !plan.adopts, "{}", engine.name);
    }
}

#[test]
fn daemons_that_start_at_once_on_an_empty_database_migrate_it_once() {
    for engine in [Engine::empty_postgres(), Engine::empty_sqlite()] {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let uri = engine.uri.clone();
                thread::spawn(move || Database::migrate(&uri).unwrap().applied.len())
            })
            .collect();
        let applied: Vec<usize> = starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect();
        assert_eq!(
            applied.iter().filter(|count| **count > 0).count(),
            1,
            "{applied:?}"
        );
    }
}

#[test]
fn a_database_without_the_schema_is_not_served() {
    for engine in [Engine::empty_postgres(), Engine::empty_sqlite()] {
        let error = Database::open(&wazo_auth_database::Settings::new(engine.uri.clone(), 1));
        let message = error
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            message.contains("run wazo-auth-upgrade-db"),
            "{}: {message}",
            engine.name
        );
    }
}

#[test]
fn a_database_of_the_other_program_is_taken_over_and_given_back_as_it_was() {
    let server = Server::shared();
    let name = server.database();
    let uri = Uri::parse(&server.uri(&name)).unwrap();
    // The schema as the other program makes it: ours, without what we added.
    Database::migrate(&uri).unwrap();
    Database::remove_own(&uri).unwrap();
    let before = server.sql(&name, CATALOGUE);
    assert!(!before.contains("wazo_auth_rs"), "{before}");
    assert_eq!(
        server.sql(&name, "SELECT version_num FROM alembic_version_auth"),
        "1c862ebfbb3a"
    );

    let plan = Database::plan(&uri).unwrap();
    assert!(plan.adopts);
    assert!(!plan.pending.is_empty());
    let migrated = Database::migrate(&uri).unwrap();
    assert!(migrated.adopted);
    assert_eq!(migrated.applied, plan.pending);
    let with_ours = server.sql(&name, CATALOGUE);
    let kept: Vec<&str> = with_ours
        .lines()
        .filter(|line| !line.contains("wazo_auth_rs"))
        .collect();
    assert_eq!(
        kept,
        before.lines().collect::<Vec<_>>(),
        "nothing of the schema was changed"
    );
    let database = Database::open(&wazo_auth_database::Settings::new(uri.clone(), 1));
    assert!(database.unwrap().is_adopted());

    let removed = Database::remove_own(&uri).unwrap();
    assert!(
        removed
            .objects
            .contains(&"INDEX wazo_auth_rs_token_auth_id".to_owned()),
        "{removed:?}"
    );
    assert!(
        removed
            .objects
            .contains(&"TABLE wazo_auth_rs_migration".to_owned()),
        "{removed:?}"
    );
    assert_eq!(server.sql(&name, CATALOGUE), before);
}

#[test]
fn any_other_revision_is_refused_in_one_line_and_nothing_is_changed() {
    let server = Server::shared();
    for revision in ["8216b7bb88db", "8c14d2c98235", "ffffffffffff"] {
        let name = server.database();
        let uri = Uri::parse(&server.uri(&name)).unwrap();
        Database::migrate(&uri).unwrap();
        Database::remove_own(&uri).unwrap();
        server.sql(
            &name,
            &format!("UPDATE alembic_version_auth SET version_num = '{revision}'"),
        );
        let before = server.sql(&name, CATALOGUE);
        let error = Database::migrate(&uri).unwrap_err();
        assert!(matches!(error, DatabaseError::Foreign(_)), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains(revision) && !message.contains('\n'),
            "{message}"
        );
        assert_eq!(server.sql(&name, CATALOGUE), before);
    }
}

#[test]
fn a_newer_database_is_refused() {
    let server = Server::shared();
    let name = server.database();
    let uri = Uri::parse(&server.uri(&name)).unwrap();
    Database::migrate(&uri).unwrap();
    server.sql(
        &name,
        "INSERT INTO wazo_auth_rs_migration VALUES ('20991231000000', FALSE)",
    );
    let message = Database::migrate(&uri).unwrap_err().to_string();
    assert!(
        message.contains("newer wazo-auth") && message.contains("20991231000000"),
        "{message}"
    );
}

#[test]
fn a_role_that_may_add_nothing_is_served_without_our_additions() {
    let server = Server::shared();
    let name = server.database();
    let owner = Uri::parse(&server.uri(&name)).unwrap();
    Database::migrate(&owner).unwrap();
    Database::remove_own(&owner).unwrap();
    let role = format!("guest_{name}");
    server.sql(
        &name,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ),
    );
    let uri = Uri::parse(&server.uri_as(&role, &name)).unwrap();
    let migrated = Database::migrate(&uri).unwrap();
    assert!(migrated.applied.is_empty());
    assert!(
        migrated
            .left_out
            .is_some_and(|reason| reason.contains("may not create"))
    );
    let database = Database::open(&wazo_auth_database::Settings::new(uri, 1)).unwrap();
    assert!(database.is_adopted());
    assert!(!database.has_events());
    assert!(database.read(queries::tenant::find_top).wait().is_ok());

    // When the owner has added it all, the guest sees it.
    Database::migrate(&owner).unwrap();
    let uri = Uri::parse(&server.uri_as(&role, &name)).unwrap();
    assert!(Database::plan(&uri).unwrap().pending.is_empty());
    let database = Database::open(&wazo_auth_database::Settings::new(uri, 1)).unwrap();
    assert!(database.is_adopted());
    let kept = database.write(|db| queries::installation::find_or_insert_uuid(db, "guest's"));
    assert!(
        kept.wait().is_err(),
        "nobody has kept one, and a guest may not"
    );
}
