//! Where a database is: what `db_uri` may say.

use std::{fmt, path::PathBuf};

use crate::error::{DatabaseError, DatabaseResult};

/// How long connecting may take, in seconds, where the URI says nothing of it.
const CONNECT_TIMEOUT: u32 = 5;

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
                Ok(Self::Postgres(with_timeout(&format!("postgresql://{rest}"))))
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

/// A host that drops packets must not hold a request up for minutes.
fn with_timeout(uri: &str) -> String {
    if uri.contains("connect_timeout=") {
        return uri.to_owned();
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}connect_timeout={CONNECT_TIMEOUT}")
}

/// Without the password.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(text) => {
                let rest = text.strip_prefix("postgresql://").unwrap_or(text);
                let place = rest.split('?').next().unwrap_or_default();
                // The last @: passwords may hold one.
                match place.rsplit_once('@') {
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
            assert_eq!(
                Uri::parse(&format!("{scheme}://u:p@h/d?application_name=x")).unwrap(),
                Uri::Postgres(
                    "postgresql://u:p@h/d?application_name=x&connect_timeout=5".to_owned()
                )
            );
        }
        assert_eq!(
            Uri::parse("postgresql:///d?connect_timeout=1").unwrap(),
            Uri::Postgres("postgresql:///d?connect_timeout=1".to_owned())
        );
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
        let uri =
            Uri::parse("postgresql://asterisk:p@ss:w/rd@localhost:5432/asterisk?a=b").unwrap();
        assert_eq!(
            uri.to_string(),
            "postgresql://asterisk@localhost:5432/asterisk"
        );
        assert_eq!(format!("{uri:?}"), uri.to_string());
    }
}
