//! What the configuration says about plugins.

use std::{path::PathBuf, time::Duration};

use wazo_auth_core::manifest::kind;

use crate::{Map, PublicKey};

/// Where plugins lie, which of them are wanted, and how much they get.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Directories to look for `.so` files in.
    pub directories: Vec<PathBuf>,
    /// Who must have signed a file, one of them; `None` when no signature is asked for.
    pub trusted_keys: Option<Vec<PublicKey>>,
    /// How many calls of one entry run at the same time.
    pub max_concurrent_calls: usize,
    /// How long a call may take.
    pub call_timeout: Duration,
    /// How many callers of one entry wait while all its calls are taken.
    pub queue: usize,
    /// Metadata plugins, and whether each is enabled, in the order of the configuration.
    pub enabled_metadata: Vec<(String, bool)>,
    /// Backends, and whether each is enabled, in the order of the configuration.
    pub enabled_backends: Vec<(String, bool)>,
    /// External authentication types, and whether each is enabled, in the order of the
    /// configuration.
    pub enabled_external_auth: Vec<(String, bool)>,
    /// The configuration of each entry, by its name.
    pub sections: Map,
}

impl Settings {
    /// The enabled entries as `(kind, name)`, each once, in the order they start in.
    pub(crate) fn enabled(&self) -> Vec<(&'static str, &str)> {
        let metadata = self.enabled_metadata.iter().map(|e| (kind::METADATA, e));
        let backends = self.enabled_backends.iter().map(|e| (kind::BACKEND, e));
        let external = self
            .enabled_external_auth
            .iter()
            .map(|e| (kind::EXTERNAL_AUTH, e));
        let mut enabled = Vec::new();
        for (kind, (name, wanted)) in metadata.chain(backends).chain(external) {
            if *wanted && !enabled.contains(&(kind, name.as_str())) {
                enabled.push((kind, name.as_str()));
            }
        }
        enabled
    }
}
