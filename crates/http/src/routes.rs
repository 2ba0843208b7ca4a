//! The route table: path, method, required access and handler stand together.
//!
//! Routes of plugins enter the same table. It is built once and swapped as a whole.

use std::{collections::HashMap, pin::Pin};

use actix_web::{HttpResponse, http::Method};
use wazo_auth_model::ids::looks_like_uuid;

use crate::{
    document::{Document, Documents, Form, Told},
    error::ApiError,
    exchange::Exchange,
};

/// What a handler gives back.
pub type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, ApiError>>>>;
/// What answers requests.
pub type Handler = Box<dyn Fn(Exchange) -> Answer + Send + Sync>;

/// What a request must bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A live token that grants this access, with the path's parameters in braces.
    Token(String),
    /// A live token of the tenant above all others that grants this access.
    TopTenantToken(String),
    /// A live token that grants this access, whatever tenant the request asks to act in.
    TenantlessToken(String),
    /// The same, and the token may come in the query, as links have it.
    LinkToken(String),
    /// The same, and braces hold parameters of the query. Who is refused learns nothing but that.
    QueryToken(String),
}

/// A method on a path, as lists of endpoints show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The method.
    pub method: String,
    /// The path below the API's version.
    pub path: String,
    /// What a request must bring.
    pub access: Access,
}

/// Why a route cannot join the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The same method on the same path is there already.
    #[error("{0} {1} is taken")]
    Taken(String, String),
    /// The path has the shape of another whose parameters have other names.
    #[error("{0} collides with {1}")]
    Collision(String, String),
}

/// What is known of the bodies of requests and answers, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// Secrets in them have names that are known here.
    Known,
    /// They have the form that somebody else gives them.
    Foreign,
}

/// One method of a path.
pub struct Action {
    /// What a request must bring.
    pub access: Access,
    /// What is known of its bodies.
    pub bodies: Bodies,
    /// What answers it.
    pub handler: Handler,
}

/// A path and its methods.
pub struct Resource {
    path: String,
    segments: Vec<Segment>,
    actions: Vec<(Method, Action)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Matches UUIDs alone.
    Uuid(String),
    /// Matches any text.
    Text(String),
}

/// The parameters of a path, decoded; UUIDs in lower case.
pub type Parameters = Vec<(String, String)>;

/// All routes.
#[derive(Default)]
pub struct RouteTable {
    resources: Vec<Resource>,
    // By the number of segments and the first one, which is literal in every path of ours.
    index: HashMap<(usize, String), Vec<usize>>,
    told: Vec<Told>,
    documents: Documents,
}

impl RouteTable {
    /// Adds a route.
    ///
    /// # Errors
    ///
    /// When another route has the same method and shape of path.
    pub fn add(
        &mut self,
        method: Method,
        path: &str,
        access: Access,
        bodies: Bodies,
        handler: Handler,
    ) -> Result<(), RouteError> {
        let segments = segments(path);
        let same = self
            .resources
            .iter_mut()
            .find(|resource| same_shape(&resource.segments, &segments));
        let action = Action {
            access,
            bodies,
            handler,
        };
        if let Some(resource) = same {
            if resource.segments != segments {
                return Err(RouteError::Collision(
                    path.to_owned(),
                    resource.path.clone(),
                ));
            }
            if resource.actions.iter().any(|(taken, _)| *taken == method) {
                return Err(RouteError::Taken(method.to_string(), path.to_owned()));
            }
            resource.actions.push((method, action));
            return Ok(());
        }
        let first = match segments.first() {
            Some(Segment::Literal(text)) => text.clone(),
            _ => String::new(),
        };
        let position = self.resources.len();
        let candidates = self.index.entry((segments.len(), first)).or_default();
        candidates.push(position);
        self.resources.push(Resource {
            path: path.to_owned(),
            segments,
            actions: vec![(method, action)],
        });
        // Literals beat UUIDs beat texts, from the left.
        let resources = &self.resources;
        candidates.sort_by_key(|position| {
            resources
                .get(*position)
                .map(|resource| resource.segments.iter().map(rank).collect::<Vec<_>>())
        });
        Ok(())
    }

    /// Keeps what a plugin says of one of its routes, for the API's document.
    pub fn tell(&mut self, told: Told) {
        self.told.push(told);
    }

    /// The API's document, for clients to whom all paths begin with `prefix`.
    pub fn document(&self, form: Form, prefix: &str) -> Document {
        self.documents
            .document(form, prefix, || (self.endpoints(), self.told.as_slice()))
    }

    /// The resource that a path (below the API's version, as sent) names.
    pub fn find(&self, path: &str) -> Option<(&Resource, Parameters)> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let first = parts.first()?;
        // The key borrows nothing of the request, so looking it up takes one small allocation.
        for key in [
            (parts.len(), (*first).to_owned()),
            (parts.len(), String::new()),
        ] {
            for position in self.index.get(&key).into_iter().flatten() {
                if let Some(resource) = self.resources.get(*position)
                    && let Some(parameters) = capture(&resource.segments, &parts)
                {
                    return Some((resource, parameters));
                }
            }
        }
        None
    }

    /// Everything there is, in the order of adding.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.resources
            .iter()
            .flat_map(|resource| {
                resource.actions.iter().map(|(method, action)| Endpoint {
                    method: method.to_string(),
                    path: resource.path.clone(),
                    access: action.access.clone(),
                })
            })
            .collect()
    }
}

