//! What a plugin answers, and to whom.

use wazo_auth_core::{self as abi, routes::auth};

/// One method on one path.
///
/// The path lies below the API's version, as in `/users/{user_uuid}/external/bar`. A whole segment
/// in braces is a parameter; one whose name ends in `_uuid` matches UUIDs alone.
///
/// The access is what the client's token has to grant, with the path's parameters in braces, as in
/// `auth.users.{user_uuid}.external.bar.read`. The daemon checks it before the plugin runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) access: String,
    pub(crate) public: bool,
    pub(crate) handler: u32,
}

impl Route {
    /// A route with a method of its own. `handler` is a number of your choice that comes back in
    /// [`Request::handler`](crate::Request::handler).
    pub fn new(method: &str, path: &str, access: &str, handler: u32) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            access: access.to_owned(),
            public: false,
            handler,
        }
    }

    /// Answers GET.
    pub fn get(path: &str, access: &str, handler: u32) -> Self {
        Self::new("GET", path, access, handler)
    }

    /// Answers POST.
    pub fn post(path: &str, access: &str, handler: u32) -> Self {
        Self::new("POST", path, access, handler)
    }

    /// Answers PUT.
    pub fn put(path: &str, access: &str, handler: u32) -> Self {
        Self::new("PUT", path, access, handler)
    }

    /// Answers PATCH.
    pub fn patch(path: &str, access: &str, handler: u32) -> Self {
        Self::new("PATCH", path, access, handler)
    }

    /// Answers DELETE.
    pub fn delete(path: &str, access: &str, handler: u32) -> Self {
        Self::new("DELETE", path, access, handler)
    }

    /// Asks for no token: anybody may send such a request. The access goes, since nothing is checked.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self.access.clear();
        self
    }

    pub(crate) fn into_abi(self) -> abi::Route {
        abi::Route {
            method: self.method.into(),
            path: self.path.into(),
            access: self.access.into(),
            auth: if self.public {
                auth::PUBLIC
            } else {
                auth::TOKEN
            },
            handler: self.handler,
            extra: String::new().into(),
        }
    }
}
