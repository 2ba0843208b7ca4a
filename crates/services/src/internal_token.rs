//! Tokens of the daemon itself, for plugins that call services of the platform.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, json};
use wazo_auth_database::queries;
use wazo_auth_model::{
    ids::{SessionId, TokenId},
    token::Token,
};

use crate::{
    context::Context,
    token::{INTERNAL_AUTH_ID, TokenError},
};

/// How long such a token lives when nobody says anything else, in seconds.
pub const LIFETIME: i64 = 3600;
/// What its session says it was made by.
const USER_AGENT: &str = "wazo-auth-internal";
/// And from where.
const REMOTE_ADDR: &str = "127.0.0.1";

/// Makes a token of the daemon itself, in the tenant above all others, for `lifetime` seconds. It is good
/// as soon as this returns, and nobody is told of it.
///
/// # Errors
///
/// When the database fails.
pub fn create(cx: &Context, lifetime: i64, acl: Vec<String>) -> Result<Token, TokenError> {
    let issued = cx.services().now();
    let expires = TimeDelta::try_seconds(lifetime)
        .and_then(|lifetime| issued.checked_add_signed(lifetime))
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let top = cx.services().top_tenant().clone();
    let token = Token {
        uuid: TokenId::random(),
        auth_id: INTERNAL_AUTH_ID.to_owned(),
        pbx_user_uuid: None,
        xivo_uuid: None,
        issued_t: Some(issued.timestamp()),
        expire_t: Some(expires.timestamp()),
        metadata: Map::from_iter([("tenant_uuid".to_owned(), json!(top.as_str()))]),
        session_uuid: SessionId::random(),
        user_agent: Some(USER_AGENT.to_owned()),
        remote_addr: Some(REMOTE_ADDR.to_owned()),
        acl,
    };
    let new = token.clone();
    cx.transaction(move |db| -> Result<_, TokenError> {
        queries::session::insert(db, &new.session_uuid, &top, false)?;
        queries::token::insert(db, &new)?;
        Ok(())
    })?;
    Ok(token)
}
