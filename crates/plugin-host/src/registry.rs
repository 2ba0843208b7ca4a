//! All plugins of the daemon: loaded and started once, looked up by kind and name, stopped at the end.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use abi_stable::std_types::RStr;
use crossbeam_channel::{Sender, bounded};
use serde_json::{Map, Value};
use wazo_auth_core::{AbiResult, Call, PluginModuleRef, manifest::kind};

use crate::{
    BackendEntry, CallError, ExternalAuthEntry, FileReport, HostServices, MetadataEntry, Report,
    Settings, State,
    bridge::Plugin,
    entry::Entry,
    library,
    nesting::Allowance,
    scan::{Candidate, note_missing, refuse_duplicates, scan},
    slots::{Closing, Refusal, run_apart},
    sync::lock,
};

/// The plugins of the daemon.
pub struct Registry {
    backends: Vec<Arc<BackendEntry>>,
    external_auth: Vec<Arc<ExternalAuthEntry>>,
    metadata: Vec<Arc<MetadataEntry>>,
    listed_backends: Vec<String>,
    report: Report,
    // Dropped to wake whoever waits for a plugin.
    open: Mutex<Option<Sender<Infallible>>>,
}

/// A file whose code is in the process.
struct Loaded {
    position: usize,
    module: PluginModuleRef,
    plugin: Arc<Plugin>,
}

impl Registry {
    /// Loads the files that have something enabled, and starts that, in the order of the
    /// configuration. Whatever fails is logged, and stops nothing else.
    #[must_use]
    pub fn load(settings: &Settings, services: Arc<dyn HostServices>) -> Self {
        let (mut report, candidates) = scan(settings, services.operations());
        let mut loaded = open_all(&mut report, &candidates, &services);
        drop(candidates);
        refuse_duplicates(&mut report);
        note_missing(&mut report, settings);
        initialise_all(&mut report, &mut loaded, settings.call_timeout);
        let (open, closing) = bounded(0);
        let mut registry = Self {
            backends: Vec::new(),
            external_auth: Vec::new(),
            metadata: Vec::new(),
            listed_backends: Vec::new(),
            report,
            open: Mutex::new(Some(open)),
        };
        for (kind, name) in settings.enabled() {
            let offered = loaded.iter().find(|file| {
                let file = registry.report.files.get(file.position);
                file.and_then(|file| file.entry(kind, name))
                    .is_some_and(|entry| entry.state == State::Loaded)
            });
            if let Some(file) = offered {
                let started = registry.start(file, kind, name, settings, &closing);
                let position = file.position;
                registry.note_start(position, kind, name, started);
            }
        }
        registry.settle();
        registry.log();
        registry
    }

    /// The backend of that name, if it was started.
    #[must_use]
    pub fn backend(&self, name: &str) -> Option<Arc<BackendEntry>> {
        let found = self.backends.iter().find(|entry| entry.name() == name);
        found.map(Arc::clone)
    }

    /// The external authentication type of that name, if it was started.
    #[must_use]
    pub fn external_auth(&self, name: &str) -> Option<Arc<ExternalAuthEntry>> {
        let found = self.external_auth.iter().find(|entry| entry.name() == name);
        found.map(Arc::clone)
    }

    /// The external authentication types that were started, in the order of the configuration.
    #[must_use]
    pub fn started_external_auth(&self) -> Vec<Arc<ExternalAuthEntry>> {
        self.external_auth.clone()
    }

