//! Who asks, and in which tenant: the check in front of every endpoint that wants a token.

use std::sync::Arc;

use wazo_auth_database::{Connection, DatabaseError, DatabaseResult, Pending, queries};
use wazo_auth_model::{
    access::AccessList,
    ids::{TenantId, TokenId},
    token::Token,
};

use crate::context::{Services, read};

/// Why a request is not let through.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// There is no such token, or it has expired.
    #[error("Unauthorized")]
    UnknownToken,
    /// The token does not grant the access.
    #[error("Unauthorized")]
    NotGranted,
    /// The token grants the access, but is not one of the tenant above all others.
    #[error("Unauthorized")]
    NotOfTopTenant,
    /// The tenant asked for is not the token's, nor below it.
    #[error("Unauthorized tenant")]
    UnknownTenant,
    /// The token's user has been deleted.
    #[error("No such user: \"{0}\"")]
    UnknownUser(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What the database knows of a request's token and tenant, not judged yet.
pub struct Credentials {
    token: Option<Token>,
    tenant: Tenant,
}

enum Tenant {
    Known(Option<TenantId>),
    Refused,
    UserGone(String),
}

/// A caller that was let through.
pub struct Caller {
    /// The token.
    pub token: Arc<Token>,
    /// The tenant that the request acts in; `None` for a token that belongs to no tenant.
    pub tenant: Option<TenantId>,
}

/// Looks a token up, and the tenant that it acts in: `wanted`, the text of the header
/// `Wazo-Tenant`, or else the token's own.
pub fn look_up(
    services: &Arc<Services>,
    token: &str,
    wanted: Option<String>,
) -> Pending<Credentials, AuthorizationError> {
    // Compared exactly: an id in capitals is another text, and unknown.
    let id = TokenId::from_database(token.to_owned());
    let now = services.now();
    read(services, move |db| {
        let token = queries::token::find(db, &id)?.filter(|token| token.is_alive(now));
        let tenant = match &token {
            Some(token) => tenant_of(db, token, wanted.as_deref())?,
            None => Tenant::Refused,
        };
        Ok(Credentials { token, tenant })
    })
}

impl Credentials {
    /// Lets the caller through, or says why not: the token first, then the access, then the tenant.
    ///
    /// # Errors
    ///
    /// The first of the reasons that holds.
    pub fn judge(self, access: &str) -> Result<Caller, AuthorizationError> {
        self.judge_under(None, access)
    }

    /// The same for what concerns the whole platform: after the access, the token must be one of the
    /// tenant `top`, whatever tenant is asked for.
    ///
    /// # Errors
    ///
    /// The first of the reasons that holds.
    pub fn judge_for_platform(
        self,
        top: &TenantId,
        access: &str,
    ) -> Result<Caller, AuthorizationError> {
        self.judge_under(Some(top), access)
    }

    fn judge_under(
        self,
        top: Option<&TenantId>,
        access: &str,
    ) -> Result<Caller, AuthorizationError> {
        let token = self.token.ok_or(AuthorizationError::UnknownToken)?;
        if !AccessList::compile(&token.acl).grants(&token.identity(), access) {
            return Err(AuthorizationError::NotGranted);
        }
        let home = token
            .metadata
            .get("tenant_uuid")
            .and_then(|uuid| uuid.as_str());
        if top.is_some_and(|top| home != Some(top.as_str())) {
            return Err(AuthorizationError::NotOfTopTenant);
        }
        match self.tenant {
            Tenant::Known(tenant) => Ok(Caller {
                token: Arc::new(token),
                tenant,
            }),
            Tenant::Refused => Err(AuthorizationError::UnknownTenant),
            Tenant::UserGone(uuid) => Err(AuthorizationError::UnknownUser(uuid)),
        }
    }
}

fn tenant_of(db: &mut Connection, token: &Token, wanted: Option<&str>) -> DatabaseResult<Tenant> {
    let text = |key: &str| token.metadata.get(key).and_then(|value| value.as_str());
    let home = match text("uuid") {
        // Read now: the metadata is as old as the token.
        Some(uuid) => match queries::user::find(db, uuid)? {
            Some(user) => Some(user.tenant_uuid),
            None => return Ok(Tenant::UserGone(uuid.to_owned())),
        },
        None => text("tenant_uuid").map(|uuid| TenantId::from_database(uuid.to_owned())),
    };
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
        return Ok(Tenant::Known(home));
    };
    match home {
        Some(home) if queries::tenant::is_visible_from(db, &home, wanted)? => Ok(Tenant::Known(
            Some(TenantId::from_database(wanted.to_owned())),
        )),
        _ => Ok(Tenant::Refused),
    }
}
