//! A plugin directory with a daemon around it that answers nothing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value};
use wazo_auth_plugin_host::{
    CallContext, ErrorKind, FileReport, HostServices, PluginError, Registry, Report, Settings,
    inspect,
};
use wazo_auth_test_support::{Home, home};

/// What the plugins of these tests may ask for; nothing answers.
pub struct Services;

pub const OPERATIONS: &[&str] = &[
    "user_service.verify_password",
    "user_service.get_user_by_login",
    "user_service.get_acl",
    "user_service.list_policies",
    "user_service.list_groups",
    "group_service.get_acl",
    "purposes.get_token_metadata",
    "purposes.get_persistent_metadata",
    "external_auth_service.create",
    "external_auth_service.get",
    "external_auth_service.update",
    "external_auth_service.delete",
];

impl HostServices for Services {
    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn background(&self) -> CallContext {
        CallContext::default()
    }

    fn call(
        &self,
        _: &CallContext,
        _: Option<Instant>,
        operation: &str,
        _: Value,
    ) -> Result<Value, PluginError> {
        Err(PluginError::new(
            ErrorKind::Unavailable,
            format!("no {operation} here"),
        ))
    }
}

/// A plugin directory and what is enabled in it.
pub struct Directory {
    pub home: Home,
    pub plugins: PathBuf,
    backends: Vec<(String, bool)>,
    external_auth: Vec<(String, bool)>,
    metadata: Vec<(String, bool)>,
}

impl Directory {
    pub fn new() -> Self {
        let home = Home::new();
        Self {
            plugins: home.folder("plugins"),
            home,
            backends: Vec::new(),
            external_auth: Vec::new(),
            metadata: Vec::new(),
        }
    }

    pub fn file(self, name: &str, from: &Path) -> Self {
        home::place(from, &self.plugins.join(name));
        self
    }

    pub fn backend(mut self, name: &str) -> Self {
        self.backends.push((name.to_owned(), true));
        self
    }

    pub fn external_auth(mut self, name: &str) -> Self {
        self.external_auth.push((name.to_owned(), true));
        self
    }

    pub fn metadata(mut self, name: &str) -> Self {
        self.metadata.push((name.to_owned(), true));
        self
    }

    pub fn settings(&self) -> Settings {
        Settings {
            directories: vec![self.plugins.clone()],
            trusted_keys: None,
            max_concurrent_calls: 4,
            call_timeout: Duration::from_secs(30),
            queue: 16,
            enabled_metadata: self.metadata.clone(),
            enabled_backends: self.backends.clone(),
            enabled_external_auth: self.external_auth.clone(),
            sections: Map::new(),
        }
    }

    pub fn load(&self) -> Registry {
        Registry::load(&self.settings(), Arc::new(Services))
    }

    pub fn inspect(&self) -> Report {
        inspect(&self.settings(), OPERATIONS)
    }
}

pub fn file<'a>(report: &'a Report, name: &str) -> &'a FileReport {
    let found = report.files.iter().find(|file| file.path.ends_with(name));
    found.unwrap_or_else(|| panic!("{name} is not in {report:?}"))
}
