//! The configuration: command line, files and defaults, merged, checked, and typed.
//!
//! [`keys`] has the table of all keys. Sources become trees whose values know their places
//! ([`yaml`], [`files`]), are put over each other ([`merge`]), held against the table ([`check`]),
//! and read into [`Config`]. What is wrong stops the start, all of it named at once; what is merely
//! unknown is kept and warned of.

mod check;
mod exec;
mod files;
mod keys;
mod merge;
mod providers;
mod read;
mod schema;
mod secrets;
mod sections;
mod slugs;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use log::LevelFilter;
use serde_json::{Map, Value};

pub use self::sections::{
    Amqp, BootstrapUser, Cors, DefaultGroup, DefaultPolicy, Exchange, IdpBackend, IdpPlugin, Page,
    PasswordHash, PasswordScheme, Plugins, RestApi, TokenCleanup,
};
use self::{
    files::Notes,
    keys::KEYS,
    merge::Lists,
    schema::defaults,
    tree::{Entry, Mapping, Node, Place},
};

/// The main file, unless the command line names another.
const MAIN_FILE: &str = "/etc/wazo-auth/config.yml";
/// Gives the identity of the platform when the configuration does not.
const UUID_VARIABLE: &str = "XIVO_UUID";

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The main file.
    pub config_file: Option<PathBuf>,
    /// `user`.
    pub user: Option<String>,
    /// Sets `debug`.
    pub debug: bool,
    /// `log_level`.
    pub log_level: Option<String>,
    /// Sets `db_upgrade_on_startup`.
    pub db_upgrade_on_startup: bool,
    /// `rest_api.port`.
    pub listen_port: Option<u16>,
    /// `log_filename`.
    pub log_file: Option<PathBuf>,
    /// `plugins.directory`, unless empty.
    pub plugin_dirs: Vec<PathBuf>,
}

/// A configuration, and what the operator should know about it.
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// One line each: unknown keys, files that were skipped.
    pub warnings: Vec<String>,
    /// Those of the warnings that are about files and directories as a whole.
    pub skipped: Vec<String>,
}

/// Why there is no configuration: one line for each problem, with file, line and key.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

/// The configuration. It does not print: it holds secrets.
pub struct Config {
    /// System user to run as; `None`: whoever starts the daemon.
    pub user: Option<String>,
    /// Identity of the platform; events carry it.
    pub uuid: Option<String>,
    log_level: LevelFilter,
    debug: bool,
    /// The log file.
    pub log_filename: PathBuf,
    /// The database. Secret.
    pub db_uri: String,
    /// Whether to migrate the database before serving.
    pub db_upgrade_on_startup: bool,
    /// How long to wait at the start for a database that does not let us in yet.
    pub db_connect_retry_timeout: Duration,
    /// Threads that work with the database; `None`: as suits the database and the processors.
    pub database_threads: Option<usize>,
    /// The HTTP side.
    pub rest_api: RestApi,
    /// The message broker.
    pub amqp: Amqp,
    /// How many events wait for the broker before the log warns.
    pub events_max_pending: i64,
    /// Lifetime of a token whose login asks for none, in seconds.
    pub default_token_lifetime: i64,
    /// How dead tokens are removed; `None`: they are not.
    pub token_cleanup: Option<TokenCleanup>,
    /// How many sessions a user may have.
    pub max_user_concurrent_sessions: i64,
    /// Whether clients stay logged in when their user gets another password.
    pub keep_refresh_tokens_on_password_change: bool,
    /// How passwords are hashed.
    pub password_hash: PasswordHash,
    /// Whether a start brings policies and groups to what the configuration says.
    pub update_policy_on_startup: bool,
    /// Policies of the top tenant that the configuration owns, in its order.
    pub default_policies: Vec<DefaultPolicy>,
    /// Slugs of policies, and whether the users of every tenant get each.
    pub all_users_policies: Vec<(String, bool)>,
    /// Groups that every tenant gets, in the order of the configuration.
    pub tenant_default_groups: Vec<DefaultGroup>,
    /// Backends, and whether each is enabled, in the order of the configuration.
    pub enabled_backend_plugins: Vec<(String, bool)>,
    /// Types of external authentication, and whether each is enabled, in the order of the configuration.
    pub enabled_external_auth_plugins: Vec<(String, bool)>,
    /// Families of endpoints, and whether each is enabled, in the order of the configuration.
    pub enabled_http_plugins: Vec<(String, bool)>,
    /// Metadata plugins, and whether each is enabled, in the order of the configuration.
    pub enabled_metadata_plugins: Vec<(String, bool)>,
    /// Further metadata plugins of each purpose, in the order of the configuration.
    pub purpose_metadata_mapping: Vec<(String, Vec<String>)>,
    /// Name of a policy of the top tenant whose accesses every login gets.
    pub default_user_policy: Option<String>,
    /// The same by the backend that a login names.
    pub backend_policies: Vec<(String, String)>,
    /// The first user, if the start shall make it.
    pub bootstrap_user: Option<BootstrapUser>,
    /// Identity providers by priority, those of the same priority in the order of the configuration.
    pub idp_plugins: Vec<IdpPlugin>,
    /// What the identity provider `backend` offers, in the order of the configuration.
    pub idp_backends: Vec<IdpBackend>,
    /// The page that confirms an e-mail address.
    pub email_confirmation_page: Page,
    /// The plugin that sends mails.
    pub email_notification_plugin: String,
    /// Where plugins lie and how much they get.
    pub plugins: Plugins,
    document: Map<String, Value>,
}

