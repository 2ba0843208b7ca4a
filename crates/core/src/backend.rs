//! The kind `backend`: checks a login and describes who logged in.

use abi_stable::{
    StableAbi, sabi_trait,
    std_types::{RBox, RStr, RString, RVec},
};

use crate::{AbiResult, Call};

/// Values of [`Verdict::code`].
pub mod verdict {
    /// The password is wrong, or the login may not be used.
    pub const REFUSED: u32 = 0;
    /// The login and the password belong together.
    pub const ACCEPTED: u32 = 1;
    /// This backend does not know the login.
    pub const UNKNOWN_LOGIN: u32 = 2;
}

/// The answer to a password check.
///
/// Never a plain boolean: a damaged one would be undefined behaviour, a damaged integer is a refusal.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Verdict {
    /// One of [`verdict`]; anything else is a refusal.
    pub code: u32,
    /// A JSON object, or nothing. Its member `args_patch` is merged into the login's arguments.
    pub details: RString,
    /// A JSON object, or nothing: room to grow.
    pub extra: RString,
}

/// A source of logins.
///
/// One object serves all requests, from many threads at once.
#[sabi_trait]
pub trait Backend: Send + Sync + 'static {
    /// Says goodbye; no call follows.
    fn stop(&self, call: Call) -> AbiResult<()>;
    /// A self-test: answers a JSON object, or says what is wrong.
    fn check(&self, call: Call) -> AbiResult<RString>;
    /// An open door for methods that this trait does not have.
    fn call(&self, call: Call, method: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString>;
    /// Whether login and password belong together.
    fn verify_password(
        &self,
        call: Call,
        login: RStr<'_>,
        password: RStr<'_>,
    ) -> AbiResult<Verdict>;
    /// The metadata of the token to be made, a JSON object with `auth_id` and `xivo_uuid`.
    fn get_metadata(&self, call: Call, login: RStr<'_>) -> AbiResult<RString>;
    /// The accesses of the token to be made.
    fn get_acl(&self, call: Call, login: RStr<'_>) -> AbiResult<RVec<RString>>;
    /// What is kept with a refresh token, a JSON object.
    #[sabi(last_prefix_field)]
    fn get_persistent_metadata(&self, call: Call, login: RStr<'_>) -> AbiResult<RString>;
}

/// An owned [`Backend`].
pub type BackendObject = Backend_TO<RBox<()>>;
