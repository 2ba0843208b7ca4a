//! Credentials that users store for external services.

use serde_json::{Map, Value};
use wazo_auth_database::{
    Connection, DatabaseError, Violation,
    queries::{self, external_auth::UserType},
};
use wazo_auth_model::{
    ids::{TenantId, UserId},
    search,
};

use crate::context::Context;

/// What can go wrong with external authentication.
#[derive(Debug, thiserror::Error)]
pub enum ExternalAuthError {
    /// No such user, or one that the caller may not see.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// Nobody ever stored anything for the type, and it is not enabled.
    #[error("No such auth type: \"{0}\"")]
    UnknownType(String),
    /// The user has nothing stored for the type.
    #[error("No such external auth: \"{0}\"")]
    UnknownExternalAuth(String),
    /// The user has something stored for the type already.
    #[error("This external authentication method has already been set: \"{0}\"")]
    AlreadyExists(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A type as a user's listing shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Name of the type.
    pub name: String,
    /// The part of the stored document that may be shown.
    pub data: Map<String, Value>,
    /// Whether the user has something stored.
    pub connected: bool,
    /// What the plugin says of itself.
    pub plugin_info: Value,
}

/// Which types a listing shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words of the name in their order, in any case of letters.
    pub search: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// From the last name to the first.
    pub descending: bool,
    /// How many to leave out.
    pub offset: usize,
    /// How many to show.
    pub limit: Option<usize>,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The types of this page.
    pub items: Vec<Listed>,
    /// Enabled types.
    pub total: usize,
    /// Enabled types that pass the filter.
    pub filtered: usize,
}

/// Enables exactly the configured types.
///
/// # Errors
///
/// When the database fails.
pub fn synchronise_types(cx: &Context) -> Result<(), ExternalAuthError> {
    let names = cx.services().settings.external_auth_types.clone();
    cx.transaction(move |db| Ok(queries::external_auth::synchronise_types(db, &names)?))
}

/// Lists the enabled types, with what a user stored for them as far as it may be shown. Somebody
/// unknown has stored nothing, and so has, for all that the caller learns, a user outside the scope.
///
/// # Errors
///
/// When the database fails.
pub fn list(cx: &Context, user: &UserId, filter: &Filter) -> Result<Page, ExternalAuthError> {
    let (scope, uuid) = (cx.scope(), user.clone());
    let all = cx.read(move |db| {
        let mut types = queries::external_auth::list_enabled_of(db, &uuid)?;
        if !is_visible(db, scope.as_ref(), &uuid)? {
            for item in &mut types {
                item.data = None;
            }
        }
        Ok::<_, ExternalAuthError>(types)
    })?;
    let total = all.len();
    let mut matching: Vec<UserType> = all
        .into_iter()
        .filter(|item| filter.name.as_ref().is_none_or(|name| *name == item.name))
        .filter(|item| {
            filter
                .search
                .as_ref()
                .is_none_or(|text| search::matches(&item.name, &search::pattern(text)))
        })
        .collect();
    if filter.descending {
        matching.reverse();
    }
    let filtered = matching.len();
    let items = matching
        .into_iter()
        .skip(filter.offset)
        .take(filter.limit.unwrap_or(usize::MAX))
        .map(|item| show(cx, item))
        .collect();
    Ok(Page {
        items,
        total,
        filtered,
    })
}

fn show(cx: &Context, item: UserType) -> Listed {
    let plugin = cx
        .services()
        .plugins()
        .and_then(|plugins| plugins.external_auth(&item.name));
    let data = match (&plugin, &item.data) {
        (Some(plugin), Some(text)) => serde_json::from_str(text)
            .map_err(|error| error.to_string())
            .and_then(|data: Value| {
                plugin
                    .filter_safe(cx.call(), &data)
                    .map_err(|error| error.to_string())
            })
            .unwrap_or_else(|error| {
                log::warn!("what is stored for {:?} is not shown: {error}", item.name);
                Map::new()
            }),
        _ => Map::new(),
    };
    Listed {
        data,
        connected: item.data.is_some(),
        plugin_info: plugin.map_or_else(
            || Value::Object(Map::new()),
            |plugin| plugin.plugin_info().clone(),
        ),
        name: item.name,
    }
}

