//! What plugins may ask of the daemon.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};
use wazo_auth_database::{DatabaseError, queries};
use wazo_auth_model::{
    ids::{TokenId, UserId},
    secret::Secret,
};
use wazo_auth_plugin_host::{
    Answer, CallContext, CallError, ErrorKind, HostServices, PluginError, Verdict,
};

use crate::{
    context::{Context, Services},
    external_auth::{self, ExternalAuthError},
    internal_token,
    metadata::{self, MetadataError},
    token::{self, TokenError},
    user::{self, UserError},
};

/// The services, as plugins reach them. Each operation is a transaction of its own.
pub struct Host(Arc<Services>);

impl Host {
    /// A host for these services.
    #[must_use]
    pub fn new(services: Arc<Services>) -> Self {
        Self(services)
    }
}

/// The operations. Their names are a promise to plugin authors; `docs/plugins.md` lists them.
pub const OPERATIONS: &[&str] = &[
    "user_service.verify_password",
    "user_service.get_user_by_login",
    "user_service.get_acl",
    "user_service.list_policies",
    "user_service.list_groups",
    "group_service.get_acl",
    "purposes.get_token_metadata",
    "purposes.get_persistent_metadata",
    "token_service.new_token_internal",
    "token_service.remove_token",
    "external_auth_service.create",
    "external_auth_service.get",
    "external_auth_service.update",
    "external_auth_service.update_or_create",
    "external_auth_service.delete",
];

/// The longest lifetime of an internal token, in seconds: one that a plugin forgets is gone after a day.
const MAX_INTERNAL_LIFETIME: i64 = 86_400;

impl HostServices for Host {
    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn background(&self) -> CallContext {
        let context = CallContext {
            background: true,
            ..CallContext::default()
        };
        Context::new(Arc::clone(&self.0), context).call().clone()
    }

    fn call(
        &self,
        context: &CallContext,
        _deadline: Option<Instant>,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, PluginError> {
        let cx = Context::new(Arc::clone(&self.0), context.clone());
        let arguments = Arguments(&arguments);
        match operation {
            "user_service.verify_password" => verify_password(&cx, arguments),
            "user_service.get_user_by_login" => get_user_by_login(&cx, arguments),
            "user_service.get_acl" => get_user_acl(&cx, arguments),
            "user_service.list_policies" => list_policies(&cx, arguments),
            "user_service.list_groups" => list_groups(&cx, arguments),
            "group_service.get_acl" => get_group_acl(&cx, arguments),
            "purposes.get_token_metadata" => Ok(Value::Object(metadata::get_token_metadata(
                &cx,
                arguments.text("login")?,
            )?)),
            "purposes.get_persistent_metadata" => Ok(Value::Object(
                metadata::get_persistent_metadata(&cx, arguments.text("login")?)?,
            )),
            "token_service.new_token_internal" => new_token_internal(&cx, arguments),
            "token_service.remove_token" => {
                let token = TokenId::from_database(arguments.text("token")?.to_owned());
                token::delete(&cx, token)?;
                Ok(Value::Null)
            }
            "external_auth_service.create" => store(&cx, arguments, external_auth::create),
            "external_auth_service.update" => store(&cx, arguments, external_auth::update),
            "external_auth_service.update_or_create" => {
                store(&cx, arguments, external_auth::update_or_create)
            }
            "external_auth_service.get" => Ok(external_auth::get(
                &cx,
                &arguments.user()?,
                arguments.text("type")?,
            )?),
            "external_auth_service.delete" => {
                external_auth::delete(&cx, &arguments.user()?, arguments.text("type")?)?;
                Ok(Value::Null)
            }
            _ => Err(error(
                ErrorKind::Unsupported,
                format!("this daemon has no operation {operation:?}"),
            )),
        }
    }
}

fn verify_password(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let password = Secret::new(arguments.text("password")?);
    let verdict = match user::verify_password(cx, arguments.text("login")?, &password)? {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Refused => "refused",
        Verdict::UnknownLogin => "unknown_login",
    };
    Ok(json!({ "verdict": verdict }))
}

fn get_user_by_login(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let user = user::get_by_login(cx, arguments.text("login")?)?;
    Ok(metadata::describe(&user))
}

fn list_policies(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let policies = user::list_policies(cx, &arguments.user()?)?;
    Ok(policies
        .into_iter()
        .map(|policy| {
            json!({
                "uuid": policy.uuid.as_str(),
                "name": policy.name,
                "slug": policy.slug,
                "tenant_uuid": policy.tenant_uuid.as_str(),
            })
        })
        .collect())
}

fn list_groups(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let groups = user::list_groups(cx, &arguments.user()?)?;
    Ok(groups
        .into_iter()
        .map(|group| {
            json!({
                "uuid": group.uuid.as_str(),
                "name": group.name,
                "slug": group.slug,
                "tenant_uuid": group.tenant_uuid.as_str(),
            })
        })
        .collect())
}

fn new_token_internal(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let lifetime = match arguments.0.get("expiration") {
        None | Some(Value::Null) => internal_token::LIFETIME,
        Some(seconds) => seconds
            .as_i64()
            .filter(|seconds| (1..=MAX_INTERNAL_LIFETIME).contains(seconds))
            .ok_or_else(|| invalid("expiration", "must be a number of seconds, up to a day"))?,
    };
    let acl = match arguments.0.get("acl") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(list) => list.as_array().and_then(|list| {
            let texts = list.iter().map(|access| {
                let access = access.as_str().filter(|access| !access.contains('\0'))?;
                Some(access.to_owned())
            });
            texts.collect()
        }),
    };
    let acl = acl.ok_or_else(|| invalid("acl", "must be a list of accesses"))?;
    let token = internal_token::create(cx, lifetime, acl)?;
    Ok(json!({ "token": token.uuid.expose() }))
}

