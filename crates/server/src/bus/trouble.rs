//! Says in the log once that the broker takes no events, and once that it does again.

use std::collections::HashSet;

use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError},
};

use super::broker::Settings;

/// Why the broker takes no events.
#[derive(Debug, Clone)]
pub enum Cause {
    /// The client library failed, or the broker closed channel or connection.
    Failed(lapin::Error),
    /// Nothing came of connecting.
    Silent,
    /// The broker refuses single events.
    Refused,
    /// The broker is there, and has confirmed nothing for a while.
    Stuck,
}

/// What an operator does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Remedy {
    Reach,
    Credentials,
    VirtualHost,
    Exchange,
    Resources,
}

/// What was said of the trouble that there is.
#[derive(Debug, Default)]
pub struct Trouble(HashSet<Remedy>);

impl Trouble {
    /// Whether there is trouble.
    pub fn is_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// There is trouble: says so, unless the same was said already.
    pub fn begin(&mut self, cause: &Cause, settings: &Settings) {
        let remedy = remedy(cause);
        if !self.0.insert(remedy) {
            return;
        }
        let place = settings.address.shown();
        let exchange = &settings.exchange;
        let what = match cause {
            Cause::Failed(error) => error.to_string(),
            Cause::Silent => "it does not answer".to_owned(),
            Cause::Refused => "it refuses them".to_owned(),
            Cause::Stuck => "it has confirmed none for a while".to_owned(),
        };
        let advice = match remedy {
            Remedy::Reach => {
                "see that it runs and that amqp.uri leads to it, or set amqp.enabled: false where there is none"
                    .to_owned()
            }
            Remedy::Credentials => {
                "correct the name and the password in amqp.uri, or what the broker allows them".to_owned()
            }
            Remedy::VirtualHost => "correct the virtual host in amqp.uri, or add it".to_owned(),
            Remedy::Exchange => format!(
                "the exchange {:?} is not the one that is configured (type {:?}, durable: {}): correct amqp.exchange_name and amqp.exchange_type, or delete it",
                exchange.name, exchange.kind, exchange.durable
            ),
            Remedy::Resources => {
                "see whether it lacks memory or disk space, or a queue behind it is full".to_owned()
            }
        };
        log::warn!("events wait, since the broker {place} does not take them: {what}; {advice}");
    }

    /// There is none: says so, if there was.
    pub fn end(&mut self) {
        if self.is_there() {
            self.0.clear();
            log::info!("the broker takes events again");
        }
    }
}

fn remedy(cause: &Cause) -> Remedy {
    let error = match cause {
        Cause::Failed(error) => error,
        Cause::Silent => return Remedy::Reach,
        Cause::Refused | Cause::Stuck => return Remedy::Resources,
    };
    let ErrorKind::ProtocolError(error) = error.kind() else {
        return Remedy::Reach;
    };
    match error.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Remedy::Credentials,
        AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED | AMQPSoftError::NOTFOUND) => {
            Remedy::Exchange
        }
        AMQPErrorKind::Hard(AMQPHardError::COMMANDINVALID) => Remedy::Exchange,
        AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => Remedy::VirtualHost,
        AMQPErrorKind::Soft(_) | AMQPErrorKind::Hard(_) => Remedy::Reach,
    }
}
