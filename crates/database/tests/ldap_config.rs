//! The directories of tenants.

mod support;
#[path = "support/tenants.rs"]
mod tenants;

use support::both;
use tenants::two_tenants;
use wazo_auth_database::queries::ldap_config::{self, LdapConfig};
use wazo_auth_model::secret::Secret;

#[test]
fn a_tenant_has_one_directory_or_none() {
    for engine in both() {
        engine.write(|db| {
            let (top, below) = two_tenants(db)?;
            let mut config = LdapConfig {
                tenant_uuid: below.clone(),
                host: "ldap.example".to_owned(),
                port: 636,
                protocol_version: Some(3),
                protocol_security: Some("ldaps".to_owned()),
                bind_dn: Some("cn=service".to_owned()),
                bind_password: Some(Secret::new("s3cre7")),
                user_base_dn: "ou=people".to_owned(),
                user_login_attribute: Some("uid".to_owned()),
                user_email_attribute: Some("mail".to_owned()),
                search_filters: None,
            };
            assert_eq!(ldap_config::find(db, &below)?, None);
            ldap_config::upsert(db, &config)?;
            assert_eq!(ldap_config::find(db, &below)?.as_ref(), Some(&config));
            config.bind_dn = None;
            config.bind_password = None;
            config.protocol_security = None;
            config.search_filters = Some("(a=b)".to_owned());
            ldap_config::upsert(db, &config)?;
            assert_eq!(ldap_config::find(db, &below)?, Some(config));
            assert_eq!(ldap_config::find(db, &top)?, None);
            assert!(ldap_config::delete(db, &below)?);
            assert!(!ldap_config::delete(db, &below)?);
            assert_eq!(ldap_config::find(db, &below)?, None);
            Ok(())
        });
    }
}

#[test]
fn the_password_of_a_directory_does_not_print() {
    for engine in both() {
        let shown = engine.write(|db| {
            let (_, below) = two_tenants(db)?;
            ldap_config::upsert(
                db,
                &LdapConfig {
                    tenant_uuid: below.clone(),
                    host: String::new(),
                    port: 389,
                    protocol_version: None,
                    protocol_security: None,
                    bind_dn: None,
                    bind_password: Some(Secret::new("s3cre7")),
                    user_base_dn: String::new(),
                    user_login_attribute: None,
                    user_email_attribute: None,
                    search_filters: None,
                },
            )?;
            Ok(format!("{:?}", ldap_config::find(db, &below)?))
        });
        assert!(!shown.contains("s3cre7"), "{shown}");
    }
}
