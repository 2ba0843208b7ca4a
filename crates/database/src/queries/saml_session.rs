//! Logins at SAML identity providers, from the request to the logout.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use wazo_auth_model::ids::RefreshTokenId;

use crate::{
    connection::Connection, error::DatabaseResult, schema::auth_saml_session, types::Time,
};

/// A login at an identity provider.
#[derive(Clone, PartialEq, Eq)]
pub struct SamlSession {
    /// What we called the request.
    pub request_id: String,
    /// What the client shows to get its token, once.
    pub session_id: String,
    /// Where the browser goes when the identity provider is done.
    pub redirect_url: String,
    /// The domain that the user named.
    pub domain: String,
    /// What the identity provider sends back unchanged, at the login, later at the logout.
    pub relay_state: String,
    /// Who logged in, as soon as that is known.
    pub login: Option<String>,
    /// When it began.
    pub start_time: Option<DateTime<Utc>>,
    /// What the identity provider calls the user, an XML element.
    pub saml_name_id: Option<String>,
    /// The refresh token that came of it.
    pub refresh_token_uuid: Option<RefreshTokenId>,
}

/// Without what tokens can be got with.
impl std::fmt::Debug for SamlSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SamlSession")
            .field("request_id", &self.request_id)
            .field("domain", &self.domain)
            .field("login", &self.login)
            .field("start_time", &self.start_time)
            .finish_non_exhaustive()
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_saml_session, treat_none_as_default_value = false)]
struct Row {
    request_id: String,
    session_id: String,
    redirect_url: String,
    domain: String,
    relay_state: String,
    login: Option<String>,
    start_time: Option<Time>,
    saml_name_id: Option<String>,
    refresh_token_uuid: Option<String>,
}

impl From<Row> for SamlSession {
    fn from(row: Row) -> Self {
        Self {
            request_id: row.request_id,
            session_id: row.session_id,
            redirect_url: row.redirect_url,
            domain: row.domain,
            relay_state: row.relay_state,
            login: row.login,
            start_time: row.start_time.map(|time| time.0),
            saml_name_id: row.saml_name_id,
            refresh_token_uuid: row.refresh_token_uuid.map(RefreshTokenId::from_database),
        }
    }
}

/// One session by a condition; by the latest begun, where other programs left several.
macro_rules! find_where {
    ($db:expr, $condition:expr) => {
        Ok(auth_saml_session::table
            .filter($condition)
            .order((
                auth_saml_session::start_time.desc(),
                auth_saml_session::request_id,
            ))
            .select(Row::as_select())
            .first($db)
            .optional()?
            .map(SamlSession::from))
    };
}

/// The session that began with this request.
pub fn find_by_request(
    db: &mut Connection,
    request_id: &str,
) -> DatabaseResult<Option<SamlSession>> {
    find_where!(db, auth_saml_session::request_id.eq(request_id))
}

/// The session whose client shows this.
pub fn find_by_session(
    db: &mut Connection,
    session_id: &str,
) -> DatabaseResult<Option<SamlSession>> {
    find_where!(db, auth_saml_session::session_id.eq(session_id))
}

/// The session that the identity provider sends this back for.
pub fn find_by_relay_state(
    db: &mut Connection,
    relay_state: &str,
) -> DatabaseResult<Option<SamlSession>> {
    find_where!(db, auth_saml_session::relay_state.eq(relay_state))
}

/// The session that a refresh token came of.
pub fn find_by_refresh_token(
    db: &mut Connection,
    refresh_token: &RefreshTokenId,
) -> DatabaseResult<Option<SamlSession>> {
    find_where!(
        db,
        auth_saml_session::refresh_token_uuid.eq(refresh_token.expose())
    )
}

/// Adds a session.
pub fn insert(db: &mut Connection, new: &SamlSession) -> DatabaseResult<()> {
    diesel::insert_into(auth_saml_session::table)
        .values(Row {
            request_id: new.request_id.clone(),
            session_id: new.session_id.clone(),
            redirect_url: new.redirect_url.clone(),
            domain: new.domain.clone(),
            relay_state: new.relay_state.clone(),
            login: new.login.clone(),
            start_time: new.start_time.map(Time),
            saml_name_id: new.saml_name_id.clone(),
            refresh_token_uuid: new
                .refresh_token_uuid
                .as_ref()
                .map(|uuid| uuid.expose().to_owned()),
        })
        .execute(db)?;
    Ok(())
}

/// Notes who logged in. Answers whether the session is there.
pub fn update_login(
    db: &mut Connection,
    request_id: &str,
    login: &str,
    name_id: &str,
) -> DatabaseResult<bool> {
    let changed = diesel::update(
        auth_saml_session::table.filter(auth_saml_session::request_id.eq(request_id)),
    )
    .set((
        auth_saml_session::login.eq(login),
        auth_saml_session::saml_name_id.eq(name_id),
    ))
    .execute(db)?;
    Ok(changed > 0)
}

/// Puts `used`, which no client knows, in the place of what the client shows, and notes the refresh
/// token that it got, if any. Of two who try it at once, one is answered that it did.
pub fn consume(
    db: &mut Connection,
    session_id: &str,
    used: &str,
    refresh_token: Option<&RefreshTokenId>,
) -> DatabaseResult<bool> {
    let changed = diesel::update(
        auth_saml_session::table
            .filter(auth_saml_session::session_id.eq(session_id))
            .filter(auth_saml_session::login.is_not_null()),
    )
    .set((
        auth_saml_session::session_id.eq(used),
        auth_saml_session::refresh_token_uuid.eq(refresh_token.map(RefreshTokenId::expose)),
    ))
    .execute(db)?;
    Ok(changed > 0)
}

/// Notes what the identity provider sends back at the logout. Answers whether the session is there.
pub fn update_relay_state(
    db: &mut Connection,
    request_id: &str,
    relay_state: &str,
) -> DatabaseResult<bool> {
    let changed = diesel::update(
        auth_saml_session::table.filter(auth_saml_session::request_id.eq(request_id)),
    )
    .set(auth_saml_session::relay_state.eq(relay_state))
    .execute(db)?;
    Ok(changed > 0)
}

/// Deletes a session. Answers whether it was there.
pub fn delete(db: &mut Connection, request_id: &str) -> DatabaseResult<bool> {
    let deleted = diesel::delete(
        auth_saml_session::table.filter(auth_saml_session::request_id.eq(request_id)),
    )
    .execute(db)?;
    Ok(deleted > 0)
}

/// Deletes the sessions that began before `time`, apart from those whose refresh token lives on: its
/// logout needs them. Answers how many there were.
pub fn delete_expired(db: &mut Connection, time: DateTime<Utc>) -> DatabaseResult<usize> {
    Ok(diesel::delete(
        auth_saml_session::table
            .filter(auth_saml_session::start_time.lt(Time(time)))
            .filter(auth_saml_session::refresh_token_uuid.is_null()),
    )
    .execute(db)?)
}
