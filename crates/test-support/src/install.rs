//! An installation of its own for a test: configuration, database, plugins, programs, administrator.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Daemon, Home,
    command::{self, Output},
    daemon, home, plugins, postgres, process,
    server::Exited,
};

/// The identity of the platform that tokens of these daemons name.
pub const XIVO_UUID: &str = "5f2b7c1e-83a4-4d9b-9c57-1e6a0d3f8b24";

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The names that the program answers to, beside its own.
const LINKS: &[&str] = &[
    "wazo-auth-bootstrap",
    "wazo-auth-init-db",
    "wazo-auth-upgrade-db",
    "wazo-auth-wait",
];

/// What an installation shall have.
#[derive(Debug, Default)]
pub struct Builder {
    fragments: Vec<String>,
    plugins: Vec<PathBuf>,
    env: Vec<(OsString, OsString)>,
    args: Vec<OsString>,
    without_native: bool,
    without_administrator: bool,
    database: Option<String>,
    embedded: bool,
}

impl Builder {
    /// Adds a file of configuration to `conf.d`. Of several, the first one wins.
    #[must_use]
    pub fn config(mut self, yaml: &str) -> Self {
        self.fragments.push(yaml.to_owned());
        self
    }

    /// Puts a copy of a plugin file into the plugin directory. It is not enabled by that.
    #[must_use]
    pub fn plugin(mut self, file: impl AsRef<Path>) -> Self {
        self.plugins.push(file.as_ref().to_owned());
        self
    }

    /// Puts the two examples into the plugin directory and enables them: the external authentication
    /// type `bar`, and the backend `example` for logins that nobody here owns.
    #[must_use]
    pub fn examples(self) -> Self {
        self.plugin(plugins::external_bar())
            .config("enabled_external_auth_plugins: {bar: true}\n")
            .plugin(plugins::backend_example())
            .backend("example")
    }

    /// Enables a backend for logins that nobody here owns. Its file is added by
    /// [`plugin`](Self::plugin).
    #[must_use]
    pub fn backend(self, name: &str) -> Self {
        self.config(&format!(
            "enabled_backend_plugins: {{{name}: true}}\n\
             idp_plugins:\n\
             \x20 backend:\n\
             \x20   enabled: true\n\
             \x20   backends:\n\
             \x20     {name}: {{method: {name}, unknown_logins: true, tenant: master}}\n"
        ))
    }

    /// Sets a variable in the environment of the daemon and of the commands.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Adds an argument to the daemon's command line.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.args.push(argument.into());
        self
    }

    /// Leaves out the plugin without which no daemon starts.
    #[must_use]
    pub fn without_native(mut self) -> Self {
        self.without_native = true;
        self
    }

    /// Leaves the database without a schema and without an administrator.
    #[must_use]
    pub fn without_database(mut self) -> Self {
        self.without_administrator = true;
        self
    }

    /// Uses the database of this URI, in place of a new one.
    #[must_use]
    pub fn database(mut self, uri: impl Into<String>) -> Self {
        self.database = Some(uri.into());
        self
    }

    /// Uses a file as the database, whatever the tests run on.
    #[must_use]
    pub fn embedded(mut self) -> Self {
        self.embedded = true;
        self
    }

    /// Makes the installation, with a database that is up to date and an administrator.
    ///
    /// # Panics
    ///
    /// When a step fails.
    #[must_use]
    pub fn install(self) -> Installation {
        let home = Home::new();
        let (programs, conf_d) = (home.folder("bin"), home.folder("conf.d"));
        home.folder("plugins");
        for name in ["wazo-auth"].iter().chain(LINKS) {
            std::os::unix::fs::symlink(daemon::program(), programs.join(name))
                .expect("a link can be made in a home");
        }
        let database = match self.embedded {
            true => None,
            false => self.database.or_else(postgres::chosen),
        };
        let database = database
            .unwrap_or_else(|| format!("sqlite://{}", home.join("wazo-auth.sqlite").display()));
        home::write(
            &home.join("config.yml"),
            configuration(home.path(), &database),
        );
        for (number, fragment) in self.fragments.iter().enumerate() {
            home::write(
                &conf_d.join(format!("{:02}-test.yml", number + 1)),
                fragment,
            );
        }
        let installation = Installation {
            home,
            env: self.env,
            args: self.args,
        };
        if !self.without_native {
            installation.add_plugin(plugins::native());
        }
        for plugin in &self.plugins {
            installation.add_plugin(plugin);
        }
        if !self.without_administrator {
            installation.run("wazo-auth-upgrade-db", [""; 0]).ok();
            installation.bootstrap().ok();
        }
        installation
    }

    /// Makes the installation and starts its daemon.
    ///
    /// # Panics
    ///
    /// When a step fails.
    #[must_use]
    pub fn start(self) -> Daemon {
        self.install().start()
    }
}

