//! SAML: configurations, logins, and what identity providers said.

mod support;
#[path = "support/tenants.rs"]
mod tenants;

use chrono::{DateTime, Utc};
use serde_json::json;
use support::{Engine, both};
use tenants::two_tenants;
use wazo_auth_database::{
    Connection, Constraint, DatabaseError, DatabaseResult,
    queries::{
        refresh_token::{self, RefreshToken},
        saml_cache::{self, Cached},
        saml_config::{self, SamlConfig},
        saml_session::{self, SamlSession},
        tenant_domain,
    },
};
use wazo_auth_model::ids::{RefreshTokenId, TenantId};

fn config(tenant: &TenantId, domain_uuid: &str) -> SamlConfig {
    SamlConfig {
        tenant_uuid: tenant.clone(),
        domain_uuid: domain_uuid.to_owned(),
        entity_id: "us".to_owned(),
        idp_metadata: "<xml><a b=\"é\"/></xml>".to_owned(),
        acs_url: "https://example.com/acs".to_owned(),
    }
}

/// The ids of two domains of a tenant.
fn domains(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<[String; 2]> {
    let names = ["one.example".to_owned(), "two.example".to_owned()];
    tenant_domain::replace(db, tenant, &names)?;
    let found = tenant_domain::list(db, std::slice::from_ref(tenant))?;
    let mut ids = found.into_iter().map(|domain| domain.uuid);
    Ok([
        ids.next().unwrap_or_default(),
        ids.next().unwrap_or_default(),
    ])
}

fn session(number: i64) -> SamlSession {
    SamlSession {
        request_id: format!("id-{number}"),
        session_id: format!("session-{number}"),
        redirect_url: "https://example.com".to_owned(),
        domain: "one.example".to_owned(),
        relay_state: format!("state-{number}"),
        login: None,
        start_time: DateTime::<Utc>::from_timestamp(number, 0),
        saml_name_id: None,
        refresh_token_uuid: None,
    }
}

fn refresh_token(db: &mut Connection) -> DatabaseResult<RefreshTokenId> {
    let new = RefreshToken {
        uuid: RefreshTokenId::random(),
        client_id: None,
        user_uuid: None,
        backend: None,
        login: None,
        user_agent: None,
        remote_addr: None,
        created_at: None,
        mobile: false,
        metadata: json!({}),
    };
    refresh_token::insert(db, &new)?;
    Ok(new.uuid)
}

fn broken(engine: &Engine, config: SamlConfig) -> Option<Constraint> {
    let done: Result<(), DatabaseError> = engine
        .database()
        .write(move |db| saml_config::insert(db, &config))
        .wait();
    done.err()?.constraint()
}

#[test]
fn a_configuration_belongs_to_a_domain_of_a_tenant() {
    for engine in both() {
        let first = engine.write(|db| {
            let (top, below) = two_tenants(db)?;
            let [one, two] = domains(db, &below)?;
            let mut wanted = config(&below, &one);
            assert_eq!(saml_config::find(db, &below)?, None);
            assert!(!saml_config::update(db, &one, &wanted)?);
            saml_config::insert(db, &wanted)?;
            assert_eq!(saml_config::find(db, &below)?.as_ref(), Some(&wanted));
            assert_eq!(saml_config::find(db, &top)?, None);
            let by_name = saml_config::find_by_domain_name(db, "one.example")?;
            assert_eq!(by_name.as_ref(), Some(&wanted));

            two.clone_into(&mut wanted.domain_uuid);
            "<b/>".clone_into(&mut wanted.idp_metadata);
            assert!(saml_config::update(db, &one, &wanted)?);
            assert_eq!(saml_config::find(db, &below)?.as_ref(), Some(&wanted));
            assert_eq!(saml_config::find_by_domain_name(db, "one.example")?, None);

            // A domain that goes takes its configuration along.
            tenant_domain::replace(db, &below, &["one.example".to_owned()])?;
            assert_eq!(saml_config::find(db, &below)?, None);
            let again = config(&below, &one);
            saml_config::insert(db, &again)?;
            assert!(saml_config::delete(db, &below)?);
            assert!(!saml_config::delete(db, &below)?);
            saml_config::insert(db, &again)?;
            Ok(again)
        });
        let nowhere = config(&first.tenant_uuid, "no domain");
        assert_eq!(broken(&engine, first), Some(Constraint::SamlConfig));
        assert_eq!(broken(&engine, nowhere), Some(Constraint::SamlConfigDomain));
    }
}

#[test]
fn a_login_goes_from_its_request_to_its_logout() {
    for engine in both() {
        engine.write(|db| {
            let mut wanted = session(1);
            saml_session::insert(db, &wanted)?;
            saml_session::insert(db, &session(2))?;
            assert_eq!(
                saml_session::find_by_request(db, "id-1")?.as_ref(),
                Some(&wanted)
            );
            assert_eq!(saml_session::find_by_session(db, "session-3")?, None);
            assert!(
                !saml_session::consume(db, "session-1", "used", None)?,
                "nobody has logged in yet"
            );

            assert!(saml_session::update_login(db, "id-1", "alice", "<n/>")?);
            assert!(!saml_session::update_login(db, "id-3", "alice", "<n/>")?);
            wanted.login = Some("alice".to_owned());
            wanted.saml_name_id = Some("<n/>".to_owned());
            assert_eq!(
                saml_session::find_by_session(db, "session-1")?.as_ref(),
                Some(&wanted)
            );

            let refresh = refresh_token(db)?;
            assert!(saml_session::consume(
                db,
                "session-1",
                "used",
                Some(&refresh)
            )?);
            assert!(!saml_session::consume(
                db,
                "session-1",
                "again",
                Some(&refresh)
            )?);
            "used".clone_into(&mut wanted.session_id);
            wanted.refresh_token_uuid = Some(refresh.clone());
            assert_eq!(
                saml_session::find_by_refresh_token(db, &refresh)?.as_ref(),
                Some(&wanted)
            );

            assert!(saml_session::update_relay_state(db, "id-1", "logout")?);
            "logout".clone_into(&mut wanted.relay_state);
            assert_eq!(
                saml_session::find_by_relay_state(db, "logout")?,
                Some(wanted)
            );
            assert!(saml_session::delete(db, "id-1")?);
            assert!(!saml_session::delete(db, "id-1")?);
            assert_eq!(saml_session::find_by_request(db, "id-2")?, Some(session(2)));
            Ok(())
        });
    }
}

#[test]
fn old_logins_go_unless_their_refresh_token_lives_on() {
    for engine in both() {
        engine.write(|db| {
            for number in 1..=3 {
                saml_session::insert(db, &session(number))?;
            }
            let refresh = refresh_token(db)?;
            saml_session::update_login(db, "id-2", "alice", "<n/>")?;
            saml_session::consume(db, "session-2", "used", Some(&refresh))?;
            let third = DateTime::from_timestamp(3, 0).unwrap();
            assert_eq!(saml_session::delete_expired(db, third)?, 1);
            assert_eq!(saml_session::find_by_request(db, "id-1")?, None);
            assert!(saml_session::find_by_request(db, "id-2")?.is_some());
            assert!(saml_session::find_by_request(db, "id-3")?.is_some());
            refresh_token::delete(db, &refresh)?;
            assert_eq!(saml_session::delete_expired(db, third)?, 1);
            assert_eq!(saml_session::find_by_request(db, "id-2")?, None);
            Ok(())
        });
    }
}

#[test]
fn what_can_be_used_to_log_in_does_not_print() {
    let shown = format!("{:?}", session(1));
    assert!(shown.contains("id-1"), "{shown}");
    assert!(
        !shown.contains("session-1") && !shown.contains("state-1"),
        "{shown}"
    );
}

#[test]
fn what_was_said_of_a_user_is_kept_by_user_and_provider() {
    for engine in both() {
        engine.write(|db| {
            let said = |name: &str, entity: &str, info: &str, end: i32| Cached {
                name_id: name.to_owned(),
                entity_id: entity.to_owned(),
                info: info.to_owned(),
                not_on_or_after: end,
            };
            saml_cache::upsert(db, &said("4=alice", "y", "{}", 10))?;
            saml_cache::upsert(db, &said("4=alice", "x", "{}", 20))?;
            saml_cache::upsert(db, &said("4=bob", "x", "{}", 30))?;
            saml_cache::upsert(db, &said("4=alice", "x", "[]", 25))?;
            let [x, y] = [
                said("4=alice", "x", "[]", 25),
                said("4=alice", "y", "{}", 10),
            ];
            assert_eq!(saml_cache::find(db, "4=alice", "x")?.as_ref(), Some(&x));
            assert_eq!(saml_cache::find(db, "4=carol", "x")?, None);
            assert_eq!(saml_cache::list(db, "4=alice")?, [x.clone(), y]);
            assert_eq!(saml_cache::delete_expired(db, 25)?, 1);
            assert_eq!(saml_cache::list(db, "4=alice")?, [x]);
            assert!(saml_cache::delete(db, "4=alice", "x")?);
            assert!(!saml_cache::delete(db, "4=alice", "x")?);
            assert_eq!(saml_cache::delete_expired(db, i64::MAX)?, 1);
            Ok(())
        });
    }
}