/// Whether the daemon has a key of this name at the top of its configuration.
pub fn is_known_key(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}

/// The sections of a file that are not the daemon's own.
///
/// # Errors
///
/// A line, when the file cannot be read or is no configuration.
pub fn sections(path: &Path) -> Result<Map<String, Value>, String> {
    let mut notes = Notes::default();
    let file = files::main_file(path, &mut notes)?;
    if let Some(problem) = notes.problems.into_iter().chain(notes.warnings).next() {
        return Err(problem);
    }
    let mut sections = check::check(&file, KEYS).document;
    sections.retain(|name, _| !is_known_key(name));
    Ok(sections)
}

impl Config {
    /// Reads, merges and checks everything.
    ///
    /// # Errors
    ///
    /// The main file is no YAML, or values are wrong: all of them are named.
    pub fn load(overrides: &Overrides) -> Result<Loaded, ConfigError> {
        load(overrides, env::var_os(UUID_VARIABLE))
    }

    /// The least serious level that is logged.
    pub fn level_filter(&self) -> LevelFilter {
        if self.debug {
            LevelFilter::Debug
        } else {
            self.log_level
        }
    }

    /// The same, when `debug` is switched off.
    pub fn level_without_debug(&self) -> LevelFilter {
        self.log_level
    }

    /// The whole configuration, in the order of its sources, for people who may read it: secrets are
    /// `***`, and `log_level` is a number.
    pub fn document(&self) -> Map<String, Value> {
        secrets::masked(&self.document, KEYS)
    }

    /// The section of a plugin: what stands under its name at the top. An empty object when it has
    /// none, and for a plugin that is named like a key of the daemon's own: what stands there is not
    /// for it.
    pub fn section(&self, name: &str) -> Value {
        match self.document.get(name) {
            Some(section @ Value::Object(_)) if !is_known_key(name) => section.clone(),
            _ => Value::Object(Map::new()),
        }
    }
}

