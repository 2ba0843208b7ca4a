//! Events: what the rest of the platform is told when something has changed.

use serde_json::{Value, json};

use crate::ids::{SessionId, TenantId, UserId};

/// Stands for a user where an event is for all users of its tenant.
pub const EVERYBODY: &str = "*";

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody logged in.
    SessionCreated {
        /// The session.
        session: SessionId,
        /// Its tenant.
        tenant: TenantId,
        /// Who logged in; none for identities that are no UUID of version 4.
        user: Option<String>,
        /// Whether it is the session of a mobile telephone.
        mobile: bool,
    },
    /// A session ended.
    SessionDeleted {
        /// The session.
        session: SessionId,
        /// Its tenant.
        tenant: TenantId,
        /// Whose it was; none where its token had gone before.
        auth_id: Option<String>,
    },
    /// A session ends soon, unless it ends before.
    SessionExpiresSoon {
        /// The session.
        session: SessionId,
        /// Its tenant.
        tenant: TenantId,
        /// Whose it is.
        auth_id: String,
    },
    /// There is a new tenant.
    TenantAdded {
        /// The tenant.
        tenant: TenantId,
        /// What people call it.
        name: Option<String>,
        /// Its short name.
        slug: String,
        /// Its domain names.
        domain_names: Vec<String>,
    },
    /// A tenant was changed, or said to be.
    TenantUpdated {
        /// The tenant.
        tenant: TenantId,
        /// What people call it now.
        name: Option<String>,
    },
    /// A tenant is gone, with everything in it; nothing is told of each of these things.
    TenantDeleted {
        /// The tenant.
        tenant: TenantId,
    },
    /// A client got a refresh token.
    RefreshTokenCreated(Client),
    /// A client lost its refresh token.
    RefreshTokenDeleted(Client),
}

/// A client that stays logged in, without its refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What it calls itself.
    pub client_id: String,
    /// Whether it is a mobile telephone.
    pub mobile: bool,
    /// Whom it logs in.
    pub user: UserId,
    /// That user's tenant.
    pub tenant: TenantId,
}

impl Client {
    /// How the routing keys of its events begin.
    fn routing_key(&self) -> String {
        format!(
            "auth.users.{}.tokens.{}",
            word(self.user.as_str()),
            word(&self.client_id)
        )
    }
}

/// A text as one word of a routing key: without what separates words, or stands for any of them.
fn word(text: &str) -> String {
    text.replace('.', "__DOT__")
        .replace('#', "__HASH__")
        .replace('*', "__STAR__")
}

