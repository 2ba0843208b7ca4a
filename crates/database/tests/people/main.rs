//! Who may do what: users and their addresses, groups, policies, and the links between them.

mod configured;
mod emails;
mod groups;
mod overlap;
mod policies;
mod policy_lists;
mod rows;
#[path = "../support/mod.rs"]
mod support;
mod user_lists;
mod users;
