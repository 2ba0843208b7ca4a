//! A plugin file that the mock has loaded, as the daemon loads it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
};

use serde_json::Value;
use wazo_auth_core::{PluginModuleRef, abi_stable::library::lib_header_from_path};

use super::{
    MockBackend, MockExternalAuth, MockHost, MockMetadata,
    daemon::{self, Daemon},
    held,
};
use crate::{PluginError, PluginResult};

/// A plugin file behind the ABI. What its `export!` names is started by name, as the configuration
/// of the daemon does.
///
/// A process opens a file once: what the plugin does outside of calls ([`host()`](crate::host())) reaches
/// the mock that loaded it first.
pub struct LoadedPlugin {
    daemon: Arc<Daemon>,
    module: PluginModuleRef,
}

impl LoadedPlugin {
    pub(super) fn open(daemon: &Arc<Daemon>, file: &Path) -> PluginResult<Self> {
        let wrong = |reason: &dyn std::fmt::Display| {
            PluginError::internal(format!("{} cannot be loaded: {reason}", file.display()))
        };
        let header = lib_header_from_path(file).map_err(|error| wrong(&error))?;
        let module = header
            .check_layout::<PluginModuleRef>()
            .map_err(|error| wrong(&error))?;
        let host = daemon::object(daemon, Arc::new(AtomicBool::new(false)));
        (module.init())(host)
            .into_result()
            .map_err(PluginError::from_abi)?;
        Ok(Self {
            daemon: Arc::clone(daemon),
            module,
        })
    }

    /// Starts a backend with its section of the configuration; null for none.
    pub fn backend(&self, name: &str, config: Value) -> PluginResult<MockBackend> {
        let start = self.module.start_backend();
        let object = held::run(&self.daemon, &self.host().call(), |call| {
            start(call, name.into(), config.to_string().as_str().into())
        })?;
        Ok(MockBackend::new(&self.daemon, object))
    }

    /// Starts an external authentication type with its section of the configuration; null for none.
    pub fn external_auth(&self, name: &str, config: Value) -> PluginResult<MockExternalAuth> {
        let start = self.module.start_external_auth();
        let call = self.host().call();
        let object = held::run(&self.daemon, &call, |call| {
            start(call, name.into(), config.to_string().as_str().into())
        })?;
        MockExternalAuth::new(&self.daemon, object, &call)
    }

    /// Starts a metadata plugin with its section of the configuration; null for none.
    pub fn metadata(&self, name: &str, config: Value) -> PluginResult<MockMetadata> {
        let start = self.module.start_metadata();
        let start = start
            .ok_or_else(|| PluginError::unsupported("the file is older than metadata plugins"))?;
        let object = held::run(&self.daemon, &self.host().call(), |call| {
            start(call, name.into(), config.to_string().as_str().into())
        })?;
        Ok(MockMetadata::new(&self.daemon, object))
    }

    fn host(&self) -> MockHost {
        MockHost {
            daemon: Arc::clone(&self.daemon),
        }
    }
}

impl std::fmt::Debug for LoadedPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoadedPlugin")
    }
}

/// Builds the `.so` file of the package whose test this is, and answers where it lies: `cargo test`
/// builds everything but that.
///
/// # Errors
///
/// When it is not a test of cargo's that asks, the build fails, or the package makes no `.so` file.
pub fn build_plugin() -> PluginResult<PathBuf> {
    let variable = |name| {
        env::var_os(name).ok_or_else(|| {
            PluginError::internal(format!("{name} is not set; run this with \"cargo test\""))
        })
    };
    let manifest = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args(["build", "--quiet", "--message-format"])
        .args(["json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    // Beside the test, where its dependencies are built already.
    let program = env::current_exe()?;
    if let Some(target) = program.ancestors().nth(3)
        && program
            .parent()
            .is_some_and(|folder| folder.ends_with("deps"))
    {
        cargo.arg("--target-dir").arg(target);
    }
    // A test of an optimised plugin is one of the optimised file.
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a build may take as long as it takes, and its author watches"
    )]
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(PluginError::internal("the plugin does not build"));
    }
    let manifest = Value::from(manifest.display().to_string());
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("manifest_path") == Some(&manifest))
        .find_map(|message| {
            let files = message.get("filenames")?.as_array()?;
            let mut files = files.iter().filter_map(Value::as_str);
            files.find(|file| file.ends_with(".so")).map(PathBuf::from)
        })
        .ok_or_else(|| {
            PluginError::internal(
                "the package makes no .so file; it needs crate-type = [\"cdylib\"] under [lib]",
            )
        })
}
