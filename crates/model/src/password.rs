//! Passwords as they are stored: made, verified, and renewed in a better form.
//!
//! A stored password is a text and a salt. There are two schemes, and both verify always:
//!
//! * bcrypt: the text is `$bcrypt-sha384` and a bcrypt hash, the salt is empty. What bcrypt hashes
//!   is the SHA-384 of the password in base64: 64 characters, so that neither its limit of 72
//!   bytes nor a NUL byte cuts anything off.
//! * PBKDF2 with HMAC-SHA-512: the text is the key in lower-case hexadecimal digits.
//!
//! Hashing is slow on purpose. It belongs on a thread that may be busy for a second.

use std::{borrow::Cow, fmt, hint::black_box, ops::RangeInclusive};

use base64::{Engine, engine::general_purpose::STANDARD};
use bcrypt::HashParts;
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Digest, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Costs of bcrypt that are made and verified. Each step doubles the time: 12 takes about a quarter
/// of a second, and 16 four seconds. More would keep a login waiting beyond any deadline, and a
/// thread busy for hours.
pub const BCRYPT_COSTS: RangeInclusive<u32> = 4..=16;

/// What stands before a bcrypt hash whose password went through SHA-384.
const BCRYPT_TAG: &str = "$bcrypt-sha384";
const PBKDF2_ROUNDS: u32 = 250_000;
const PBKDF2_KEY_LENGTH: usize = 64;
const PBKDF2_DIGITS: usize = 2 * PBKDF2_KEY_LENGTH;

/// A way to hash passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// bcrypt over SHA-384.
    Bcrypt,
    /// PBKDF2 with HMAC-SHA-512 and 250,000 rounds.
    Pbkdf2,
}

/// A password as the database has it. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// The hash; its form tells the scheme.
    pub hash: String,
    /// The salt; empty under bcrypt, which has its own in the hash.
    pub salt: Vec<u8>,
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword(<hidden>)")
    }
}

/// What a check costs when there is no password to check against.
#[derive(Debug, Clone, Copy)]
pub struct Absent {
    /// The scheme that most stored passwords have.
    pub scheme: Scheme,
    /// The cost that they have under bcrypt; the nearest of [`BCRYPT_COSTS`] is taken.
    pub bcrypt_cost: u32,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// Whether the password is the right one.
    pub accepted: bool,
    /// How the right one is stored; `None` when there is none, or none that can be read.
    pub scheme: Option<Scheme>,
    /// The cost of what is stored, under bcrypt.
    pub bcrypt_cost: Option<u32>,
    /// Something is stored, but no password can ever match it.
    pub malformed: bool,
}

/// Checks a password against the stored one.
///
/// Without a stored one, and with one that cannot be read, the check takes as long as a wrong
/// password of the kind that `absent` tells: who has a password here is not to be measured.
#[must_use]
pub fn verify(stored: Option<&StoredPassword>, password: &Secret, absent: Absent) -> Verification {
    let readable = stored.and_then(Form::read);
    if let Some(form) = &readable {
        let (scheme, bcrypt_cost) = match form {
            Form::Bcrypt { cost, .. } => (Scheme::Bcrypt, Some(*cost)),
            Form::Pbkdf2 { .. } => (Scheme::Pbkdf2, None),
        };
        return Verification {
            accepted: form.matches(password),
            scheme: Some(scheme),
            bcrypt_cost,
            malformed: false,
        };
    }
    black_box(Form::decoy(absent).matches(password));
    Verification {
        accepted: false,
        scheme: None,
        bcrypt_cost: None,
        malformed: stored.is_some(),
    }
}

/// A stored password that can be checked against.
enum Form<'a> {
    Bcrypt {
        hash: Cow<'a, str>,
        cost: u32,
    },
    Pbkdf2 {
        digits: Cow<'a, str>,
        salt: &'a [u8],
    },
}

impl<'a> Form<'a> {
    fn read(stored: &'a StoredPassword) -> Option<Self> {
        if let Some(hash) = stored.hash.strip_prefix(BCRYPT_TAG) {
            // Reads costs up to 99, which would take longer than the machine will exist.
            let cost = hash.parse::<HashParts>().ok()?.get_cost();
            return BCRYPT_COSTS.contains(&cost).then_some(Self::Bcrypt {
                hash: Cow::Borrowed(hash),
                cost,
            });
        }
        let digits = stored.hash.as_str();
        let readable = digits.len() == PBKDF2_DIGITS
            && digits
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        readable.then_some(Self::Pbkdf2 {
            digits: Cow::Borrowed(digits),
            salt: &stored.salt,
        })
    }

    /// One that nobody's password is meant to match.
    fn decoy(absent: Absent) -> Self {
        match absent.scheme {
            Scheme::Bcrypt => {
                let cost = absent
                    .bcrypt_cost
                    .clamp(*BCRYPT_COSTS.start(), *BCRYPT_COSTS.end());
                Self::Bcrypt {
                    // Salt and hash are zeros in the base64 of bcrypt.
                    hash: Cow::Owned(format!("$2b${cost:02}${}", ".".repeat(53))),
                    cost,
                }
            }
            Scheme::Pbkdf2 => Self::Pbkdf2 {
                digits: Cow::Owned("0".repeat(PBKDF2_DIGITS)),
                salt: &[0; 64],
            },
        }
    }

