//! Routes of plugins: what they may look like.

use wazo_auth_core::{Route, routes::auth};

use crate::{Map, document::object};

/// No plugin has more routes.
const MAX_ROUTES: usize = 256;
/// No path and no access is longer.
const MAX_LENGTH: usize = 1024;

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// One method on one path, as a plugin offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    /// The HTTP method in capitals.
    pub method: String,
    /// The path below the API's version; parameters are whole segments in braces.
    pub path: String,
    /// The access that a token must grant, with parameters of the path in braces.
    pub access: String,
    /// Whether no token is asked for.
    pub public: bool,
    /// What a request for this route carries.
    pub handler: u32,
    /// What the plugin says of the route, for the API's document; empty where it says nothing.
    pub description: Map,
}

/// Checks the routes of a plugin. One that is wrong is a fault of the plugin, and half a plugin would
/// be worse than none. The error is one line.
pub(crate) fn check_all(routes: &[Route]) -> Result<Vec<RouteInfo>, String> {
    if routes.len() > MAX_ROUTES {
        return Err(format!(
            "it has {} routes, more than {MAX_ROUTES}",
            routes.len()
        ));
    }
    let mut checked: Vec<RouteInfo> = Vec::new();
    for route in routes {
        let route = check(route).map_err(|problem| {
            format!(
                "its route {:?} {:?} {problem}",
                route.method.as_str(),
                cut(&route.path)
            )
        })?;
        if checked
            .iter()
            .any(|other| other.method == route.method && other.path == route.path)
        {
            return Err(format!(
                "it has two routes {:?} {:?}",
                route.method, route.path
            ));
        }
        checked.push(route);
    }
    Ok(checked)
}

fn cut(text: &str) -> &str {
    crate::document::cut(text, 200)
}

fn check(route: &Route) -> Result<RouteInfo, String> {
    let (path, access) = (route.path.as_str(), route.access.as_str());
    if !METHODS.contains(&route.method.as_str()) {
        return Err(format!(
            "has a method that is none of {}",
            METHODS.join(", ")
        ));
    }
    let parameters = parameters(path)?;
    let public = match route.auth {
        auth::TOKEN => false,
        auth::PUBLIC => true,
        other => return Err(format!("asks for the unknown authentication {other}")),
    };
    check_access(access, &parameters)?;
    if public && !access.is_empty() {
        return Err("is public, and yet names an access".to_owned());
    }
    // Words for people: a route whose description is none is served all the same.
    let description = object(route.extra.as_str()).unwrap_or_else(|problem| {
        log::warn!(
            "the description of the route {:?} {path:?} is left out: it {problem}",
            route.method.as_str()
        );
        Map::new()
    });
    Ok(RouteInfo {
        method: route.method.to_string(),
        path: path.to_owned(),
        access: access.to_owned(),
        public,
        handler: route.handler,
        description,
    })
}

/// The parameters of a path.
fn parameters(path: &str) -> Result<Vec<&str>, String> {
    if path.len() > MAX_LENGTH {
        return Err("has a path that is too long".to_owned());
    }
    let segments = path
        .strip_prefix('/')
        .ok_or("has a path that does not begin with a slash")?;
    let mut parameters = Vec::new();
    for (position, segment) in segments.split('/').enumerate() {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        match name {
            Some(_) if position == 0 => {
                return Err("has a path that begins with a parameter".to_owned());
            }
            Some(name) if !is_parameter(name) => {
                return Err(format!("has a parameter whose name is none: {segment:?}"));
            }
            Some(name) if parameters.contains(&name) => {
                return Err(format!("has the parameter {segment:?} twice"));
            }
            Some(name) => parameters.push(name),
            None if !is_literal(segment) => {
                return Err(format!(
                    "has a segment that cannot be part of a path: {segment:?}"
                ));
            }
            None => {}
        }
    }
    Ok(parameters)
}

