//! Errors that cross the boundary, in either direction.

use abi_stable::{
    StableAbi,
    std_types::{RResult, RString},
};

/// What kind of failure an [`AbiError`] is.
///
/// Plain integers, so that a newer side can send a code that an older one does not know; such a
/// code means [`INTERNAL`](code::INTERNAL).
pub mod code {
    /// Something failed inside; the client learns nothing of it.
    pub const INTERNAL: u32 = 0;
    /// The plugin's configuration is missing or wrong.
    pub const CONFIGURATION: u32 = 1;
    /// The method or operation does not exist on the other side.
    pub const UNSUPPORTED: u32 = 2;
    /// Something needed could not be reached; trying again later may help.
    pub const UNAVAILABLE: u32 = 3;
    /// The call that the request belonged to has ended.
    pub const CALL_OVER: u32 = 4;
    /// An answer for the client; `extra` holds `status`, `error_id`, `details` and `resource`.
    pub const API: u32 = 5;
    /// The credentials are refused; the client gets the answer of every failed login.
    pub const REFUSED: u32 = 6;
    /// The arguments cannot be understood.
    pub const INVALID_ARGUMENT: u32 = 7;
    /// The operation is not among the needs that the plugin's manifest declares.
    pub const UNDECLARED: u32 = 8;
    /// The plugin panicked; `message` says where.
    pub const PANIC: u32 = 100;
}

/// A failure.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct AbiError {
    /// One of [`code`].
    pub code: u32,
    /// One line for the log, without secrets. Under [`code::API`] it is the client's message.
    pub message: RString,
    /// A JSON object, or nothing.
    pub extra: RString,
}

impl AbiError {
    /// An error without `extra`.
    pub fn new(code: u32, message: impl Into<RString>) -> Self {
        Self {
            code,
            message: message.into(),
            extra: RString::new(),
        }
    }
}

/// What every call answers.
pub type AbiResult<T> = RResult<T, AbiError>;
