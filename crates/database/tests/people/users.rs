//! Users: stored, changed, found by their logins, and what goes with them.

use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        email, external_auth, group, policy as policies,
        scope::Scope,
        tenant,
        user::{self, Filter, Profile},
    },
};
use wazo_auth_model::{
    ids::{TenantId, UserId},
    password::StoredPassword,
};

use crate::{
    rows::{add_email, add_group, add_policy, add_profile, add_tenant, policy, profile, top},
    support::both,
};

#[test]
fn a_user_is_stored_whole_and_changed_whole() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let child = add_tenant(db, &top, "child")?;
            let full = Profile {
                username: Some("élodie".to_owned()),
                firstname: Some("Élodie".to_owned()),
                lastname: Some(String::new()),
                purpose: "external_api".to_owned(),
                authentication_method: "native".to_owned(),
                enabled: false,
            };
            let uuid = add_profile(db, &child, &full)?;
            let stored = user::find(db, uuid.as_str())?.unwrap();
            assert_eq!(stored.uuid, uuid, "{name}");
            assert_eq!(stored.username, full.username, "{name}");
            assert_eq!(stored.firstname, full.firstname, "{name}");
            assert_eq!(stored.lastname, full.lastname, "{name}");
            assert_eq!(stored.enabled, Some(false), "{name}");
            assert_eq!(stored.tenant_uuid, child, "{name}");
            assert_eq!(stored.purpose, "external_api", "{name}");
            assert_eq!(stored.authentication_method, "native", "{name}");

            assert!(user::update(db, &uuid, &profile(None))?, "{name}");
            let changed = user::find(db, uuid.as_str())?.unwrap();
            assert_eq!(changed.username, None, "{name}");
            assert_eq!(changed.firstname, None, "{name}");
            assert_eq!(changed.lastname, None, "{name}");
            assert_eq!(changed.enabled, Some(true), "{name}");
            assert_eq!(changed.own_authentication_method, "default", "{name}");
            assert_eq!(
                changed.authentication_method, "ldap",
                "the tenant's: {name}"
            );

            assert!(
                user::set_authentication_method(db, &uuid, "saml")?,
                "{name}"
            );
            let changed = user::find(db, uuid.as_str())?.unwrap();
            assert_eq!(changed.authentication_method, "saml", "{name}");
            assert_eq!(changed.own_authentication_method, "saml", "{name}");
            Ok(())
        });
    }
}

#[test]
fn who_is_not_there_is_changed_by_nothing() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let nobody = UserId::random();
            let password = StoredPassword {
                hash: "hash".to_owned(),
                salt: Vec::new(),
            };
            assert!(!user::update(db, &nobody, &profile(None))?, "{name}");
            assert!(!user::set_password(db, &nobody, &password)?, "{name}");
            assert!(!user::clear_password(db, &nobody)?, "{name}");
            assert!(
                !user::set_authentication_method(db, &nobody, "native")?,
                "{name}"
            );
            assert!(!user::lock(db, &nobody)?, "{name}");
            assert!(!user::delete(db, &nobody)?, "{name}");
            assert_eq!(user::find_within(db, &Scope::All, &nobody)?, None, "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_password_is_set_replaced_and_taken_away() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let (first, second) = (
                StoredPassword {
                    hash: "first".to_owned(),
                    salt: vec![0, 255],
                },
                StoredPassword {
                    hash: "second".to_owned(),
                    salt: Vec::new(),
                },
            );
            let uuid = UserId::random();
            user::insert(db, &uuid, &top, &profile(None), Some(&first))?;
            let hash = |db: &mut Connection| -> DatabaseResult<Option<String>> {
                Ok(user::find_password(db, &uuid)?.map(|stored| stored.hash))
            };
            assert_eq!(hash(db)?.as_deref(), Some("first"), "{name}");
            assert!(
                !user::replace_password(db, &uuid, &second, &first)?,
                "{name}"
            );
            assert!(
                user::replace_password(db, &uuid, &first, &second)?,
                "{name}"
            );
            assert_eq!(hash(db)?.as_deref(), Some("second"), "{name}");
            assert!(user::clear_password(db, &uuid)?, "{name}");
            assert_eq!(hash(db)?, None, "{name}");
            assert!(user::set_password(db, &uuid, &first)?, "{name}");
            assert_eq!(hash(db)?.as_deref(), Some("first"), "{name}");
            // What else is said about the user has nothing to do with the password.
            user::update(db, &uuid, &profile(Some("other")))?;
            assert_eq!(hash(db)?.as_deref(), Some("first"), "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_login_is_a_name_or_an_address_of_somebody() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let alice = add_profile(db, &top, &profile(Some("Zoë@example.com")))?;
            let bob = add_profile(db, &top, &profile(None))?;
            // The same text as user name and address of one user is no conflict.
            add_email(db, &alice, "zoë@example.com")?;
            add_email(db, &bob, "bob@example.com")?;
            for (login, owned, by_other) in [
                ("ZOË@example.com", true, false),
                ("bob@EXAMPLE.com", true, true),
                ("nobody", false, false),
                ("", false, false),
            ] {
                assert_eq!(user::owns_login(db, login)?, owned, "{name}: {login}");
                let other = user::is_login_of_other(db, login, &alice)?;
                assert_eq!(other, by_other, "{name}: {login}");
            }
            let found = user::find_by_login(db, "zoË@example.com")?;
            assert_eq!(found.map(|user| user.uuid), Some(alice), "{name}");
            // Unconfirmed.
            assert_eq!(user::find_by_login(db, "bob@example.com")?, None, "{name}");
            Ok(())
        });
    }
}

