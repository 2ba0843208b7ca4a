//! Other users, for servers that refuse to run as root.

use std::{ffi::OsStr, fs, process::Command, time::Duration};

use crate::command;

/// How long `id` may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Whom a server runs as, when we are root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    /// Its number.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
}

/// For root: this user, else nobody. `None` for anybody else, who stays who they are.
pub(crate) fn unprivileged(name: &str) -> Option<User> {
    let mut id = Command::new("id");
    id.arg("-u");
    if command::run(id, LIMIT).ok().trim() != "0" {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let fields: Vec<&str> = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(&name))?;
        Some(User {
            uid: fields.get(2)?.parse().ok()?,
            gid: fields.get(3)?.parse().ok()?,
        })
    };
    Some(find(name).or_else(|| find("nobody")).unwrap_or(User {
        uid: 65534,
        gid: 65534,
    }))
}

/// A program, as that user.
pub(crate) fn command(program: impl AsRef<OsStr>, user: Option<User>) -> Command {
    let Some(user) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .args(["--clear-groups", "--"])
        .arg(program);
    command
}
