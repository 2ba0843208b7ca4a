//! Sessions: whose they are, and what ends them.

mod support;
#[path = "support/users.rs"]
mod users;

use std::slice;

use serde_json::json;
use support::both;
use users::user;
use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{
        list::{Direction, Paging},
        refresh_token::{self, RefreshToken},
        scope::Scope,
        session::{self, Order, Session},
        tenant::{self, Tenant},
        token,
    },
};
use wazo_auth_model::{
    ids::{RefreshTokenId, SessionId, TenantId, TokenId},
    token::Token,
};

fn log_in(
    db: &mut Connection,
    tenant: &TenantId,
    auth_id: &str,
    mobile: bool,
    refresh: Option<&RefreshTokenId>,
) -> DatabaseResult<(Session, TokenId)> {
    let uuid = SessionId::random();
    session::insert(db, &uuid, tenant, mobile)?;
    let new = Token {
        uuid: TokenId::random(),
        auth_id: auth_id.to_owned(),
        pbx_user_uuid: None,
        xivo_uuid: None,
        issued_t: None,
        expire_t: Some(1),
        metadata: serde_json::Map::new(),
        session_uuid: uuid.clone(),
        user_agent: None,
        remote_addr: None,
        acl: Vec::new(),
    };
    match refresh {
        Some(refresh) => token::insert_with_refresh_token(db, &new, refresh)?,
        None => token::insert(db, &new)?,
    }
    let session = Session {
        uuid,
        mobile,
        tenant_uuid: tenant.clone(),
        auth_id: Some(auth_id.to_owned()),
    };
    Ok((session, new.uuid))
}

/// The top tenant, one below it, and one below that.
fn tenants(db: &mut Connection) -> DatabaseResult<[TenantId; 3]> {
    let top = tenant::find_top(db)?.uuid;
    let mut below = |parent: &TenantId, slug: &str| -> DatabaseResult<TenantId> {
        let uuid = TenantId::random();
        let new = Tenant {
            uuid: uuid.clone(),
            name: None,
            phone: None,
            contact_uuid: None,
            parent_uuid: parent.clone(),
            slug: slug.to_owned(),
            default_authentication_method: "native".to_owned(),
        };
        tenant::insert(db, &new)?;
        Ok(uuid)
    };
    let child = below(&top, "child")?;
    let grandchild = below(&child, "grandchild")?;
    Ok([top, child, grandchild])
}

fn by_uuid(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.sort_by(|one, other| one.uuid.cmp(&other.uuid));
    sessions
}

#[test]
fn sessions_are_listed_by_tenants_and_by_identity() {
    for engine in both() {
        engine.write(|db| {
            let [top, child, grandchild] = tenants(db)?;
            let (one, _) = log_in(db, &top, "alice", false, None)?;
            let (two, _) = log_in(db, &child, "bob", true, None)?;
            let (three, _) = log_in(db, &grandchild, "alice", false, None)?;
            let paging = Paging::default();
            let mut check = |scope: &Scope,
                             auth_id: Option<&str>,
                             expected: &[&Session]|
             -> DatabaseResult<()> {
                let expected = by_uuid(expected.iter().map(|one| (*one).clone()).collect());
                assert_eq!(session::list(db, scope, auth_id, &paging)?, expected);
                let count = session::count(db, scope, auth_id)?;
                assert_eq!(usize::try_from(count).unwrap(), expected.len());
                Ok(())
            };
            check(&Scope::All, None, &[&one, &two, &three])?;
            check(&Scope::Tenant(child.clone()), None, &[&two])?;
            check(&Scope::Subtree(child.clone()), None, &[&two, &three])?;
            check(&Scope::All, Some("alice"), &[&one, &three])?;
            check(&Scope::Subtree(child.clone()), Some("alice"), &[&three])?;
            check(&Scope::All, Some("Alice"), &[])?;

            let mobile_first = Paging {
                order: Order::Mobile,
                direction: Direction::Descending,
                limit: Some(1),
                ..Paging::default()
            };
            assert_eq!(
                session::list(db, &Scope::All, None, &mobile_first)?,
                slice::from_ref(&two)
            );

            let below = Scope::Subtree(child);
            assert_eq!(
                session::find(db, &below, &three.uuid)?.as_ref(),
                Some(&three)
            );
            assert_eq!(session::find(db, &below, &one.uuid)?, None);
            assert_eq!(session::count_by_auth_id(db, "alice")?, 2);
            assert_eq!(session::count_by_auth_id(db, "nobody")?, 0);
            Ok(())
        });
    }
}