impl Resource {
    /// What answers a method; GET answers HEAD where there is nothing of its own.
    pub fn action(&self, method: &Method) -> Option<&Action> {
        let find = |wanted: &Method| {
            self.actions
                .iter()
                .find(|(method, _)| method == wanted)
                .map(|(_, action)| action)
        };
        find(method).or_else(|| {
            (method == Method::HEAD)
                .then(|| find(&Method::GET))
                .flatten()
        })
    }

    /// The header `Allow`.
    pub fn allow(&self) -> String {
        let mut methods: Vec<&str> = self
            .actions
            .iter()
            .map(|(method, _)| method.as_str())
            .collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods.join(", ")
    }
}

fn segments(path: &str) -> Vec<Segment> {
    path.trim_start_matches('/')
        .split('/')
        .map(|text| {
            match text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'))
            {
                Some(name) if name.ends_with("_uuid") => Segment::Uuid(name.to_owned()),
                Some(name) => Segment::Text(name.to_owned()),
                None => Segment::Literal(text.to_owned()),
            }
        })
        .collect()
}

fn rank(segment: &Segment) -> u8 {
    match segment {
        Segment::Literal(_) => 0,
        Segment::Uuid(_) => 1,
        Segment::Text(_) => 2,
    }
}

/// Whether two paths match the same requests.
fn same_shape(a: &[Segment], b: &[Segment]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (a, b) {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            (a, b) => rank(a) == rank(b) && rank(a) > 0,
        })
}

fn capture(segments: &[Segment], parts: &[&str]) -> Option<Parameters> {
    let mut parameters = Vec::new();
    for (segment, part) in segments.iter().zip(parts) {
        match segment {
            Segment::Literal(text) if text == part => {}
            Segment::Literal(_) => return None,
            Segment::Uuid(name) => {
                if !looks_like_uuid(part) {
                    return None;
                }
                parameters.push((name.clone(), part.to_ascii_lowercase()));
            }
            Segment::Text(name) => {
                let text = decode(part)?;
                if text.is_empty() {
                    return None;
                }
                parameters.push((name.clone(), text));
            }
        }
    }
    Some(parameters)
}

/// Decodes a segment, but for the slash, which stays `%2F`.
fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| behind.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|byte| *byte != b'/');
        match escaped {
            Some(decoded) => {
                bytes.push(decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(paths: &[&str]) -> RouteTable {
        let mut table = RouteTable::default();
        for path in paths {
            table
                .add(
                    Method::GET,
                    path,
                    Access::Public,
                    Bodies::Known,
                    Box::new(|_| Box::pin(async { Err(ApiError::no_route()) })),
                )
                .unwrap();
        }
        table
    }

    fn found(table: &RouteTable, path: &str) -> Option<(String, Parameters)> {
        table
            .find(path)
            .map(|(resource, parameters)| (resource.path.clone(), parameters))
    }

    const UUID: &str = "0d7d2c61-54a1-4a6e-9a0e-5f0c8e0a1b11";

    #[test]
    fn a_uuid_takes_the_uuid_route_in_lower_case_and_anything_else_the_other() {
        let table = table(&["/policies/{policy_slug}", "/policies/{policy_uuid}"]);
        let upper = format!("/policies/{}", UUID.to_uppercase());
        assert_eq!(
            found(&table, &upper),
            Some((
                "/policies/{policy_uuid}".to_owned(),
                vec![("policy_uuid".to_owned(), UUID.to_owned())]
            ))
        );
        assert_eq!(
            found(&table, "/policies/a%20b").unwrap().1,
            [("policy_slug".to_owned(), "a b".to_owned())]
        );
    }

    #[test]
    fn a_literal_beats_a_parameter_whatever_came_first() {
        let table = table(&[
            "/users/{user_uuid}/external/{name}",
            "/users/{user_uuid}/external/bar",
        ]);
        let path = format!("/users/{UUID}/external/bar");
        assert_eq!(
            found(&table, &path).unwrap().0,
            "/users/{user_uuid}/external/bar"
        );
    }

    #[test]
    fn paths_are_exact() {
        let table = table(&["/token", "/token/{token_uuid}"]);
        for path in [
            "/token/", "/Token", "/token/x", "token", "", "/", "/token//",
        ] {
            assert_eq!(found(&table, path), None, "{path}");
        }
    }

    #[test]
    fn an_escaped_slash_stays_escaped_and_bad_text_matches_nothing() {
        let table = table(&["/clients/{client_id}"]);
        assert_eq!(
            found(&table, "/clients/a%2Fb%41").unwrap().1,
            [("client_id".to_owned(), "a%2FbA".to_owned())]
        );
        assert_eq!(found(&table, "/clients/%ff"), None);
        assert_eq!(found(&table, "/clients/%00"), None);
    }

    #[test]
    fn what_is_taken_stays_taken() {
        let mut table = table(&["/a/{x}"]);
        let mut add = |path: &str| {
            table.add(
                Method::GET,
                path,
                Access::Public,
                Bodies::Known,
                Box::new(|_| Box::pin(async { Err(ApiError::no_route()) })),
            )
        };
        assert_eq!(
            add("/a/{x}"),
            Err(RouteError::Taken("GET".into(), "/a/{x}".into()))
        );
        assert_eq!(
            add("/a/{y}"),
            Err(RouteError::Collision("/a/{y}".into(), "/a/{x}".into()))
        );
    }
}