/// The main file of configuration.
fn configuration(home: &Path, database: &str) -> String {
    let path = |name: &str| format!("'{}'", home.join(name).display());
    format!(
        "user: ''\n\
         extra_config_files: {conf_d}\n\
         log_filename: {log}\n\
         db_uri: '{database}'\n\
         email_confirmation_get_response_body_template: '{templates}/email_confirmation_get_body.jinja'\n\
         plugins:\n\
         \x20 directory: {plugins}\n\
         \x20 state_file: {state}\n\
         # What a test does not ask for does not happen.\n\
         amqp: {{enabled: false}}\n\
         token_cleanup_interval: 0\n\
         # As little work as it may be: what is tested is not how long a password takes to guess.\n\
         password_hash: {{bcrypt_cost: 4}}\n\
         enabled_backend_plugins: {{wazo_user: true, ldap_user: false}}\n\
         enabled_external_auth_plugins: {{google: false, microsoft: false, mobile: false}}\n\
         idp_plugins: {{saml: {{enabled: false}}, ldap: {{enabled: false}}}}\n",
        conf_d = path("conf.d"),
        templates = concat!(env!("CARGO_MANIFEST_DIR"), "/../../etc/templates"),
        log = path("wazo-auth.log"),
        plugins = path("plugins"),
        state = path("plugins.json"),
    )
}

/// The administrator of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl Credentials {
    /// Reads the file that `wazo-auth-bootstrap complete` writes.
    ///
    /// # Panics
    ///
    /// When it is not there, or has another form.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
        let field = |name: &str| {
            text.lines()
                .find_map(|line| {
                    line.strip_prefix(&format!("  {name}: '"))?
                        .strip_suffix('\'')
                })
                .unwrap_or_else(|| panic!("{} holds no {name}", file.display()))
                .to_owned()
        };
        Self {
            username: field("username"),
            password: field("password"),
        }
    }
}

/// An installation, whose daemon may run or not.
#[derive(Debug)]
pub struct Installation {
    home: Home,
    env: Vec<(OsString, OsString)>,
    args: Vec<OsString>,
}

impl Installation {
    /// A path in the installation's folder: `config.yml`, `conf.d`, `plugins`, `plugins.json`, `bin`,
    /// `credentials.yml`, `wazo-auth.sqlite`, `wazo-auth.log`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// Puts a copy of a plugin file into the plugin directory, under its own name.
    ///
    /// # Panics
    ///
    /// When that fails.
    pub fn add_plugin(&self, file: &Path) -> PathBuf {
        let name = file.file_name().expect("a file has a name");
        home::place(file, &self.path("plugins").join(name))
    }

    /// The administrator.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::read(&self.path("credentials.yml"))
    }

    /// Runs one of the programs to its end. The installation's configuration is given to it.
    ///
    /// # Panics
    ///
    /// When it cannot be started or does not end.
    pub fn run<A: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = A>) -> Output {
        let mut command = self.command(program);
        command
            .args(args)
            .arg("--config-file")
            .arg(self.path("config.yml"));
        command::run(command, LIMIT)
    }

    /// Runs `wazo-auth-bootstrap complete`.
    ///
    /// # Panics
    ///
    /// When it cannot be started or does not end.
    pub fn bootstrap(&self) -> Output {
        let file = self.path("credentials.yml");
        self.run(
            "wazo-auth-bootstrap",
            [
                OsStr::new("complete"),
                OsStr::new("--credentials-file"),
                file.as_os_str(),
            ],
        )
    }

    /// What `wazo-auth plugin list` prints.
    ///
    /// # Panics
    ///
    /// When it fails.
    #[must_use]
    pub fn plugin_list(&self) -> String {
        self.run("wazo-auth", ["plugin", "list"]).ok()
    }

    /// What `wazo-auth plugin list --json` prints.
    ///
    /// # Panics
    ///
    /// When it fails, or prints something else than JSON.
    #[must_use]
    pub fn plugin_report(&self) -> serde_json::Value {
        let text = self.run("wazo-auth", ["plugin", "list", "--json"]).ok();
        serde_json::from_str(&text).expect("--json prints JSON")
    }

    /// Starts the daemon and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn start(self) -> Daemon {
        match Daemon::launch(self) {
            Ok(daemon) => daemon,
            Err((_, exited)) => panic!("the daemon did not start: {exited:#?}"),
        }
    }

    /// Starts the daemon, which shall refuse to start.
    ///
    /// # Panics
    ///
    /// When it serves.
    #[must_use]
    pub fn refuse(self) -> (Self, Exited) {
        match Daemon::launch(self) {
            Ok(daemon) => panic!("the daemon started: {:#?}", daemon.lines().all()),
            Err(refused) => refused,
        }
    }

    /// One of the programs, in an environment that is the same on every machine.
    #[must_use]
    pub fn command(&self, program: &str) -> std::process::Command {
        let mut command = process::bound(self.path("bin").join(program));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("WAZO_AUTH_") || text.starts_with("RUST_") || text == "PORT" {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("XIVO_UUID", XIVO_UUID)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The daemon with its command line, to be started in another way than by [`start`](Self::start).
    #[must_use]
    pub fn daemon_command(&self) -> std::process::Command {
        let mut command = self.command("wazo-auth");
        command
            .arg("--config-file")
            .arg(self.path("config.yml"))
            .args(["--listen-port", "0"])
            .args(&self.args);
        command
    }
}
