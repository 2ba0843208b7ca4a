//! What a user loses when it is deleted, is disabled, or gets another password.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{self, session::Session, user::User},
};
use wazo_auth_model::event::{Client, Event};

use crate::{event::Recorder, mailed};

/// Whether clients stay logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshTokens {
    /// They have to log in anew.
    Revoke,
    /// They stay.
    Keep,
}

/// Ends the sessions of a user, with their tokens, its refresh tokens, and the tokens that could set its
/// password anew by mail; and tells so. Answers the sessions of the last. The row of the user must be
/// locked: a login at the same time would leave what this does not see.
pub(crate) fn revoke(
    db: &mut Connection,
    user: &User,
    refresh_tokens: RefreshTokens,
    recorder: Recorder,
) -> DatabaseResult<Vec<Session>> {
    let ended: Vec<Session> = queries::session::delete_by_auth_id(db, user.uuid.as_str())?
        .into_iter()
        .map(|session| Session {
            // Subscribers look for them where the user is now.
            tenant_uuid: user.tenant_uuid.clone(),
            ..session
        })
        .collect();
    recorder.sessions_deleted(db, &ended)?;
    let revoked = match refresh_tokens {
        RefreshTokens::Revoke => queries::refresh_token::delete_by_user(db, &user.uuid)?,
        RefreshTokens::Keep => Vec::new(),
    };
    for revoked in revoked {
        recorder.record(
            db,
            &Event::RefreshTokenDeleted(Client {
                client_id: revoked.client_id.unwrap_or_default(),
                mobile: revoked.mobile,
                user: user.uuid.clone(),
                tenant: user.tenant_uuid.clone(),
            }),
        )?;
    }
    mailed::revoke_password_resets(db, &user.uuid, recorder)
}
