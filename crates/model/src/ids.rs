//! Identities: UUIDs as lower-case text, a type for each kind of thing.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Whether a text is a UUID in its canonical form, in either case of letters.
#[must_use]
pub fn looks_like_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(position, byte)| match position {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
}

/// Whether a text is a UUID of version 4: the first digit of its third group says so.
#[must_use]
pub fn is_uuid_v4(text: &str) -> bool {
    looks_like_uuid(text) && text.as_bytes().get(14) == Some(&b'4')
}

/// A UUID of any version in its canonical form, from any spelling that clients use: in either case of
/// letters, with or without hyphens, in braces, as a URN (RFC 9562 §4).
#[must_use]
pub fn normalize_uuid(text: &str) -> Option<String> {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(uuid::Uuid::try_parse(&digits).ok()?.to_string())
}

/// A token for the log: all but its last 8 characters are `X`, hyphens stay.
#[must_use]
pub fn redact_token(text: &str) -> String {
    let length = text.chars().count();
    let shown = if length > 8 { length - 8 } else { length };
    text.chars()
        .enumerate()
        .map(|(position, character)| {
            if position >= shown || character == '-' {
                character
            } else {
                'X'
            }
        })
        .collect()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads a UUID in its canonical form; `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                looks_like_uuid(text).then(|| Self(text.to_ascii_lowercase()))
            }

            /// An id as the database has it, whatever it looks like.
            #[must_use]
            pub fn from_database(text: String) -> Self {
                Self(text)
            }

            /// A new one.
            #[must_use]
            pub fn random() -> Self {
                Self(uuid::Uuid::new_v4().to_string())
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

ids! {
    /// A user.
    UserId;
    /// A tenant.
    TenantId;
    /// A session.
    SessionId;
    /// An e-mail address of a user.
    EmailId;
    /// A group.
    GroupId;
    /// A policy.
    PolicyId;
    /// A type of external authentication.
    ExternalAuthTypeId;
}

macro_rules! secret_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads a UUID in its canonical form; `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                looks_like_uuid(text).then(|| Self(text.to_ascii_lowercase()))
            }

            /// An id as the database or a request has it, whatever it looks like.
            #[must_use]
            pub fn from_database(text: String) -> Self {
                Self(text)
            }

            /// A new one, from the system's source of randomness.
            #[must_use]
            pub fn random() -> Self {
                Self(uuid::Uuid::new_v4().to_string())
            }

            /// The id itself.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// The id as logs show it.
            #[must_use]
            pub fn redacted(&self) -> String {
                redact_token(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.redacted())
            }
        }
    )* };
}

secret_ids! {
    /// A token: whoever knows it has its accesses, so it does not print.
    TokenId;
    /// A refresh token: whoever knows it and its client can log in, so it does not print.
    RefreshTokenId;
}
