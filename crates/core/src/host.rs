//! What the daemon offers to a plugin.

use abi_stable::{
    sabi_trait,
    std_types::{RArc, RStr, RString},
};

use crate::AbiResult;

/// The daemon, as a plugin sees it.
///
/// These three functions are all there is: operations are names, so that new ones need no new
/// layout.
#[sabi_trait]
pub trait Host: Send + Sync + 'static {
    /// Whether a record of this level (1 error … 5 trace, as in the crate `log`) would be kept.
    fn log_enabled(&self, level: u32, target: RStr<'_>) -> bool;

    /// Hands a record to the daemon's log. `file` may be empty.
    fn log(&self, level: u32, target: RStr<'_>, message: RStr<'_>, file: RStr<'_>, line: u32);

    /// Runs an operation such as `external_auth_service.get`: one JSON document in, one out.
    ///
    /// Each operation is one transaction, committed when this returns. An unknown one answers
    /// [`UNSUPPORTED`](crate::error::code::UNSUPPORTED).
    #[sabi(last_prefix_field)]
    fn call(&self, operation: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString>;
}

/// A shared handle to a [`Host`].
pub type HostObject = Host_TO<RArc<()>>;
