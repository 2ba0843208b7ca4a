//! A connection to the broker, with the exchange declared on it.

use std::{future::Future, time::Duration};

use lapin::{
    Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
    options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{address::Address, message::Message, trouble::Cause};
use crate::config::{Amqp, Exchange};

/// How long connecting may take, all in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(100);

/// What the configuration says of the broker.
pub struct Settings {
    /// Where it is.
    pub address: Address,
    /// Where events go.
    pub exchange: Exchange,
    /// How many events wait before the log warns.
    pub max_pending: i64,
    name: ShortString,
    arguments: FieldTable,
}

impl Settings {
    /// Reads the configuration; `None` where there is no broker.
    ///
    /// # Errors
    ///
    /// Which key holds something that no broker could be asked for.
    pub fn read(amqp: &Amqp, max_pending: i64) -> Result<Option<Self>, String> {
        if !amqp.enabled {
            return Ok(None);
        }
        let exchange = amqp.exchange.clone();
        let bad = |key: &str| format!("amqp.{key}, wanted: a text of 1 to 255 bytes");
        let name = ShortString::try_new(exchange.name.as_str())
            .ok()
            .filter(|name| !name.as_str().is_empty())
            .ok_or_else(|| bad("exchange_name: found another one"))?;
        if exchange.kind.is_empty() || exchange.kind.len() > 255 {
            return Err(bad("exchange_type: found another one"));
        }
        let arguments = table(&exchange.arguments)
            .ok_or_else(|| bad("exchange_kwargs.arguments: found another name"))?;
        Ok(Some(Self {
            address: Address::parse(&amqp.uri)?,
            exchange,
            max_pending,
            name,
            arguments,
        }))
    }
}

/// A connection that confirms what it is given.
pub struct Broker {
    connection: Connection,
    channel: Channel,
    exchange: ShortString,
}

impl Broker {
    /// Connects, and declares the exchange.
    ///
    /// # Errors
    ///
    /// Why the broker takes no events.
    pub async fn connect(settings: &Settings) -> Result<Self, Cause> {
        match timeout(PATIENCE, connect(settings)).await {
            Ok(done) => done.map_err(Cause::Failed),
            Err(_) => Err(Cause::Silent),
        }
    }

    /// Whether it is still there, as far as anybody knows.
    pub fn is_connected(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Publishes a message. The answer comes when the broker has it safe, or refuses it.
    pub fn publish(
        &self,
        message: Message,
    ) -> impl Future<Output = lapin::Result<Confirmation>> + Send + 'static {
        let (channel, exchange) = (self.channel.clone(), self.exchange.clone());
        async move {
            channel
                .basic_publish(
                    exchange,
                    message.routing_key,
                    BasicPublishOptions::default(),
                    &message.body,
                    message.properties,
                )
                .await?
                .await
        }
    }

    /// Says goodbye, for a moment.
    pub async fn close(&self) {
        // Who does not answer is left.
        drop(timeout(GOODBYE, self.connection.close(200, "stopping".into())).await);
    }
}

async fn connect(settings: &Settings) -> lapin::Result<Broker> {
    let exchange = &settings.exchange;
    let connection = Connection::connect_uri(
        settings.address.uri(),
        ConnectionProperties::default().with_connection_name("wazo-auth".into()),
    )
    .await?;
    let channel = connection.create_channel().await?;
    let options = ExchangeDeclareOptions {
        passive: exchange.passive,
        durable: exchange.durable,
        auto_delete: exchange.auto_delete,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(
            settings.name.clone(),
            kind(&exchange.kind),
            options,
            settings.arguments.clone(),
        )
        .await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(Broker {
        connection,
        channel,
        exchange: settings.name.clone(),
    })
}

fn kind(name: &str) -> ExchangeKind {
    match name {
        "topic" => ExchangeKind::Topic,
        "headers" => ExchangeKind::Headers,
        "direct" => ExchangeKind::Direct,
        "fanout" => ExchangeKind::Fanout,
        other => ExchangeKind::Custom(other.to_owned()),
    }
}

/// Arguments of a declaration as the protocol has them; `None` where a name is too long for it.
fn table(members: &Map<String, Value>) -> Option<FieldTable> {
    let mut table = FieldTable::default();
    for (name, value) in members {
        table.insert(
            ShortString::try_new(name.as_str()).ok()?,
            amqp_value(value)?,
        );
    }
    Some(table)
}

fn amqp_value(value: &Value) -> Option<AMQPValue> {
    Some(match value {
        Value::Null => AMQPValue::Void,
        Value::Bool(yes) => AMQPValue::Boolean(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(number) => AMQPValue::LongLongInt(number),
            None => AMQPValue::Double(number.as_f64()?),
        },
        Value::String(text) => AMQPValue::LongString(text.as_str().into()),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(amqp_value).collect();
            AMQPValue::FieldArray(items?.into())
        }
        Value::Object(members) => AMQPValue::FieldTable(table(members)?),
    })
}
