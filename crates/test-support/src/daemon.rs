//! The real daemon, run on an installation of its own.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    path::Path,
};

use serde_json::{Value, json};

use crate::{
    Builder, Installation,
    http::Response,
    plugins,
    server::{Exited, Server},
};

/// The file of the program `wazo-auth`.
pub fn program() -> &'static Path {
    plugins::ours("wazo_auth")
}

/// A daemon that serves, on an installation that is removed with it.
pub struct Daemon {
    // First, so that the process is gone before its folder is removed.
    server: Server,
    installation: Installation,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The token.
    pub token: String,
    /// The token's `auth_id`; for users their UUID.
    pub auth_id: String,
    /// All that the answer to the login holds under `data`.
    pub data: Value,
}

impl Daemon {
    /// What the daemon shall have. Without more it has the backend `wazo_user` alone.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts the daemon on a free port and waits until it answers.
    pub(crate) fn launch(installation: Installation) -> Result<Self, (Installation, Exited)> {
        match Server::start(installation.daemon_command()) {
            Ok(server) => Ok(Self {
                server,
                installation,
            }),
            Err(exited) => Err((installation, exited)),
        }
    }

    /// What it runs on.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Logs in with a password, without judging the answer.
    #[must_use]
    pub fn try_login(&self, login: &str, password: &str) -> Response {
        self.client()
            .post("/token")
            .basic(login, password)
            .json(&json!({}))
            .send()
    }

    /// Logs in with a password.
    ///
    /// # Panics
    ///
    /// When the login fails.
    #[must_use]
    pub fn login(&self, login: &str, password: &str) -> Login {
        Login::read(&self.try_login(login, password))
    }

    /// Logs in as the administrator, whose token has every access.
    ///
    /// # Panics
    ///
    /// When the login fails.
    #[must_use]
    pub fn admin(&self) -> Login {
        let credentials = self.installation.credentials();
        self.login(&credentials.username, &credentials.password)
    }

    /// Sends SIGTERM and waits for the end. The installation can be started again.
    ///
    /// # Panics
    ///
    /// When it does not end.
    #[must_use]
    pub fn stop(self) -> (Installation, Exited) {
        let exited = self.server.stop_by("TERM");
        (self.installation, exited)
    }

    /// Takes the process and what it runs on apart.
    #[must_use]
    pub fn into_parts(self) -> (Server, Installation) {
        (self.server, self.installation)
    }
}

impl Deref for Daemon {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Daemon {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

impl Login {
    /// Takes the token from the answer to a login.
    ///
    /// # Panics
    ///
    /// When the login failed.
    #[must_use]
    pub fn read(answer: &Response) -> Self {
        assert_eq!(answer.status, 200, "a login failed: {answer:?}");
        let data = answer.json().get("data").cloned().unwrap_or_default();
        let text = |name: &str| {
            data.get(name)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("a login without {name}: {answer:?}"))
                .to_owned()
        };
        Self {
            token: text("token"),
            auth_id: text("auth_id"),
            data,
        }
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Daemon({:?})", self.server)
    }
}
