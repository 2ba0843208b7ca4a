//! A request on its way through a handler.

use std::{borrow::Cow, sync::Arc};

use actix_web::{
    HttpRequest,
    web::{Bytes, Query},
};
use serde_json::Value;
use wazo_auth_model::ids::{EmailId, UserId};
use wazo_auth_plugin_host::{CallContext, Principal};
use wazo_auth_services::{Context, authorization::Caller};

use crate::{app::App, body, error::ApiError, routes::Parameters, trace::Trace};

/// A request that matched a route and passed its check.
pub struct Exchange {
    /// The application.
    pub app: Arc<App>,
    /// The request line and headers.
    pub request: HttpRequest,
    /// The path's parameters.
    pub parameters: Parameters,
    /// The body.
    pub body: Bytes,
    /// Who asks; `None` on public routes.
    pub caller: Option<Caller>,
}

impl Exchange {
    /// A parameter of the path.
    pub fn parameter(&self, name: &str) -> Result<&str, ApiError> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .ok_or_else(ApiError::no_route)
    }

    /// The user that the path names.
    pub fn user(&self) -> Result<UserId, ApiError> {
        UserId::parse(self.parameter("user_uuid")?).ok_or_else(ApiError::no_route)
    }

    /// The e-mail address that the path names.
    pub fn email(&self) -> Result<EmailId, ApiError> {
        EmailId::parse(self.parameter("email_uuid")?).ok_or_else(ApiError::no_route)
    }

    /// A header as text, see [`text`].
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        header(&self.request, name)
    }

    /// The JSON document in the body.
    pub fn json(&self) -> Result<Value, ApiError> {
        body::parse(self.header("content-type").as_deref(), &self.body)
    }

    /// The JSON document in the body, whose members are checked one by one.
    pub fn json_members(&self) -> Result<Value, ApiError> {
        body::parse_members(self.header("content-type").as_deref(), &self.body)
    }

    /// The first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        self.query_pairs()
            .into_iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// All query parameters, decoded, in order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        query_pairs(&self.request)
    }

    /// The address of the client.
    pub fn remote_addr(&self) -> String {
        self.app.settings.proxies.client(&self.request)
    }

    /// What plugins are told of this request.
    pub fn call(&self) -> CallContext {
        let mut call = CallContext {
            trace: Trace::of(&self.request).trace,
            ..CallContext::default()
        };
        if let Some(caller) = &self.caller {
            call.tenant_uuid = caller.tenant.as_ref().map(ToString::to_string);
            call.principal = Some(Principal {
                auth_id: caller.token.auth_id.clone(),
                session_uuid: Some(caller.token.session_uuid.to_string()),
            });
        }
        call
    }

    /// Runs an operation on a request thread.
    pub async fn run<T, E>(
        &self,
        operation: impl FnOnce(&Context) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let token = self.caller.as_ref().map(|caller| caller.token.clone());
        self.app
            .services
            .run_for(token, self.call(), operation)
            .await?
            .map_err(Into::into)
    }
}

/// All query parameters of a request, decoded, in order.
pub fn query_pairs(request: &HttpRequest) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map(Query::into_inner)
        .unwrap_or_default()
}

/// A header as text, see [`text`].
pub fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<Cow<'a, str>> {
    request
        .headers()
        .get(name)
        .map(|value| text(value.as_bytes()))
}

/// What a header says: UTF-8, or else ISO 8859-1, in which old clients write. So any bytes are a text,
/// and no header counts as absent for its letters.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().copied().map(char::from).collect(),
        Cow::Borrowed,
    )
}
