//! `user_service`: users that the daemon itself keeps.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Host, PluginResult, Secret, Verdict, services::answer};

/// Operations on users, named `user_service.…`.
#[derive(Debug, Clone, Copy)]
pub struct UserService<'h> {
    host: &'h Host,
}

/// A user that the daemon keeps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Identifies the user.
    pub uuid: String,
    /// The tenant that the user belongs to.
    pub tenant_uuid: String,
    /// What the account is for: `user`, `internal` or `external_api`.
    pub purpose: String,
    /// The name to log in with; some users have an e-mail address alone.
    pub username: Option<String>,
    /// Whether the account may be used.
    #[serde(default)]
    pub enabled: bool,
    /// How the user has to log in, such as `native`.
    #[serde(default)]
    pub authentication_method: Option<String>,
}

/// A policy that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Policy {
    /// Identifies the policy.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Its short name, which never changes.
    pub slug: String,
    /// The tenant that owns it.
    pub tenant_uuid: String,
}

/// A group that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Identifies the group.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Its short name, which never changes.
    pub slug: String,
    /// The tenant that it belongs to.
    pub tenant_uuid: String,
}

impl<'h> UserService<'h> {
    pub(crate) fn new(host: &'h Host) -> Self {
        Self { host }
    }

    /// `user_service.verify_password`: checks a password against the one that the daemon keeps.
    pub fn verify_password(&self, login: &str, password: &Secret) -> PluginResult<Verdict> {
        #[derive(Serialize)]
        struct Arguments<'a> {
            login: &'a str,
            password: &'a str,
        }
        #[derive(Deserialize)]
        struct Answer {
            verdict: String,
        }
        const NAME: &str = "user_service.verify_password";
        let arguments = Arguments {
            login,
            password: password.expose(),
        };
        let found: Answer = answer(NAME, self.host.operation(NAME, &arguments)?)?;
        Ok(match found.verdict.as_str() {
            "accepted" => Verdict::accepted(),
            "unknown_login" => Verdict::UnknownLogin,
            _ => Verdict::Refused,
        })
    }

    /// `user_service.get_user_by_login`: the user of a username or a confirmed e-mail address.
    ///
    /// An unknown login is an [`api`](crate::PluginError::api) error with status 404.
    pub fn get_user_by_login(&self, login: &str) -> PluginResult<User> {
        const NAME: &str = "user_service.get_user_by_login";
        answer(NAME, self.host.operation(NAME, &json!({ "login": login }))?)
    }

    /// `user_service.get_acl`: the accesses that the user's own policies grant.
    pub fn get_acl(&self, user_uuid: &str) -> PluginResult<Vec<String>> {
        const NAME: &str = "user_service.get_acl";
        let arguments = json!({ "user_uuid": user_uuid });
        answer(NAME, self.host.operation(NAME, &arguments)?)
    }

    /// `user_service.list_policies`: the policies that the user has itself, not through a group,
    /// whatever tenant owns them.
    pub fn list_policies(&self, user_uuid: &str) -> PluginResult<Vec<Policy>> {
        const NAME: &str = "user_service.list_policies";
        let arguments = json!({ "user_uuid": user_uuid });
        answer(NAME, self.host.operation(NAME, &arguments)?)
    }

    /// `user_service.list_groups`: the groups that the user is in.
    pub fn list_groups(&self, user_uuid: &str) -> PluginResult<Vec<Group>> {
        const NAME: &str = "user_service.list_groups";
        let arguments = json!({ "user_uuid": user_uuid });
        answer(NAME, self.host.operation(NAME, &arguments)?)
    }
}