    /// The metadata plugin of that name, if it was started.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<Arc<MetadataEntry>> {
        let found = self.metadata.iter().find(|entry| entry.name() == name);
        found.map(Arc::clone)
    }

    /// The backends that clients are told of, in the order of the configuration: also those that
    /// were loaded and could not be started.
    #[must_use]
    pub fn listed_backends(&self) -> Vec<String> {
        self.listed_backends.clone()
    }

    /// What became of each file.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.clone()
    }

    /// Ends waiting: whoever waits for a plugin, now or later, is told that the daemon shuts down.
    pub fn close(&self) {
        drop(lock(&self.open).take());
    }

    /// Lets every entry say goodbye, all at the same time, and waits `patience` at most. Plugins that
    /// hang are left behind. What goes wrong is logged, and answered line by line.
    pub fn stop(&self, patience: Duration) -> Vec<String> {
        self.close();
        let problems = Mutex::new(Vec::new());
        let note = |stopped: Result<(), String>| {
            if let Err(problem) = stopped {
                log::warn!("{problem}");
                lock(&problems).push(problem);
            }
        };
        thread::scope(|scope| {
            for entry in &self.backends {
                scope.spawn(|| note(entry.0.stop(patience, |backend, call| backend.stop(call))));
            }
            for entry in &self.metadata {
                scope.spawn(|| note(entry.0.stop(patience, |plugin, call| plugin.stop(call))));
            }
            for entry in &self.external_auth {
                let entry = &entry.entry;
                scope.spawn(|| note(entry.stop(patience, |plugin, call| plugin.stop(call))));
            }
        });
        problems
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn start(
        &mut self,
        file: &Loaded,
        kind: &str,
        name: &str,
        settings: &Settings,
        closing: &Closing,
    ) -> Result<(), String> {
        let config = match settings.sections.get(name) {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(section) => section.clone(),
        };
        let starting = Starting {
            file,
            name,
            config: config.to_string(),
            timeout: settings.call_timeout,
        };
        let plugin = Arc::clone(&file.plugin);
        if kind == kind::BACKEND {
            let start = file.module.start_backend();
            let object = starting.run(move |call, name, config| start(call, name, config))?;
            let entry = Entry::new(kind, name, object, plugin, settings, closing.clone());
            self.backends.push(Arc::new(BackendEntry(entry)));
        } else if kind == kind::METADATA {
            // Older files lack the function. One that names such an entry all the same is no work of
            // the SDK.
            let start = (file.module.start_metadata())
                .ok_or("its file cannot start metadata plugins; rebuild it with a newer SDK")?;
            let object = starting.run(move |call, name, config| start(call, name, config))?;
            let entry = Entry::new(kind, name, object, plugin, settings, closing.clone());
            self.metadata.push(Arc::new(MetadataEntry(entry)));
        } else {
            let start = file.module.start_external_auth();
            let object = starting.run(move |call, name, config| start(call, name, config))?;
            let entry = Entry::new(kind, name, object, plugin, settings, closing.clone());
            let entry = ExternalAuthEntry::describe(entry, &file.plugin.background_context())?;
            self.external_auth.push(Arc::new(entry));
        }
        Ok(())
    }

    fn note_start(&mut self, position: usize, kind: &str, name: &str, started: Result<(), String>) {
        if kind == kind::BACKEND {
            self.listed_backends.push(name.to_owned());
        }
        let Some(file) = self.report.files.get_mut(position) else {
            return;
        };
        let path = file.path.display().to_string();
        let Some(entry) = file.entry_mut(kind, name) else {
            return;
        };
        match started {
            Ok(()) => entry.state = State::Started,
            Err(reason) => {
                log::error!("{kind} {name:?} of {path} could not be started: {reason}");
                entry.state = State::Failed;
                entry.reason = Some(reason);
            }
        }
    }

    /// The state of a file is that of the entry that got furthest.
    fn settle(&mut self) {
        for file in &mut self.report.files {
            if file.state != State::Loaded {
                continue;
            }
            let any = |state| file.entries.iter().any(|entry| entry.state == state);
            if any(State::Started) {
                file.state = State::Started;
            } else if any(State::Failed) {
                file.state = State::Failed;
            }
        }
    }

    fn log(&self) {
        for directory in &self.report.directories {
            let path = directory.path.display();
            if let Some(problem) = &directory.problem {
                log::error!("plugin directory {path}: {problem}");
            }
            if let Some(warning) = &directory.warning {
                log::warn!("plugin directory {path}: {warning}");
            }
        }
        for file in &self.report.files {
            log_file(file);
        }
        for missing in &self.report.missing {
            log::error!(
                "{} {:?} is enabled, but no file in the plugin directories offers it",
                missing.kind,
                missing.name
            );
        }
    }
}