fn get_user_acl(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let user = arguments.user()?;
    let acl =
        cx.read(move |db| queries::access::list_by_user(db, &user).map_err(UserError::from))?;
    Ok(json!(acl))
}

fn get_group_acl(cx: &Context, arguments: Arguments<'_>) -> Result<Value, PluginError> {
    let user = arguments.user()?;
    let acl =
        cx.read(move |db| queries::access::list_by_groups_of(db, &user).map_err(UserError::from))?;
    Ok(json!(acl))
}

fn store(
    cx: &Context,
    arguments: Arguments<'_>,
    operation: fn(&Context, &UserId, &str, &Value) -> Result<(), ExternalAuthError>,
) -> Result<Value, PluginError> {
    let data = arguments
        .0
        .get("data")
        .ok_or_else(|| invalid("data", "is missing"))?;
    operation(cx, &arguments.user()?, arguments.text("type")?, data)?;
    Ok(data.clone())
}

/// The document that a plugin sent.
#[derive(Clone, Copy)]
struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn text(&self, key: &str) -> Result<&str, PluginError> {
        self.0
            .get(key)
            .and_then(Value::as_str)
            .ok_or_else(|| invalid(key, "must be a string"))
    }

    fn user(&self) -> Result<UserId, PluginError> {
        UserId::parse(self.text("user_uuid")?).ok_or_else(|| invalid("user_uuid", "must be a UUID"))
    }
}

fn invalid(key: &str, problem: &str) -> PluginError {
    error(
        ErrorKind::InvalidArgument,
        format!("argument {key:?} {problem}"),
    )
}

fn error(kind: ErrorKind, message: String) -> PluginError {
    PluginError::new(kind, message)
}

/// An answer that a plugin may pass on to the client as it is.
fn api(
    status: u16,
    error_id: &str,
    resource: &str,
    details: Value,
    message: String,
) -> PluginError {
    PluginError::api(
        message,
        Answer {
            status: Some(status),
            error_id: Some(error_id.to_owned()),
            details: Some(details),
            resource: Some(resource.to_owned()),
        },
    )
}

fn unavailable(failure: &dyn std::error::Error) -> PluginError {
    error(ErrorKind::Unavailable, failure.to_string())
}

fn database(failure: &DatabaseError) -> PluginError {
    if failure.is_temporary() {
        return unavailable(failure);
    }
    log::error!("an operation of a plugin failed: {failure}: {failure:?}");
    error(ErrorKind::Internal, failure.to_string())
}

impl From<UserError> for PluginError {
    fn from(failure: UserError) -> Self {
        match &failure {
            UserError::Unknown(login) => api(
                404,
                "unknown-user",
                "users",
                json!({ "uuid": login }),
                failure.to_string(),
            ),
            UserError::Database(inner) => database(inner),
            UserError::Unserved(inner) => unavailable(inner),
            // No operation for plugins changes users.
            UserError::Hash(_)
            | UserError::LoginTaken { .. }
            | UserError::IdTaken(_)
            | UserError::UnknownMethod(_)
            | UserError::UnknownEmail(_)
            | UserError::WrongPassword(_)
            | UserError::PasswordManagedExternally(_)
            | UserError::TokenUsed
            | UserError::NoTenant => error(ErrorKind::Internal, failure.to_string()),
        }
    }
}

impl From<TokenError> for PluginError {
    fn from(failure: TokenError) -> Self {
        match &failure {
            TokenError::Database(inner) => database(inner),
            _ => error(ErrorKind::Internal, failure.to_string()),
        }
    }
}

impl From<MetadataError> for PluginError {
    fn from(failure: MetadataError) -> Self {
        let message = failure.to_string();
        match failure {
            MetadataError::User(inner) => inner.into(),
            MetadataError::NoPlugins => error(ErrorKind::Unavailable, message),
            MetadataError::Plugin { source, .. } => match source {
                // What is for the client stays for the client.
                CallError::Plugin(inner) => match inner.kind {
                    ErrorKind::Api | ErrorKind::Refused => inner,
                    ErrorKind::Unavailable => error(ErrorKind::Unavailable, message),
                    _ => error(ErrorKind::Internal, message),
                },
                CallError::Busy
                | CallError::QueueFull
                | CallError::BreakerOpen
                | CallError::Deadline
                | CallError::ShuttingDown => error(ErrorKind::Unavailable, message),
                CallError::Panicked(_) | CallError::Malformed(_) | CallError::Nested => {
                    error(ErrorKind::Internal, message)
                }
            },
        }
    }
}

impl From<ExternalAuthError> for PluginError {
    fn from(failure: ExternalAuthError) -> Self {
        let message = failure.to_string();
        match failure {
            ExternalAuthError::UnknownUser(uuid) => api(
                404,
                "unknown-user",
                "users",
                json!({ "uuid": uuid }),
                message,
            ),
            ExternalAuthError::UnknownType(name) => api(
                404,
                "unknown-external-auth-type",
                "external",
                json!({ "type": name }),
                message,
            ),
            ExternalAuthError::UnknownExternalAuth(name) => api(
                404,
                "unknown-external-auth",
                &name,
                json!({ "type": name }),
                message,
            ),
            ExternalAuthError::AlreadyExists(name) => {
                api(409, "conflict", &name, json!({ "type": name }), message)
            }
            ExternalAuthError::Database(inner) => database(&inner),
        }
    }
}
