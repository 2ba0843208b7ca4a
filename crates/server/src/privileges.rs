//! Becoming another system user.

use std::ffi::CString;

use nix::unistd::{User, geteuid, initgroups, setgid, setuid};

/// Why this process is not another user's.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// There is nobody of that name.
    #[error("there is no system user {0:?}")]
    UnknownUser(String),
    /// The system refuses; most often because this process is not root's.
    #[error("cannot become the system user {0:?}: {1}")]
    Refused(String, #[source] nix::Error),
}

/// Becomes a user, with its groups, for good. Whoever is that user already stays as it is.
pub fn become_user(name: &str) -> Result<(), PrivilegeError> {
    let refused = |error| PrivilegeError::Refused(name.to_owned(), error);
    let user = User::from_name(name)
        .map_err(refused)?
        .ok_or_else(|| PrivilegeError::UnknownUser(name.to_owned()))?;
    if user.uid == geteuid() {
        return Ok(());
    }
    let c_name = CString::new(name).map_err(|_| PrivilegeError::UnknownUser(name.to_owned()))?;
    initgroups(&c_name, user.gid).map_err(refused)?;
    setgid(user.gid).map_err(refused)?;
    setuid(user.uid).map_err(refused)
}
