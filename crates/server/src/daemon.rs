//! The daemon: starts everything in order, serves, and stops in time.

use std::{
    future::poll_fn, net::TcpListener, pin::Pin, process::ExitCode, sync::Arc, task::Poll,
    time::Duration,
};

use actix_web::rt::{
    System,
    signal::unix::{Signal, SignalKind, signal},
    spawn,
    task::{JoinError, JoinHandle, spawn_blocking},
    time::timeout,
};
use sd_notify::NotifyState;
use wazo_auth_database::Database;
use wazo_auth_http::App;
use wazo_auth_model::report::chain;
use wazo_auth_plugin_host::{CallContext, Registry};
use wazo_auth_services::{
    Context, Host,
    authentication::NATIVE_BACKEND,
    bootstrap::{Existing, InitialUser, Outcome, create_initial_user},
    external_auth, startup,
};

use crate::{
    bus::Bus,
    commands::{self, plugin},
    config::{BootstrapUser, Config, Overrides},
    expiry::Expiry,
    logging, privileges, wiring,
};

/// How long requests that wait for a plugin may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How long all other requests may go on after that.
const LAST_ANSWERS: Duration = Duration::from_millis(400);
/// How long plugins have to say goodbye, when no request is left, and the broker to take the last events.
const GOODBYE: Duration = Duration::from_millis(400);

/// What a daemon does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything.
    All,
    /// Serves requests, and leaves the work that outlives them to others.
    Http,
    /// Does that work, and serves nobody.
    Worker,
}

