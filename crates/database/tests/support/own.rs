//! A database without what we added to it.

use diesel::{RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Text};
use wazo_auth_database::{Connection, DatabaseResult};

/// Takes away our own indexes and triggers of these tables, and what the triggers write.
pub fn drop(db: &mut Connection, tables: &[&str]) -> DatabaseResult<()> {
    let own = match db {
        Connection::Postgres(_) => {
            "SELECT 'INDEX ' || indexname::text, tablename::text FROM pg_indexes
             WHERE indexname LIKE 'wazo\\_auth\\_rs\\_%'
             UNION ALL
             SELECT 'TRIGGER ' || tgname::text || ' ON ' || relname::text, relname::text
             FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
             WHERE tgname LIKE 'wazo\\_auth\\_rs\\_%'"
        }
        Connection::Sqlite(_) => {
            "SELECT upper(type) || ' ' || name, tbl_name FROM sqlite_master
             WHERE type IN ('index', 'trigger') AND name LIKE 'wazo\\_auth\\_rs\\_%' ESCAPE '\\'"
        }
    };
    let select = sql::<(Text, Text)>(own);
    let rows: Vec<(String, String)> = match db {
        Connection::Postgres(db) => select.load(db)?,
        Connection::Sqlite(db) => select.load(db)?,
    };
    for (object, table) in rows {
        if tables.contains(&table.as_str()) {
            db.batch_execute(&format!("DROP {object}"))?;
        }
    }
    if tables.contains(&"auth_user") {
        db.batch_execute("DROP TABLE wazo_auth_rs_user_text")?;
    }
    Ok(())
}