fn load(overrides: &Overrides, uuid: Option<OsString>) -> Result<Loaded, ConfigError> {
    let path = overrides
        .config_file
        .as_deref()
        .unwrap_or(Path::new(MAIN_FILE));
    let mut notes = Notes::default();
    let mut main = files::main_file(path, &mut notes).map_err(|line| ConfigError(vec![line]))?;
    let defaults = defaults(KEYS);
    let extra = extra_directory(&main, &defaults)
        .map(|directory| files::directory(&directory, &mut notes))
        .unwrap_or_default();

    merge::append_default_lists(&mut main, &defaults);
    let mut files = Mapping::default();
    for file in extra.into_iter().chain([main]) {
        merge::under(&mut files, file, Lists::Concatenate);
    }
    let mut tree = command_line(overrides);
    merge::under(&mut tree, files, Lists::KeepHigher);
    merge::under(&mut tree, defaults, Lists::KeepHigher);
    identify(&mut tree, uuid, &mut notes);

    let checked = check::check(&tree, KEYS);
    notes.problems.extend(checked.problems);
    notes.problems.extend(providers::check(&tree));
    notes.problems.extend(slugs::check(&tree));
    // So far all of them are about whole files.
    let skipped = notes.warnings.clone();
    notes.warnings.extend(checked.warnings);
    if !notes.problems.is_empty() {
        return Err(ConfigError(notes.problems));
    }
    let mut config = read::read(checked.document)?;
    // As they were given: the tree holds texts only.
    if let Some(path) = &overrides.log_file {
        config.log_filename.clone_from(path);
    }
    if !overrides.plugin_dirs.is_empty() {
        config
            .plugins
            .directories
            .clone_from(&overrides.plugin_dirs);
    }
    Ok(Loaded {
        config,
        warnings: notes.warnings,
        skipped,
    })
}

/// The directory of further files. Only the main file can name it; null is none. One that is no text
/// is reported with the other values.
fn extra_directory(main: &Mapping, defaults: &Mapping) -> Option<PathBuf> {
    let key = "extra_config_files";
    match &main.get(key).or_else(|| defaults.get(key))?.node.value {
        tree::Value::Scalar(path) if !path.is_null() && !path.text.is_empty() => {
            Some(PathBuf::from(&path.text))
        }
        _ => None,
    }
}

/// What the command line says, as a source like the others.
fn command_line(overrides: &Overrides) -> Mapping {
    let at = Place::whole("command line");
    let path = |path: &PathBuf| Node::text(path.to_string_lossy(), &at);
    let mut mapping = Mapping::default();
    let mut set = |key: &str, node: Option<Node>| {
        if let Some(node) = node {
            mapping.insert(entry(key, node));
        }
    };
    let text = |text: &String| Node::text(text, &at);
    let yes = |given: bool| given.then(|| Node::plain("true", &at));
    let list = |values: Vec<Node>| Node {
        at: at.clone(),
        value: tree::Value::List(values),
    };
    set("config_file", overrides.config_file.as_ref().map(path));
    set("user", overrides.user.as_ref().map(text));
    set("debug", yes(overrides.debug));
    set("log_level", overrides.log_level.as_ref().map(text));
    set(
        "db_upgrade_on_startup",
        yes(overrides.db_upgrade_on_startup),
    );
    set("log_filename", overrides.log_file.as_ref().map(path));
    let port = overrides.listen_port.map(|port| port.to_string());
    set(
        "rest_api",
        port.map(|port| nested("port", Node::plain(port, &at))),
    );
    let directories: Vec<Node> = overrides.plugin_dirs.iter().map(path).collect();
    let directories = Some(directories).filter(|directories| !directories.is_empty());
    set(
        "plugins",
        directories.map(|dirs| nested("directory", list(dirs))),
    );
    mapping
}

fn entry(key: &str, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        at: node.at.clone(),
        node,
    }
}

fn nested(key: &str, node: Node) -> Node {
    let at = node.at.clone();
    let mut mapping = Mapping::default();
    mapping.insert(entry(key, node));
    Node {
        at,
        value: tree::Value::Map(mapping),
    }
}

/// Takes the identity of the platform from the environment when the configuration has none. Empty
/// counts as none, in both.
fn identify(tree: &mut Mapping, variable: Option<OsString>, notes: &mut Notes) {
    if tree.get("uuid").is_some_and(|entry| !entry.node.is_blank()) {
        return;
    }
    let at = Place::whole(UUID_VARIABLE);
    let node = match variable.map(OsString::into_string) {
        Some(Ok(uuid)) if !uuid.is_empty() => Node::text(uuid, &at),
        Some(Err(_)) => {
            notes.problems.push(format!("{at}: is not UTF-8"));
            return;
        }
        _ => Node::plain("", &at),
    };
    tree.insert(entry("uuid", node));
}
