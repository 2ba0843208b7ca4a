//! Refresh tokens as their owners and administrators see them: which clients stay logged in.

use wazo_auth_database::{DatabaseError, queries};
use wazo_auth_model::{
    event::{Client, Event},
    ids::UserId,
};

use crate::{
    context::Context,
    event::Recorder,
    list::{Page, Paging, scope, subtree},
};

pub use wazo_auth_database::queries::refresh_token::{Filter, Listed, Order};

/// What can go wrong with a refresh token.
#[derive(Debug, thiserror::Error)]
pub enum RefreshTokenError {
    /// Nobody has this id, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The user's client has none.
    #[error("unknown refresh_token for client_id \"{0}\"")]
    UnknownClient(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Lists the clients of the caller's tenant that stay logged in, with those of the tenants below it
/// where `recurse` says so.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    filter: Filter,
    paging: Paging<Order>,
    recurse: bool,
) -> Result<Page<Listed>, RefreshTokenError> {
    let scope = scope(cx, recurse);
    cx.read(move |db| Ok(page(db, &scope, &filter, &paging)?))
}

/// Lists the clients of a user that stay logged in.
///
/// # Errors
///
/// [`RefreshTokenError::UnknownUser`] when the caller may not see the user.
pub fn list_of_user(
    cx: &Context,
    user: &UserId,
    filter: Filter,
    paging: Paging<Order>,
) -> Result<Page<Listed>, RefreshTokenError> {
    let visible = subtree(cx);
    let filter = Filter {
        user_uuid: Some(user.clone()),
        ..filter
    };
    let user = user.clone();
    cx.read(move |db| {
        if queries::user::find_within(db, &visible, &user)?.is_none() {
            return Err(RefreshTokenError::UnknownUser(user.to_string()));
        }
        Ok(page(db, &visible, &filter, &paging)?)
    })
}

fn page(
    db: &mut wazo_auth_database::Connection,
    scope: &queries::scope::Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> Result<Page<Listed>, DatabaseError> {
    let all = Filter {
        user_uuid: filter.user_uuid.clone(),
        ..Filter::default()
    };
    Ok(Page {
        items: queries::refresh_token::list(db, scope, filter, paging)?,
        total: queries::refresh_token::count(db, scope, &all, None)?,
        filtered: queries::refresh_token::count(db, scope, filter, paging.search.as_deref())?,
    })
}

/// Takes the refresh token of a user's client away, and tells so. The tokens that were made with it
/// live on.
///
/// # Errors
///
/// When the caller may not see the user, and when the client has none.
pub fn delete(cx: &Context, user: &UserId, client_id: &str) -> Result<(), RefreshTokenError> {
    let (visible, recorder) = (subtree(cx), Recorder::new(cx));
    let (wanted, client) = (user.clone(), client_id.to_owned());
    cx.transaction(move |db| -> Result<(), RefreshTokenError> {
        let (user, client_id) = (&wanted, &client);
        let unknown = || RefreshTokenError::UnknownUser(user.to_string());
        let owner = queries::user::find_within(db, &visible, user)?.ok_or_else(unknown)?;
        // One after the other with the user's logins, which read and make refresh tokens.
        if !queries::user::lock(db, user)? {
            return Err(unknown());
        }
        let deleted = queries::refresh_token::delete_by_client(db, &visible, user, client_id)?
            .ok_or_else(|| RefreshTokenError::UnknownClient(client_id.clone()))?;
        recorder.record(
            db,
            &Event::RefreshTokenDeleted(Client {
                client_id: client_id.clone(),
                mobile: deleted.mobile,
                user: user.clone(),
                tenant: owner.tenant_uuid,
            }),
        )?;
        Ok(())
    })?;
    log::info!("took the refresh token of client {client_id:?} of user {user} away");
    Ok(())
}
