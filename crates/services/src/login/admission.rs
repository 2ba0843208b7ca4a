//! Letting a login in: what must still hold when its token is written, and the writing of it.

use serde_json::{Value, json};
use wazo_auth_database::{
    Connection,
    queries::{self, user::User},
};
use wazo_auth_model::{
    event::Event,
    ids::{RefreshTokenId, TenantId, UserId, is_uuid_v4, looks_like_uuid},
    password::StoredPassword,
    token::Token,
};

use super::{offline::Offline, refused};
use crate::{
    authentication::{self, Verified},
    event::Recorder,
    token::TokenError,
};

/// What a login must still satisfy when its token is written: time has passed since the check.
pub(super) struct Admission {
    pub token: Token,
    pub entrant: Entrant,
    pub offline: Option<Offline>,
    pub top_tenant: TenantId,
    pub max_sessions: i64,
    pub mobile: bool,
    pub recorder: Recorder,
}

/// Who wants to be let in, and by what.
pub(super) enum Entrant {
    /// A user, by a password.
    User {
        uuid: UserId,
        method: String,
        login: String,
    },
    /// A user, by the refresh token of a client.
    Client {
        uuid: UserId,
        method: String,
        login: String,
        refresh_token: RefreshTokenId,
        client_id: String,
    },
    /// A login that only a backend knows.
    Foreign {
        login: String,
        backend: String,
        tenant: Option<String>,
    },
}

/// What was written for a login.
pub(super) struct Admitted {
    pub token: Token,
    pub refresh_token: Option<RefreshTokenId>,
    pub sessions_revoked: usize,
}

/// What became of an attempt.
pub(super) enum Outcome {
    /// The login is in.
    Admitted(Box<Admitted>),
    /// The password that was checked is no longer what is stored: this is.
    PasswordReplaced(Option<StoredPassword>),
}

impl Admission {
    /// Lets the login in. `password` is what was stored of a checked password; who is let in by something
    /// else has none.
    pub fn admit(
        &self,
        db: &mut Connection,
        password: Option<&StoredPassword>,
    ) -> Result<Outcome, TokenError> {
        let mut token = self.token.clone();
        let user = self.entrant.recheck(db, &mut token)?;
        if let (Some(user), Some(password)) = (&user, password) {
            // Who changes a password ends all sessions made by the old one, and this one may come later.
            let now = queries::user::find_password(db, &user.uuid)?;
            if now.as_ref() != Some(password) {
                return Ok(Outcome::PasswordReplaced(now));
            }
        }
        let limited = matches!(
            token.metadata.get("purpose").and_then(Value::as_str),
            Some("user" | "external_api")
        );
        if limited
            && is_uuid_v4(&token.auth_id)
            && queries::session::count_by_auth_id(db, &token.auth_id)? >= self.max_sessions
        {
            return Err(TokenError::TooManySessions(token.auth_id.clone()));
        }
        let tenant = token
            .metadata
            .get("tenant_uuid")
            .and_then(Value::as_str)
            .map_or_else(
                || self.top_tenant.clone(),
                |uuid| TenantId::from_database(uuid.to_owned()),
            );
        let kept = match (&self.offline, &user) {
            (Some(offline), Some(user)) => Some(offline.keep(db, user, self.recorder)?),
            _ => None,
        };
        queries::session::insert(db, &token.session_uuid, &tenant, self.mobile)?;
        let used = match &self.entrant {
            Entrant::Client { refresh_token, .. } => Some(refresh_token),
            _ => kept.as_ref().map(|kept| &kept.uuid),
        };
        match used {
            Some(used) => queries::token::insert_with_refresh_token(db, &token, used)?,
            None => queries::token::insert(db, &token)?,
        }
        self.recorder.record(
            db,
            &Event::SessionCreated {
                session: token.session_uuid.clone(),
                tenant,
                user: Some(token.auth_id.clone()).filter(|auth_id| is_uuid_v4(auth_id)),
                mobile: self.mobile,
            },
        )?;
        let (refresh_token, sessions_revoked) =
            kept.map_or((None, 0), |kept| (Some(kept.uuid), kept.sessions_revoked));
        Ok(Outcome::Admitted(Box::new(Admitted {
            token,
            refresh_token,
            sessions_revoked,
        })))
    }
}

impl Entrant {
    pub fn of(verified: Verified) -> Self {
        let Some(user) = verified.user else {
            return Self::Foreign {
                login: verified.login,
                backend: verified.backend.name().to_owned(),
                tenant: verified.foreign_tenant,
            };
        };
        match verified.refresh_token {
            Some(kept) => Self::Client {
                uuid: user.uuid,
                method: verified.method,
                login: verified.login,
                refresh_token: kept.uuid,
                client_id: kept.client_id.unwrap_or_default(),
            },
            None => Self::User {
                uuid: user.uuid,
                method: verified.method,
                login: verified.login,
            },
        }
    }

    /// A user that was disabled, renamed or moved to another method meanwhile gets no token, nor does a
    /// client whose refresh token was taken away. Answers the user, if it is one. From here on the logins of one user come one after the
    /// other: each sees the sessions and refresh tokens that the one before left.
    fn recheck(&self, db: &mut Connection, token: &mut Token) -> Result<Option<User>, TokenError> {
        match self {
            Self::User {
                uuid,
                method,
                login,
            } => {
                queries::user::lock(db, uuid)?;
                queries::user::find_by_login(db, login)?
                    .filter(|now| now.uuid == *uuid && now.authentication_method == *method)
                    .map(Some)
                    .ok_or_else(|| refused(format!("No such user: \"{login}\"")))
            }
            Self::Client {
                uuid,
                method,
                login,
                refresh_token,
                client_id,
            } => {
                queries::user::lock(db, uuid)?;
                // The backend described whoever has this login.
                let user = queries::user::find_by_login(db, login)?
                    .filter(|now| now.uuid == *uuid && now.authentication_method == *method)
                    .ok_or_else(|| refused(format!("No such user: \"{login}\"")))?;
                queries::refresh_token::find_and_hold(db, refresh_token, client_id)?
                    .ok_or_else(|| authentication::unknown_refresh_token(client_id))?;
                Ok(Some(user))
            }
            Self::Foreign {
                login,
                backend,
                tenant,
            } => {
                queries::session::lock_identity(db, &token.auth_id)?;
                place(db, token, login, backend, tenant.as_deref())?;
                Ok(None)
            }
        }
    }
}

/// Puts a login that only a backend knows into its configured tenant.
fn place(
    db: &mut Connection,
    token: &mut Token,
    login: &str,
    backend: &str,
    tenant: Option<&str>,
) -> Result<(), TokenError> {
    if !looks_like_uuid(&token.auth_id) {
        return Err(refused(format!(
            "backend {backend:?} identifies login {login} by a text that is no UUID"
        )));
    }
    if queries::user::is_known(db, &token.auth_id.to_lowercase())?
        || queries::user::owns_login(db, login)?
    {
        return Err(refused(format!(
            "backend {backend:?} identifies login {login} as a user that is known here"
        )));
    }
    let name = tenant.unwrap_or_default();
    let tenant = queries::tenant::find_by_uuid_or_slug(db, name)?.ok_or_else(|| {
        TokenError::Backend {
            backend: backend.to_owned(),
            problem: format!(
                "is configured for an unknown tenant: idp_plugins.backend.backends.{backend}.tenant is {name:?}"
            ),
        }
    })?;
    token
        .metadata
        .insert("tenant_uuid".to_owned(), json!(tenant.uuid.as_str()));
    Ok(())
}
