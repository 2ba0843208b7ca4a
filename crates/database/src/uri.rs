//! Where a database is: what `db_uri` may say.

use std::{fmt, path::PathBuf};

use crate::error::{DatabaseError, DatabaseResult};

/// What a URI gets that says nothing of it. A server that falls silent must not hold requests up until
/// the kernel has lost hope: connecting takes 5 s at most, and what was sent is answered by the other
/// machine, if not by its program, within 10 s.
const TIMEOUTS: &[(&str, &str)] = &[
    ("connect_timeout", "5"),
    ("tcp_user_timeout", "10000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
];

/// A database of one of the engines.
#[derive(Clone, PartialEq, Eq)]
pub enum Uri {
    /// What libpq reads. Often it holds a password.
    Postgres(String),
    /// A file.
    Sqlite(PathBuf),
}

impl Uri {
    /// Reads `db_uri`: `postgresql://…` as libpq has it, the driver's name of SQLAlchemy allowed, or
    /// `sqlite:///path/to/file`.
    pub fn parse(text: &str) -> DatabaseResult<Self> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(DatabaseError::Uri(
                    "names no file; write sqlite:///path/to/file".to_owned(),
                ));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        // The rest may hold a password: name the scheme alone.
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        match scheme {
            "postgres" | "postgresql" | "postgresql+psycopg2" => {
                check(rest).map_err(|problem| DatabaseError::Uri(problem.to_owned()))?;
                Ok(Self::Postgres(with_timeouts(&format!("postgresql://{rest}"))))
            }
            _ if text.contains("://") => Err(DatabaseError::Uri(format!(
                "unknown scheme {scheme:?}; write postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///path/to/file"
            ))),
            _ => Err(DatabaseError::Uri(
                "is no URI; write postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///path/to/file"
                    .to_owned(),
            )),
        }
    }

    /// Whether this is PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// Refuses what libpq would take apart in another way than it was meant, and then quote in its errors: it
/// may be part of a password. The error quotes nothing.
fn check(rest: &str) -> Result<(), &'static str> {
    const ENCODE: &str = "a special character in the user's name or the password has to be written as % and two hexadecimal digits (%40 for @, %2F for /, %3A for :, %3F for ?, %25 for %)";
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let behind = rest.get(authority.len()..).unwrap_or_default();
    if behind.contains(['@', '#']) || authority.matches('@').count() > 1 {
        return Err(ENCODE);
    }
    if let Some((login, _)) = authority.split_once('@')
        && login.matches(':').count() > 1
    {
        return Err(ENCODE);
    }
    let mut parts = rest.split('%');
    parts.next();
    let is_encoded = |part: &str| {
        part.get(..2)
            .is_some_and(|digits| digits != "00" && digits.bytes().all(|d| d.is_ascii_hexdigit()))
    };
    if !parts.all(is_encoded) {
        return Err(ENCODE);
    }
    Ok(())
}

fn with_timeouts(uri: &str) -> String {
    let mut uri = uri.to_owned();
    for (name, value) in TIMEOUTS {
        if !uri.contains(&format!("{name}=")) {
            let separator = if uri.contains('?') { '&' } else { '?' };
            uri.push_str(&format!("{separator}{name}={value}"));
        }
    }
    uri
}

/// Without the password.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(text) => {
                let rest = text.strip_prefix("postgresql://").unwrap_or(text);
                let place = rest.split('?').next().unwrap_or_default();
                match place.split_once('@') {
                    Some((login, host)) => {
                        let user = login.split(':').next().unwrap_or_default();
                        write!(f, "postgresql://{user}@{host}")
                    }
                    None => write!(f, "postgresql://{place}"),
                }
            }
        }
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_are_known_by_their_scheme() {
        assert_eq!(
            Uri::parse("sqlite:///var/lib/x.sqlite").unwrap(),
            Uri::Sqlite(PathBuf::from("/var/lib/x.sqlite"))
        );
        for scheme in ["postgres", "postgresql", "postgresql+psycopg2"] {
            let Uri::Postgres(text) =
                Uri::parse(&format!("{scheme}://u:p@h/d?application_name=x")).unwrap()
            else {
                panic!("{scheme} is PostgreSQL's");
            };
            assert!(
                text.starts_with("postgresql://u:p@h/d?application_name=x&connect_timeout=5&"),
                "{text}"
            );
        }
    }

    #[test]
    fn timeouts_are_added_where_none_are_given() {
        let Uri::Postgres(text) = Uri::parse("postgresql:///d?connect_timeout=1").unwrap() else {
            panic!("this is PostgreSQL's");
        };
        assert_eq!(
            text,
            "postgresql:///d?connect_timeout=1&tcp_user_timeout=10000&keepalives_idle=5&keepalives_interval=2&keepalives_count=3"
        );
    }

    #[test]
    fn what_libpq_would_quote_in_its_errors_is_refused_without_a_quote() {
        for text in [
            "postgresql://u:s3cr%zz@h/d",
            "postgresql://u:pa@ss:w0rd@h/d",
            "postgresql://u:pa/ss@h/d",
            "postgresql://u:pa?ss@h/d",
            "postgresql://u:pa#ss@h/d",
            "postgresql://u:pa:ss@h/d",
            "postgresql://u:p%00@h/d",
            "postgresql://u:p%4",
        ] {
            let message = Uri::parse(text).unwrap_err().to_string();
            assert!(message.contains("%40 for @"), "{message}");
            for part in ["s3cr", "w0rd", "ss@", "pa"] {
                assert!(!message.replace("password", "").contains(part), "{message}");
            }
        }
        for text in [
            "postgresql://",
            "postgresql:///d",
            "postgresql://u:p%40s%2Fs@h:5432,[::1]:5433/d?sslmode=require",
            "postgresql://u@%2Ftmp%2Fx/d",
        ] {
            assert!(Uri::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_named_without_its_password() {
        for text in ["mysql://u:s3cre7@h/d", "s3cre7", "sqlite://", ""] {
            let message = Uri::parse(text).unwrap_err().to_string();
            assert!(message.starts_with("db_uri: "), "{message}");
            assert!(!message.contains("s3cre7"), "{message}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let uri = Uri::parse("postgresql://asterisk:p%40ss@localhost:5432/asterisk?a=b").unwrap();
        assert_eq!(
            uri.to_string(),
            "postgresql://asterisk@localhost:5432/asterisk"
        );
        assert_eq!(format!("{uri:?}"), uri.to_string());
    }
}