/// Stores a user's first document for a type.
///
/// # Errors
///
/// [`ExternalAuthError::AlreadyExists`] where there is one; unknown user; the database's.
pub fn create(
    cx: &Context,
    user: &UserId,
    name: &str,
    data: &Value,
) -> Result<(), ExternalAuthError> {
    let (scope, user, name, text) = (cx.scope(), user.clone(), name.to_owned(), data.to_string());
    cx.transaction(move |db| {
        require_user(db, scope.as_ref(), &user)?;
        let id = queries::external_auth::find_or_insert_type(db, &name)?;
        if queries::external_auth::find_data(db, &user, &id)?.is_some() {
            return Err(ExternalAuthError::AlreadyExists(name.clone()));
        }
        queries::external_auth::insert_data(db, &user, &id, &text).map_err(|error| {
            // Somebody else stored the first one at the same time.
            match error.violation() {
                Some(Violation::Unique) => ExternalAuthError::AlreadyExists(name.clone()),
                _ => error.into(),
            }
        })
    })
}

/// What a user stored for a type.
///
/// # Errors
///
/// Unknown type, user or document, in this order; the database's.
pub fn get(cx: &Context, user: &UserId, name: &str) -> Result<Value, ExternalAuthError> {
    let (scope, user, name) = (cx.scope(), user.clone(), name.to_owned());
    cx.read(move |db| {
        let id = require_type(db, &name)?;
        require_user(db, scope.as_ref(), &user)?;
        let text = queries::external_auth::find_data(db, &user, &id)?
            .ok_or_else(|| ExternalAuthError::UnknownExternalAuth(name.clone()))?;
        Ok(serde_json::from_str(&text).map_err(|error| {
            DatabaseError::Damaged(format!("data of user {user} for {name:?}: {error}"))
        })?)
    })
}

/// Replaces what a user stored for a type.
///
/// # Errors
///
/// Unknown type, user or document; the database's.
pub fn update(
    cx: &Context,
    user: &UserId,
    name: &str,
    data: &Value,
) -> Result<(), ExternalAuthError> {
    let (scope, user, name, text) = (cx.scope(), user.clone(), name.to_owned(), data.to_string());
    cx.transaction(move |db| {
        let id = require_type(db, &name)?;
        require_user(db, scope.as_ref(), &user)?;
        if queries::external_auth::update_data(db, &user, &id, &text)? {
            Ok(())
        } else {
            Err(ExternalAuthError::UnknownExternalAuth(name.clone()))
        }
    })
}

/// Replaces what a user stored for a type, or stores the first document.
///
/// # Errors
///
/// Unknown type or user; the database's.
pub fn update_or_create(
    cx: &Context,
    user: &UserId,
    name: &str,
    data: &Value,
) -> Result<(), ExternalAuthError> {
    let (scope, user, name, text) = (cx.scope(), user.clone(), name.to_owned(), data.to_string());
    cx.transaction(move |db| {
        let id = require_type(db, &name)?;
        require_user(db, scope.as_ref(), &user)?;
        Ok(queries::external_auth::upsert_data(db, &user, &id, &text)?)
    })
}

/// Deletes what a user stored for a type.
///
/// # Errors
///
/// Unknown type, user or document; the database's.
pub fn delete(cx: &Context, user: &UserId, name: &str) -> Result<(), ExternalAuthError> {
    let (scope, user, name) = (cx.scope(), user.clone(), name.to_owned());
    cx.transaction(move |db| {
        let id = require_type(db, &name)?;
        require_user(db, scope.as_ref(), &user)?;
        if queries::external_auth::delete_data(db, &user, &id)? {
            Ok(())
        } else {
            Err(ExternalAuthError::UnknownExternalAuth(name.clone()))
        }
    })
}

fn require_type(db: &mut Connection, name: &str) -> Result<String, ExternalAuthError> {
    queries::external_auth::find_type(db, name)?
        .ok_or_else(|| ExternalAuthError::UnknownType(name.to_owned()))
}

/// A user outside the scope is answered like one that never existed.
fn require_user(
    db: &mut Connection,
    scope: Option<&TenantId>,
    user: &UserId,
) -> Result<(), ExternalAuthError> {
    if is_visible(db, scope, user)? {
        Ok(())
    } else {
        Err(ExternalAuthError::UnknownUser(user.to_string()))
    }
}

fn is_visible(
    db: &mut Connection,
    scope: Option<&TenantId>,
    user: &UserId,
) -> Result<bool, DatabaseError> {
    match (queries::user::find(db, user.as_str())?, scope) {
        (Some(found), Some(scope)) => {
            queries::tenant::is_visible_from(db, scope, found.tenant_uuid.as_str())
        }
        (found, None) => Ok(found.is_some()),
        (None, Some(_)) => Ok(false),
    }
}
