//! The e-mail addresses of users. Confirmed ones are logins; each belongs to one user of all tenants.

use diesel::prelude::*;
use wazo_auth_model::ids::{EmailId, UserId};

use crate::{
    connection::Connection,
    constraint::Constraint,
    error::DatabaseResult,
    queries::{
        list::MANY,
        parent::{Parent, name_missing},
        user,
    },
    schema::auth_email,
};

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Its id.
    pub uuid: EmailId,
    /// The address as it was typed.
    pub address: String,
    /// Whether the user has shown that mail to it arrives.
    pub confirmed: bool,
    /// Whether it is the one that mail goes to; a user has one such at most, which callers see to.
    pub main: bool,
    /// The user whose it is.
    pub user_uuid: UserId,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_email)]
struct Row {
    uuid: String,
    address: String,
    confirmed: bool,
    main: bool,
    user_uuid: String,
}

impl From<Row> for Email {
    fn from(row: Row) -> Self {
        Self {
            uuid: EmailId::from_database(row.uuid),
            address: row.address,
            confirmed: row.confirmed,
            main: row.main,
            user_uuid: UserId::from_database(row.user_uuid),
        }
    }
}

/// The address with this id.
pub fn find(db: &mut Connection, uuid: &EmailId) -> DatabaseResult<Option<Email>> {
    Ok(auth_email::table
        .find(uuid.as_str())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Email::from))
}

/// The addresses of some users: of each the main one first, the others by address.
pub fn list_by_users(db: &mut Connection, users: &[UserId]) -> DatabaseResult<Vec<Email>> {
    let mut found = Vec::new();
    for some in users.chunks(MANY) {
        let rows = auth_email::table
            .filter(auth_email::user_uuid.eq_any(some.iter().map(UserId::as_str)))
            .order((
                auth_email::user_uuid,
                auth_email::main.desc(),
                auth_email::address,
            ))
            .select(Row::as_select())
            .load(db)?;
        found.extend(rows.into_iter().map(Email::from));
    }
    Ok(found)
}

/// The addresses of a user, the main one first.
pub fn list_by_user(db: &mut Connection, user: &UserId) -> DatabaseResult<Vec<Email>> {
    list_by_users(db, std::slice::from_ref(user))
}

/// Adds an address.
///
/// # Errors
///
/// Breaks [`Constraint::EmailAddress`] when somebody has it, [`Constraint::EmailUser`] when there is
/// no such user.
pub fn insert(db: &mut Connection, new: &Email) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_email::table)
        .values(Row {
            uuid: new.uuid.as_str().to_owned(),
            address: new.address.clone(),
            confirmed: new.confirmed,
            main: new.main,
            user_uuid: new.user_uuid.as_str().to_owned(),
        })
        .execute(db);
    name_missing(
        db,
        inserted,
        &[(Parent::User(new.user_uuid.as_str()), Constraint::EmailUser)],
    )?;
    Ok(())
}

/// Says anew whether an address is the main one and whether it is confirmed. Answers whether it is
/// there.
pub fn update(
    db: &mut Connection,
    uuid: &EmailId,
    main: bool,
    confirmed: bool,
) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_email::table.find(uuid.as_str()))
        .set((
            auth_email::main.eq(main),
            auth_email::confirmed.eq(confirmed),
        ))
        .execute(db)?;
    Ok(changed > 0)
}

/// Confirms an address, if it is not yet. Answers whether it is there.
pub fn confirm(db: &mut Connection, uuid: &EmailId) -> DatabaseResult<bool> {
    let changed = diesel::update(auth_email::table.find(uuid.as_str()))
        .set(auth_email::confirmed.eq(true))
        .execute(db)?;
    Ok(changed > 0)
}

/// Makes one address of a user the main one, and no other. Answers whether the user has it; if not,
/// nothing changes.
pub fn set_main(db: &mut Connection, user: &UserId, uuid: &EmailId) -> DatabaseResult<bool> {
    // Two at once would each leave the other's.
    user::lock(db, user)?;
    let changed = diesel::update(
        auth_email::table
            .find(uuid.as_str())
            .filter(auth_email::user_uuid.eq(user.as_str())),
    )
    .set(auth_email::main.eq(true))
    .execute(db)?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::update(
        auth_email::table
            .filter(auth_email::user_uuid.eq(user.as_str()))
            .filter(auth_email::uuid.ne(uuid.as_str()))
            .filter(auth_email::main.eq(true)),
    )
    .set(auth_email::main.eq(false))
    .execute(db)?;
    Ok(true)
}

/// Deletes an address. Answers whether it was there.
pub fn delete(db: &mut Connection, uuid: &EmailId) -> DatabaseResult<bool> {
    Ok(diesel::delete(auth_email::table.find(uuid.as_str())).execute(db)? > 0)
}
