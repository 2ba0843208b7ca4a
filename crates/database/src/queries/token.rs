//! Tokens.

use diesel::prelude::*;
use serde_json::{Map, Value};
use wazo_auth_model::{
    ids::{SessionId, TokenId},
    token::Token,
};

use crate::{connection::Connection, error::DatabaseResult, schema::auth_token, types::Texts};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_token, treat_none_as_default_value = false)]
struct Row {
    uuid: String,
    auth_id: String,
    pbx_user_uuid: Option<String>,
    xivo_uuid: Option<String>,
    issued_t: Option<i32>,
    expire_t: Option<i32>,
    metadata: Option<String>,
    session_uuid: String,
    user_agent: Option<String>,
    remote_addr: Option<String>,
    acl: Texts,
}

/// The token with this id, alive or not.
pub fn find(db: &mut Connection, uuid: &TokenId) -> DatabaseResult<Option<Token>> {
    Ok(auth_token::table
        .find(uuid.expose())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(token))
}

/// Adds a token to a session.
pub fn insert(db: &mut Connection, token: &Token) -> DatabaseResult<()> {
    diesel::insert_into(auth_token::table)
        .values(Row {
            uuid: token.uuid.expose().to_owned(),
            auth_id: token.auth_id.clone(),
            pbx_user_uuid: token.pbx_user_uuid.clone(),
            xivo_uuid: token.xivo_uuid.clone(),
            issued_t: token.issued_t.map(seconds),
            expire_t: token.expire_t.map(seconds),
            metadata: Some(Value::Object(token.metadata.clone()).to_string()),
            session_uuid: token.session_uuid.as_str().to_owned(),
            user_agent: token.user_agent.clone(),
            remote_addr: token.remote_addr.clone(),
            acl: Texts(token.acl.clone()),
        })
        .execute(db)?;
    Ok(())
}

/// The column's 32 bits end in 2038; what would lie beyond lives until then.
fn seconds(time: i64) -> i32 {
    i32::try_from(time).unwrap_or(if time < 0 { i32::MIN } else { i32::MAX })
}

fn token(row: Row) -> Token {
    Token {
        uuid: TokenId::from_database(row.uuid),
        auth_id: row.auth_id,
        pbx_user_uuid: row.pbx_user_uuid,
        xivo_uuid: row.xivo_uuid,
        issued_t: row.issued_t.map(i64::from),
        expire_t: row.expire_t.map(i64::from),
        metadata: metadata(row.metadata.as_deref()),
        session_uuid: SessionId::from_database(row.session_uuid),
        user_agent: row.user_agent,
        remote_addr: row.remote_addr,
        acl: row.acl.0,
    }
}

/// Rows written by other programs may hold no metadata; anything but an object counts as none.
fn metadata(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