fn log_file(file: &FileReport) {
    let path = file.path.display();
    let reason = file.reason.as_deref().unwrap_or_default();
    match file.state {
        State::Refused => log::error!("plugin file {path} is refused: {reason}"),
        State::Failed if file.reason.is_some() => {
            log::error!("plugin file {path} does not work: {reason}");
        }
        State::Found => log::info!("plugin file {path} has nothing that is enabled"),
        State::Loaded | State::Started | State::Failed => {
            if !reason.is_empty() {
                log::warn!("plugin file {path}: {reason}");
            }
        }
    }
    if file.state == State::Refused {
        return;
    }
    for entry in &file.entries {
        match (entry.state, &entry.reason) {
            (State::Started, _) => log::info!(
                "started {} {:?} of {path} ({} {})",
                entry.kind,
                entry.name,
                file.name.as_deref().unwrap_or_default(),
                file.version.as_deref().unwrap_or_default(),
            ),
            (State::Refused, Some(reason)) => log::error!(
                "{} {:?} of {path} is refused: {reason}",
                entry.kind,
                entry.name
            ),
            _ => {}
        }
    }
}

/// Opens the files that have something enabled. What does not pass is refused.
fn open_all(
    report: &mut Report,
    candidates: &[Candidate],
    services: &Arc<dyn HostServices>,
) -> Vec<Loaded> {
    let mut loaded = Vec::new();
    for candidate in candidates {
        let Some(file) = report.files.get_mut(candidate.position) else {
            continue;
        };
        if !file.entries.iter().any(|entry| entry.enabled) {
            continue;
        }
        match library::open(&candidate.manifest.name, &candidate.bytes) {
            Ok(module) => {
                file.advance(State::Loaded);
                loaded.push(Loaded {
                    position: candidate.position,
                    module,
                    plugin: Plugin::new(
                        &candidate.manifest.name,
                        &candidate.manifest.needs,
                        Arc::clone(services),
                    ),
                });
            }
            Err(reason) => file.refuse(reason),
        }
    }
    loaded
}

/// Gives each file the daemon, before anything else. A file that fails gets no further.
fn initialise_all(report: &mut Report, loaded: &mut Vec<Loaded>, timeout: Duration) {
    loaded.retain(|file| {
        let Some(report) = report.files.get_mut(file.position) else {
            return false;
        };
        if report.state == State::Refused {
            return false;
        }
        let (init, host) = (file.module.init(), file.plugin.background());
        let failure = match bounded_start(&file.plugin.name, timeout, move || init(host)) {
            Ok(()) => return true,
            Err(failure) => failure,
        };
        report.reason = Some(failure);
        report.advance(State::Failed);
        false
    });
}

/// An entry that is about to be started.
struct Starting<'a> {
    file: &'a Loaded,
    name: &'a str,
    config: String,
    timeout: Duration,
}

impl Starting<'_> {
    fn run<T: Send + 'static>(
        self,
        start: impl FnOnce(Call, RStr<'_>, RStr<'_>) -> AbiResult<T> + Send + 'static,
    ) -> Result<T, String> {
        let allowed = Allowance {
            deadline: Instant::now() + self.timeout,
            inner: false,
        };
        let call = self.file.plugin.call(
            &self.file.plugin.background_context(),
            allowed,
            &Arc::default(),
        );
        let (name, config) = (self.name.to_owned(), self.config);
        bounded_start(self.name, self.timeout, move || {
            start(call, name.as_str().into(), config.as_str().into())
        })
    }
}

/// Runs what a plugin does once at the start. The error is one line.
fn bounded_start<T: Send + 'static>(
    name: &str,
    timeout: Duration,
    start: impl FnOnce() -> AbiResult<T> + Send + 'static,
) -> Result<T, String> {
    let deadline = Instant::now() + timeout;
    let thread = format!("start-{name}");
    match run_apart(&thread, deadline, start).map(AbiResult::into_result) {
        Ok(Ok(started)) => Ok(started),
        Ok(Err(error)) => Err(CallError::from_abi(name, error).to_string()),
        Err(Refusal::Panicked) => Err("it panicked".to_owned()),
        Err(_) => Err(format!(
            "it did not start within {} s (key plugins.call_timeout)",
            timeout.as_secs_f64()
        )),
    }
}
