//! The daemon's operations with their types, one file per service.
//!
//! A plugin may use those that it lists as `needs` in [`export!`](crate::export), under the names
//! given here. They come from [`Call`](crate::Call) and [`Host`](crate::Host).

mod external_auth;
mod group;
mod purpose;
mod token;
mod user;

pub use external_auth::ExternalAuthService;
pub use group::GroupService;
pub use purpose::Purposes;
pub use token::{LocalTokenRenewer, TokenService};
pub use user::{Group, Policy, User, UserService};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{PluginError, PluginResult};

/// Reads the answer to `operation`. Its contents stay out of the error: they may be credentials.
fn answer<T: DeserializeOwned>(operation: &str, value: Value) -> PluginResult<T> {
    serde_json::from_value(value).map_err(|_| {
        PluginError::internal(format!(
            "the daemon's answer to `{operation}` has another form"
        ))
    })
}