impl Role {
    /// Whether it does the work that outlives requests.
    pub fn works(self) -> bool {
        self != Self::Http
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the daemon until it is told to stop.
pub fn run(role: Role, overrides: &Overrides) -> ExitCode {
    let loaded = match Config::load(overrides) {
        Ok(loaded) => loaded,
        Err(error) => return commands::fail(error),
    };
    let config = loaded.config;
    // Whoever starts us by hand sees these, whatever the level of the log is.
    for line in &loaded.skipped {
        eprintln!("{line}");
    }
    logging::start(&config.log_filename, config.level_filter());
    for warning in &loaded.warnings {
        log::warn!("{warning}");
    }
    // The log file was opened before, and stays open.
    if let Some(user) = &config.user
        && let Err(error) = privileges::become_user(user)
    {
        log::error!(
            "wazo-auth cannot start: {error}; correct the key user, or leave it empty to stay the user who starts it"
        );
        return ExitCode::FAILURE;
    }
    match serve(&config, role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("wazo-auth cannot start: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn serve(config: &Config, role: Role) -> Result<(), Failure> {
    let uri = wiring::database_uri(config)?;
    Database::wait_for(&uri, config.db_connect_retry_timeout, |reason| {
        log::warn!("{reason}");
    })?;
    if config.db_upgrade_on_startup {
        let done = Database::migrate(&uri)?;
        if done.adopted {
            log::info!("took over the database as it is");
        }
        for version in &done.applied {
            log::info!("applied migration {version}");
        }
        if let Some(reason) = done.left_out {
            log::warn!("nothing was added to the database: {reason}");
        }
    }
    if !config.enabled_metadata_plugins.iter().any(|(_, on)| *on) {
        return Err(
            "enabled_metadata_plugins: none is enabled, so that no login could succeed; enable default_user, default_internal and default_external_api"
                .into(),
        );
    }
    let services = wiring::services(config)?;
    let plugins = Arc::new(Registry::load(
        &wiring::plugin_settings(config),
        Arc::new(Host::new(Arc::clone(&services))),
    ));
    services.set_plugins(&plugins);
    // One beside a daemon that serves would tell of its own plugins in place of those.
    if role != Role::Worker {
        plugin::keep_state(&config.plugins.state_file, &plugins.report());
    }
    check_plugins(config, &plugins)?;
    let cx = Context::new(Arc::clone(&services), CallContext::default());
    external_auth::synchronise_types(&cx)?;
    if config.update_policy_on_startup {
        startup::synchronise(&cx)?;
    }
    if let Some(wanted) = &config.bootstrap_user {
        make_first_user(&cx, wanted)?;
    }

    let bus = Bus::start(config, role, &services)?;
    let _expiry = match wiring::expiry(config) {
        Some(rule) if role.works() => Some(Expiry::start(Arc::clone(&services), rule)?),
        _ => None,
    };
    if role == Role::Worker {
        System::new().block_on(work(Arc::clone(&plugins), bus))?;
        log::logger().flush();
        std::process::exit(0)
    }

    // The port opens last: whoever reaches it can log in at once.
    let address = (config.rest_api.listen.as_str(), config.rest_api.port);
    let listener = TcpListener::bind(address)
        .map_err(|error| format!("cannot listen on {}:{}: {error}", address.0, address.1))?;
    let port = listener.local_addr()?.port();
    let app = App::new(
        services,
        &plugins,
        wiring::visible_configuration(config, &cx, &plugins),
        wiring::http_settings(config),
    );
    let parts = (Arc::clone(&plugins), bus);
    System::new().block_on(listen(listener, app, parts, address.0, port))?;
    // Threads of plugins that hang are left behind.
    log::logger().flush();
    std::process::exit(0)
}

/// Makes the configured first user, unless it is there.
fn make_first_user(cx: &Context, configured: &BootstrapUser) -> Result<(), Failure> {
    let wanted = InitialUser {
        username: configured.username.clone(),
        password: configured.password.clone(),
        purpose: configured.purpose.clone(),
        policy_slug: configured.policy_slug.clone(),
    };
    let outcome = create_initial_user(cx, &wanted, Existing::Keep)
        .map_err(|error| format!("bootstrap_user_on_startup: {}", chain(&error)))?;
    if outcome == Outcome::Created {
        log::info!("created the first user {:?}", wanted.username);
    }
    Ok(())
}

/// Without the backend of its own users nobody could log in, and above all no administrator.
fn check_plugins(config: &Config, plugins: &Registry) -> Result<(), Failure> {
    if plugins.backend(NATIVE_BACKEND).is_none() {
        let directories: Vec<_> = config
            .plugins
            .directories
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(format!(
            "the backend {NATIVE_BACKEND} could not be started from {}; \"wazo-auth plugin list\" says why",
            directories.join(", ")
        )
        .into());
    }
    log::info!(
        "there is no e-mail plugin {:?}: no mails are sent",
        config.email_notification_plugin
    );
    for backend in &config.idp_backends {
        if plugins.backend(&backend.backend).is_none() {
            log::error!(
                "idp_plugins.backend.backends: the backend {:?} is not loaded; logins through it fail",
                backend.backend
            );
        }
    }
    Ok(())
}

async fn listen(
    listener: TcpListener,
    app: Arc<App>,
    (plugins, bus): (Arc<Registry>, Bus),
    host: &str,
    port: u16,
) -> Result<(), Failure> {
    let server = wazo_auth_http::serve(listener, app)?;
    let handle = server.handle();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    log::info!("serving on http://{host}:{port}/0.1");
    let mut running = spawn(server);
    tell_supervisor(NotifyState::Ready);
    let name = match first(&mut terminate, &mut interrupt, &mut running).await {
        Ok(name) => name,
        Err(ended) => {
            ended??;
            return Err("the HTTP server has ended by itself".into());
        }
    };
    say_stopping(name);
    spawn(handle.stop(true));
    if timeout(GRACE, &mut running).await.is_err() {
        // Who still waits for a plugin gets an answer, if not the one that was hoped for.
        plugins.close();
        if timeout(LAST_ANSWERS, &mut running).await.is_err() {
            log::warn!("some connections were still open when the time to stop was up");
        }
    }
    say_goodbye(plugins, bus).await
}

/// Waits for the signal to stop, while threads of their own do the work.
async fn work(plugins: Arc<Registry>, bus: Bus) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    log::info!("working, without serving requests");
    let mut never = spawn(std::future::pending::<()>());
    tell_supervisor(NotifyState::Ready);
    let name = first(&mut terminate, &mut interrupt, &mut never).await;
    say_stopping(name.unwrap_or("no signal"));
    say_goodbye(plugins, bus).await
}

fn say_stopping(signal: &str) {
    log::warn!("Stopping wazo-auth: {signal}");
    tell_supervisor(NotifyState::Stopping);
}

async fn say_goodbye(plugins: Arc<Registry>, bus: Bus) -> Result<(), Failure> {
    let last_events = spawn_blocking(move || bus.stop(GOODBYE));
    let stopped = spawn_blocking(move || plugins.stop(GOODBYE)).await;
    last_events.await?;
    // Whatever went wrong is in the log.
    drop(stopped?);
    Ok(())
}

/// Tells systemd, where it is there and wants to know (`NOTIFY_SOCKET`).
fn tell_supervisor(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        log::warn!("cannot tell the supervisor of the daemon's state: {error}");
    }
}

/// The name of the signal that comes first, or what became of the server if it ends before.
async fn first<T>(
    terminate: &mut Signal,
    interrupt: &mut Signal,
    server: &mut JoinHandle<T>,
) -> Result<&'static str, Result<T, JoinError>> {
    poll_fn(|cx| {
        if terminate.poll_recv(cx).is_ready() {
            Poll::Ready(Ok("SIGTERM"))
        } else if interrupt.poll_recv(cx).is_ready() {
            Poll::Ready(Ok("SIGINT"))
        } else {
            Pin::new(&mut *server).poll(cx).map(Err)
        }
    })
    .await
}
