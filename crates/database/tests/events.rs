//! Events that wait to be told on the bus.

mod support;

use std::slice;

use chrono::DateTime;
use serde_json::json;
use support::both;
use wazo_auth_database::{DatabaseError, queries::event};
use wazo_auth_model::{
    event::{Client, Event},
    ids::{TenantId, UserId},
};

fn client(tenant: &TenantId, client_id: &str) -> Client {
    Client {
        client_id: client_id.to_owned(),
        mobile: true,
        user: UserId::random(),
        tenant: tenant.clone(),
    }
}

#[test]
fn events_wait_in_the_order_of_their_changes_until_they_are_taken_away() {
    for engine in both() {
        assert!(engine.database().has_events(), "{}", engine.name);
        engine.write(|db| {
            let tenant = TenantId::random();
            let now = DateTime::from_timestamp(1, 123_456_000).unwrap();
            let phone = client(&tenant, "phone");
            event::insert(db, &Event::RefreshTokenCreated(phone.clone()), now)?;
            event::insert(db, &Event::RefreshTokenDeleted(phone.clone()), now)?;
            let waiting = event::list(db, 0, 10)?;
            let names: Vec<&str> = waiting.iter().map(|event| event.name.as_str()).collect();
            assert_eq!(
                names,
                ["auth_refresh_token_created", "auth_refresh_token_deleted"]
            );
            let (first, second) = (&waiting[0], &waiting[1]);
            assert!(first.id < second.id && first.object == second.object);
            assert_eq!(first.created_at, now);
            assert_eq!(first.tenant_uuid, tenant.as_str());
            assert_eq!(first.user_uuid.as_deref(), Some(phone.user.as_str()));
            assert_eq!(
                first.payload,
                json!({
                    "client_id": "phone",
                    "mobile": true,
                    "user_uuid": phone.user.as_str(),
                    "tenant_uuid": tenant.as_str(),
                })
            );
            assert_eq!(event::list(db, first.id, 10)?, slice::from_ref(second));
            assert_eq!(event::list(db, 0, 1)?, slice::from_ref(first));
            assert!(event::delete(db, first.id)? && !event::delete(db, first.id)?);
            assert_eq!(event::list(db, 0, 10)?.len(), 1);
            Ok(())
        });
    }
}

#[test]
fn a_change_that_is_undone_tells_nothing() {
    for engine in both() {
        let undone: Result<(), DatabaseError> = engine
            .database()
            .write(|db| {
                let tenant = TenantId::random();
                let event = Event::RefreshTokenCreated(client(&tenant, "phone"));
                event::insert(db, &event, DateTime::default())?;
                Err(DatabaseError::Unavailable)
            })
            .wait();
        assert!(undone.is_err());
        let waiting = engine.write(|db| event::list(db, 0, 10));
        assert_eq!(waiting, [], "{}", engine.name);
    }
}
