//! What a user loses when it is deleted, is disabled, or gets another password.

use wazo_auth_database::{
    Connection, DatabaseResult,
    queries::{self, session::Session, user::User},
};
use wazo_auth_model::event::{Client, Event};

use crate::event::Recorder;

/// Whether clients stay logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshTokens {
    /// They have to log in anew.
    Revoke,
    /// They stay.
    Keep,
}

/// Ends the sessions of a user, with their tokens, and its refresh tokens; and tells so. The row of the
/// user must be locked: a login at the same time would leave what this does not see.
pub(crate) fn revoke(
    db: &mut Connection,
    user: &User,
    refresh_tokens: RefreshTokens,
    recorder: Recorder,
) -> DatabaseResult<()> {
    let ended: Vec<Session> = queries::session::delete_by_auth_id(db, user.uuid.as_str())?
        .into_iter()
        .map(|session| Session {
            // Subscribers look for them where the user is now.
            tenant_uuid: user.tenant_uuid.clone(),
            ..session
        })
        .collect();
    recorder.sessions_deleted(db, &ended)?;
    if refresh_tokens == RefreshTokens::Keep {
        return Ok(());
    }
    for revoked in queries::refresh_token::delete_by_user(db, &user.uuid)? {
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
    Ok(())
}