fn is_parameter(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a client sends unescaped (RFC 3986, section 2.3), but for what climbs up the path.
fn is_literal(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Whether every pair of braces in an access names a parameter of the path.
fn check_access(access: &str, parameters: &[&str]) -> Result<(), String> {
    if access.len() > MAX_LENGTH || access.contains(char::is_control) {
        return Err("names an access that is too long or has control characters".to_owned());
    }
    let mut rest = access;
    while let Some(open) = rest.find(['{', '}']) {
        let name = rest
            .get(open..)
            .and_then(|text| text.strip_prefix('{'))
            .and_then(|text| text.split_once('}'));
        match name {
            Some((name, behind)) if parameters.contains(&name) => rest = behind,
            Some((name, _)) => {
                return Err(format!(
                    "names an access with {name:?}, which its path does not have"
                ));
            }
            None => return Err("names an access with a lone brace".to_owned()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str, access: &str, auth: u32) -> Route {
        Route {
            method: method.into(),
            path: path.into(),
            access: access.into(),
            auth,
            handler: 7,
            extra: "".into(),
        }
    }

    #[test]
    fn a_route_is_taken_over_as_it_is() {
        let routes = [
            route(
                "GET",
                "/users/{user_uuid}/external/x",
                "auth.users.{user_uuid}.x",
                auth::TOKEN,
            ),
            route("POST", "/x-y_z.~", "", auth::PUBLIC),
        ];
        assert_eq!(
            check_all(&routes),
            Ok(vec![
                RouteInfo {
                    method: "GET".to_owned(),
                    path: "/users/{user_uuid}/external/x".to_owned(),
                    access: "auth.users.{user_uuid}.x".to_owned(),
                    public: false,
                    handler: 7,
                    description: Map::new(),
                },
                RouteInfo {
                    method: "POST".to_owned(),
                    path: "/x-y_z.~".to_owned(),
                    access: String::new(),
                    public: true,
                    handler: 7,
                    description: Map::new(),
                },
            ])
        );
    }

    #[test]
    fn what_could_escape_or_shadow_is_refused() {
        for path in [
            "",
            "x",
            "/",
            "//",
            "/x/",
            "/../x",
            "/x/..",
            "/./x",
            "/x y",
            "/x%2e",
            "/{x:.*}",
            "/{}",
            "/a/{}",
            "/a/{b c}",
            "/{a}",
            "/a/{b}/{b}",
            "/a/b{c}",
            "/a/{b",
            "/é",
            "/a?b",
            "/a#b",
            "/a\0",
        ] {
            assert!(
                check_all(&[route("GET", path, "", auth::TOKEN)]).is_err(),
                "{path}"
            );
        }
        for method in ["", "get", "OPTIONS", "TRACE", "CONNECT", "GET POST"] {
            assert!(
                check_all(&[route(method, "/a", "", auth::TOKEN)]).is_err(),
                "{method}"
            );
        }
    }

    #[test]
    fn an_access_names_what_the_path_has() {
        for access in ["a.{b}", "a.{", "a.}", "{a}}", "a\n", "{}"] {
            assert!(
                check_all(&[route("GET", "/a/{c}", access, auth::TOKEN)]).is_err(),
                "{access}"
            );
        }
        assert!(check_all(&[route("GET", "/a/{c}", "{c}.{c}", auth::TOKEN)]).is_ok());
    }

    #[test]
    fn an_unknown_authentication_is_refused_and_so_is_a_public_access() {
        assert!(check_all(&[route("GET", "/a", "", 2)]).is_err());
        assert!(check_all(&[route("GET", "/a", "a", auth::PUBLIC)]).is_err());
    }

    #[test]
    fn what_is_said_of_a_route_is_an_object_or_left_out() {
        let described = |extra: &str| {
            let mut route = route("GET", "/a", "", auth::TOKEN);
            route.extra = extra.into();
            check_all(&[route]).map(|routes| routes[0].description.clone())
        };
        assert_eq!(described(""), Ok(Map::new()));
        assert_eq!(
            described("{\"summary\": \"x\"}"),
            Ok(Map::from_iter([("summary".to_owned(), "x".into())]))
        );
        assert_eq!(described("[]"), Ok(Map::new()));
        assert_eq!(described("{"), Ok(Map::new()));
    }

    #[test]
    fn a_place_is_taken_once() {
        let twice = route("GET", "/a", "", auth::TOKEN);
        assert!(
            check_all(&[twice.clone(), twice]).is_err_and(|error| error.contains("two routes"))
        );
    }
}
