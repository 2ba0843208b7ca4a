//! `wazo-auth plugin keygen` and `sign`: for administrators who load nothing but what they know.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use wazo_auth_plugin_host::{SecretKey, read_manifest, signature_file};

use crate::commands::fail;

/// What `wazo-auth plugin keygen` is told.
#[derive(Debug, clap::Args)]
pub struct KeygenArguments {
    /// File to write the secret key to; it must not be there yet
    file: PathBuf,
}

/// What `wazo-auth plugin sign` is told.
#[derive(Debug, clap::Args)]
pub struct SignArguments {
    /// File with the secret key
    #[arg(long, value_name = "PATH")]
    key: PathBuf,
    /// The plugin files; the signature of each is written beside it, as FILE.sig
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Makes a key.
pub fn keygen(arguments: &KeygenArguments) -> ExitCode {
    let file = &arguments.file;
    let key = match SecretKey::generate() {
        Ok(key) => key,
        Err(error) => return fail(format!("no key can be made: {error}")),
    };
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(key.to_text().as_bytes()));
    if let Err(error) = written {
        let advice = match error.kind() {
            io::ErrorKind::AlreadyExists => "; no key is written over",
            _ => "",
        };
        return fail(format!("{}: {error}{advice}", file.display()));
    }
    println!(
        "the secret key is in {}; whoever has it signs for you\n\nfor the configuration of daemons:\n\nplugins:\n  require_signature: true\n  trusted_keys: [\"{}\"]",
        file.display(),
        key.public()
    );
    ExitCode::SUCCESS
}

/// Signs files.
pub fn sign(arguments: &SignArguments) -> ExitCode {
    let key = fs::read_to_string(&arguments.key)
        .map_err(|error| error.to_string())
        .and_then(|text| SecretKey::from_text(&text).map_err(|error| error.to_string()));
    let key = match key {
        Ok(key) => key,
        Err(error) => return fail(format!("{}: {error}", arguments.key.display())),
    };
    let mut status = ExitCode::SUCCESS;
    for file in &arguments.files {
        match sign_file(&key, file) {
            Ok(signature) => println!("signed {}: {}", file.display(), signature.display()),
            Err(reason) => status = fail(format!("{}: {reason}", file.display())),
        }
    }
    status
}

fn sign_file(key: &SecretKey, file: &Path) -> Result<PathBuf, String> {
    // Nobody signs by accident what is no plugin.
    read_manifest(file)?;
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    let text = key.sign(&bytes).map_err(|error| error.to_string())?;
    let signature = signature_file(file);
    let draft = signature.with_extension("sig.new");
    fs::write(&draft, text)
        .and_then(|()| fs::rename(&draft, &signature))
        .map_err(|error| format!("{} cannot be written: {error}", signature.display()))?;
    Ok(signature)
}
