//! Rows for tests to begin with.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        email::{self, Email},
        group::{self, Group},
        policy::{self, Policy},
        tenant::{self, Tenant},
        user::{self, Profile},
    },
};
use wazo_auth_model::ids::{EmailId, GroupId, PolicyId, TenantId, UserId};

pub fn top(db: &mut Connection) -> DatabaseResult<TenantId> {
    Ok(tenant::find_top(db)?.uuid)
}

/// A tenant whose users are in a directory.
pub fn add_tenant(db: &mut Connection, parent: &TenantId, slug: &str) -> DatabaseResult<TenantId> {
    let uuid = TenantId::random();
    tenant::insert(
        db,
        &Tenant {
            uuid: uuid.clone(),
            name: None,
            phone: None,
            contact_uuid: None,
            parent_uuid: parent.clone(),
            slug: slug.to_owned(),
            default_authentication_method: "ldap".to_owned(),
        },
    )?;
    Ok(uuid)
}

pub fn profile(username: Option<&str>) -> Profile {
    Profile {
        username: username.map(str::to_owned),
        firstname: None,
        lastname: None,
        purpose: "user".to_owned(),
        authentication_method: "default".to_owned(),
        enabled: true,
    }
}

pub fn add_profile(
    db: &mut Connection,
    tenant: &TenantId,
    profile: &Profile,
) -> DatabaseResult<UserId> {
    let uuid = UserId::random();
    user::insert(db, &uuid, tenant, profile, None)?;
    Ok(uuid)
}

/// A user of the top tenant.
pub fn add_user(db: &mut Connection, username: &str) -> DatabaseResult<UserId> {
    let top = top(db)?;
    add_profile(db, &top, &profile(Some(username)))
}

/// An address that is neither confirmed nor the main one.
pub fn address(user: &UserId, address: &str) -> Email {
    Email {
        uuid: EmailId::random(),
        address: address.to_owned(),
        confirmed: false,
        main: false,
        user_uuid: user.clone(),
    }
}

pub fn add_email(db: &mut Connection, user: &UserId, text: &str) -> DatabaseResult<Email> {
    let email = address(user, text);
    email::insert(db, &email)?;
    Ok(email)
}

pub fn group(tenant: &TenantId, slug: &str) -> Group {
    Group {
        uuid: GroupId::random(),
        name: slug.to_owned(),
        slug: slug.to_owned(),
        tenant_uuid: tenant.clone(),
        system_managed: false,
    }
}

pub fn add_group(db: &mut Connection, tenant: &TenantId, slug: &str) -> DatabaseResult<Group> {
    let group = group(tenant, slug);
    group::insert(db, &group)?;
    Ok(group)
}

pub fn policy(tenant: &TenantId, slug: &str) -> Policy {
    Policy {
        uuid: PolicyId::random(),
        name: slug.to_owned(),
        slug: slug.to_owned(),
        description: None,
        tenant_uuid: tenant.clone(),
        config_managed: false,
        shared: false,
        accesses: Vec::new(),
    }
}

pub fn add_policy(db: &mut Connection, policy: Policy) -> DatabaseResult<Policy> {
    policy::insert(db, &policy)?;
    Ok(policy)
}
