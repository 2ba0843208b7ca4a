//! Tenants, made and asked for over HTTP.

use serde_json::{Value, json};
use wazo_auth_test_support::{
    Daemon,
    http::{Request, Response},
};

use crate::shapes::assert_api;

/// An id that no tenant and no user has.
pub const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

/// An administrator, or anybody else with a token, who acts in a tenant.
#[derive(Debug, Clone)]
pub struct Actor<'a> {
    daemon: &'a Daemon,
    token: String,
    tenant: Option<String>,
}

impl<'a> Actor<'a> {
    /// Somebody who acts in their own tenant.
    #[must_use]
    pub fn new(daemon: &'a Daemon, token: &str) -> Self {
        Self {
            daemon,
            token: token.to_owned(),
            tenant: None,
        }
    }

    /// The administrator of the top tenant.
    #[must_use]
    pub fn admin(daemon: &'a Daemon) -> Self {
        Self::new(daemon, &daemon.admin().token)
    }

    /// The same one, acting in another tenant.
    #[must_use]
    pub fn within(&self, tenant: &str) -> Self {
        Self {
            tenant: Some(tenant.to_owned()),
            ..self.clone()
        }
    }

    /// A request, not sent yet.
    pub fn request(&self, method: &str, path: &str) -> Request<'a> {
        let request = self.daemon.client().request(method, path);
        let request = request.token(&self.token);
        match &self.tenant {
            Some(tenant) => request.header("Wazo-Tenant", tenant),
            None => request,
        }
    }

    /// Asks for something.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path).send()
    }

    /// Sends a document by POST.
    #[must_use]
    pub fn post(&self, path: &str, document: &Value) -> Response {
        self.request("POST", path).json(document).send()
    }

    /// Sends a document by PUT.
    #[must_use]
    pub fn put(&self, path: &str, document: &Value) -> Response {
        self.request("PUT", path).json(document).send()
    }

    /// Deletes something.
    #[must_use]
    pub fn delete(&self, path: &str) -> Response {
        self.request("DELETE", path).send()
    }

    /// Makes a tenant below the one that is acted in.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn tenant(&self, document: &Value) -> Value {
        self.post("/tenants", document).expect(200)
    }

    /// The same; answers its id.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn tenant_id(&self, document: &Value) -> String {
        text(&self.tenant(document), "uuid")
    }
}

/// A member that is a text.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn text(document: &Value, member: &str) -> String {
    let text = document.get(member).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no text {member}: {document}"))
        .to_owned()
}

/// The members of what is in a list, sorted.
///
/// # Panics
///
/// When it is no list of such things.
#[must_use]
pub fn sorted(list: &Value, member: &str) -> Vec<String> {
    let mut texts = in_order(list, member);
    texts.sort();
    texts
}

/// The members of what is in a list, in its order.
///
/// # Panics
///
/// When it is no list of such things.
#[must_use]
pub fn in_order(list: &Value, member: &str) -> Vec<String> {
    let items = list.get("items").and_then(Value::as_array);
    let items = items.unwrap_or_else(|| panic!("no list: {list}"));
    items.iter().map(|item| text(item, member)).collect()
}

/// Expects the answer for a tenant that does not exist.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_unknown_tenant(answer: &Response, uuid: &str) {
    assert_api(
        answer,
        404,
        ("unknown-tenant", "tenants"),
        format!("No such tenant: \"{uuid}\""),
        &json!({ "uuid": uuid }),
    );
}

/// Expects that something is in the way of what was asked for.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_conflict(answer: &Response, details: &Value) {
    assert_api(
        answer,
        409,
        ("conflict", "tenants"),
        "Conflict detected",
        details,
    );
}

/// Where a tenant is.
#[must_use]
pub fn path(tenant: &str) -> String {
    format!("/tenants/{tenant}")
}

/// Where a tenant is moved below another one.
#[must_use]
pub fn parent_path(tenant: &str, parent: &str) -> String {
    format!("/tenants/{tenant}/parent/{parent}")
}

/// Expects success that has nothing to say.
///
/// # Panics
///
/// When it is another answer.
pub fn assert_done(answer: &Response) {
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (204, ""),
        "{answer:?}"
    );
}

/// All that can be said of a tenant.
#[must_use]
pub fn full() -> Value {
    json!({
        "name": "Acme", "slug": "acme", "phone": "1", "default_authentication_method": "default",
        "domain_names": ["a.b", "c.d"], "address": {"city": "Québec"},
    })
}
