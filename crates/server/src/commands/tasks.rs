//! `wazo-auth tasks`: events that wait for the broker, and those that are set aside.

use std::process::ExitCode;

use serde_json::{Value, json};
use wazo_auth_model::report::chain;
use wazo_auth_services::event::outbox::{Outbox, Overview};

use super::{ConfigurationFile, fail, load};
use crate::{config::Overrides, wiring};

/// How many events that are set aside are shown.
const MOST: i64 = 1000;

/// Commands about work that outlives the daemon.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Counts the events that wait for the broker, and lists those that are set aside, with the reason
    List(Arguments),
    /// Lets the events that are set aside wait for the broker again
    Retry(Arguments),
}

/// What each of them takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command.
pub fn run(command: Command) -> ExitCode {
    let (Command::List(arguments) | Command::Retry(arguments)) = &command;
    let config = match load(&Overrides {
        config_file: arguments.configuration.config_file.clone(),
        ..Overrides::default()
    }) {
        Ok(config) => config,
        Err(status) => return status,
    };
    let done = wiring::services(&config)
        .and_then(|services| {
            Outbox::of(&services).ok_or_else(|| "the database has no place for events".into())
        })
        .and_then(|outbox| match &command {
            Command::List(_) => Ok(list(&outbox.overview(MOST)?, arguments.json)),
            Command::Retry(_) => retry(&outbox, arguments.json),
        });
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(chain(error.as_ref())),
    }
}

fn retry(outbox: &Outbox, as_json: bool) -> Result<String, Failure> {
    let retried = outbox.retry()?;
    // A daemon that is not reached looks again by itself.
    drop(outbox.turn().call());
    Ok(if as_json {
        json!({"retried": retried}).to_string()
    } else {
        format!("{retried} events wait for the broker again")
    })
}

fn list(overview: &Overview, as_json: bool) -> String {
    let oldest = overview.oldest.map(|time| time.to_rfc3339());
    if as_json {
        let aside: Vec<Value> = overview
            .set_aside
            .iter()
            .map(|aside| {
                let event = &aside.event;
                json!({
                    "id": event.id,
                    "name": event.name,
                    "created_at": event.created_at.to_rfc3339(),
                    "tenant_uuid": event.tenant_uuid,
                    "routing_key": event.routing_key,
                    "data": event.payload,
                    "reason": aside.reason,
                })
            })
            .collect();
        return json!({"events": {
            "waiting": overview.waiting,
            "oldest": oldest,
            "set_aside": aside,
        }})
        .to_string();
    }
    let mut lines = vec![match oldest {
        Some(oldest) => format!(
            "{} events wait, the oldest since {oldest}",
            overview.waiting
        ),
        None => "no event waits".to_owned(),
    }];
    lines.extend(overview.set_aside.iter().map(|aside| {
        format!(
            "set aside: {} {} of {}: {}",
            aside.event.id,
            aside.event.name,
            aside.event.created_at.to_rfc3339(),
            aside.reason
        )
    }));
    lines.join("\n")
}
