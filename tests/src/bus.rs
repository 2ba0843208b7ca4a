//! Those who listen on the bus: queues on a real broker, and what arrives in them.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_core::Stream;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::Value;
use tokio::{
    runtime::Builder,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use wazo_auth_test_support::{rabbitmq::Broker, wait::PATIENCE};

/// A name that no other test has.
#[must_use]
pub fn exchange_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The configuration of a daemon that publishes.
#[must_use]
pub fn configuration(uri: &str, exchange: &str) -> String {
    format!("amqp: {{enabled: true, uri: '{uri}', exchange_name: {exchange}}}\n")
}

/// A message, as it arrived.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its routing key.
    pub routing_key: String,
    /// Its properties, with the headers.
    pub properties: BasicProperties,
    /// Its body.
    pub body: Vec<u8>,
    /// When it was here.
    pub arrived: Instant,
}

impl Message {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body of a message is JSON")
    }

    /// The name of its event.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn name(&self) -> String {
        let body = self.json();
        let name = body.get("name").and_then(Value::as_str);
        name.expect("an event has a name").to_owned()
    }

    /// What its event tells.
    #[must_use]
    pub fn data(&self) -> Value {
        self.json().get("data").cloned().unwrap_or_default()
    }

    /// Its id.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn id(&self) -> String {
        let id = self.properties.message_id().as_ref();
        id.expect("a message has an id").to_string()
    }

    /// Its headers.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn headers(&self) -> &FieldTable {
        self.properties
            .headers()
            .as_ref()
            .expect("a message has headers")
    }
}

/// A queue of one's own behind an exchange, and what arrives in it.
pub struct Subscriber {
    messages: UnboundedReceiver<Message>,
    runtime: tokio::runtime::Runtime,
}

/// What a queue is bound with.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The exchange, which is declared as the daemon does it.
    pub exchange: String,
    /// Its type.
    pub kind: ExchangeKind,
    /// For a topic exchange.
    pub routing_key: String,
    /// For a headers exchange.
    pub headers: Vec<(String, AMQPValue)>,
    /// A queue that outlives broker and subscriber, by name; without one it is gone with either.
    pub queue: Option<String>,
}

impl Binding {
    /// All messages of a topic exchange.
    #[must_use]
    pub fn all(exchange: &str) -> Self {
        Self {
            exchange: exchange.to_owned(),
            kind: ExchangeKind::Topic,
            routing_key: "#".to_owned(),
            headers: Vec::new(),
            queue: None,
        }
    }
}

impl Subscriber {
    /// Begins to listen.
    ///
    /// # Panics
    ///
    /// When the broker refuses.
    #[must_use]
    pub fn to(broker: &Broker, binding: &Binding) -> Self {
        let (arrived, messages) = unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (uri, binding) = (uri(broker), binding.clone());
        thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            // It ends with the broker, or with the process.
            let done = runtime.block_on(listen(&uri, &binding, &arrived, || {
                // Nobody waits any more when a test is over.
                let _ = ready.send(());
            }));
            let _ = ready.send(());
            drop(done);
        });
        is_ready.recv().expect("a subscriber listens");
        Self {
            messages,
            runtime: Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime can be made"),
        }
    }

    /// The next message, which must come.
    ///
    /// # Panics
    ///
    /// When none does.
    #[must_use]
    pub fn receive(&mut self) -> Message {
        self.within(PATIENCE).expect("a message comes")
    }

    /// The next message, if one comes in time.
    pub fn within(&mut self, limit: Duration) -> Option<Message> {
        let next = async { timeout(limit, self.messages.recv()).await };
        self.runtime.block_on(next).ok().flatten()
    }

    /// The next messages, so many of them.
    ///
    /// # Panics
    ///
    /// When fewer come.
    #[must_use]
    pub fn take(&mut self, count: usize) -> Vec<Message> {
        (0..count).map(|_| self.receive()).collect()
    }
}

async fn listen(
    uri: &str,
    binding: &Binding,
    arrived: &UnboundedSender<Message>,
    ready: impl FnOnce(),
) -> lapin::Result<()> {
    // The connection lives as long as somebody listens.
    let (_connection, channel, queue) = bind(uri, binding).await?;
    let mut consumer = channel
        .basic_consume(
            queue,
            "".into(),
            BasicConsumeOptions {
                no_ack: true,
                ..BasicConsumeOptions::default()
            },
            FieldTable::default(),
        )
        .await?;
    ready();
    while let Some(delivery) = next(&mut consumer).await {
        let delivery = delivery?;
        let message = Message {
            routing_key: delivery.routing_key.to_string(),
            properties: delivery.properties,
            body: delivery.data,
            arrived: Instant::now(),
        };
        if arrived.send(message).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Connects, and makes exchange and queue.
async fn bind(uri: &str, binding: &Binding) -> lapin::Result<(Connection, Channel, ShortString)> {
    let connection = Connection::connect(uri, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .exchange_declare(
            binding.exchange.as_str().into(),
            binding.kind.clone(),
            ExchangeDeclareOptions {
                durable: true,
                ..ExchangeDeclareOptions::default()
            },
            FieldTable::default(),
        )
        .await?;
    let queue = channel
        .queue_declare(
            binding.queue.as_deref().unwrap_or_default().into(),
            QueueDeclareOptions {
                durable: binding.queue.is_some(),
                exclusive: binding.queue.is_none(),
                auto_delete: binding.queue.is_none(),
                ..QueueDeclareOptions::default()
            },
            FieldTable::default(),
        )
        .await?;
    let mut headers = FieldTable::default();
    for (name, value) in &binding.headers {
        headers.insert(name.as_str().into(), value.clone());
    }
    channel
        .queue_bind(
            queue.name().clone(),
            binding.exchange.as_str().into(),
            binding.routing_key.as_str().into(),
            QueueBindOptions::default(),
            headers,
        )
        .await?;
    let name = queue.name().clone();
    Ok((connection, channel, name))
}

/// Makes exchange and queue, and nobody listens yet.
///
/// # Panics
///
/// When the broker refuses.
pub fn declare(broker: &Broker, binding: &Binding) {
    let done = async {
        let (connection, _channel, _queue) = bind(&uri(broker), binding).await?;
        connection.close(200, "done".into()).await
    };
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(done)
        .expect("a queue can be declared");
}

fn uri(broker: &Broker) -> String {
    format!("{}%2F", broker.uri())
}

/// The next delivery; without a crate of stream helpers for it.
async fn next(consumer: &mut lapin::Consumer) -> Option<lapin::Result<lapin::message::Delivery>> {
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *consumer).poll_next(cx)).await
}