    fn matches(&self, password: &Secret) -> bool {
        match self {
            Self::Bcrypt { hash, .. } => {
                bcrypt::verify(digest(password).as_bytes(), hash).unwrap_or(false)
            }
            Self::Pbkdf2 { digits, salt } => pbkdf2(password, salt, PBKDF2_ROUNDS)
                .as_bytes()
                .ct_eq(digits.as_bytes())
                .into(),
        }
    }
}

/// What bcrypt hashes in place of the password.
fn digest(password: &Secret) -> Zeroizing<String> {
    let digest = Zeroizing::new(<[u8; 48]>::from(Sha384::digest(password.expose())));
    Zeroizing::new(STANDARD.encode(digest))
}

/// The key in hexadecimal digits.
fn pbkdf2(password: &Secret, salt: &[u8], rounds: u32) -> Zeroizing<String> {
    let key = Zeroizing::new(pbkdf2_hmac_array::<Sha512, PBKDF2_KEY_LENGTH>(
        password.expose().as_bytes(),
        salt,
        rounds,
    ));
    let digit = |value: u8| char::from_digit(value.into(), 16);
    let digits = key
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
    let mut text = Zeroizing::new(String::with_capacity(PBKDF2_DIGITS));
    text.extend(digits.flatten());
    text
}

/// Why a password cannot be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The cost is not one of [`BCRYPT_COSTS`].
    #[error("the cost of bcrypt must be from {first} to {last}, and {0} is not", first = BCRYPT_COSTS.start(), last = BCRYPT_COSTS.end())]
    Cost(u32),
}

/// How new passwords are stored.
#[derive(Debug, Clone)]
pub struct HashSettings {
    /// The scheme.
    pub scheme: Scheme,
    /// The cost under bcrypt, one of [`BCRYPT_COSTS`].
    pub bcrypt_cost: u32,
    /// Whether passwords that are stored otherwise are stored anew when they have been verified.
    pub upgrade: bool,
}

impl HashSettings {
    /// Hashes a password. The salt must be random and new each time.
    ///
    /// # Errors
    ///
    /// When the cost is out of range.
    pub fn hash(&self, password: &Secret, salt: [u8; 64]) -> Result<StoredPassword, HashError> {
        match self.scheme {
            Scheme::Bcrypt => {
                let refused = HashError::Cost(self.bcrypt_cost);
                if !BCRYPT_COSTS.contains(&self.bcrypt_cost) {
                    return Err(refused);
                }
                let mut own_salt = [0; 16];
                own_salt
                    .iter_mut()
                    .zip(salt)
                    .for_each(|(to, from)| *to = from);
                // The cost is the only thing that it refuses.
                let hash =
                    bcrypt::hash_with_salt(digest(password).as_bytes(), self.bcrypt_cost, own_salt)
                        .map_err(|_| refused)?;
                Ok(StoredPassword {
                    hash: format!("{BCRYPT_TAG}{hash}"),
                    salt: Vec::new(),
                })
            }
            Scheme::Pbkdf2 => Ok(StoredPassword {
                hash: pbkdf2(password, &salt, PBKDF2_ROUNDS).to_string(),
                salt: salt.to_vec(),
            }),
        }
    }

    /// Whether a password that has just been verified should be stored anew: it is of the other
    /// scheme, or bcrypt costs more by now than it did then. What costs more stays.
    #[must_use]
    pub fn wants_upgrade(&self, verification: &Verification) -> bool {
        let better = match self.scheme {
            Scheme::Bcrypt => verification
                .bcrypt_cost
                .is_none_or(|cost| cost < self.bcrypt_cost),
            Scheme::Pbkdf2 => verification.scheme != Some(Scheme::Pbkdf2),
        };
        self.upgrade && verification.accepted && better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pbkdf2_takes_every_byte_of_a_password() {
        let long = "x".repeat(200);
        for (right, wrong) in [
            ("", " "),
            ("p\u{e4}ssword", "pa\u{308}ssword"),
            ("a\0b", "a\0c"),
            (&format!("{long}a"), &format!("{long}b")),
        ] {
            let [right, wrong] = [right, wrong].map(Secret::new);
            let key = |password| pbkdf2(password, b"salt", 2);
            assert_ne!(
                key(&right).as_str(),
                key(&wrong).as_str(),
                "{}",
                wrong.expose()
            );
            assert_eq!(key(&right).len(), PBKDF2_DIGITS);
        }
    }

    /// A decoy that could not be read would be checked in no time.
    #[test]
    fn what_stands_in_for_a_missing_password_is_like_a_real_one() {
        for (scheme, bcrypt_cost, expected) in [
            (Scheme::Bcrypt, 0, Some(4)),
            (Scheme::Bcrypt, 12, Some(12)),
            (Scheme::Bcrypt, 99, Some(16)),
            (Scheme::Pbkdf2, 12, None),
        ] {
            let decoy = Form::decoy(Absent {
                scheme,
                bcrypt_cost,
            });
            let (hash, salt) = match &decoy {
                Form::Bcrypt { hash, .. } => (format!("{BCRYPT_TAG}{hash}"), &[][..]),
                Form::Pbkdf2 { digits, salt } => (digits.to_string(), *salt),
            };
            let read_again = StoredPassword {
                hash,
                salt: salt.to_vec(),
            };
            match Form::read(&read_again).unwrap() {
                Form::Bcrypt { cost, .. } => assert_eq!(Some(cost), expected),
                Form::Pbkdf2 { salt, .. } => assert_eq!((expected, salt.len()), (None, 64)),
            }
        }
    }
}
