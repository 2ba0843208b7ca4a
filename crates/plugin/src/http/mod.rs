//! HTTP as plugins see it: routes, requests and responses.

mod request;
mod response;
mod route;

pub use request::Request;
pub use response::Response;
pub use route::Route;

use wazo_auth_core::{
    Header,
    abi_stable::std_types::{RString, RVec},
};

/// A header's name, in lower case, and its value.
type HeaderPair = (String, Vec<u8>);

fn headers_from_abi(headers: RVec<Header>) -> Vec<HeaderPair> {
    headers
        .into_iter()
        .map(|header| (header.name.into(), header.value.into()))
        .collect()
}

fn headers_into_abi(headers: Vec<HeaderPair>) -> RVec<Header> {
    headers
        .into_iter()
        .map(|(name, value)| Header {
            name: RString::from(name),
            value: RVec::from(value),
        })
        .collect()
}

/// The value of a header that is text.
fn find_header<'a>(headers: &'a [HeaderPair], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
}
