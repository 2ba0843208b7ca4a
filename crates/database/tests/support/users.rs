//! Users that tests of other subjects hang their rows on.

use diesel::{RunQueryDsl, sql_types::Text};
use wazo_auth_database::{Connection, DatabaseResult};
use wazo_auth_model::ids::{TenantId, UserId};

/// Adds a user, as another program would.
pub fn user(db: &mut Connection, tenant: &TenantId, name: &str) -> DatabaseResult<UserId> {
    let uuid = UserId::random();
    diesel::sql_query(
        "INSERT INTO auth_user (uuid, username, tenant_uuid, purpose) VALUES ($1, $2, $3, 'user')",
    )
    .bind::<Text, _>(uuid.as_str())
    .bind::<Text, _>(name)
    .bind::<Text, _>(tenant.as_str())
    .execute(db)?;
    Ok(uuid)
}
