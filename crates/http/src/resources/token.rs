//! `/token`: logging in, checking a token, logging out.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use base64::{Engine, alphabet, engine};
use serde_json::{Value, json};
use wazo_auth_model::{ids::TokenId, secret::Secret, token::TokenTimes};
use wazo_auth_services::{
    authentication::{AuthenticationError, Credentials, NATIVE_BACKEND},
    token::{self, LoginRequest, TokenError},
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

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::POST, "/token", public(), create);
    routes.add(Method::GET, "/token/{token_uuid}", public(), read);
    routes.add(Method::HEAD, "/token/{token_uuid}", public(), check);
    routes.add(Method::DELETE, "/token/{token_uuid}", public(), delete);
}

/// Logs in.
async fn create(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let fields = Fields::parse(&exchange.json()?)?;
    let request = LoginRequest {
        credentials: exchange.header("authorization").and_then(basic),
        backend: fields.backend,
        expiration: fields.expiration,
        mobile: exchange
            .header("wazo-session-type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("mobile")),
        user_agent: exchange.header("user-agent").unwrap_or_default().to_owned(),
        remote_addr: exchange.remote_addr(),
    };
    let login = request
        .credentials
        .as_ref()
        .map(|credentials| credentials.login.clone());
    let (address, agent) = (request.remote_addr.clone(), request.user_agent.clone());
    let made = exchange
        .app
        .services
        .run(exchange.call(), move |cx| token::create(cx, request))
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
        login.unwrap_or_default(),
        made.token.uuid.redacted(),
    );
    let times = TokenTimes::exact(made.issued, Some(made.expires), &chrono::Local);
    let mut response = HttpResponse::Ok();
    response.insert_header(("Wazo-Sessions-Revoked", "0"));
    Ok(body::json_with(
        response,
        &json!({ "data": made.token.represent(&times) }),
    ))
}

/// Shows a token, if it is good for the access that `scope` names.
async fn read(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let token = look_up(&exchange).await?;
    let times = TokenTimes::stored(token.issued_t, token.expire_t, &chrono::Local);
    Ok(body::json(&json!({ "data": token.represent(&times) })))
}

/// Tells whether a token is good for the access that `scope` names.
async fn check(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    look_up(&exchange).await?;
    Ok(HttpResponse::NoContent()
        .content_type("application/json")
        .finish())
}

async fn look_up(exchange: &Exchange) -> Result<wazo_auth_model::token::Token, ApiError> {
    let id = token_id(exchange)?;
    let (scope, tenant) = if exchange.request.query_string().is_empty() {
        (None, None)
    } else {
        (exchange.query("scope"), exchange.query("tenant"))
    };
    if scope
        .as_ref()
        .is_some_and(|scope| scope.len() > wazo_auth_model::access::MAX_ACCESS_LENGTH)
    {
        return Err(ApiError::bad_request());
    }
    let lookup = token::look_up(&exchange.app.services, id, tenant)
        .answer()
        .await?;
    Ok(lookup.judge(scope.as_deref())?)
}

/// Logs out.
async fn delete(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let id = token_id(&exchange)?;
    exchange.run(move |cx| token::delete(cx, id)).await?;
    Ok(body::json(&json!({ "data": { "message": "success" } })))
}

fn token_id(exchange: &Exchange) -> Result<TokenId, ApiError> {
    TokenId::parse(exchange.parameter("token_uuid")?).ok_or_else(ApiError::no_route)
}

/// The body of a login.
struct Fields {
    backend: String,
    expiration: Option<i64>,
}

impl Fields {
    fn parse(document: &Value) -> Result<Self, ApiError> {
        let mut failures = Failures::new();
        let fields = match document {
            Value::Object(members) => members.clone(),
            // Whatever counts as nothing is the empty object.
            Value::Null | Value::Bool(false) => Failures::new(),
            Value::Array(items) if items.is_empty() => Failures::new(),
            Value::String(text) if text.is_empty() => Failures::new(),
            Value::Number(number) if number.as_f64() == Some(0.0) => Failures::new(),
            _ => {
                failures.insert("_schema".to_owned(), json!(["Invalid input type."]));
                return Err(invalid(failures));
            }
        };
        let mut backend = NATIVE_BACKEND.to_owned();
        let mut expiration = None;
        if let Some(value) = fields.get("backend") {
            match validation::text(value) {
                Ok(text) => text.clone_into(&mut backend),
                Err(failure) => drop(failures.insert("backend".to_owned(), failure)),
            }
        }
        if let Some(value) = fields.get("expiration") {
            match lifetime(value) {
                Ok(seconds) => expiration = Some(seconds),
                Err(failure) => drop(failures.insert("expiration".to_owned(), failure)),
            }
        }
        if let Some(value) = fields.get("access_type") {
            let checked = validation::text(value)
                .and_then(|text| validation::one_of(text, &["online", "offline"]).map(|()| text));
            match checked {
                Ok("offline") => drop(failures.insert(
                    "access_type".to_owned(),
                    json!(["offline access is not available on this server"]),
                )),
                Ok(_) => {}
                Err(failure) => drop(failures.insert("access_type".to_owned(), failure)),
            }
        }
        if failures.is_empty() {
            Ok(Self {
                backend,
                expiration,
            })
        } else {
            Err(invalid(failures))
        }
    }
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
