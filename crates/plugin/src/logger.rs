//! Log records of the plugin on their way to the daemon.
//!
//! A plugin file has its own copy of the crate `log`, and hence its own logger: this one.

use log::{Log, Metadata, Record};

use crate::{fence, host};

struct HostLogger;

impl Log for HostLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        host::with_current(|host| host.log_enabled(metadata.level(), metadata.target()))
            .unwrap_or(false)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // Writing the message runs the plugin's code. A log line must not fail a request, nor
        // abort when it is written while a panic is on its way.
        let message = fence::catch(|| record.args().to_string())
            .unwrap_or_else(|problem| format!("(a log record was lost: {problem})"));
        host::with_current(|host| host.log(record, &message));
    }

    fn flush(&self) {}
}

/// Sends the records of this plugin file to the daemon, which knows what it wants to keep.
pub(crate) fn install() {
    // An error says that there is a logger: ours already, or one that a test has chosen.
    if log::set_logger(&HostLogger).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}
