//! `POST /token`: logging in.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use base64::{Engine, alphabet, engine};
use serde_json::{Map, Value, json};
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
    exchange::Exchange,
    python,
    validation::{self, Failures},
};

/// The longest lifetime that a login may ask for: ten years of 365 days, in seconds.
const MAX_EXPIRATION: i64 = 10 * 365 * 86_400;
/// The longest name of a client, in characters.
const MAX_CLIENT_ID: usize = 1024;

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::POST, "/token", public(), create);
}

/// Logs in.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let fields = Fields::parse(&exchange.json_members()?)?;
    let request = LoginRequest {
        credentials: exchange.header("authorization").and_then(basic),
        refresh_token: fields.refresh_token,
        client_id: fields.client_id,
        access_type: fields.access_type,
        saml_session_id: fields.saml_session_id,
        tenant_id: fields.tenant_id,
        domain_name: fields.domain_name,
        backend: fields.backend,
        expiration: fields.expiration,
        mobile: exchange
            .header("wazo-session-type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("mobile")),
        user_agent: exchange.header("user-agent").unwrap_or_default().to_owned(),
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
                log::info!("Failed login: {reason} from {address} using agent \"{agent}\"");
            }
            return Err(error.into());
        }
    };
    log::info!(
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

/// The body of a login.
struct Fields {
    backend: String,
    expiration: Option<i64>,
    access_type: Option<AccessType>,
    saml_session_id: Option<String>,
    tenant_id: Option<String>,
    domain_name: Option<String>,
    client_id: Option<String>,
    refresh_token: Option<RefreshTokenId>,
}

impl Fields {
    fn parse(document: &Value) -> Result<Self, ApiError> {
        let fields = members(document)?;
        let mut failures = Failures::new();
        let mut field = |name: &str, check: &dyn Fn(&Value) -> Result<(), Value>| {
            let value = fields.get(name)?;
            match check(value) {
                Ok(()) => Some(value),
                Err(failure) => {
                    failures.insert(name.to_owned(), failure);
                    None
                }
            }
        };
        let text = |value: &Value| validation::text(value).map(drop);
        let name = |value: &Value| validation::bounded_text(value, 1, MAX_CLIENT_ID).map(drop);
        let access_type =
            |value: &Value| validation::one_of(validation::text(value)?, &["online", "offline"]);
        let backend = field("backend", &text);
        let expiration = field("expiration", &|value| lifetime(value).map(drop));
        let access_type = field("access_type", &access_type);
        let client_id = field("client_id", &name);
        let refresh_token = field("refresh_token", &text);
        let saml_session_id = field("saml_session_id", &name);
        let tenant_id = field("tenant_id", &text);
        let domain_name = field("domain_name", &text);
        if !failures.is_empty() {
            return Err(invalid(failures));
        }
        let access_type = access_type.and_then(Value::as_str).map(|name| match name {
            "offline" => AccessType::Offline,
            _ => AccessType::Online,
        });
        let offline = access_type == Some(AccessType::Offline);
        let given = |value: Option<&Value>| {
            value
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        let broken: Vec<&str> = [
            (
                offline && given(refresh_token),
                "cannot use the \"access_type\" \"offline\" with a refresh token",
            ),
            (
                offline && !given(client_id),
                "\"client_id\" must be specified when using \"access_type\" is \"offline\"",
            ),
            (
                given(tenant_id) && given(domain_name),
                "\"tenant_id\" and \"domain_name\" must be mutually exclusive",
            ),
            (
                given(refresh_token) && !given(client_id),
                "\"client_id\" must be specified when using a \"refresh_token\"",
            ),
            (
                given(saml_session_id) && given(refresh_token),
                "Cannot use a \"saml_session_id\" and a \"refresh_token\" at the same time",
            ),
        ]
        .into_iter()
        .filter_map(|(broken, rule)| broken.then_some(rule))
        .collect();
        if !broken.is_empty() {
            failures.insert("_schema".to_owned(), json!(broken));
            return Err(invalid(failures));
        }
        let owned = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            backend: owned(backend).unwrap_or_else(|| NATIVE_BACKEND.to_owned()),
            expiration: expiration.and_then(|value| lifetime(value).ok()),
            access_type,
            saml_session_id: owned(saml_session_id),
            tenant_id: owned(tenant_id),
            domain_name: owned(domain_name),
            client_id: owned(client_id),
            refresh_token: owned(refresh_token).map(RefreshTokenId::from_database),
        })
    }
}

/// The members of a body. Whatever counts as nothing is the empty object.
pub fn members(document: &Value) -> Result<Map<String, Value>, ApiError> {
    Ok(match document {
        Value::Object(members) => members.clone(),
        Value::Null | Value::Bool(false) => Map::new(),
        Value::Array(items) if items.is_empty() => Map::new(),
        Value::String(text) if text.is_empty() => Map::new(),
        Value::Number(number) if number.as_f64() == Some(0.0) => Map::new(),
        _ => {
            let mut failures = Failures::new();
            failures.insert("_schema".to_owned(), json!(["Invalid input type."]));
            return Err(invalid(failures));
        }
    })
}

fn lifetime(value: &Value) -> Result<i64, Value> {
    let seconds = validation::integer(value)?;
    i64::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=MAX_EXPIRATION).contains(seconds))
        .ok_or_else(|| {
            validation::broken(
                "range",
                json!({ "min": 1, "max": MAX_EXPIRATION }),
                &format!(
                    "Must be greater than or equal to 1 and less than or equal to {MAX_EXPIRATION}."
                ),
            )
        })
}

fn invalid(failures: Failures) -> ApiError {
    ApiError::reason(
        StatusCode::BAD_REQUEST,
        python::repr(&Value::Object(failures)),
    )
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
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        // Old clients send ISO 8859-1.
        error.into_bytes().into_iter().map(char::from).collect()
    });
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
