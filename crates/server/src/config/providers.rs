//! Rules over `idp_plugins.backend.backends` that a table of keys cannot say.

use super::tree::{Mapping, Node, Value};

/// Methods of the daemon itself. Were one of them given to a backend, it would be shown the
/// passwords of users who are none of its business.
const OWN_METHODS: &[&str] = &["native", "default", "ldap", "saml", "refresh_token"];

const PATH: &str = "idp_plugins.backend.backends";

/// Checks every backend; the problems have their places.
pub fn check(tree: &Mapping) -> Vec<String> {
    let mut problems = Vec::new();
    let backends = below(Some(tree), "idp_plugins")
        .and_then(|plugins| below(Some(plugins), "backend"))
        .and_then(|provider| below(Some(provider), "backends"));
    let mut methods: Vec<&str> = Vec::new();
    for entry in backends.into_iter().flat_map(Mapping::iter) {
        let Value::Map(backend) = &entry.node.value else {
            continue;
        };
        let name = &entry.key;
        let (method, at) = match backend
            .get("method")
            .filter(|method| !method.node.is_null())
        {
            Some(method) => (text(&method.node).unwrap_or_default(), &method.node.at),
            None => (name.as_str(), &entry.at),
        };
        if method.is_empty() {
            problems.push(format!(
                "{at}: {PATH}.{name}.method: found no name, wanted: one that users have as authentication_method"
            ));
        } else if OWN_METHODS.contains(&method) {
            problems.push(format!(
                "{at}: {PATH}.{name}.method: {method} is a method of the daemon itself, wanted: another name"
            ));
        } else if methods.contains(&method) {
            problems.push(format!(
                "{at}: {PATH}.{name}.method: another backend has the method {method:?} already, wanted: another name"
            ));
        }
        methods.push(method);
        let takes_unknown = backend.get("unknown_logins").is_some_and(|entry| {
            matches!(&entry.node.value, Value::Scalar(scalar) if scalar.boolean() == Some(true))
        });
        let tenant = backend.get("tenant");
        if takes_unknown && tenant.is_none_or(|tenant| tenant.node.is_blank()) {
            let at = tenant.map_or(&entry.at, |tenant| &tenant.at);
            problems.push(format!(
                "{at}: {PATH}.{name}.tenant: found nothing, wanted: UUID or slug of the tenant of unknown logins"
            ));
        }
    }
    problems
}

fn below<'a>(mapping: Option<&'a Mapping>, key: &str) -> Option<&'a Mapping> {
    match &mapping?.get(key)?.node.value {
        Value::Map(mapping) => Some(mapping),
        Value::Scalar(_) | Value::List(_) | Value::Broken => None,
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        Value::List(_) | Value::Map(_) | Value::Broken => None,
    }
}
