//! The first administrator.

use wazo_auth_database::{DatabaseError, Violation, queries};
use wazo_auth_model::{
    ids::UserId,
    password::{Absent, verify},
    secret::Secret,
};

use crate::{
    authentication::NATIVE_METHOD,
    context::Context,
    event::Recorder,
    user::{RefreshTokens, UserError, hash_password, revoke},
};

/// Who is to be made.
#[derive(Debug, Clone)]
pub struct InitialUser {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
    /// `user`, `internal` or `external_api`.
    pub purpose: String,
    /// The policy of the top tenant that it gets.
    pub policy_slug: String,
}

/// What to do when the user name exists with another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Keep,
    /// Give it the new password and end its sessions.
    ResetPassword,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The user was made.
    Created,
    /// The user is there with this password.
    Unchanged,
    /// The user got a new password.
    PasswordReset,
}

/// Why the administrator could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The name is taken, with another password.
    #[error("User {0} already exists with different credential")]
    DifferentPassword(String),
    /// The top tenant has no such policy.
    #[error(
        "the top tenant has no policy with the slug {0:?}; start the daemon once with its definition"
    )]
    UnknownPolicy(String),
    /// The purpose is none.
    #[error("the purpose {0:?} is none of user, internal, external_api")]
    UnknownPurpose(String),
    /// The name or the password is empty.
    #[error("the {0} of the first user must not be empty")]
    Empty(&'static str),
    /// The password could not be handled.
    #[error(transparent)]
    User(#[from] UserError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl BootstrapError {
    /// Whether somebody has the name.
    fn is_taken(&self) -> bool {
        match self {
            Self::DifferentPassword(_) => true,
            Self::Database(error) => error.violation() == Some(Violation::Unique),
            _ => false,
        }
    }
}

/// Makes the first administrator, in the top tenant, enabled, with the method `native`.
///
/// # Errors
///
/// See [`BootstrapError`]; nothing was changed then.
pub fn create_initial_user(
    cx: &Context,
    wanted: &InitialUser,
    existing: Existing,
) -> Result<Outcome, BootstrapError> {
    if wanted.username.is_empty() {
        return Err(BootstrapError::Empty("name"));
    }
    if wanted.password.is_empty() {
        return Err(BootstrapError::Empty("password"));
    }
    if !matches!(
        wanted.purpose.as_str(),
        "user" | "internal" | "external_api"
    ) {
        return Err(BootstrapError::UnknownPurpose(wanted.purpose.clone()));
    }
    if let Some(outcome) = existing_user(cx, wanted, existing)? {
        return Ok(outcome);
    }
    match insert(cx, wanted) {
        // Another daemon on the same database may have made the user meanwhile.
        Err(error) if error.is_taken() => existing_user(cx, wanted, existing)?.ok_or(error),
        outcome => outcome,
    }
}

/// What is to be done where an enabled user of the name is there; `None` where none is.
fn existing_user(
    cx: &Context,
    wanted: &InitialUser,
    existing: Existing,
) -> Result<Option<Outcome>, BootstrapError> {
    let username = wanted.username.clone();
    let found = cx.read(move |db| -> Result<_, BootstrapError> {
        let Some(user) = queries::user::find_by_login(db, &username)? else {
            return Ok(None);
        };
        let stored = queries::user::find_password(db, &user.uuid)?;
        Ok(Some((user, stored)))
    })?;
    if let Some((user, stored)) = found {
        let password = wanted.password.clone();
        let absent = Absent {
            scheme: cx.services().settings.hash.scheme,
            bcrypt_cost: cx.services().settings.hash.bcrypt_cost,
        };
        let right = cx
            .hash(move || verify(stored.as_ref(), &password, absent).accepted)
            .map_err(UserError::from)?;
        if right {
            return Ok(Some(Outcome::Unchanged));
        }
        if existing == Existing::Keep {
            return Err(BootstrapError::DifferentPassword(wanted.username.clone()));
        }
        let new = hash_password(cx, &wanted.password)?;
        let recorder = Recorder::new(cx);
        return cx.transaction(move |db| {
            queries::user::lock(db, &user.uuid)?;
            queries::user::set_password(db, &user.uuid, &new)?;
            revoke(db, &user, RefreshTokens::Revoke, recorder)?;
            Ok(Some(Outcome::PasswordReset))
        });
    }
    Ok(None)
}

fn insert(cx: &Context, wanted: &InitialUser) -> Result<Outcome, BootstrapError> {
    let password = hash_password(cx, &wanted.password)?;
    let top = cx.services().top_tenant().clone();
    let wanted = wanted.clone();
    cx.transaction(move |db| {
        let policy = queries::policy::find_by_slug(db, &top, &wanted.policy_slug)?
            .ok_or_else(|| BootstrapError::UnknownPolicy(wanted.policy_slug.clone()))?;
        queries::user::lock_login(db, &wanted.username)?;
        if queries::user::owns_login(db, &wanted.username)? {
            // Disabled, or an address: not ours to take over.
            return Err(BootstrapError::DifferentPassword(wanted.username.clone()));
        }
        let uuid = UserId::random();
        let profile = queries::user::Profile {
            username: Some(wanted.username.clone()),
            firstname: None,
            lastname: None,
            purpose: wanted.purpose.clone(),
            authentication_method: NATIVE_METHOD.to_owned(),
            enabled: true,
        };
        queries::user::insert(db, &uuid, &top, &profile, Some(&password))?;
        let group = queries::group::find_or_insert_all_users(db, &top)?;
        queries::user::join_group(db, &uuid, &group)?;
        queries::user::add_policy(db, &uuid, &policy)?;
        Ok(Outcome::Created)
    })
}
