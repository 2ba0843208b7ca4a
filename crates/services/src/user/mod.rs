//! Users: who there is, what is said about them, and what ends with them.

mod edit;
mod email;
mod password;
mod revocation;

use wazo_auth_database::{
    Connection, DatabaseError, DatabaseResult,
    queries::{
        self,
        group::{self, Group},
        policy::{self, Policy},
        scope::Scope,
    },
};
use wazo_auth_model::ids::{EmailId, UserId};

use crate::{
    context::Context,
    list::{Page, Paging, scope, subtree},
    mailed,
    threads::Unserved,
};

pub use edit::{NewUser, Profile, create, delete, update};
pub use email::{Editor, NewEmail, confirm_email, replace_emails};
pub(crate) use password::is_password;
pub use password::{change_password, hash_password, reset_password, verify_password};
pub(crate) use revocation::{RefreshTokens, revoke};
pub use wazo_auth_database::queries::email::Email;
pub use wazo_auth_database::queries::user::{Filter, Order, User};

/// What can go wrong with a user.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Nobody has this id or login, or only somebody whom the caller may not see.
    #[error("No such user: \"{0}\"")]
    Unknown(String),
    /// Somebody has this login already, as a user name or as an e-mail address.
    #[error("The login \"{login}\" is already used")]
    LoginTaken {
        /// What was to become a login.
        login: String,
        /// Where it was to stand.
        field: LoginField,
    },
    /// A user has this id already.
    #[error("The uuid \"{0}\" is already used")]
    IdTaken(UserId),
    /// The installation has no such authentication method.
    #[error("Invalid authentication method {0}")]
    UnknownMethod(String),
    /// Nobody has this e-mail address, or only somebody whom the caller may not see.
    #[error("No such email: \"{0}\"")]
    UnknownEmail(EmailId),
    /// The old password is wrong, or there is none, or the user may not log in.
    #[error("the password of user {0} is not the one that was given")]
    WrongPassword(UserId),
    /// The user's password is kept by its identity provider.
    #[error("Unable to update externally managed password for user : \"{0}\"")]
    PasswordManagedExternally(UserId),
    /// The token from a mail was used already.
    #[error("the token was used already")]
    TokenUsed,
    /// The caller acts in no tenant, so nothing can be made there.
    #[error("the token belongs to no tenant")]
    NoTenant,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many passwords wait to be hashed.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// The system gave no random numbers, or the hash could not be made.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
}

/// Where a login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginField {
    /// The user name.
    Username,
    /// An e-mail address.
    EmailAddress,
}

/// A user with its e-mail addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The user.
    pub user: User,
    /// Its addresses, the main one first.
    pub emails: Vec<Email>,
}

/// The enabled user who owns a login.
///
/// # Errors
///
/// [`UserError::Unknown`] when nobody does.
pub fn get_by_login(cx: &Context, login: &str) -> Result<User, UserError> {
    let wanted = login.to_owned();
    cx.read(move |db| queries::user::find_by_login(db, &wanted).map_err(UserError::from))?
        .ok_or_else(|| UserError::Unknown(login.to_owned()))
}

/// A user that the caller may see.
///
/// # Errors
///
/// [`UserError::Unknown`] when there is none.
pub fn get(cx: &Context, uuid: &UserId) -> Result<Described, UserError> {
    let (visible, uuid) = (subtree(cx), uuid.clone());
    cx.read(move |db| {
        let user = find_visible(db, &visible, &uuid)?;
        Ok(describe(db, user)?)
    })
}

/// Lists the users of the caller's tenant, with those of the tenants below it where `recurse` says so.
///
/// # Errors
///
/// When the database fails.
pub fn list(
    cx: &Context,
    filter: Filter,
    paging: Paging<Order>,
    recurse: bool,
) -> Result<Page<Described>, UserError> {
    let scope = scope(cx, recurse);
    cx.read(move |db| {
        let page = queries::user::page(db, &scope, &filter, &paging)?;
        Ok(Page {
            items: describe_all(db, page.items)?,
            total: page.total,
            filtered: page.filtered,
        })
    })
}

/// What the caller may change: what is in its tenants. A token from a mail acts on the one thing that its
/// access names, in whichever tenant that is.
fn visible_or_mailed(cx: &Context) -> Scope {
    if mailed::is_caller(cx) {
        Scope::All
    } else {
        subtree(cx)
    }
}

/// The policies that a user has itself, not through a group, whatever tenant owns them; none for
/// nobody.
///
/// # Errors
///
/// When the database fails.
pub fn list_policies(cx: &Context, user: &UserId) -> Result<Vec<Policy>, UserError> {
    let filter = policy::Filter {
        user_uuid: Some(user.to_string()),
        ..policy::Filter::default()
    };
    cx.read(move |db| {
        let found = policy::list(db, &Scope::All, &filter, &Paging::default())?;
        Ok(found.into_iter().map(|found| found.policy).collect())
    })
}

/// The groups that a user is in, whatever tenant they belong to; none for nobody.
///
/// # Errors
///
/// When the database fails.
pub fn list_groups(cx: &Context, user: &UserId) -> Result<Vec<Group>, UserError> {
    let filter = group::Filter {
        user_uuid: Some(user.to_string()),
        ..group::Filter::default()
    };
    cx.read(move |db| Ok(group::list(db, &Scope::All, &filter, &Paging::default())?))
}

/// The user with this id, if the caller may see it.
fn find_visible(db: &mut Connection, visible: &Scope, uuid: &UserId) -> Result<User, UserError> {
    queries::user::find_within(db, visible, uuid)?
        .ok_or_else(|| UserError::Unknown(uuid.to_string()))
}

/// The same for a change: until the transaction ends, the user's logins and other changes of it wait.
fn lock_visible(db: &mut Connection, visible: &Scope, uuid: &UserId) -> Result<User, UserError> {
    find_visible(db, visible, uuid)?;
    queries::user::lock(db, uuid)?;
    // What was read before the lock may be out of date.
    find_visible(db, visible, uuid)
}

fn describe(db: &mut Connection, user: User) -> DatabaseResult<Described> {
    let emails = queries::email::list_by_user(db, &user.uuid)?;
    Ok(Described { user, emails })
}

/// Adds to users what belongs to them, with one query.
pub(crate) fn describe_all(
    db: &mut Connection,
    users: Vec<User>,
) -> DatabaseResult<Vec<Described>> {
    let ids: Vec<UserId> = users.iter().map(|user| user.uuid.clone()).collect();
    let mut emails: std::collections::HashMap<UserId, Vec<Email>> = Default::default();
    for email in queries::email::list_by_users(db, &ids)? {
        emails
            .entry(email.user_uuid.clone())
            .or_default()
            .push(email);
    }
    Ok(users
        .into_iter()
        .map(|user| Described {
            emails: emails.remove(&user.uuid).unwrap_or_default(),
            user,
        })
        .collect())
}
