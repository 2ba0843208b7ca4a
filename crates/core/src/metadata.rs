//! The kind `metadata`: what the tokens of users of a purpose say of them.

use abi_stable::{
    sabi_trait,
    std_types::{RBox, RStr, RString},
};

use crate::{AbiResult, Call};

/// A source of metadata.
///
/// One object serves all requests, from many threads at once.
#[sabi_trait]
pub trait Metadata: Send + Sync + 'static {
    /// Says goodbye; no call follows.
    fn stop(&self, call: Call) -> AbiResult<()>;
    /// A self-test: answers a JSON object, or says what is wrong.
    fn check(&self, call: Call) -> AbiResult<RString>;
    /// An open door for methods that this trait does not have.
    fn call(&self, call: Call, method: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString>;
    /// What goes into the metadata of the token to be made, a JSON object.
    ///
    /// `user` is a JSON object: the user who owns the login, with `uuid`, `tenant_uuid`, `purpose`,
    /// `username` (text or null), `enabled` and `authentication_method`.
    fn get_token_metadata(&self, call: Call, login: RStr<'_>, user: RStr<'_>)
    -> AbiResult<RString>;
    /// What is kept with a refresh token of the same user, a JSON object.
    #[sabi(last_prefix_field)]
    fn get_persistent_metadata(
        &self,
        call: Call,
        login: RStr<'_>,
        user: RStr<'_>,
    ) -> AbiResult<RString>;
}

/// An owned [`Metadata`].
pub type MetadataObject = Metadata_TO<RBox<()>>;
