//! What is tried, in order.

use std::{
    fs,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use wazo_auth_plugin_host::{Registry, Settings, State, verify};
use wazo_auth_services::OPERATIONS;

use super::{
    Outcome, Subject,
    daemon::{Mood, StandIn},
    entry::Entry,
    input,
};

/// How long a plugin may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// How many threads call at the same time.
const THREADS: usize = 16;
/// How many calls each of them makes.
const CALLS_A_THREAD: usize = 50;
/// How often a plugin is started and stopped.
const CYCLES: usize = 20;
/// How long the calls that look for losses may take; slow plugins are called less often.
const PATIENCE: Duration = Duration::from_secs(60);
/// What memory may grow by in these calls, in KiB: allocators keep some for later.
const SPARE: u64 = 4096;

/// Runs all checks.
pub fn run(subject: &Subject, tell: &mut dyn FnMut(Outcome)) {
    let report = verify(&subject.folder.join("plugin.so"), OPERATIONS, None);
    let loaded = report.state == State::Loaded;
    tell(Outcome {
        entry: None,
        check: "it is loaded",
        passed: loaded,
        detail: report.reason.unwrap_or_else(|| {
            let version = subject.manifest.version.as_deref().unwrap_or_default();
            format!(
                "{} {version}, ABI {}",
                subject.manifest.name, subject.manifest.abi
            )
        }),
    });
    if loaded {
        for (kind, name) in &subject.manifest.entries {
            run_entry(subject, kind, name, tell);
        }
    }
}

fn run_entry(subject: &Subject, kind: &str, name: &str, tell: &mut dyn FnMut(Outcome)) {
    let mut note = |check, result: Result<String, String>| {
        let passed = result.is_ok();
        let (Ok(detail) | Err(detail)) = result;
        tell(Outcome {
            entry: Some(format!("{kind} {name}")),
            check,
            passed,
            detail,
        });
        passed
    };
    note(
        "a wrong configuration is told",
        wrong_configuration(subject, kind, name),
    );
    let section = subject.sections.get(name).cloned().unwrap_or_default();
    let started = match start(subject, kind, name, section.clone()) {
        Ok(started) => started,
        Err(reason) => {
            // So the SDK says it.
            let advice = if !subject.sections.contains_key(name) && reason.contains("the key `") {
                format!("{reason}; give it its section of the configuration with --config-file")
            } else {
                reason
            };
            note("it starts", Err(advice));
            return;
        }
    };
    note("it starts", Ok("it did".to_owned()));
    if let Some((login, password)) = &subject.credentials
        && let Some(answer) = started.entry.accepted(login, password)
    {
        note(
            "a good login has all that its token needs",
            answer.map(|()| login.clone()),
        );
    }
    if let Some(answer) = started.entry.made_up() {
        let answer = answer.map(|refused| format!("{refused} logins"));
        note("passwords that nobody has are refused", answer);
    }
    let odd = || started.entry.odd().map(|calls| format!("{calls} calls"));
    note("odd input is answered", odd());
    for (mood, check) in [
        (
            Mood::Failing,
            "operations of the daemon that fail cost one call",
        ),
        (
            Mood::Odd,
            "operations of the daemon that answer oddly cost one call",
        ),
    ] {
        started.daemon.be(mood);
        note(check, ordinary(&started.entry));
    }
    started.daemon.be(Mood::Well);
    note("threads call it at the same time", at_once(&started.entry));
    note(
        "nothing is lost in many calls",
        losses(&started.entry, subject.calls),
    );
    drop(started);
    note(
        "it is started and stopped again and again",
        cycles(subject, kind, name, &section),
    );
}

/// A started entry and the daemon behind it.
struct Started {
    registry: Registry,
    entry: Entry,
    daemon: Arc<StandIn>,
}

impl Started {
    /// Lets it say goodbye; the error is what went wrong.
    fn stop(self) -> Result<(), String> {
        match self.registry.stop(GOODBYE).into_iter().next() {
            None => Ok(()),
            Some(problem) => Err(problem),
        }
    }
}

fn start(subject: &Subject, kind: &str, name: &str, section: Value) -> Result<Started, String> {
    let enabled = |wanted: &str| {
        let entry = (kind == wanted).then(|| (name.to_owned(), true));
        entry.into_iter().collect()
    };
    let settings = Settings {
        directories: vec![subject.folder.clone()],
        trusted_keys: None,
        max_concurrent_calls: THREADS,
        call_timeout: subject.timeout,
        queue: 256,
        enabled_metadata: enabled("metadata"),
        enabled_backends: enabled("backend"),
        enabled_external_auth: enabled("external_auth"),
        sections: [(name.to_owned(), section)].into_iter().collect(),
    };
    let daemon = Arc::new(StandIn::new());
    let registry = Registry::load(&settings, Arc::<StandIn>::clone(&daemon));
    match Entry::find(&registry, kind, name) {
        Some(entry) => Ok(Started {
            registry,
            entry,
            daemon,
        }),
        None => {
            let report = registry.report();
            let file = report.files.first();
            let entry = file.and_then(|file| {
                file.entries
                    .iter()
                    .find(|entry| entry.kind == kind && entry.name == name)
            });
            let reason = entry
                .and_then(|entry| entry.reason.clone())
                .or_else(|| file.and_then(|file| file.reason.clone()));
            Err(reason.unwrap_or_else(|| "it did not start".to_owned()))
        }
    }
}

/// It starts, or says why not, in time and without a panic.
fn wrong_configuration(subject: &Subject, kind: &str, name: &str) -> Result<String, String> {
    let mut refused = 0;
    let sections = input::sections();
    for section in &sections {
        let started = start(subject, kind, name, section.clone());
        if let Err(reason) = started.map(Started::stop) {
            if reason.contains("panicked") || reason.contains("did not start within") {
                return Err(format!("the configuration {section}: {reason}"));
            }
            refused += 1;
        }
    }
    Ok(format!("{refused} of {} are refused", sections.len()))
}

fn ordinary(entry: &Entry) -> Result<String, String> {
    entry.ordinary()?;
    Ok("it did".to_owned())
}

fn at_once(entry: &Entry) -> Result<String, String> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| (0..CALLS_A_THREAD).try_for_each(|_| entry.ordinary())))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a thread of the test panicked".to_owned()))
        })
    })?;
    Ok(format!("{THREADS} threads, {CALLS_A_THREAD} calls each"))
}

