//! `wazo-auth-bootstrap`: makes the first administrator, directly in the database.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use wazo_auth_model::secret::Secret;
use wazo_auth_plugin_host::CallContext;
use wazo_auth_services::{
    Context,
    bootstrap::{Existing, InitialUser, Outcome, create_initial_user},
};

use super::{ConfigurationFile, load};
use crate::{
    config::{Config, Overrides},
    credentials::{self, Credentials},
    wiring,
};
use wazo_auth_model::report::chain;

/// Where the command-line client of the platform looks for its credentials.
const CREDENTIALS_FILE: &str = "/root/.config/wazo-auth-cli/050-credentials.yml";
/// User name of the administrator that `complete` makes.
const CLI_USERNAME: &str = "wazo-auth-cli";

/// Makes the first administrator of wazo-auth
#[derive(Debug, Parser)]
#[command(name = "wazo-auth-bootstrap", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// No longer needed; does nothing
    Setup,
    /// Makes an administrator with the given name and password
    InitialUser(InitialUserArguments),
    /// Makes the administrator of the command-line client and keeps its password in a file
    Complete(CompleteArguments),
}

#[derive(Debug, clap::Args)]
struct InitialUserArguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Database [default: db_uri of the configuration]
    #[arg(long, env = "WAZO_AUTH_BOOTSTRAP_URI", hide_env_values = true)]
    uri: Option<String>,
    /// User name
    #[arg(long, env = "WAZO_AUTH_BOOTSTRAP_USERNAME", default_value = CLI_USERNAME)]
    username: String,
    /// Password [default: a random one, which is printed]
    #[arg(long, env = "WAZO_AUTH_BOOTSTRAP_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// user, internal or external_api
    #[arg(long, env = "WAZO_AUTH_BOOTSTRAP_PURPOSE", default_value = "internal")]
    purpose: String,
    /// Slug of the policy of the top tenant that the user gets
    #[arg(
        long,
        env = "WAZO_AUTH_BOOTSTRAP_POLICY_SLUG",
        default_value = "wazo_default_master_user_policy"
    )]
    policy_slug: String,
}

#[derive(Debug, clap::Args)]
struct CompleteArguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// File that keeps the credentials
    #[arg(long, value_name = "PATH", default_value = CREDENTIALS_FILE)]
    credentials_file: PathBuf,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the program.
pub fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup => {
            println!("wazo-auth-bootstrap setup is no longer needed: nothing was done.");
            return ExitCode::SUCCESS;
        }
        Command::InitialUser(arguments) => initial_user(arguments),
        Command::Complete(arguments) => complete(&arguments),
    };
    match done {
        Ok(status) => status,
        Err(error) => super::fail(format!(
            "Failed to bootstrap wazo-auth: {}",
            chain(error.as_ref())
        )),
    }
}

fn initial_user(arguments: InitialUserArguments) -> Result<ExitCode, Failure> {
    let mut config = match configuration(&arguments.configuration) {
        Ok(config) => config,
        Err(status) => return Ok(status),
    };
    if let Some(uri) = arguments.uri {
        config.db_uri = uri;
    }
    let (password, generated) = match arguments.password {
        Some(password) => (Secret::new(password), false),
        None => (credentials::random_password()?, true),
    };
    let wanted = InitialUser {
        username: arguments.username,
        password,
        purpose: arguments.purpose,
        policy_slug: arguments.policy_slug,
    };
    let outcome = create(&config, &wanted, Existing::Keep)?;
    report(&wanted.username, outcome);
    if generated && outcome == Outcome::Created {
        println!("password: {}", wanted.password.expose());
    }
    Ok(ExitCode::SUCCESS)
}

fn complete(arguments: &CompleteArguments) -> Result<ExitCode, Failure> {
    let config = match configuration(&arguments.configuration) {
        Ok(config) => config,
        Err(status) => return Ok(status),
    };
    let file = &arguments.credentials_file;
    let kept = credentials::read(file)?;
    let is_new = kept.is_none();
    let credentials = match kept {
        Some(credentials) => credentials,
        None => Credentials {
            username: CLI_USERNAME.to_owned(),
            password: credentials::random_password()?,
        },
    };
    let wanted = InitialUser {
        username: credentials.username.clone(),
        password: credentials.password.clone(),
        purpose: "internal".to_owned(),
        policy_slug: "wazo_default_master_user_policy".to_owned(),
    };
    let existing = if is_new {
        Existing::ResetPassword
    } else {
        Existing::Keep
    };
    let outcome = create(&config, &wanted, existing)?;
    report(&wanted.username, outcome);
    if is_new {
        // After the user: a file without a user would make the next run refuse.
        credentials::write(file, &credentials)?;
        println!("password: {}", credentials.password.expose());
        println!("kept in {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn configuration(file: &ConfigurationFile) -> Result<Config, ExitCode> {
    load(&Overrides {
        config_file: file.config_file.clone(),
        ..Overrides::default()
    })
}

fn create(config: &Config, wanted: &InitialUser, existing: Existing) -> Result<Outcome, Failure> {
    let services = wiring::services(config)?;
    let cx = Context::new(Arc::clone(&services), CallContext::default());
    Ok(create_initial_user(&cx, wanted, existing)?)
}

fn report(username: &str, outcome: Outcome) {
    match outcome {
        Outcome::Created => println!("created the administrator {username}"),
        Outcome::Unchanged => println!("the administrator {username} is there already"),
        Outcome::PasswordReset => println!("gave the administrator {username} a new password"),
    }
}
