//! `POST /token`: logging in.

use actix_web::{HttpResponse, http::Method};
use base64::{Engine, alphabet, engine};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use wazo_auth_model::{ids::RefreshTokenId, secret::Secret, token::TokenTimes};
use wazo_auth_services::{
    authentication::{AuthenticationError, Credentials, NATIVE_BACKEND},
    login::{self, AccessType, LoginRequest},
    token::TokenError,
};

use crate::{
    app::{Routes, public},
    body,
    error::ApiError,
    exchange::{self, Exchange},
    validation::fields::{self, Failures, Field},
};

/// The name that operators and their tools, fail2ban above all, know the lines about logins by.
const LOGGER: &str = "wazo_auth.plugins.http.tokens.http";

/// The longest lifetime that a login may ask for: ten years of 365 days, in seconds.
const MAX_EXPIRATION: i64 = 10 * 365 * 86_400;
/// The longest name of a client, in characters.
const MAX_CLIENT_ID: usize = 1024;

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::POST, "/token", public(), create);
}

/// Logs in.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let body = Body::read(&exchange.json_members()?).map_err(Failures::python)?;
    let request = LoginRequest {
        credentials: exchange.header("authorization").as_deref().and_then(basic),
        refresh_token: body.refresh_token,
        client_id: body.client_id,
        access_type: body.access_type,
        saml_session_id: body.saml_session_id,
        tenant_id: body.tenant_id,
        domain_name: body.domain_name,
        backend: body.backend.unwrap_or_else(|| NATIVE_BACKEND.to_owned()),
        expiration: body.expiration,
        mobile: exchange
            .header("wazo-session-type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("mobile")),
        user_agent: exchange
            .header("user-agent")
            .unwrap_or_default()
            .into_owned(),
        remote_addr: exchange.remote_addr(),
    };
    let (address, agent) = (request.remote_addr.clone(), request.user_agent.clone());
    let made = exchange
        .app
        .services
        .run(exchange.call(), move |cx| login::create(cx, request))
        .await?;
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            if let TokenError::Authentication(AuthenticationError::Refused(reason)) = &error {
                log::info!(
                    target: LOGGER,
                    "Failed login: {reason} from {address} using agent \"{agent}\""
                );
            }
            return Err(error.into());
        }
    };
    log::info!(
        target: LOGGER,
        "Successful login: {} got token {} from {address} using agent \"{agent}\"",
        made.login,
        made.token.uuid.redacted(),
    );
    let times = TokenTimes::exact(made.issued, Some(made.expires), &chrono::Local);
    let mut shown = made.token.represent(&times);
    if let (Some(refresh_token), Value::Object(shown)) = (&made.refresh_token, &mut shown) {
        shown.insert("refresh_token".to_owned(), json!(refresh_token.expose()));
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(("Wazo-Sessions-Revoked", made.sessions_revoked.to_string()));
    Ok(body::json_with(response, &json!({ "data": shown })))
}

/// What the body of a login may hold.
pub const LOGIN: &[Field] = &[
    Field::text("backend"),
    Field::integer("expiration").range(1, MAX_EXPIRATION),
    Field::text("access_type").one_of(&["online", "offline"]),
    Field::text("client_id").length(1, MAX_CLIENT_ID),
    Field::text("refresh_token"),
    Field::text("saml_session_id").length(1, MAX_CLIENT_ID),
    Field::text("tenant_id"),
    Field::text("domain_name"),
];

/// The body of a login.
#[derive(Deserialize)]
struct Body {
    backend: Option<String>,
    expiration: Option<i64>,
    #[serde(default, deserialize_with = "access_type")]
    access_type: Option<AccessType>,
    client_id: Option<String>,
    refresh_token: Option<RefreshTokenId>,
    saml_session_id: Option<String>,
    tenant_id: Option<String>,
    domain_name: Option<String>,
}

impl Body {
    fn read(document: &Value) -> Result<Self, Failures> {
        let body: Self = fields::read(document, &[LOGIN])?;
        let broken = body.broken_rules();
        if broken.is_empty() {
            Ok(body)
        } else {
            Err(Failures::rules(&broken))
        }
    }

    /// The rules that several fields break together.
    fn broken_rules(&self) -> Vec<&'static str> {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let offline = self.access_type == Some(AccessType::Offline);
        let client = given(&self.client_id);
        let refresh = self
            .refresh_token
            .as_ref()
            .is_some_and(|token| !token.expose().is_empty());
        [
            (
                offline && refresh,
                "cannot use the \"access_type\" \"offline\" with a refresh token",
            ),
            (
                offline && !client,
                "\"client_id\" must be specified when using \"access_type\" is \"offline\"",
            ),
            (
                given(&self.tenant_id) && given(&self.domain_name),
                "\"tenant_id\" and \"domain_name\" must be mutually exclusive",
            ),
            (
                refresh && !client,
                "\"client_id\" must be specified when using a \"refresh_token\"",
            ),
            (
                given(&self.saml_session_id) && refresh,
                "Cannot use a \"saml_session_id\" and a \"refresh_token\" at the same time",
            ),
        ]
        .into_iter()
        .filter_map(|(broken, rule)| broken.then_some(rule))
        .collect()
    }
}

fn access_type<'de, D: Deserializer<'de>>(from: D) -> Result<Option<AccessType>, D::Error> {
    Ok(match String::deserialize(from)?.as_str() {
        "offline" => Some(AccessType::Offline),
        _ => Some(AccessType::Online),
    })
}

/// Login and password from the header `Authorization` (RFC 7617); both must be there. Other spellings
/// of the scheme have never been credentials here.
fn basic(header: &str) -> Option<Credentials> {
    let encoded: String = header
        .strip_prefix("Basic ")?
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/'))
        .collect();
    let lenient = engine::GeneralPurpose::new(
        &alphabet::STANDARD,
        engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
    );
    let bytes = lenient.decode(encoded).ok()?;
    let text = exchange::text(&bytes);
    let (login, password) = text.split_once(':')?;
    if login.is_empty() || password.is_empty() || text.contains('\0') {
        return None;
    }
    Some(Credentials {
        login: login.to_owned(),
        password: Secret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(header: &str) -> Option<(String, String)> {
        basic(header).map(|found| (found.login, found.password.expose().to_owned()))
    }

    #[test]
    fn credentials_are_split_at_the_first_colon() {
        assert_eq!(
            pair("Basic YTpiOmM="),
            Some(("a".to_owned(), "b:c".to_owned()))
        );
        assert_eq!(pair("Basic YT pi\nOm.M"), pair("Basic YTpiOmM="));
    }

    #[test]
    fn old_clients_may_send_latin_1() {
        // "é:é" in ISO 8859-1.
        assert_eq!(pair("Basic 6Trp"), Some(("é".to_owned(), "é".to_owned())));
    }

    #[test]
    fn half_of_the_credentials_is_none() {
        for header in [
            "Basic",
            "Basic ",
            "Basic OmI=",
            "Basic YTo=",
            "Bearer YTpi",
            "basic YTpi",
            "Basic !!!",
        ] {
            assert_eq!(pair(header), None, "{header}");
        }
    }
}