impl Event {
    /// Its name, as subscribers know it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SessionCreated { .. } => "auth_session_created",
            Self::SessionDeleted { .. } => "auth_session_deleted",
            Self::SessionExpiresSoon { .. } => "auth_session_expire_soon",
            Self::TenantAdded { .. } => "auth_tenant_added",
            Self::TenantUpdated { .. } => "auth_tenant_updated",
            Self::TenantDeleted { .. } => "auth_tenant_deleted",
            Self::RefreshTokenCreated(_) => "auth_refresh_token_created",
            Self::RefreshTokenDeleted(_) => "auth_refresh_token_deleted",
        }
    }

    /// What it is about. Events with the same text here are told in the order in which they happened.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Self::SessionCreated { session, .. }
            | Self::SessionDeleted { session, .. }
            | Self::SessionExpiresSoon { session, .. } => format!("session {session}"),
            Self::TenantAdded { tenant, .. }
            | Self::TenantUpdated { tenant, .. }
            | Self::TenantDeleted { tenant } => format!("tenant {tenant}"),
            Self::RefreshTokenCreated(client) | Self::RefreshTokenDeleted(client) => {
                format!("refresh_token {} {}", client.user, client.client_id)
            }
        }
    }

    /// The tenant that it happened in.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        match self {
            Self::SessionCreated { tenant, .. }
            | Self::SessionDeleted { tenant, .. }
            | Self::SessionExpiresSoon { tenant, .. }
            | Self::TenantAdded { tenant, .. }
            | Self::TenantUpdated { tenant, .. }
            | Self::TenantDeleted { tenant } => tenant,
            Self::RefreshTokenCreated(client) | Self::RefreshTokenDeleted(client) => &client.tenant,
        }
    }

    /// Whom it is about: a user's UUID, another identity that logged in, or [`EVERYBODY`].
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::SessionCreated { user, .. } => user.as_deref(),
            Self::SessionDeleted { auth_id, .. } => auth_id.as_deref(),
            Self::SessionExpiresSoon { auth_id, .. } => Some(auth_id),
            Self::TenantAdded { .. } | Self::TenantUpdated { .. } | Self::TenantDeleted { .. } => {
                Some(EVERYBODY)
            }
            Self::RefreshTokenCreated(client) | Self::RefreshTokenDeleted(client) => {
                Some(client.user.as_str())
            }
        }
    }

    /// The session that it is about, for events of sessions.
    #[must_use]
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Self::SessionCreated { session, .. }
            | Self::SessionDeleted { session, .. }
            | Self::SessionExpiresSoon { session, .. } => Some(session),
            Self::TenantAdded { .. }
            | Self::TenantUpdated { .. }
            | Self::TenantDeleted { .. }
            | Self::RefreshTokenCreated(_)
            | Self::RefreshTokenDeleted(_) => None,
        }
    }

    /// What subscribers of a topic exchange bind to: words with full stops between them.
    #[must_use]
    pub fn routing_key(&self) -> String {
        match self {
            Self::SessionCreated { session, .. } => {
                format!("auth.sessions.{}.created", word(session.as_str()))
            }
            Self::SessionDeleted { session, .. } => {
                format!("auth.sessions.{}.deleted", word(session.as_str()))
            }
            Self::SessionExpiresSoon {
                session, auth_id, ..
            } => format!(
                "auth.users.{}.sessions.{}.expire_soon",
                word(auth_id),
                word(session.as_str())
            ),
            Self::TenantAdded { tenant, .. } => {
                format!("auth.tenants.{}.created", word(tenant.as_str()))
            }
            Self::TenantUpdated { tenant, .. } => {
                format!("auth.tenants.{}.updated", word(tenant.as_str()))
            }
            Self::TenantDeleted { tenant } => {
                format!("auth.tenants.{}.deleted", word(tenant.as_str()))
            }
            Self::RefreshTokenCreated(client) => {
                format!("{}.created", client.routing_key())
            }
            Self::RefreshTokenDeleted(client) => {
                format!("{}.deleted", client.routing_key())
            }
        }
    }

    /// What subscribers are told, with its members in their order.
    #[must_use]
    pub fn payload(&self) -> Value {
        match self {
            Self::SessionCreated {
                session,
                tenant,
                user,
                mobile,
            } => json!({
                "uuid": session.as_str(),
                "tenant_uuid": tenant.as_str(),
                "user_uuid": user,
                "mobile": mobile,
            }),
            Self::SessionDeleted {
                session,
                tenant,
                auth_id,
            } => json!({
                "uuid": session.as_str(),
                "user_uuid": auth_id,
                "tenant_uuid": tenant.as_str(),
            }),
            Self::SessionExpiresSoon {
                session,
                tenant,
                auth_id,
            } => json!({
                "uuid": session.as_str(),
                "user_uuid": auth_id,
                "tenant_uuid": tenant.as_str(),
            }),
            Self::TenantAdded {
                tenant,
                name,
                slug,
                domain_names,
            } => json!({
                "uuid": tenant.as_str(),
                "name": name,
                "slug": slug,
                "domain_names": domain_names,
            }),
            Self::TenantUpdated { tenant, name } => json!({
                "uuid": tenant.as_str(),
                "name": name,
            }),
            Self::TenantDeleted { tenant } => json!({ "uuid": tenant.as_str() }),
            Self::RefreshTokenCreated(client) | Self::RefreshTokenDeleted(client) => json!({
                "client_id": client.client_id,
                "mobile": client.mobile,
                "user_uuid": client.user.as_str(),
                "tenant_uuid": client.tenant.as_str(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_subscribers_are_told_has_its_members_in_order() {
        let (session, tenant) = (SessionId::random(), TenantId::random());
        let user = UserId::random();
        let client = Client {
            client_id: "a.b*c#d".to_owned(),
            mobile: true,
            user: user.clone(),
            tenant: tenant.clone(),
        };
        let created = Event::SessionCreated {
            session: session.clone(),
            tenant: tenant.clone(),
            user: None,
            mobile: false,
        };
        let deleted = Event::SessionDeleted {
            session: session.clone(),
            tenant: tenant.clone(),
            auth_id: Some("wazo-auth".to_owned()),
        };
        for (event, expected) in [
            (
                &created,
                format!(
                    r#"{{"uuid":"{session}","tenant_uuid":"{tenant}","user_uuid":null,"mobile":false}}"#
                ),
            ),
            (
                &deleted,
                format!(
                    r#"{{"uuid":"{session}","user_uuid":"wazo-auth","tenant_uuid":"{tenant}"}}"#
                ),
            ),
            (
                &Event::RefreshTokenDeleted(client),
                format!(
                    r#"{{"client_id":"a.b*c#d","mobile":true,"user_uuid":"{user}","tenant_uuid":"{tenant}"}}"#
                ),
            ),
        ] {
            assert_eq!(event.payload().to_string(), expected);
        }
        assert_eq!(created.object(), deleted.object());
        assert_eq!(created.user(), None);
        assert_eq!(deleted.user(), Some("wazo-auth"));
    }

    #[test]
    fn a_routing_key_has_as_many_words_whatever_a_client_calls_itself() {
        let (session, tenant) = (SessionId::random(), TenantId::random());
        let user = UserId::random();
        let client = |name: &str| Client {
            client_id: name.to_owned(),
            mobile: false,
            user: user.clone(),
            tenant: tenant.clone(),
        };
        let soon = Event::SessionExpiresSoon {
            session: session.clone(),
            tenant: tenant.clone(),
            auth_id: user.to_string(),
        };
        assert_eq!(soon.session(), Some(&session));
        for (event, expected) in [
            (
                Event::RefreshTokenCreated(client("a.b*c#d")),
                format!("auth.users.{user}.tokens.a__DOT__b__STAR__c__HASH__d.created"),
            ),
            (
                Event::RefreshTokenDeleted(client("é {x}")),
                format!("auth.users.{user}.tokens.é {{x}}.deleted"),
            ),
            (
                soon,
                format!("auth.users.{user}.sessions.{session}.expire_soon"),
            ),
            (
                Event::TenantDeleted {
                    tenant: tenant.clone(),
                },
                format!("auth.tenants.{tenant}.deleted"),
            ),
        ] {
            assert_eq!(event.routing_key(), expected);
        }
    }

    #[test]
    fn what_happens_to_a_tenant_is_told_in_order_and_to_everybody() {
        let tenant = TenantId::random();
        let added = Event::TenantAdded {
            tenant: tenant.clone(),
            name: None,
            slug: "acme".to_owned(),
            domain_names: vec!["acme.example".to_owned()],
        };
        let updated = Event::TenantUpdated {
            tenant: tenant.clone(),
            name: Some("Acme".to_owned()),
        };
        let deleted = Event::TenantDeleted {
            tenant: tenant.clone(),
        };
        for (event, expected) in [
            (
                &added,
                format!(
                    r#"{{"uuid":"{tenant}","name":null,"slug":"acme","domain_names":["acme.example"]}}"#
                ),
            ),
            (&updated, format!(r#"{{"uuid":"{tenant}","name":"Acme"}}"#)),
            (&deleted, format!(r#"{{"uuid":"{tenant}"}}"#)),
        ] {
            assert_eq!(event.payload().to_string(), expected);
            assert_eq!((event.tenant(), event.user()), (&tenant, Some("*")));
            assert_eq!(event.object(), added.object());
        }
    }
}