#[test]
fn a_broken_rule_has_the_same_name_on_both_engines() {
    type Attempt = fn(&mut Connection, &UserId, &TenantId) -> DatabaseResult<()>;
    let attempts: [(Attempt, Constraint); 5] = [
        (
            |db, alice, top| user::insert(db, alice, top, &profile(None), None),
            Constraint::User,
        ),
        (
            |db, _, top| add_profile(db, top, &profile(Some("ALICE-É"))).map(drop),
            Constraint::UserName,
        ),
        (
            |db, _, top| {
                let other = add_profile(db, top, &profile(None))?;
                user::update(db, &other, &profile(Some("alice-É"))).map(drop)
            },
            Constraint::UserName,
        ),
        (
            |db, alice, _| {
                let profile = Profile {
                    purpose: "none".to_owned(),
                    ..profile(None)
                };
                user::update(db, alice, &profile).map(drop)
            },
            Constraint::UserPurpose,
        ),
        (
            |db, _, _| add_profile(db, &TenantId::random(), &profile(None)).map(drop),
            Constraint::UserTenant,
        ),
    ];
    for engine in both() {
        let (alice, top) = engine.write(|db| {
            let top = top(db)?;
            Ok((add_profile(db, &top, &profile(Some("alice-é")))?, top))
        });
        for (attempt, expected) in attempts {
            let (alice, top) = (alice.clone(), top.clone());
            let error: DatabaseError = engine
                .database()
                .write(move |db| attempt(db, &alice, &top))
                .wait()
                .unwrap_err();
            assert_eq!(
                error.constraint(),
                Some(expected),
                "{}: {error:?}",
                engine.name
            );
        }
        // Nothing of it remains.
        let count = engine.write(|db| user::count(db, &Scope::All, &Filter::default(), None));
        assert_eq!(count, 1, "{}", engine.name);
    }
}

#[test]
fn with_a_user_goes_what_belongs_to_it_and_nothing_else() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let top = top(db)?;
            let alice = add_profile(db, &top, &profile(Some("alice")))?;
            add_email(db, &alice, "alice@example.com")?;
            let group = add_group(db, &top, "friends")?.uuid;
            let policy = add_policy(db, policy(&top, "policy"))?.uuid;
            user::join_group(db, &alice, &group)?;
            user::add_policy(db, &alice, &policy)?;
            let kind = external_auth::find_or_insert_type(db, "kind")?;
            external_auth::insert_data(db, &alice, &kind, "{}")?;
            let mut changes = tenant::find(db, &top)?.unwrap();
            changes.contact_uuid = Some(alice.clone());
            tenant::update(
                db,
                &top,
                &tenant::Changes {
                    name: changes.name,
                    phone: changes.phone,
                    contact_uuid: changes.contact_uuid,
                    default_authentication_method: changes.default_authentication_method,
                },
            )?;

            assert!(user::delete(db, &alice)?, "{name}");
            assert!(!user::delete(db, &alice)?, "{name}");
            assert_eq!(email::list_by_user(db, &alice)?, [], "{name}");
            assert_eq!(external_auth::find_data(db, &alice, &kind)?, None, "{name}");
            assert!(!user::leave_group(db, &alice, &group)?, "{name}");
            assert!(!user::remove_policy(db, &alice, &policy)?, "{name}");
            assert_eq!(
                tenant::find(db, &top)?.unwrap().contact_uuid,
                None,
                "{name}"
            );
            assert!(
                group::find_within(db, &Scope::All, &group)?.is_some(),
                "{name}"
            );
            assert!(
                policies::find_within(db, &Scope::All, &policy)?.is_some(),
                "{name}"
            );
            assert!(!user::owns_login(db, "alice@example.com")?, "{name}");
            Ok(())
        });
    }
}
