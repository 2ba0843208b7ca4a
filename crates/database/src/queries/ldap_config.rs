//! The directories of tenants. A tenant has one or none.

use diesel::prelude::*;
use wazo_auth_model::{ids::TenantId, secret::Secret};

use crate::{
    connection::{Connection, Each},
    error::DatabaseResult,
    schema::auth_ldap_config,
};

/// How to ask a tenant's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapConfig {
    /// The tenant.
    pub tenant_uuid: TenantId,
    /// The directory's host.
    pub host: String,
    /// The directory's port.
    pub port: i32,
    /// Version of the protocol, 2 or 3.
    pub protocol_version: Option<i16>,
    /// `ldaps`, `tls`, or none.
    pub protocol_security: Option<String>,
    /// Whom to bind as to search; none: as the user itself.
    pub bind_dn: Option<String>,
    /// The password of that. The database has it in clear.
    pub bind_password: Option<Secret>,
    /// Where users are.
    pub user_base_dn: String,
    /// The attribute with a user's login. The API wants one, other programs' rows may have none.
    pub user_login_attribute: Option<String>,
    /// The attribute with a user's e-mail address. As for the login.
    pub user_email_attribute: Option<String>,
    /// More that a user has to match.
    pub search_filters: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = auth_ldap_config, primary_key(tenant_uuid))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    tenant_uuid: String,
    host: String,
    port: i32,
    protocol_version: Option<i16>,
    protocol_security: Option<String>,
    bind_dn: Option<String>,
    bind_password: Option<String>,
    user_base_dn: String,
    user_login_attribute: Option<String>,
    user_email_attribute: Option<String>,
    search_filters: Option<String>,
}

impl Row {
    fn new(config: &LdapConfig) -> Self {
        Self {
            tenant_uuid: config.tenant_uuid.as_str().to_owned(),
            host: config.host.clone(),
            port: config.port,
            protocol_version: config.protocol_version,
            protocol_security: config.protocol_security.clone(),
            bind_dn: config.bind_dn.clone(),
            bind_password: config
                .bind_password
                .as_ref()
                .map(|password| password.expose().to_owned()),
            user_base_dn: config.user_base_dn.clone(),
            user_login_attribute: config.user_login_attribute.clone(),
            user_email_attribute: config.user_email_attribute.clone(),
            search_filters: config.search_filters.clone(),
        }
    }
}

impl From<Row> for LdapConfig {
    fn from(row: Row) -> Self {
        Self {
            tenant_uuid: TenantId::from_database(row.tenant_uuid),
            host: row.host,
            port: row.port,
            protocol_version: row.protocol_version,
            protocol_security: row.protocol_security,
            bind_dn: row.bind_dn,
            bind_password: row.bind_password.map(Secret::new),
            user_base_dn: row.user_base_dn,
            user_login_attribute: row.user_login_attribute,
            user_email_attribute: row.user_email_attribute,
            search_filters: row.search_filters,
        }
    }
}

/// The directory of a tenant.
pub fn find(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Option<LdapConfig>> {
    Ok(auth_ldap_config::table
        .find(tenant.as_str())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(LdapConfig::from))
}

/// Gives a tenant this directory, whether it had one or not.
pub fn upsert(db: &mut Connection, config: &LdapConfig) -> DatabaseResult<()> {
    Each(
        diesel::insert_into(auth_ldap_config::table)
            .values(Row::new(config))
            .on_conflict(auth_ldap_config::tenant_uuid)
            .do_update()
            .set(Row::new(config)),
    )
    .execute(db)?;
    Ok(())
}

/// Takes a tenant's directory away. Answers whether it had one.
pub fn delete(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_ldap_config::table.find(tenant.as_str())).execute(db)? > 0)
}
