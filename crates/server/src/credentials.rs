//! The file that keeps the first administrator's credentials, for command-line clients.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown},
    path::Path,
};

use saphyr::{LoadableYamlNode, Yaml};
use wazo_auth_model::secret::Secret;

/// Letters and digits of a generated password: 28 of 62 are 166 bits.
const PASSWORD_LENGTH: usize = 28;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Credentials of an administrator.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, #[source] io::Error),
    /// It is no file of ours.
    #[error("{0}: holds no auth.username and auth.password; mend or remove it")]
    Malformed(String),
    /// The system gave no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A password of random letters and digits.
pub fn random_password() -> Result<Secret, CredentialsError> {
    let mut password = String::with_capacity(PASSWORD_LENGTH);
    let mut bytes = [0; 64];
    while password.len() < PASSWORD_LENGTH {
        getrandom::fill(&mut bytes).map_err(CredentialsError::Random)?;
        // What lies beyond the last whole alphabet is thrown away, so that all letters are as likely.
        let letters = bytes
            .iter()
            .filter_map(|byte| ALPHABET.iter().cycle().take(248).nth(usize::from(*byte)));
        for letter in letters.take(PASSWORD_LENGTH - password.len()) {
            password.push(char::from(*letter));
        }
    }
    Ok(Secret::new(password))
}

/// Reads the file; `None` when there is none.
pub fn read(path: &Path) -> Result<Option<Credentials>, CredentialsError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CredentialsError::Io(path.display().to_string(), error)),
    };
    let malformed = || CredentialsError::Malformed(path.display().to_string());
    let documents = Yaml::load_from_str(&text).map_err(|_| malformed())?;
    let auth = documents
        .first()
        .and_then(|document| document.as_mapping_get("auth"))
        .ok_or_else(malformed)?;
    let field = |name: &str| {
        auth.as_mapping_get(name)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
            .ok_or_else(malformed)
    };
    Ok(Some(Credentials {
        username: field("username")?,
        password: Secret::new(field("password")?),
    }))
}

/// Writes the file, whole or not at all, readable by its owner alone.
pub fn write(path: &Path, credentials: &Credentials) -> Result<(), CredentialsError> {
    let failed = |error| CredentialsError::Io(path.display().to_string(), error);
    if let Some(directory) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(directory)
            .map_err(failed)?;
    }
    let draft = path.with_extension("yml.new");
    // Never one that somebody else has put there, with its own owner and mode.
    if let Err(error) = fs::remove_file(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(failed(error));
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    // Single quotes: in them YAML knows no escapes but the doubled quote.
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    write!(
        file,
        "auth:\n  username: {}\n  password: {}\n  backend: wazo_user\n",
        quoted(&credentials.username),
        quoted(credentials.password.expose())
    )
    .and_then(|()| file.sync_all())
    .map_err(failed)?;
    if path == Path::new("/root/.config/wazo-auth-cli/050-credentials.yml") {
        give_to_daemon(&draft).map_err(failed)?;
    }
    fs::rename(&draft, path).map_err(failed)
}

/// The platform's other programs read the file as the daemon's user.
fn give_to_daemon(path: &Path) -> io::Result<()> {
    let id = |file: &str, column: usize| {
        fs::read_to_string(file)?
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(&"wazo-auth"))
            .and_then(|fields| fields.get(column)?.parse().ok())
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    format!("there is no wazo-auth in {file}"),
                )
            })
    };
    chown(
        path,
        Some(id("/etc/passwd", 2)?),
        Some(id("/etc/group", 2)?),
    )
}
