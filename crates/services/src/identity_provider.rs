//! Identity providers: which authentication methods there are, and who has them.

use wazo_auth_database::{
    Connection, DatabaseError,
    queries::{self, scope::Scope},
};
use wazo_auth_model::ids::UserId;

use crate::{
    authentication_method::{self, DEFAULT_METHOD},
    context::Context,
    list::subtree,
};

/// What can go wrong with an identity provider.
#[derive(Debug, thiserror::Error)]
pub enum IdentityProviderError {
    /// There is none of this type.
    #[error("No such IDP type: \"{0}\"")]
    UnknownType(String),
    /// Nobody has this id, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The types that there are, each once.
#[must_use]
pub fn list(cx: &Context) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for method in authentication_method::list(&cx.services().settings) {
        if !types.iter().any(|known| known == method) {
            types.push(method.to_owned());
        }
    }
    types
}

/// Makes sure that a type is one.
///
/// # Errors
///
/// [`IdentityProviderError::UnknownType`] when it is none.
pub fn check(cx: &Context, idp_type: &str) -> Result<(), IdentityProviderError> {
    if authentication_method::is_valid(&cx.services().settings, idp_type) {
        return Ok(());
    }
    Err(IdentityProviderError::UnknownType(idp_type.to_owned()))
}

/// Gives users a provider: its type becomes their authentication method. All get it, or none.
///
/// # Errors
///
/// When there is no such type, or the caller may not see one of the users.
pub fn add_users(
    cx: &Context,
    idp_type: &str,
    users: &[String],
) -> Result<(), IdentityProviderError> {
    check(cx, idp_type)?;
    let (visible, idp_type) = (subtree(cx), idp_type.to_owned());
    let users = users.to_vec();
    cx.transaction(move |db| {
        let mut ids = Vec::with_capacity(users.len());
        for user in &users {
            ids.push(find(db, &visible, user)?);
        }
        // In one order for all: two requests about the same users do not wait for each other.
        ids.sort_unstable();
        for user in ids {
            if !queries::user::set_authentication_method(db, &user, &idp_type)? {
                return Err(IdentityProviderError::UnknownUser(user.to_string()));
            }
        }
        Ok(())
    })
}

/// Takes a provider from a user, who takes the method of the tenant then. Somebody with another method
/// keeps it.
///
/// # Errors
///
/// When there is no such type, or the caller may not see the user.
pub fn remove_user(cx: &Context, idp_type: &str, user: &str) -> Result<(), IdentityProviderError> {
    check(cx, idp_type)?;
    let (visible, idp_type, user) = (subtree(cx), idp_type.to_owned(), user.to_owned());
    cx.transaction(move |db| {
        let user = find(db, &visible, &user)?;
        queries::user::lock(db, &user)?;
        let now = queries::user::find(db, user.as_str())?;
        if now.is_some_and(|now| now.own_authentication_method == idp_type) {
            queries::user::set_authentication_method(db, &user, DEFAULT_METHOD)?;
        }
        Ok(())
    })
}

/// The id of a user that the caller may see.
fn find(db: &mut Connection, visible: &Scope, user: &str) -> Result<UserId, IdentityProviderError> {
    let id = UserId::from_database(user.to_owned());
    if queries::user::find_within(db, visible, &id)?.is_none() {
        return Err(IdentityProviderError::UnknownUser(user.to_owned()));
    }
    Ok(id)
}
