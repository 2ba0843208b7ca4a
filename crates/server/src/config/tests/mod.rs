//! Tests over real files in folders of their own.

mod bad_input;
mod documentation;
mod merging;
mod values;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use super::{Config, ConfigError, Loaded, Overrides, load};

/// A folder that goes with the test.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("wazo-auth-config-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// An installation: a main file, a directory of further ones, a command line, an environment.
struct Installation {
    directory: Directory,
    overrides: Overrides,
    uuid: Option<OsString>,
}

impl Installation {
    /// With a main file that names the directory of this installation behind the given text.
    fn new(main: &str) -> Self {
        let installation = Self::bare("");
        let conf_d = installation.directory.path().join("conf.d");
        fs::create_dir(&conf_d).unwrap();
        let line = format!("extra_config_files: '{}'", conf_d.display());
        installation
            .directory
            .write("config.yml", format!("{main}\n{line}\n"));
        installation
    }

    /// With a main file that holds just the given bytes.
    fn bare(main: impl AsRef<[u8]>) -> Self {
        let directory = Directory::new();
        let config_file = Some(directory.write("config.yml", main));
        Self {
            directory,
            overrides: Overrides {
                config_file,
                ..Overrides::default()
            },
            uuid: None,
        }
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.directory.write(&format!("conf.d/{name}"), content);
        self
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load(&self.overrides, self.uuid.clone())
    }

    /// The configuration, which has to load without a warning.
    fn config(&self) -> Config {
        match self.load() {
            Ok(loaded) => {
                assert_eq!(loaded.warnings, Vec::<String>::new());
                loaded.config
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The merged document.
    fn document(&self) -> Value {
        Value::Object(self.config().document)
    }

    /// The configuration with its warnings, file names without their folder.
    fn with_warnings(&self) -> (Config, Vec<String>) {
        match self.load() {
            Ok(loaded) => {
                let warnings = loaded.warnings.iter().map(|line| self.shorten(line));
                (loaded.config, warnings.collect())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The lines of the error, file names without their folder.
    fn problems(&self) -> Vec<String> {
        match self.load() {
            Ok(_) => panic!("the configuration was accepted"),
            Err(error) => self
                .shorten(&error.to_string())
                .lines()
                .map(str::to_owned)
                .collect(),
        }
    }

    fn shorten(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.directory.path().display()), "")
    }
}
