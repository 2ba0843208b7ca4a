//! `group_service`: groups of users.

use serde_json::json;

use crate::{Host, PluginResult, services::answer};

/// Operations on groups, named `group_service.…`.
#[derive(Debug, Clone, Copy)]
pub struct GroupService<'h> {
    host: &'h Host,
}

impl<'h> GroupService<'h> {
    pub(crate) fn new(host: &'h Host) -> Self {
        Self { host }
    }

    /// `group_service.get_acl`: the accesses that the user's groups grant.
    pub fn get_acl(&self, user_uuid: &str) -> PluginResult<Vec<String>> {
        const NAME: &str = "group_service.get_acl";
        let arguments = json!({ "user_uuid": user_uuid });
        answer(NAME, self.host.operation(NAME, &arguments)?)
    }
}
