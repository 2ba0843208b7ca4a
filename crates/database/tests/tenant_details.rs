//! Domains and addresses of tenants.

mod support;
#[path = "support/tenants.rs"]
mod tenants;

use support::both;
use tenants::two_tenants;
use wazo_auth_database::queries::{
    tenant_address::{self, Address},
    tenant_domain,
};

#[test]
fn a_domain_that_is_kept_keeps_its_id() {
    for engine in both() {
        engine.write(|db| {
            let (a, b) = two_tenants(db)?;
            let names = |names: &[&str]| -> Vec<String> {
                names.iter().map(|name| (*name).to_owned()).collect()
            };
            tenant_domain::replace(db, &a, &names(&["b.x", "a.x", "a.x", "A.x"]))?;
            tenant_domain::replace(db, &b, &names(&["c.x"]))?;
            let before = tenant_domain::list(db, std::slice::from_ref(&a))?;
            let found: Vec<&str> = before.iter().map(|domain| domain.name.as_str()).collect();
            assert_eq!(found, ["A.x", "a.x", "b.x"], "by name, each once");

            tenant_domain::replace(db, &a, &names(&["d.x", "a.x"]))?;
            let after = tenant_domain::list(db, &[a.clone(), b.clone()])?;
            let found: Vec<&str> = after.iter().map(|domain| domain.name.as_str()).collect();
            assert_eq!(found, ["a.x", "c.x", "d.x"]);
            assert_eq!(after[0], before[1]);
            assert_eq!(after[1].tenant_uuid, b);
            assert_eq!(
                tenant_domain::find_by_name(db, "a.x")?.as_ref(),
                Some(&before[1])
            );
            assert_eq!(tenant_domain::find_by_name(db, "b.x")?, None);

            tenant_domain::replace(db, &a, &[])?;
            assert_eq!(tenant_domain::list(db, &[a])?, []);
            assert_eq!(tenant_domain::list(db, &[b])?.len(), 1);
            Ok(())
        });
    }
}

#[test]
fn a_tenant_has_one_address_or_none() {
    for engine in both() {
        engine.write(|db| {
            let (a, b) = two_tenants(db)?;
            assert_eq!(tenant_address::find(db, &a)?, None);
            assert!(!tenant_address::delete(db, &a)?);
            let mut address = Address {
                line_1: Some("1 Main Street".to_owned()),
                city: Some("Québec".to_owned()),
                ..Address::default()
            };
            tenant_address::upsert(db, &a, &address)?;
            assert_eq!(tenant_address::find(db, &a)?.as_ref(), Some(&address));
            address.line_1 = None;
            address.zip_code = Some("G1".to_owned());
            tenant_address::upsert(db, &a, &address)?;
            let both = [a.clone(), b.clone()];
            assert_eq!(tenant_address::list(db, &both)?, [(a.clone(), address)]);
            assert!(tenant_address::delete(db, &a)?);
            assert_eq!(tenant_address::find(db, &a)?, None);
            Ok(())
        });
    }
}
