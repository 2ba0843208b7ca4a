//! The SAML identity providers of tenants, each for one of the tenant's domains.

use diesel::prelude::*;
use wazo_auth_model::ids::TenantId;

use crate::{
    connection::Connection,
    constraint::Constraint,
    error::DatabaseResult,
    queries::parent::{Parent, name_missing},
    schema::{auth_saml_config, auth_tenant_domain},
    types::XmlText,
};

/// How a tenant's users log in at their identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlConfig {
    /// The tenant.
    pub tenant_uuid: TenantId,
    /// The domain that users name.
    pub domain_uuid: String,
    /// What we call ourselves.
    pub entity_id: String,
    /// The identity provider's metadata, an XML document.
    pub idp_metadata: String,
    /// Where the identity provider sends users back to.
    pub acs_url: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_saml_config)]
struct Row {
    tenant_uuid: String,
    domain_uuid: String,
    entity_id: String,
    idp_metadata: XmlText,
    acs_url: String,
}

impl Row {
    fn new(config: &SamlConfig) -> Self {
        Self {
            tenant_uuid: config.tenant_uuid.as_str().to_owned(),
            domain_uuid: config.domain_uuid.clone(),
            entity_id: config.entity_id.clone(),
            idp_metadata: XmlText(config.idp_metadata.clone()),
            acs_url: config.acs_url.clone(),
        }
    }
}

impl From<Row> for SamlConfig {
    fn from(row: Row) -> Self {
        Self {
            tenant_uuid: TenantId::from_database(row.tenant_uuid),
            domain_uuid: row.domain_uuid,
            entity_id: row.entity_id,
            idp_metadata: row.idp_metadata.0,
            acs_url: row.acs_url,
        }
    }
}

/// The configuration of a tenant.
pub fn find(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Option<SamlConfig>> {
    Ok(auth_saml_config::table
        .filter(auth_saml_config::tenant_uuid.eq(tenant.as_str()))
        .order(auth_saml_config::domain_uuid)
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(SamlConfig::from))
}

/// The configuration for the domain of this name.
pub fn find_by_domain_name(
    db: &mut Connection,
    domain_name: &str,
) -> DatabaseResult<Option<SamlConfig>> {
    Ok(auth_saml_config::table
        .inner_join(
            auth_tenant_domain::table
                .on(auth_tenant_domain::uuid.eq(auth_saml_config::domain_uuid)),
        )
        .filter(auth_tenant_domain::name.eq(domain_name))
        .order(auth_saml_config::tenant_uuid)
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(SamlConfig::from))
}

/// Adds a configuration.
///
/// # Errors
///
/// Breaks [`Constraint::SamlConfig`] when the tenant has one for the domain,
/// [`Constraint::SamlConfigDomain`] when there is no such domain.
pub fn insert(db: &mut Connection, config: &SamlConfig) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_saml_config::table)
        .values(Row::new(config))
        .execute(db);
    name_missing(db, inserted, &domain_of(config))?;
    Ok(())
}

/// Replaces a tenant's configuration for the domain `domain_uuid`, the domain included. Answers whether
/// there was one.
///
/// # Errors
///
/// As for [`insert`].
pub fn update(db: &mut Connection, domain_uuid: &str, config: &SamlConfig) -> DatabaseResult<bool> {
    let row = Row::new(config);
    let changed = diesel::update(auth_saml_config::table.find((&row.tenant_uuid, domain_uuid)))
        .set((
            auth_saml_config::domain_uuid.eq(&row.domain_uuid),
            auth_saml_config::entity_id.eq(&row.entity_id),
            auth_saml_config::idp_metadata.eq(&row.idp_metadata),
            auth_saml_config::acs_url.eq(&row.acs_url),
        ))
        .execute(db);
    Ok(name_missing(db, changed, &domain_of(config))? > 0)
}

fn domain_of(config: &SamlConfig) -> [(Parent<'_>, Constraint); 1] {
    [(
        Parent::Domain(&config.domain_uuid),
        Constraint::SamlConfigDomain,
    )]
}

/// Deletes what a tenant configured, for whatever domain. Answers whether there was anything.
pub fn delete(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<bool> {
    let deleted = diesel::delete(
        auth_saml_config::table.filter(auth_saml_config::tenant_uuid.eq(tenant.as_str())),
    )
    .execute(db)?;
    Ok(deleted > 0)
}
