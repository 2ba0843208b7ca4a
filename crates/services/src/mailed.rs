//! Tokens that were sent by mail: whoever has the mail may do the one thing that their access names.

use wazo_auth_database::{Connection, DatabaseResult, queries, queries::session::Session};
use wazo_auth_model::ids::UserId;

use crate::{context::Context, event::Recorder, token::INTERNAL_AUTH_ID};

/// Whether the caller's token is one. Logins always have a tenant, and such a token has none.
pub fn is_caller(cx: &Context) -> bool {
    cx.scope().is_none()
        && cx
            .call()
            .principal
            .as_ref()
            .is_some_and(|principal| principal.auth_id == INTERNAL_AUTH_ID)
}

/// The access that lets the password of a user be set anew.
pub fn password_reset_access(user: &UserId) -> String {
    format!("auth.users.password.reset.{user}.create")
}

/// Ends all tokens that could set the password of a user anew, and tells so. Answers their sessions.
pub fn revoke_password_resets(
    db: &mut Connection,
    user: &UserId,
    recorder: Recorder,
) -> DatabaseResult<Vec<Session>> {
    let access = password_reset_access(user);
    let ended = queries::session::delete_by_access(db, INTERNAL_AUTH_ID, &access)?;
    recorder.sessions_deleted(db, &ended)?;
    Ok(ended)
}
