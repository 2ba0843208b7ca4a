//! Sessions as administrators and their owners see them, and what ends them.

use wazo_auth_database::{
    DatabaseError,
    queries::{self, scope::Scope},
};
use wazo_auth_model::ids::{SessionId, UserId};

use crate::{
    context::Context,
    event::Recorder,
    list::{Page, Paging, scope, subtree},
};

pub use wazo_auth_database::queries::session::{Order, Session};

/// What can go wrong with a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nobody has this id, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Lists the sessions of the caller's tenant, with those of the tenants below it where `recurse` says
/// so.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    paging: Paging<Order>,
    recurse: bool,
) -> Result<Page<Session>, SessionError> {
    let scope = scope(cx, recurse);
    cx.read(move |db| Ok(page(db, &scope, None, &paging)?))
}

/// Lists the sessions of a user, whatever tenant the user was in when they began.
///
/// # Errors
///
/// [`SessionError::UnknownUser`] when the caller may not see the user.
pub fn list_of_user(
    cx: &Context,
    user: &UserId,
    paging: Paging<Order>,
) -> Result<Page<Session>, SessionError> {
    let (visible, user) = (subtree(cx), user.clone());
    cx.read(move |db| {
        if queries::user::find_within(db, &visible, &user)?.is_none() {
            return Err(SessionError::UnknownUser(user.to_string()));
        }
        Ok(page(db, &Scope::All, Some(user.as_str()), &paging)?)
    })
}

fn page(
    db: &mut wazo_auth_database::Connection,
    scope: &Scope,
    auth_id: Option<&str>,
    paging: &Paging<Order>,
) -> Result<Page<Session>, DatabaseError> {
    let count = queries::session::count(db, scope, auth_id)?;
    Ok(Page {
        items: queries::session::list(db, scope, auth_id, paging)?,
        total: count,
        filtered: count,
    })
}

/// Ends a session, and tells so. One that the caller may not see is left alone, which is no error: the
/// caller learns nothing of it.
///
/// # Errors
///
/// When the database fails.
pub fn delete(cx: &Context, session: &SessionId) -> Result<(), SessionError> {
    let (visible, recorder, session) = (subtree(cx), Recorder::new(cx), session.clone());
    cx.transaction(move |db| {
        let ended = queries::session::delete(db, &visible, &session)?;
        recorder.sessions_deleted(db, ended.as_slice())?;
        Ok(())
    })
}

/// Ends a session of a user, and tells so. One of somebody else is left alone, which is no error: who
/// may end their own sessions may not end others by naming them.
///
/// # Errors
///
/// [`SessionError::UnknownUser`] when the caller may not see the user.
pub fn delete_of_user(
    cx: &Context,
    user: &UserId,
    session: &SessionId,
) -> Result<(), SessionError> {
    let (visible, recorder) = (subtree(cx), Recorder::new(cx));
    let (user, session) = (user.clone(), session.clone());
    cx.transaction(move |db| {
        if queries::user::find_within(db, &visible, &user)?.is_none() {
            return Err(SessionError::UnknownUser(user.to_string()));
        }
        let found = queries::session::find(db, &Scope::All, &session)?;
        if found.is_none_or(|found| found.auth_id.as_deref() != Some(user.as_str())) {
            return Ok(());
        }
        let ended = queries::session::delete(db, &Scope::All, &session)?;
        recorder.sessions_deleted(db, ended.as_slice())?;
        Ok(())
    })
}

/// The identity of a session as clients see it: a UUID of version 4, or none.
#[must_use]
pub fn user_of(session: &Session) -> Option<&str> {
    session
        .auth_id
        .as_deref()
        .filter(|auth_id| wazo_auth_model::ids::is_uuid_v4(auth_id))
}
