//! What the people and the administrator may do, at random.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

/// What the people are let in with, whatever else they have.
pub const KEY: &str = "auth.#";
/// What policies grant and deny.
const ENTRIES: &[&str] = &[
    "x.a", "x.b", "x.*", "x.#", "x.edit", "x.update", "y.a", "*.a", "#.a", "z", KEY, "!x.a",
    "!x.*", "!#.a", "!x.edit",
];
/// What people have at first: much, and perhaps not all of it.
pub const MUCH: &[&[&str]] = &[
    &[],
    &["x.#"],
    &["x.#", "!x.a"],
    &["x.*", "!x.a"],
    &["x.a", "x.edit"],
    &["#.a"],
    &["#.a", "!x.#"],
    &["x.#", "y.a", "!x.edit"],
    &["x.#", "z"],
];
/// A request with one of the tokens that open the endpoints.
#[derive(Debug, Clone)]
pub struct Request {
    pub token: Index,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum Step {
    Request(Request),
    /// The administrator gives entries to a user, in a policy of their own.
    GiveUser(Index, Vec<&'static str>),
    /// The administrator gives entries that deny nothing to a group.
    GiveGroup(Index, Vec<&'static str>),
    /// The administrator makes a policy and gives it to nobody.
    Lay(Vec<&'static str>),
    /// A user gets one more token, by a password or by a refresh token.
    LogIn(Index, bool),
}

#[derive(Debug, Clone)]
pub enum What {
    MakePolicy(Vec<&'static str>),
    EditPolicy(Index, Vec<&'static str>),
    DeletePolicy(Index),
    AddAccess(Index, &'static str),
    /// One of the accesses that are in the policy.
    RemoveAccess(Index, Index),
    /// All of the accesses but one.
    DropAccess(Index, Index),
    LinkUser(Index, Index),
    UnlinkUser(Index, Index),
    LinkGroup(Index, Index),
    UnlinkGroup(Index, Index),
    Join(Index, Index),
    Leave(Index, Index),
    MakeUser,
    MakeGroup,
}

impl What {
    /// Its name, for the count of what was tried.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split('(').next().unwrap_or_default().to_owned()
    }
}

fn entries(least: usize) -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(ENTRIES), least..4)
}

fn grants() -> impl Strategy<Value = Vec<&'static str>> {
    entries(1).prop_map(|entries| {
        let grants = entries.into_iter().filter(|entry| !entry.starts_with('!'));
        grants.collect()
    })
}

fn what() -> impl Strategy<Value = What> {
    let index = any::<Index>;
    prop_oneof![
        3 => entries(0).prop_map(What::MakePolicy),
        3 => (index(), entries(0)).prop_map(|(policy, entries)| What::EditPolicy(policy, entries)),
        2 => index().prop_map(What::DeletePolicy),
        3 => (index(), select(ENTRIES)).prop_map(|(policy, entry)| What::AddAccess(policy, entry)),
        3 => (index(), index()).prop_map(|(policy, entry)| What::RemoveAccess(policy, entry)),
        3 => (index(), index()).prop_map(|(policy, entry)| What::DropAccess(policy, entry)),
        4 => (index(), index()).prop_map(|(user, policy)| What::LinkUser(user, policy)),
        5 => (index(), index()).prop_map(|(user, policy)| What::UnlinkUser(user, policy)),
        3 => (index(), index()).prop_map(|(group, policy)| What::LinkGroup(group, policy)),
        5 => (index(), index()).prop_map(|(group, policy)| What::UnlinkGroup(group, policy)),
        4 => (index(), index()).prop_map(|(group, user)| What::Join(group, user)),
        1 => (index(), index()).prop_map(|(group, user)| What::Leave(group, user)),
        1 => Just(What::MakeUser),
        1 => Just(What::MakeGroup),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        16 => (index(), what())
            .prop_map(|(token, what)| Step::Request(Request { token, what })),
        1 => (index(), entries(1)).prop_map(|(user, entries)| Step::GiveUser(user, entries)),
        2 => (index(), grants()).prop_map(|(group, entries)| Step::GiveGroup(group, entries)),
        2 => entries(1).prop_map(Step::Lay),
        2 => (index(), any::<bool>()).prop_map(|(user, refresh)| Step::LogIn(user, refresh)),
    ]
}
