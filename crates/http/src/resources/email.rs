//! E-mail addresses of users: `/users/{user_uuid}/emails`, and their confirmation.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wazo_auth_services::user::Email;
use wazo_auth_services::{
    template,
    user::{self, Editor, NewEmail},
};

use crate::{
    app::{Routes, acl, link_acl},
    body,
    error::ApiError,
    exchange::Exchange,
    validation::fields::{self, Failures, Field},
};

/// What errors call the bodies of this resource.
const RESOURCE: &str = "emails";

/// How many addresses a user may have: each is a login that is claimed while others wait.
const MAX_EMAILS: usize = 100;

/// All addresses of a user.
pub const EMAILS: &[Field] = &[Field::list("emails", &Field::object("", EMAIL))
    .max_items(MAX_EMAILS)
    .required()];

const EMAIL: &[Field] = &[
    Field::email("address").required(),
    Field::boolean("main"),
    Field::boolean("confirmed").nullable(),
];

/// The same, where only the address and its use are looked at.
pub const OWN_EMAILS: &[Field] = &[Field::list("emails", &Field::object("", OWN_EMAIL))
    .max_items(MAX_EMAILS)
    .required()];

const OWN_EMAIL: &[Field] = &[Field::email("address").required(), Field::boolean("main")];

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(
        Method::PUT,
        "/users/{user_uuid}/emails",
        acl("auth.users.{user_uuid}.emails.update"),
        |exchange| replace(exchange, Editor::Owner),
    );
    routes.add(
        Method::PUT,
        "/admin/users/{user_uuid}/emails",
        acl("auth.admin.users.{user_uuid}.emails.update"),
        |exchange| replace(exchange, Editor::Administrator),
    );
    routes.add(
        Method::GET,
        "/emails/{email_uuid}/confirm",
        link_acl("auth.emails.{email_uuid}.confirm.update"),
        confirm_by_link,
    );
    routes.add(
        Method::PUT,
        "/emails/{email_uuid}/confirm",
        acl("auth.emails.{email_uuid}.confirm.update"),
        confirm,
    );
}

#[derive(Deserialize)]
struct Body {
    emails: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    address: String,
    #[serde(default)]
    main: bool,
    confirmed: Option<bool>,
}

/// Replaces all addresses of a user.
async fn replace(exchange: Exchange, editor: Editor) -> Result<HttpResponse, ApiError> {
    let user = exchange.user()?;
    let emails =
        emails(&exchange.json_members()?, editor).map_err(|failures| failures.all(RESOURCE))?;
    let emails = exchange
        .run(move |cx| user::replace_emails(cx, &user, emails, editor))
        .await?;
    Ok(body::json(&emails.iter().map(represent).collect()))
}

fn emails(document: &Value, editor: Editor) -> Result<Vec<NewEmail>, Failures> {
    let table = match editor {
        Editor::Owner => OWN_EMAILS,
        Editor::Administrator => EMAILS,
    };
    let body: Body = fields::read(document, &[table])?;
    let mains = body.emails.iter().filter(|email| email.main).count();
    let rule = if mains == 0 && !body.emails.is_empty() {
        Some("At least one address should be main")
    } else if mains > 1 {
        Some("Only one address should be main")
    } else if body.emails.iter().enumerate().any(|(place, email)| {
        let mut before = body.emails.iter().take(place);
        before.any(|other| other.address == email.address)
    }) {
        Some("The same address can only be used once")
    } else {
        None
    };
    if let Some(rule) = rule {
        return Err(Failures::rules(&[rule]));
    }
    Ok(body
        .emails
        .into_iter()
        .map(|email| NewEmail {
            address: email.address,
            main: email.main,
            confirmed: email.confirmed,
        })
        .collect())
}

/// Confirms an address, for somebody who followed a link: the answer is a page.
async fn confirm_by_link(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let email = exchange.email()?;
    let page = exchange.app.settings.email_confirmation_page.clone();
    let text = exchange
        .run(move |cx| {
            // First what may fail: an address is not confirmed by an answer that says it is not.
            let text = template::render(&page.template, &[])
                .map_err(|error| ApiError::internal(&error))?;
            user::confirm_email(cx, &email)?;
            Ok::<_, ApiError>(text)
        })
        .await?;
    let page = &exchange.app.settings.email_confirmation_page;
    Ok(HttpResponse::Ok()
        .content_type(with_charset(&page.mimetype))
        .body(text))
}

/// Confirms an address.
async fn confirm(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let email = exchange.email()?;
    exchange
        .run(move |cx| user::confirm_email(cx, &email))
        .await?;
    Ok(body::none())
}

/// Types of text say in which characters.
fn with_charset(mimetype: &str) -> String {
    let kind = mimetype.to_ascii_lowercase();
    if !kind.contains("charset=")
        && (kind.starts_with("text/") || kind == "application/xml" || kind.ends_with("+xml"))
    {
        format!("{mimetype}; charset=utf-8")
    } else {
        mimetype.to_owned()
    }
}

fn represent(email: &Email) -> Value {
    json!({
        "address": email.address,
        "main": email.main,
        "uuid": email.uuid.as_str(),
        "confirmed": email.confirmed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_in_which_characters() {
        for (mimetype, expected) in [
            ("text/html", "text/html; charset=utf-8"),
            ("image/svg+xml", "image/svg+xml; charset=utf-8"),
            ("application/xml", "application/xml; charset=utf-8"),
            ("application/json", "application/json"),
            ("text/plain; charset=ascii", "text/plain; charset=ascii"),
        ] {
            assert_eq!(with_charset(mimetype), expected);
        }
    }
}
