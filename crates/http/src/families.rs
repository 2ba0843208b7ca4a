//! Families of endpoints, as `enabled_http_plugins` names them.

/// The family of a path of the daemon.
pub fn family(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    Some(match segments.as_slice() {
        ["api", ..] => "api",
        ["backends"] => "backends",
        ["backends", "ldap", ..] => "ldap_config",
        ["backends", "saml", ..] => "saml_config",
        ["config"] => "config",
        ["emails", _, "confirm"] => "email_confirm",
        ["external", ..] | ["users", _, "external"] => "external",
        ["groups"] | ["groups", _] => "groups",
        ["groups", _, "policies", ..] => "group_policy",
        ["groups", _, "users", ..] | ["users", _, "groups"] => "user_group",
        ["idp", ..] => "idp",
        ["policies", ..] => "policies",
        ["saml", ..] => "saml",
        ["sessions", ..] => "sessions",
        ["status"] => "status",
        ["tenants", ..] => "tenants",
        ["token" | "tokens", ..] | ["users", _, "tokens", ..] => "tokens",
        ["users", "password", "reset"] => "password_reset",
        ["users", "register"] => "user_registration",
        ["users", _, "emails", ..] | ["admin", "users", _, "emails"] => "user_email",
        ["users", _, "policies", ..] => "user_policy",
        ["users", _, "sessions", ..] => "user_session",
        ["users"] | ["users", _] | ["users", _, "password"] => "users",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::Routes, resources, routes::RouteTable};

    #[test]
    fn every_route_of_the_daemon_is_of_a_family() {
        let mut table = RouteTable::default();
        resources::mount(&mut Routes::new(&mut table, &[]));
        let endpoints = table.endpoints();
        assert!(endpoints.len() > 5);
        for endpoint in endpoints {
            assert!(family(&endpoint.path).is_some(), "{}", endpoint.path);
        }
    }

    #[test]
    fn a_route_of_a_family_that_is_off_is_not_there() {
        let mut table = RouteTable::default();
        resources::mount(&mut Routes::new(&mut table, &["tokens".to_owned()]));
        let endpoints = table.endpoints();
        assert!(
            endpoints
                .iter()
                .any(|endpoint| endpoint.path == "/backends")
        );
        assert!(
            endpoints
                .iter()
                .all(|endpoint| !endpoint.path.contains("/token")),
            "{endpoints:?}"
        );
    }

    #[test]
    fn neighbours_are_told_apart() {
        for (path, expected) in [
            ("/users/password/reset", "password_reset"),
            ("/users/{user_uuid}/password", "users"),
            ("/users/register", "user_registration"),
            ("/users/{user_uuid}", "users"),
            ("/users/me/tokens/{client_id}", "tokens"),
            ("/users/{user_uuid}/sessions/{session_uuid}", "user_session"),
            ("/backends/saml/acs_url_template", "saml_config"),
            ("/backends/ldap", "ldap_config"),
            ("/groups/{group_uuid}/users", "user_group"),
            (
                "/groups/{group_uuid}/policies/{policy_slug}",
                "group_policy",
            ),
            ("/token/{token_uuid}/scopes/check", "tokens"),
            ("/external/{auth_type}/config", "external"),
        ] {
            assert_eq!(family(path), Some(expected), "{path}");
        }
    }
}