/// What the process holds.
struct Holdings {
    /// Resident memory, in KiB.
    memory: u64,
    threads: usize,
    descriptors: usize,
}

impl Holdings {
    fn now() -> Result<Self, String> {
        let read =
            |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
        let count = |path: &str| {
            let entries = fs::read_dir(path).map_err(|error| format!("{path}: {error}"))?;
            Ok::<_, String>(entries.count())
        };
        let status = read("/proc/self/status")?;
        let memory = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .ok_or("/proc/self/status has no VmRSS")?;
        Ok(Self {
            memory,
            threads: count("/proc/self/task")?,
            descriptors: count("/proc/self/fd")?,
        })
    }
}

fn losses(entry: &Entry, calls: u32) -> Result<String, String> {
    // The first calls fill caches.
    let until = Instant::now() + PATIENCE / 4;
    for _ in 0..calls / 5 {
        entry.ordinary()?;
        if Instant::now() > until {
            break;
        }
    }
    let before = Holdings::now()?;
    let until = Instant::now() + PATIENCE;
    let mut made: u32 = 0;
    while made < calls && Instant::now() < until {
        entry.ordinary()?;
        made += 1;
    }
    let after = Holdings::now()?;
    let grown = after.memory.saturating_sub(before.memory);
    if grown > SPARE {
        return Err(format!("memory has grown by {grown} KiB in {made} calls"));
    }
    for (what, before, after) in [
        ("threads", before.threads, after.threads),
        ("descriptors", before.descriptors, after.descriptors),
    ] {
        // A pool may still grow a little.
        if after > before + THREADS {
            return Err(format!(
                "{before} {what} have become {after} in {made} calls"
            ));
        }
    }
    Ok(format!("{made} calls, memory +{grown} KiB"))
}

fn cycles(subject: &Subject, kind: &str, name: &str, section: &Value) -> Result<String, String> {
    for cycle in 1..=CYCLES {
        let started = start(subject, kind, name, section.clone())
            .map_err(|reason| format!("start {cycle}: {reason}"))?;
        started.entry.ordinary()?;
        started.stop()?;
    }
    Ok(format!("{CYCLES} times"))
}
