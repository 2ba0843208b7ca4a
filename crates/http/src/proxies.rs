//! What proxies in front of the daemon say about clients, and whether to believe it.
//!
//! A header that a proxy adds looks like one that a client made up. So these are read when the peer
//! is a proxy of ours, and from the right: each proxy appends what it saw itself.

use std::{borrow::Cow, net::IpAddr};

use actix_web::{HttpRequest, http::header::HOST};
use wazo_auth_model::network::Network;

use crate::{
    exchange::{header, text},
    server::LocalAddress,
};

/// The proxies in front of the daemon.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Peers that are proxies of ours.
    pub trusted: Vec<Network>,
    /// How many of them a request passes, one behind the other.
    pub depth: usize,
}

/// Where a client thinks the daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// Host name, with a port unless it is the usual one.
    pub host: String,
    /// What stands in front of every path: empty, or something that begins with a slash.
    pub prefix: String,
}

impl Origin {
    /// The address up to the path.
    pub fn base(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.prefix)
    }
}

impl Proxies {
    /// The address of the client: the peer's, or what the outermost proxy saw. A proxy may say
    /// whatever it likes; without enough of them the peer counts.
    pub fn client(&self, request: &HttpRequest) -> String {
        self.forwarded(request, "x-forwarded-for")
            .or_else(|| peer(request).map(|peer| peer.to_string()))
            .unwrap_or_default()
    }

    /// Where the client thinks the daemon is.
    pub fn origin(&self, request: &HttpRequest) -> Origin {
        let scheme = match self.forwarded(request, "x-forwarded-proto") {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        };
        let host = self
            .forwarded(request, "x-forwarded-host")
            .or_else(|| header(request, HOST.as_str()).map(Cow::into_owned))
            .or_else(|| {
                let authority = request.uri().authority();
                authority.map(|authority| authority.as_str().to_owned())
            })
            .filter(|host| !host.is_empty())
            .or_else(|| {
                let address = request.conn_data::<LocalAddress>()?;
                Some(address.0.to_string())
            })
            .unwrap_or_default();
        let prefix = if self.trusts(request) {
            header(request, "x-script-name").unwrap_or_default()
        } else {
            Cow::default()
        };
        let prefix = prefix.trim_end_matches('/');
        Origin {
            scheme: scheme.to_owned(),
            host,
            prefix: if prefix.starts_with('/') {
                prefix.to_owned()
            } else {
                String::new()
            },
        }
    }

    fn trusts(&self, request: &HttpRequest) -> bool {
        peer(request).is_some_and(|peer| self.trusted.iter().any(|known| known.contains(peer)))
    }

    /// What the outermost proxy put into a list to which each proxy appends.
    fn forwarded(&self, request: &HttpRequest, name: &str) -> Option<String> {
        let place = self.depth.checked_sub(1)?;
        if !self.trusts(request) {
            return None;
        }
        let lines: Vec<Cow<'_, str>> = request
            .headers()
            .get_all(name)
            .map(|line| text(line.as_bytes()))
            .collect();
        lines
            .iter()
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .rev()
            .nth(place)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    }
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn proxies(trusted: &[&str], depth: usize) -> Proxies {
        Proxies {
            trusted: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            depth,
        }
    }

    fn request(peer: &str, lines: &[&str]) -> HttpRequest {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in lines {
            request = request.append_header(("X-Forwarded-For", *line));
        }
        request.to_http_request()
    }

    #[test]
    fn the_address_is_counted_from_the_right_and_taken_from_our_proxies_alone() {
        let chain = ["9.9.9.9, 1.2.3.4,5.6.7.8"];
        for (trusted, depth, peer, lines, expected) in [
            ("127.0.0.0/8", 1, "127.0.0.1", &chain[..], "5.6.7.8"),
            ("127.0.0.0/8", 2, "127.0.0.1", &chain, "1.2.3.4"),
            ("127.0.0.0/8", 3, "127.0.0.1", &chain, "9.9.9.9"),
            ("127.0.0.0/8", 4, "127.0.0.1", &chain, "127.0.0.1"),
            ("127.0.0.0/8", 0, "127.0.0.1", &chain, "127.0.0.1"),
            ("127.0.0.0/8", 1, "10.0.0.1", &chain, "10.0.0.1"),
            ("10.0.0.0/8", 1, "10.0.0.1", &chain, "5.6.7.8"),
            ("10.0.0.0/8", 1, "[::ffff:10.0.0.1]", &chain, "5.6.7.8"),
            ("10.0.0.0/8", 1, "[::ffff:11.0.0.1]", &chain, "11.0.0.1"),
            // Several lines are one list.
            (
                "10.0.0.0/8",
                2,
                "10.0.0.1",
                &["1.1.1.1", "2.2.2.2"],
                "1.1.1.1",
            ),
            ("10.0.0.0/8", 1, "10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.0/8", 1, "10.0.0.1", &["garbage"], "garbage"),
            ("10.0.0.0/8", 1, "10.0.0.1", &[], "10.0.0.1"),
        ] {
            let client = proxies(&[trusted], depth).client(&request(peer, lines));
            assert_eq!(client, expected, "{trusted} {depth} {peer} {lines:?}");
        }
    }

    #[test]
    fn where_the_daemon_is_comes_from_our_proxies_alone() {
        let of = |peer: &str| {
            let request = TestRequest::default()
                .peer_addr(format!("{peer}:1").parse().unwrap())
                .append_header(("Host", "inner:9497"))
                .append_header(("X-Forwarded-Host", "evil.example, stack.example.com:8443"))
                .append_header(("X-Forwarded-Proto", "https"))
                .append_header(("X-Script-Name", "/api/auth/"))
                .to_http_request();
            proxies(&["127.0.0.1"], 1).origin(&request).base()
        };
        assert_eq!(of("127.0.0.1"), "https://stack.example.com:8443/api/auth");
        assert_eq!(of("127.0.0.2"), "http://inner:9497");
    }
}
