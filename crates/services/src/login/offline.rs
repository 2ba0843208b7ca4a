//! Staying logged in: the refresh token of a client, and the rule that a user has one mobile telephone.

use chrono::{DateTime, Utc};
use serde_json::Value;
use wazo_auth_database::{
    Connection, DatabaseError, DatabaseResult,
    queries::{self, refresh_token::RefreshToken, session::Session, user::User},
};
use wazo_auth_model::{
    event::{Client, Event},
    ids::RefreshTokenId,
};

use crate::event::Recorder;

/// How often a client's refresh token is looked for and made, while another program that shares the
/// database makes and takes it away.
const TRIES: usize = 10;

/// What a client asks for that wants to stay logged in.
pub(super) struct Offline {
    pub client_id: String,
    pub backend: String,
    pub login: String,
    pub user_agent: String,
    pub remote_addr: String,
    pub mobile: bool,
    pub metadata: Value,
    pub now: DateTime<Utc>,
}

/// The refresh token that a client has now.
pub(super) struct Kept {
    pub uuid: RefreshTokenId,
    pub sessions_revoked: usize,
}

impl Offline {
    /// Gives the client its refresh token, the one that it has already where there is one. A mobile
    /// telephone gets a new one, and what it and others had ends, with the sessions made from that.
    pub fn keep(
        &self,
        db: &mut Connection,
        user: &User,
        recorder: Recorder,
    ) -> DatabaseResult<Kept> {
        let mut sessions_revoked = 0;
        let mut existing = queries::refresh_token::find_by_client(db, &user.uuid, &self.client_id)?;
        if self.mobile
            && let Some(old) = existing.take()
        {
            sessions_revoked += revoke(db, user, &old, recorder)?;
        }
        let uuid = match existing {
            Some(existing) => existing.uuid,
            None => self.make(db, user, recorder)?,
        };
        if self.mobile {
            for other in queries::refresh_token::list_other_mobile(db, &user.uuid, &uuid)? {
                sessions_revoked += revoke(db, user, &other, recorder)?;
            }
        }
        Ok(Kept {
            uuid,
            sessions_revoked,
        })
    }

    fn make(
        &self,
        db: &mut Connection,
        user: &User,
        recorder: Recorder,
    ) -> DatabaseResult<RefreshTokenId> {
        let new = RefreshToken {
            uuid: RefreshTokenId::random(),
            client_id: Some(self.client_id.clone()),
            user_uuid: Some(user.uuid.clone()),
            backend: Some(self.backend.clone()),
            login: Some(self.login.clone()),
            user_agent: Some(self.user_agent.clone()),
            remote_addr: Some(self.remote_addr.clone()),
            created_at: Some(self.now),
            mobile: self.mobile,
            metadata: self.metadata.clone(),
        };
        for _ in 0..TRIES {
            if queries::refresh_token::insert(db, &new)? {
                recorder.record(db, &Event::RefreshTokenCreated(client(user, &new)))?;
                return Ok(new.uuid);
            }
            let existing = queries::refresh_token::find_by_client(db, &user.uuid, &self.client_id)?;
            if let Some(existing) = existing {
                return Ok(existing.uuid);
            }
        }
        Err(DatabaseError::Unavailable)
    }
}

/// Ends a refresh token and the sessions made with it. Answers how many these were.
fn revoke(
    db: &mut Connection,
    user: &User,
    old: &RefreshToken,
    recorder: Recorder,
) -> DatabaseResult<usize> {
    let ended: Vec<Session> = queries::session::delete_by_refresh_token(db, &old.uuid)?
        .into_iter()
        .map(|session| Session {
            // Subscribers look for them where the user is now.
            tenant_uuid: user.tenant_uuid.clone(),
            ..session
        })
        .collect();
    recorder.sessions_deleted(db, &ended)?;
    if queries::refresh_token::delete(db, &old.uuid)? {
        recorder.record(db, &Event::RefreshTokenDeleted(client(user, old)))?;
    }
    Ok(ended.len())
}

fn client(user: &User, token: &RefreshToken) -> Client {
    Client {
        client_id: token.client_id.clone().unwrap_or_default(),
        mobile: token.mobile,
        user: user.uuid.clone(),
        tenant: user.tenant_uuid.clone(),
    }
}
