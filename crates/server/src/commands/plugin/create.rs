//! `wazo-auth plugin new`: a crate to start from.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use wazo_auth_model::ids::UserId;
use wazo_auth_plugin_host::ABI_VERSION;

use crate::{commands::fail, config::is_known_key};

/// The sources of the SDK, by their paths below its folder.
const SDK: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
/// The folder of the SDK in a new crate.
const SDK_FOLDER: &str = "wazo-auth-sdk";
/// The oldest Rust that builds the SDK.
const RUST: &str = "1.85";
/// The longest name, in bytes.
const MAX_NAME: usize = 64;
/// What crates cannot be named: words of the language and crates that come with it.
const RESERVED: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "wazo_auth_plugin",
    "where",
    "while",
    "yield",
];

/// What `wazo-auth plugin new` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the plugin and of its entry: small letters, digits, `_` and `-`, beginning with a letter
    name: String,
    /// What it adds to the daemon
    #[arg(long)]
    kind: Kind,
    /// Folder to make; it must not be there yet [default: the name]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    /// A source of logins
    Backend,
    /// Credentials of users for an external service
    ExternalAuth,
    /// What the tokens of users say of them
    Metadata,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::ExternalAuth => "external_auth",
            Self::Metadata => "metadata",
        }
    }

    /// The plugin, the test of its file, and the configuration that enables it.
    fn templates(self) -> [&'static str; 3] {
        macro_rules! templates {
            ($kind:literal) => {
                [
                    include_str!(concat!("../../../templates/plugin/", $kind, ".rs")),
                    include_str!(concat!("../../../templates/plugin/", $kind, "_test.rs")),
                    include_str!(concat!("../../../templates/plugin/", $kind, ".yml")),
                ]
            };
        }
        match self {
            Self::Backend => templates!("backend"),
            Self::ExternalAuth => templates!("external_auth"),
            Self::Metadata => templates!("metadata"),
        }
    }
}

/// Writes the crate.
pub fn run(arguments: &Arguments) -> ExitCode {
    let name = &arguments.name;
    if let Err(reason) = check_name(name) {
        return fail(format!("{name:?} cannot be the name of a plugin: {reason}"));
    }
    let directory = arguments
        .directory
        .clone()
        .unwrap_or_else(|| PathBuf::from(name));
    if let Err(error) = write(&directory, name, arguments.kind) {
        return fail(format!("{}: {error}", directory.display()));
    }
    let shown = directory.display();
    println!(
        "wrote the {} plugin {name} to {shown}\n\ncd {shown}\ncargo test\ncargo build --release    # target/release/lib{}.so",
        arguments.kind.name(),
        name.replace('-', "_"),
    );
    ExitCode::SUCCESS
}

fn check_name(name: &str) -> Result<(), String> {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    let first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    if !letters || !first {
        return Err(
            "it consists of small letters, digits, \"_\" and \"-\", and begins with a letter"
                .to_owned(),
        );
    }
    if name.len() > MAX_NAME {
        return Err(format!("it has more than {MAX_NAME} letters"));
    }
    if RESERVED.contains(&name.replace('-', "_").as_str()) {
        return Err("Rust or the SDK has that name already".to_owned());
    }
    if is_known_key(name) {
        return Err(
            "the configuration of the daemon has a key of that name, and the plugin's section would have it too"
                .to_owned(),
        );
    }
    Ok(())
}

/// Writes everything, or nothing: the folder gets its name when it is complete.
fn write(directory: &Path, name: &str, kind: Kind) -> io::Result<()> {
    if fs::symlink_metadata(directory).is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it is there already; name another folder with --directory",
        ));
    }
    let parent = match directory.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !parent.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{} is no folder", parent.display()),
        ));
    }
    let draft = parent.join(format!(".{name}.{}.new", std::process::id()));
    let written = write_files(&draft, name, kind).and_then(|()| fs::rename(&draft, directory));
    if written.is_err() {
        // What failed is said; a draft that stays is all that could be said more.
        drop(fs::remove_dir_all(&draft));
    }
    written
}

fn write_files(folder: &Path, name: &str, kind: Kind) -> io::Result<()> {
    let [plugin, test, configuration] = kind.templates();
    let uuid = UserId::random();
    let filled = |template: &str| {
        template
            .replace("@NAME@", name)
            .replace("@LIB@", &name.replace('-', "_"))
            .replace("@KIND@", kind.name())
            .replace("@UUID@", uuid.as_str())
            .replace("@ABI@", ABI_VERSION)
            .replace("@RUST@", RUST)
    };
    let of_the_crate = [
        (
            "Cargo.toml",
            include_str!("../../../templates/plugin/Cargo.toml.in"),
        ),
        (
            ".gitignore",
            include_str!("../../../templates/plugin/gitignore"),
        ),
        (
            "README.md",
            include_str!("../../../templates/plugin/README.md"),
        ),
        ("src/lib.rs", plugin),
        ("tests/built_file.rs", test),
    ];
    for (path, template) in of_the_crate {
        write_file(&folder.join(path), &filled(template))?;
    }
    write_file(
        &folder.join(format!("50-{name}.yml")),
        &filled(configuration),
    )?;
    for (path, text) in SDK {
        write_file(&folder.join(SDK_FOLDER).join(path), text)?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_for_a_crate_and_for_a_section() {
        for name in ["a", "doorman", "call-center", "x1_y"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "a".repeat(65);
        for name in [
            "",
            "1a",
            "-a",
            "A",
            "é",
            "a b",
            "a.b",
            "../a",
            "self",
            "proc-macro",
            "rest_api",
            "debug",
            &long,
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