#[test]
fn a_session_without_its_token_is_nobodys() {
    for engine in both() {
        engine.write(|db| {
            let [top, ..] = tenants(db)?;
            let (mut session, token) = log_in(db, &top, "alice", false, None)?;
            token::delete(db, &token)?;
            session.auth_id = None;
            assert_eq!(
                session::list(db, &Scope::All, None, &Paging::default())?,
                [session]
            );
            Ok(())
        });
    }
}

#[test]
fn a_session_is_ended_within_its_tenants_and_its_token_with_it() {
    for engine in both() {
        engine.write(|db| {
            let [top, child, _] = tenants(db)?;
            let (session, token) = log_in(db, &top, "alice", false, None)?;
            let foreign = Scope::Subtree(child);
            assert_eq!(session::delete(db, &foreign, &session.uuid)?, None);
            assert!(token::find(db, &token)?.is_some());
            let here = Scope::Tenant(top);
            assert_eq!(
                session::delete(db, &here, &session.uuid)?.as_ref(),
                Some(&session)
            );
            assert!(token::find(db, &token)?.is_none());
            assert_eq!(session::delete(db, &here, &session.uuid)?, None);
            Ok(())
        });
    }
}

#[test]
fn sessions_are_ended_by_token_by_identity_and_by_id() {
    for engine in both() {
        engine.write(|db| {
            let [top, child, _] = tenants(db)?;
            let (one, token) = log_in(db, &top, "alice", false, None)?;
            let (two, _) = log_in(db, &child, "alice", true, None)?;
            let (three, _) = log_in(db, &child, "alice", false, None)?;
            let (four, _) = log_in(db, &top, "bob", false, None)?;
            let (five, _) = log_in(db, &top, "carol", false, None)?;

            assert_eq!(session::delete_by_token(db, &token)?.as_ref(), Some(&one));
            assert_eq!(session::delete_by_token(db, &token)?, None);

            let ended = session::delete_by_auth_id(db, "alice")?;
            assert_eq!(by_uuid(ended), by_uuid(vec![two.clone(), three]));
            assert_eq!(session::delete_by_auth_id(db, "alice")?, []);

            let many = [four.uuid, five.uuid, two.uuid, SessionId::random()];
            assert_eq!(session::delete_many(db, &many)?, 2);
            assert_eq!(session::delete_many(db, &[])?, 0);
            assert_eq!(session::count(db, &Scope::All, None)?, 0);
            Ok(())
        });
    }
}

#[test]
fn sessions_are_ended_by_the_refresh_token_that_they_came_of() {
    for engine in both() {
        engine.write(|db| {
            let [top, ..] = tenants(db)?;
            let refresh = RefreshToken {
                uuid: RefreshTokenId::random(),
                client_id: None,
                user_uuid: None,
                backend: None,
                login: None,
                user_agent: None,
                remote_addr: None,
                created_at: None,
                mobile: true,
                metadata: json!({}),
            };
            refresh_token::insert(db, &refresh)?;
            let (one, _) = log_in(db, &top, "alice", true, Some(&refresh.uuid))?;
            let (two, _) = log_in(db, &top, "alice", false, Some(&refresh.uuid))?;
            let (other, _) = log_in(db, &top, "alice", true, None)?;
            let ended = session::delete_by_refresh_token(db, &refresh.uuid)?;
            assert_eq!(by_uuid(ended), by_uuid(vec![one, two]));
            assert_eq!(session::delete_by_refresh_token(db, &refresh.uuid)?, []);
            assert_eq!(
                session::list(db, &Scope::All, None, &Paging::default())?,
                [other]
            );
            Ok(())
        });
    }
}

#[test]
fn with_a_tenant_end_the_sessions_of_its_users_whatever_tenant_they_began_in() {
    for engine in both() {
        let name = engine.name;
        engine.write(move |db| {
            let [top, child, grandchild] = tenants(db)?;
            let [alice, bob] = [user(db, &child, "alice")?, user(db, &grandchild, "bob")?];
            let mut ended = Vec::new();
            for tenant in [&top, &child, &grandchild] {
                ended.push(log_in(db, tenant, alice.as_str(), false, None)?.1);
            }
            let (_, bobs) = log_in(db, &child, bob.as_str(), false, None)?;
            let (_, nobodys) = log_in(db, &top, "nobody", false, None)?;
            assert_eq!(session::delete_by_users_of(db, &child)?, 3, "{name}");
            for token in &ended {
                assert_eq!(token::find(db, token)?.map(|_| ()), None, "{name}");
            }
            for token in [&bobs, &nobodys] {
                assert!(token::find(db, token)?.is_some(), "{name}");
            }
            Ok(())
        });
    }
}
