//! The e-mail addresses of users.

use wazo_auth_database::{
    Connection,
    queries::{self, email::Email},
};
use wazo_auth_model::ids::{EmailId, UserId};

use super::{
    LoginField, UserError,
    edit::{address_taken, claim},
    lock_visible, visible_or_mailed,
};
use crate::{context::Context, list::subtree};

/// An address that a user is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmail {
    /// The address. One that the user has in this spelling stays the same one.
    pub address: String,
    /// Whether mail goes to it. Callers see to it that one has this.
    pub main: bool,
    /// Whether it is confirmed, if the caller says so.
    pub confirmed: Option<bool>,
}

/// Who says which addresses a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// The user itself, or who acts for it: an address is confirmed by mail alone.
    Owner,
    /// An administrator, whose word confirms an address.
    Administrator,
}

/// Replaces all addresses of a user. Answers them in the order in which they were given.
///
/// # Errors
///
/// When the caller may not see the user, when somebody else has an address, or when two of them are one
/// but for the case of letters; nothing is changed then.
pub fn replace_emails(
    cx: &Context,
    user: &UserId,
    emails: Vec<NewEmail>,
    editor: Editor,
) -> Result<Vec<Email>, UserError> {
    let (visible, user) = (subtree(cx), user.clone());
    cx.transaction(move |db| {
        lock_visible(db, &visible, &user)?;
        // In one order for all: two users who exchange their addresses do not wait for each other.
        let mut claimed: Vec<&str> = emails.iter().map(|email| email.address.as_str()).collect();
        claimed.sort_by_key(|address| wazo_auth_model::search::lower(address));
        for address in claimed {
            claim(db, &user, address, LoginField::EmailAddress)?;
        }
        replace(db, &user, &emails, editor)
    })
}

fn replace(
    db: &mut Connection,
    user: &UserId,
    wanted: &[NewEmail],
    editor: Editor,
) -> Result<Vec<Email>, UserError> {
    let mut old = queries::email::list_by_user(db, user)?;
    // First room is made: another spelling of an address is the same to the schema.
    for gone in old.extract_if(.., |email| {
        !wanted.iter().any(|new| new.address == email.address)
    }) {
        queries::email::delete(db, &gone.uuid)?;
    }
    let mut emails = Vec::with_capacity(wanted.len());
    for new in wanted {
        let said = new.confirmed.filter(|_| editor == Editor::Administrator);
        let kept = old.iter().find(|email| email.address == new.address);
        let email = Email {
            uuid: kept.map_or_else(EmailId::random, |kept| kept.uuid.clone()),
            address: new.address.clone(),
            confirmed: said.unwrap_or_else(|| kept.is_some_and(|kept| kept.confirmed)),
            main: new.main,
            user_uuid: user.clone(),
        };
        match kept {
            Some(_) => {
                queries::email::update(db, &email.uuid, email.main, email.confirmed)?;
            }
            // Two spellings of one address are one to the schema.
            None => queries::email::insert(db, &email)
                .map_err(|error| address_taken(error, &email.address))?,
        }
        emails.push(email);
    }
    Ok(emails)
}

/// Confirms an address: from now on it is a login.
///
/// # Errors
///
/// [`UserError::UnknownEmail`] when there is no such address, or none that the caller may see.
pub fn confirm_email(cx: &Context, email: &EmailId) -> Result<(), UserError> {
    let (visible, email) = (visible_or_mailed(cx), email.clone());
    cx.transaction(move |db| {
        let unknown = || UserError::UnknownEmail(email.clone());
        let found = queries::email::find(db, &email)?.ok_or_else(unknown)?;
        if queries::user::find_within(db, &visible, &found.user_uuid)?.is_none() {
            return Err(unknown());
        }
        // Who replaces the addresses at the same time has read what is confirmed.
        queries::user::lock(db, &found.user_uuid)?;
        if !queries::email::confirm(db, &email)? {
            return Err(unknown());
        }
        Ok(())
    })
}
