//! Signatures of plugin files: an administrator may ask for one by somebody whose key is known.
//!
//! What is signed (Ed25519, RFC 8032) is [`CONTEXT`] and the SHA-512 of the file. The signature lies in a
//! file beside the plugin, with `.sig` at the end of its name, as one line: [`HEAD`], a blank, and the
//! signature in base64 (RFC 4648).

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_compact::{KeyPair, Noise, Seed, Signature};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::permissions::read_any_file;

/// The first word of a signature file.
const HEAD: &str = "wazo-auth-plugin-signature-1";
/// The first word of a file with a secret key.
const KEY_HEAD: &str = "wazo-auth-plugin-secret-key-1";
/// Keeps signatures for other purposes from being signatures of plugins.
const CONTEXT: &[u8] = b"wazo-auth plugin file, version 1\0";

/// Who may have signed a plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_compact::PublicKey);

/// Signs plugins. It is wiped when it is dropped, and does not print.
pub struct SecretKey(Zeroizing<[u8; Seed::BYTES]>);

/// Text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no public key.
    #[error("it is no public key; \"wazo-auth plugin keygen\" prints one")]
    Public,
    /// It is no secret key.
    #[error("it holds no secret key; \"wazo-auth plugin keygen\" makes one")]
    Secret,
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| KeyError::Public)?;
        ed25519_compact::PublicKey::from_slice(&bytes)
            .map(Self)
            .map_err(|_| KeyError::Public)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0.as_ref()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; Seed::BYTES]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(seed))
    }

    /// Reads what [`to_text`](Self::to_text) made.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let encoded = text
            .trim()
            .strip_prefix(KEY_HEAD)
            .ok_or(KeyError::Secret)?
            .trim_start();
        let bytes = STANDARD.decode(encoded).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyError::Secret)?;
        let seed = bytes.as_slice().try_into().map_err(|_| KeyError::Secret)?;
        Ok(Self(Zeroizing::new(seed)))
    }

    /// The key as a line, for a file that nobody else reads.
    pub fn to_text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.0.as_slice()));
        Zeroizing::new(format!("{KEY_HEAD} {}\n", &*encoded))
    }

    /// The key that its signatures are recognised by.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.pair().pk)
    }

    /// The text of the signature file for a plugin of these bytes.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn sign(&self, plugin: &[u8]) -> Result<String, getrandom::Error> {
        // Beside the message, so that a fault of the machine while it signs gives nothing away.
        let mut noise = [0; Noise::BYTES];
        getrandom::fill(&mut noise)?;
        let signature = self
            .pair()
            .sk
            .sign(statement(plugin), Some(Noise::new(noise)));
        Ok(format!("{HEAD} {}\n", STANDARD.encode(signature.as_ref())))
    }

    fn pair(&self) -> KeyPair {
        KeyPair::from_seed(Seed::new(*self.0))
    }
}

/// Where the signature of a plugin lies.
#[must_use]
pub fn signature_file(plugin: &Path) -> PathBuf {
    let mut name = OsString::from(plugin);
    name.push(".sig");
    name.into()
}

/// Whether one of `trusted` signed the plugin at `path`, which is these bytes. The error is one line.
pub(crate) fn check(path: &Path, plugin: &[u8], trusted: &[PublicKey]) -> Result<(), String> {
    let file = signature_file(path);
    let shown = file.display();
    let text = read_any_file(&file).map_err(|reason| {
        format!(
            "plugins.require_signature is set, and its signature {shown} cannot be had: {reason}; sign it with \"wazo-auth plugin sign\""
        )
    })?;
    let signature =
        parse(&text).ok_or_else(|| format!("{shown} holds no signature; sign the file again"))?;
    let statement = statement(plugin);
    if trusted
        .iter()
        .any(|key| key.0.verify(&statement, &signature).is_ok())
    {
        return Ok(());
    }
    Err(format!(
        "{shown} is no signature of this file by a key of plugins.trusted_keys; the file was changed, or signed by somebody else"
    ))
}

fn parse(text: &[u8]) -> Option<Signature> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bytes = STANDARD
        .decode(text.strip_prefix(HEAD)?.trim_start())
        .ok()?;
    Signature::from_slice(&bytes).ok()
}

/// What is signed of a plugin.
fn statement(plugin: &[u8]) -> Vec<u8> {
    let mut statement = CONTEXT.to_vec();
    statement.extend_from_slice(&Sha512::digest(plugin));
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(key: &PublicKey, plugin: &[u8], signature: &str) -> bool {
        let signature = parse(signature.as_bytes());
        signature.is_some_and(|signature| key.0.verify(statement(plugin), &signature).is_ok())
    }

    #[test]
    fn a_signature_is_good_for_its_bytes_and_its_key_alone() {
        let (key, other) = (
            SecretKey::generate().unwrap(),
            SecretKey::generate().unwrap(),
        );
        let signature = key.sign(b"plugin").unwrap();
        assert!(accepts(&key.public(), b"plugin", &signature));
        assert!(!accepts(&key.public(), b"plugin2", &signature));
        assert!(!accepts(&other.public(), b"plugin", &signature));
        for bad in [
            "",
            HEAD,
            &signature.replace('1', "2"),
            &format!("{signature}AA"),
        ] {
            assert!(!accepts(&key.public(), b"plugin", bad), "{bad}");
        }
        // A plain signature of the bytes is one for another purpose.
        let plain = key.pair().sk.sign(b"plugin", None);
        let plain = format!("{HEAD} {}", STANDARD.encode(plain.as_ref()));
        assert!(!accepts(&key.public(), b"plugin", &plain));
    }

    #[test]
    fn keys_survive_their_files_and_do_not_print() {
        let key = SecretKey::generate().unwrap();
        let text = key.to_text();
        let read = SecretKey::from_text(&text).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        let encoded = text.trim().rsplit(' ').next().unwrap();
        assert!(!format!("{key:?}").contains(encoded));
        for bad in ["", "x", KEY_HEAD, "AAAA", &text.replace('1', "2")] {
            assert!(SecretKey::from_text(bad).is_err(), "{bad}");
            assert!(bad.parse::<PublicKey>().is_err(), "{bad}");
        }
    }
}
