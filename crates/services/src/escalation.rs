//! Nobody hands out more than their own token has.

use std::sync::Arc;

use wazo_auth_model::{
    access::{AccessList, Identity},
    ids::TokenId,
    token::Token,
};

use crate::context::Context;

/// The caller's token does not include an access that the request is about.
#[derive(Debug, thiserror::Error)]
#[error("the token {token:?} does not include the access {access:?}")]
pub struct EscalationError {
    /// The caller's token.
    pub token: TokenId,
    /// The first such access, with its `!`.
    pub access: String,
}

/// Somebody who gives and takes accesses: the caller, by what is in their token. It can be taken into a
/// transaction.
#[derive(Debug, Clone)]
pub(crate) struct Giver(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    token: Option<Arc<Token>>,
    list: AccessList,
}

impl Giver {
    /// The caller. One without a token gives and takes nothing but denials.
    pub fn of(cx: &Context) -> Self {
        let token = cx.token();
        let list = token
            .as_ref()
            .map(|token| AccessList::compile(&token.acl))
            .unwrap_or_default();
        Self(Arc::new(Inner { token, list }))
    }

    /// Lets pass what the caller may put into a policy, or give to somebody with one.
    ///
    /// # Errors
    ///
    /// The first access that they may not.
    pub fn may_add(&self, accesses: &[String]) -> Result<(), EscalationError> {
        self.check(accesses, |identity, access| {
            self.0.list.may_add(identity, access)
        })
    }

    /// Lets pass what the caller may take out of a policy, or from somebody with one.
    ///
    /// # Errors
    ///
    /// The first access that they may not.
    pub fn may_remove(&self, accesses: &[String]) -> Result<(), EscalationError> {
        self.check(accesses, |identity, access| {
            self.0.list.may_remove(identity, access)
        })
    }

    fn check(
        &self,
        accesses: &[String],
        may: impl Fn(&Identity<'_>, &str) -> bool,
    ) -> Result<(), EscalationError> {
        let token = self.0.token.as_deref();
        let identity = token.map(Token::identity).unwrap_or_default();
        match accesses.iter().find(|access| !may(&identity, access)) {
            None => Ok(()),
            Some(access) => Err(EscalationError {
                token: token.map_or_else(
                    || TokenId::from_database(String::new()),
                    |token| token.uuid.clone(),
                ),
                access: access.clone(),
            }),
        }
    }
}
