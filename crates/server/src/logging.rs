//! The log: one line for each record, to the log file and to the standard streams.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::Mutex,
};

use jiff::{Timestamp, tz::TimeZone};
use log::{Level, LevelFilter, Log, Metadata, Record};
use wazo_auth_model::report::printable;

/// Libraries whose chatter is of no use to operators.
const QUIET: &[&str] = &["actix_server", "actix_http", "mio", "tokio"];

/// Libraries that say themselves what whoever calls them is told, and says once (`bus/trouble.rs`).
const SILENT: &[&str] = &["lapin"];

struct Logger {
    file: Mutex<Option<File>>,
    /// The zone of the times, as it was at the start.
    zone: TimeZone,
}

/// Starts logging at a level. A log file that cannot be opened costs the file, not the start.
pub fn start(path: &Path, level: LevelFilter) {
    let file = OpenOptions::new().append(true).create(true).open(path);
    let (file, problem) = match file {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(error)),
    };
    let logger = Box::new(Logger {
        file: Mutex::new(file),
        zone: TimeZone::system(),
    });
    if log::set_boxed_logger(logger).is_ok() {
        log::set_max_level(level);
    }
    if let Some(error) = problem {
        log::warn!(
            "cannot write the log file {}: {error}; logging to the standard streams alone (key log_filename)",
            path.display()
        );
    }
}

/// Changes the level.
pub fn set_level(level: LevelFilter) {
    log::set_max_level(level);
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_of = |libraries: &[&str]| {
            let target = metadata.target();
            libraries.iter().any(|library| target.starts_with(library))
        };
        !is_of(SILENT) && (!is_of(QUIET) || metadata.level() <= Level::Warn)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = self.format(record);
        // One write a record, so that lines of several processes do not mix. There is nowhere to
        // complain when it fails.
        if let Ok(mut file) = self.file.lock()
            && let Some(file) = file.as_mut()
        {
            drop(file.write_all(line.as_bytes()));
        }
        if record.level() == Level::Error {
            drop(std::io::stderr().write_all(line.as_bytes()));
        } else {
            let mut stdout = std::io::stdout().lock();
            drop(
                stdout
                    .write_all(line.as_bytes())
                    .and_then(|()| stdout.flush()),
            );
        }
    }

    fn flush(&self) {}
}

impl Logger {
    fn format(&self, record: &Record<'_>) -> String {
        let now = Timestamp::now().to_zoned_datetime(self.zone.clone());
        let level = match record.level() {
            Level::Error => "ERROR",
            Level::Warn => "WARNING",
            Level::Info => "INFO",
            Level::Debug | Level::Trace => "DEBUG",
        };
        // A line feed in a message would let clients write lines of their own, other control characters
        // rule the terminal of whoever reads them.
        let message = record.args().to_string();
        let message = printable(&message);
        format!(
            "{} [pid {}] [tid {}] ({level}) ({}): {message}\n",
            now.strftime("%Y-%m-%d %H:%M:%S,%3f %Z"),
            std::process::id(),
            thread_number(),
            record.target().replace("::", "."),
        )
    }
}

/// A number for the thread; Rust shows its own only as text.
fn thread_number() -> String {
    format!("{:?}", std::thread::current().id())
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}
