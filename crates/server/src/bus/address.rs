//! Where the broker is: `amqp.uri`, read as the programs of the platform read it.

use std::str::FromStr;

use lapin::uri::{AMQPScheme, AMQPUri};

/// A dead connection is noticed within some multiples of this, in seconds, unless the URI says otherwise.
const HEARTBEAT: u16 = 10;

/// The place of a broker, with credentials.
#[derive(Clone)]
pub struct Address(AMQPUri);

impl Address {
    /// Reads a URI. Its text may hold a password: what is said of a bad one shows none of it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bad = |what: &str| {
            format!(
                "amqp.uri: {what}, wanted: amqp://USER:PASSWORD@HOST:PORT/VHOST, with special characters as % and two hexadecimal digits"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("found no URI"))?;
        let text = match scheme {
            "amqp" | "amqps" => text.to_owned(),
            // What some libraries call it.
            "pyamqp" => format!("amqp://{rest}"),
            _ => return Err(bad("found another scheme")),
        };
        let mut uri = AMQPUri::from_str(&text).map_err(|_| bad("found something else"))?;
        if uri.scheme == AMQPScheme::AMQPS {
            return Err("amqp.uri: this program speaks to brokers without TLS; wanted: amqp://, on a trusted network or through a tunnel".to_owned());
        }
        if let Some(host) = literal_address(rest) {
            uri.authority.host = host;
        }
        // No name is a name to the parser, and to the broker one that it does not have.
        if uri.vhost.is_empty() {
            uri.vhost = "/".to_owned();
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self(uri))
    }

    /// For the client library.
    pub fn uri(&self) -> AMQPUri {
        self.0.clone()
    }

    /// Host and port, for the log.
    pub fn shown(&self) -> String {
        format!("{}:{}", self.0.authority.host, self.0.authority.port)
    }
}

/// The host behind the credentials, where it is an IPv6 address in brackets.
fn literal_address(rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let (address, _) = host.strip_prefix('[')?.split_once(']')?;
    Some(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_virtual_host_and_nothing_is_the_usual_one() {
        for (text, vhost) in [
            ("amqp://guest:guest@localhost:5672/", "/"),
            ("amqp://guest:guest@localhost:5672", "/"),
            ("amqp://guest:guest@localhost:5672//", "/"),
            ("amqp://guest:guest@localhost:5672/%2F", "/"),
            ("amqp://guest:guest@localhost:5672/%2f", "/"),
            ("amqp://guest:guest@localhost:5672/foo", "foo"),
            ("amqp://guest:guest@localhost:5672/?heartbeat=5", "/"),
            ("pyamqp://localhost/a%20b", "a b"),
        ] {
            assert_eq!(Address::parse(text).unwrap().0.vhost, vhost, "{text}");
        }
    }

    #[test]
    fn credentials_hosts_and_ports_have_their_defaults() {
        let read = |text: &str| {
            let uri = Address::parse(text).unwrap().0;
            let (user, place) = (
                uri.authority.userinfo,
                (uri.authority.host, uri.authority.port),
            );
            (user.username, user.password, place.0, place.1)
        };
        let all = |user: &str, password: &str, host: &str, port| {
            (user.to_owned(), password.to_owned(), host.to_owned(), port)
        };
        assert_eq!(read("amqp://"), all("guest", "guest", "localhost", 5672));
        assert_eq!(
            read("amqp://me:p%40ss@10.0.0.1:7/"),
            all("me", "p@ss", "10.0.0.1", 7)
        );
        assert_eq!(read("amqp://me:x@[::1]:7/"), all("me", "x", "::1", 7));
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_its_password() {
        for text in [
            "",
            "localhost",
            "http://me:hunter2@h/",
            "amqps://me:hunter2@h/",
            "amqp://me:hunter2@h:port/",
            "amqp://me:hun/ter2@h/%ff",
        ] {
            let problem = Address::parse(text).err().unwrap_or_default();
            assert!(problem.starts_with("amqp.uri: "), "{text}: {problem}");
            assert!(!problem.contains("ter2"), "{problem}");
        }
    }
}
