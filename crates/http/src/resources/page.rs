//! `/api/`: a page to read the API's document and to try what it says. All that it needs comes from
//! here.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::OnceLock,
};

use actix_web::{
    HttpResponse,
    http::{
        Method,
        header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    web::Bytes,
};

use crate::{
    app::{Routes, public},
    error::ApiError,
    exchange::Exchange,
    resources::document::cached,
};

/// The page loads from where it comes from, and asks nobody else. Pictures stand in its style sheets.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn mount(routes: &mut Routes<'_>) {
    routes.add(Method::GET, "/api", public(), lead);
    routes.add(Method::GET, "/api/", public(), show);
    routes.add(Method::GET, "/api/{file}", public(), show_file);
}

/// Leads to the page: what it is made of lies beside it. The address is relative, so it is right behind
/// any proxy.
async fn lead(_: Exchange) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "api/"))
        .content_type("text/html; charset=utf-8")
        .finish())
}

/// Shows the page.
async fn show(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    Ok(PAGE.answer(&exchange))
}

/// Gives a file of the page.
async fn show_file(exchange: Exchange) -> Result<HttpResponse, ApiError> {
    let name = exchange.parameter("file")?;
    let file = FILES.iter().find(|file| file.name == name);
    Ok(file.ok_or_else(ApiError::no_route)?.answer(&exchange))
}

struct File {
    name: &'static str,
    media_type: &'static str,
    content: &'static [u8],
    tag: OnceLock<String>,
}

static PAGE: File = File::new(
    "",
    "text/html; charset=utf-8",
    include_bytes!("../../assets/page.html"),
);

static FILES: [File; 4] = [
    File::new(
        "page.css",
        "text/css; charset=utf-8",
        include_bytes!("../../assets/page.css"),
    ),
    File::new(
        "page.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../assets/page.js"),
    ),
    File::new(
        "swagger-ui.css",
        "text/css; charset=utf-8",
        include_bytes!("../../assets/swagger-ui/swagger-ui.css"),
    ),
    File::new(
        "swagger-ui-bundle.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js"),
    ),
];

impl File {
    const fn new(name: &'static str, media_type: &'static str, content: &'static [u8]) -> Self {
        Self {
            name,
            media_type,
            content,
            tag: OnceLock::new(),
        }
    }

    fn answer(&self, exchange: &Exchange) -> HttpResponse {
        let tag = self.tag.get_or_init(|| {
            let mut hasher = DefaultHasher::new();
            self.content.hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        });
        let content = Bytes::from_static(self.content);
        let mut response = cached(exchange, self.media_type, tag, content);
        for (name, value) in [
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
        ] {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
