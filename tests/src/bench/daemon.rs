//! The daemon to measure: the built program with the native plugin, on a new database.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use wazo_auth_test_support::{
    Home, command,
    home::{place, write},
    process::{bound, spawn},
    wait,
};

use crate::{
    Failure,
    load::{Request, once},
};

/// The file of the plugin without which nobody can log in.
const PLUGIN: &str = "libwazo_auth_plugin_native.so";
const USERNAME: &str = "bench";
const PASSWORD: &str = "a password of the usual length";
/// How long a start, or a command, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child process that is killed when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A daemon that serves.
pub struct Daemon {
    // Fields go in this order: the process before the files that it uses.
    process: Running,
    home: Home,
    address: SocketAddr,
}

impl Daemon {
    /// Sets it up from what was built, starts it, and waits until it serves.
    pub fn start(build: &Path) -> Result<Self, Failure> {
        for file in ["wazo-auth", PLUGIN] {
            let path = build.join(file);
            if !path.is_file() {
                return Err(format!("{} is not there: make build", path.display()).into());
            }
        }
        let home = Home::new();
        let programs = home.folder("bin");
        let program = place(&build.join("wazo-auth"), &programs.join("wazo-auth"));
        for name in ["wazo-auth-upgrade-db", "wazo-auth-bootstrap"] {
            symlink("wazo-auth", programs.join(name))?;
        }
        let plugins = home.folder("plugins");
        place(&build.join(PLUGIN), &plugins.join(PLUGIN));
        let config = home.join("config.yml");
        write(&config, configuration(&home));

        let mut upgrade = bound(programs.join("wazo-auth-upgrade-db"));
        upgrade.arg("--config-file").arg(&config);
        run(upgrade)?;
        let mut bootstrap = bound(programs.join("wazo-auth-bootstrap"));
        bootstrap
            .args(["initial-user", "--username", USERNAME, "--config-file"])
            .arg(&config)
            .env("WAZO_AUTH_BOOTSTRAP_PASSWORD", PASSWORD);
        run(bootstrap)?;

        let address = free_address()?;
        // A file takes its lines as a service manager would.
        let output = File::create(home.join("output"))?;
        let mut serve = bound(program);
        serve
            .arg("--config-file")
            .arg(&config)
            .args(["--listen-port", &address.port().to_string(), "--plugin-dir"])
            .arg(&plugins)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut daemon = Self {
            process: Running(spawn(serve)),
            home,
            address,
        };
        daemon.wait_until_it_serves()?;
        Ok(daemon)
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A login that is right.
    pub fn login(&self) -> Request {
        let credentials = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
        Request::post(
            "/0.1/token",
            &format!("Authorization: Basic {credentials}\r\n"),
            r#"{"backend": "wazo_user"}"#,
            200,
        )
    }

    /// A new token.
    pub fn token(&self) -> Result<String, Failure> {
        let body = once(self.address, &self.login())?;
        let answer: Value = serde_json::from_slice(&body)?;
        answer
            .pointer("/data/token")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| "the answer to a login has no token".into())
    }

    fn wait_until_it_serves(&mut self) -> Result<(), Failure> {
        let status = Request::head("/0.1/status", 200);
        let ended = wait::within(PATIENCE, || match self.process.0.try_wait() {
            Ok(None) => once(self.address, &status).is_ok().then_some(None),
            Ok(Some(status)) => Some(Some(status.to_string())),
            Err(error) => Some(Some(error.to_string())),
        });
        let problem = match ended {
            Some(None) => return Ok(()),
            Some(Some(status)) => format!("the daemon ended ({status})"),
            None => format!("the daemon does not serve after {} s", PATIENCE.as_secs()),
        };
        let output = fs::read_to_string(self.home.join("output")).unwrap_or_default();
        Err(format!("{problem}:\n{output}").into())
    }
}

/// Only where things lie differs from the defaults.
fn configuration(home: &Home) -> String {
    let path = |name: &str| {
        let path = home.join(name).display().to_string();
        // In single quotes YAML knows but one special character.
        path.replace('\'', "''")
    };
    format!(
        "user: ''\n\
         extra_config_files: '{}'\n\
         log_filename: '{}'\n\
         db_uri: 'sqlite://{}'\n\
         plugins:\n  state_file: '{}'\n",
        path("conf.d"),
        path("wazo-auth.log"),
        path("wazo-auth.sqlite"),
        path("plugins.json"),
    )
}

fn run(command: Command) -> Result<(), Failure> {
    let shown = format!("{:?}", command.get_args().next().unwrap_or_default());
    let output = command::run(command, PATIENCE);
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown} failed ({}): {}", output.status, output.stderr).into())
}

/// A port that was free a moment ago.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
