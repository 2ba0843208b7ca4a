//! HTTP routes of a plugin, shared by the kinds that have some. Today: `external_auth`.

use abi_stable::{
    StableAbi, sabi_trait,
    std_types::{RBox, RStr, RString, RVec},
};

use crate::{AbiResult, Call};

/// Values of [`Route::auth`].
pub mod auth {
    /// A live token whose access list grants [`Route::access`](super::Route::access).
    pub const TOKEN: u32 = 0;
    /// No token is asked for.
    pub const PUBLIC: u32 = 1;
}

/// One method on one path.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Route {
    /// An HTTP method in capitals.
    pub method: RString,
    /// A path below the API's version, such as `/users/{user_uuid}/external/bar`. A whole segment
    /// in braces is a parameter; one whose name ends in `_uuid` matches UUIDs alone.
    pub path: RString,
    /// The access that is asked for, with the path's parameters in braces.
    pub access: RString,
    /// One of [`auth`]; anything else is refused.
    pub auth: u32,
    /// Given back in [`Request::handler`].
    pub handler: u32,
    /// A JSON object, or nothing: what the API's document says of the route. Its members, none of which
    /// must be there: `summary` and `description`, texts; `query`, a list of `{name, description}`;
    /// `body`, `{description, schema}`; `answers`, a list of `{status, description, schema}`. A schema is
    /// one of OpenAPI 3.0. Room to grow.
    pub extra: RString,
}

/// A name and its value.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Pair {
    /// The name.
    pub name: RString,
    /// The value.
    pub value: RString,
}

/// An HTTP header; its value need not be text.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Header {
    /// The name, in lower case.
    pub name: RString,
    /// The value's bytes.
    pub value: RVec<u8>,
}

/// A request that matched one of the plugin's routes, with its token already checked.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Request {
    /// The number that the matched [`Route`] carries.
    pub handler: u32,
    /// The HTTP method in capitals.
    pub method: RString,
    /// The path below the API's version, as sent.
    pub path: RString,
    /// The path's parameters, decoded; UUIDs in lower case.
    pub path_params: RVec<Pair>,
    /// The query's parameters, decoded, in order.
    pub query: RVec<Pair>,
    /// The headers, less those that carry credentials.
    pub headers: RVec<Header>,
    /// The body.
    pub body: RVec<u8>,
    /// A JSON object, or nothing: room to grow. Holds `remote_addr`.
    pub extra: RString,
}

/// The answer to a [`Request`].
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Response {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// The headers to add.
    pub headers: RVec<Header>,
    /// The body.
    pub body: RVec<u8>,
    /// A JSON object, or nothing: room to grow.
    pub extra: RString,
}

/// A plugin with routes.
///
/// One object serves all requests, from many threads at once.
#[sabi_trait]
pub trait Routes: Send + Sync + 'static {
    /// Says goodbye; no call follows.
    fn stop(&self, call: Call) -> AbiResult<()>;
    /// A self-test: answers a JSON object, or says what is wrong.
    fn check(&self, call: Call) -> AbiResult<RString>;
    /// An open door for methods that this trait does not have.
    fn call(&self, call: Call, method: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString>;
    /// A JSON object; its member `plugin_info` is shown to clients as it is.
    fn describe(&self, call: Call) -> AbiResult<RString>;
    /// The routes, asked for once after the start.
    fn routes(&self, call: Call) -> AbiResult<RVec<Route>>;
    /// Answers a request.
    fn handle(&self, call: Call, request: Request) -> AbiResult<Response>;
    /// The part of a user's stored data (any JSON document) that may be listed: a JSON object.
    fn filter_safe(&self, call: Call, data: RStr<'_>) -> AbiResult<RString>;
    /// A message that the plugin waited for has come, a JSON object.
    #[sabi(last_prefix_field)]
    fn on_message(&self, call: Call, message: RStr<'_>) -> AbiResult<()>;
}

/// An owned [`Routes`].
pub type RoutesObject = Routes_TO<RBox<()>>;
