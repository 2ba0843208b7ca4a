//! The request that a plugin method runs for.

use abi_stable::{StableAbi, std_types::RString};

use crate::HostObject;

/// The first argument of every method.
#[repr(C)]
#[derive(StableAbi)]
pub struct Call {
    /// The daemon, bound to this request: operations act with the request's tenant and principal,
    /// and fail with [`CALL_OVER`](crate::error::code::CALL_OVER) once the call has ended.
    pub host: HostObject,
    /// A JSON object: `tenant_uuid` (string or null), `top_tenant_uuid`, `xivo_uuid` (string or
    /// null), `principal` (object or null: `auth_id`, `session_uuid`), `deadline_ms` (milliseconds
    /// that were left when the call began), `trace` (text to find the request in the log by).
    pub context: RString,
    /// A JSON object: the arguments of the login, or nothing where there is none. Never a password.
    pub args: RString,
    /// A JSON object, or nothing: room to grow.
    pub extra: RString,
}
