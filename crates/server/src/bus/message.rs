//! An event as the message that subscribers know: routing key, properties, headers and body.

use jiff::{Timestamp, tz::TimeZone};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::{Map, Value};
use wazo_auth_http::python;
use wazo_auth_services::event::outbox::Waiting;

/// What the broker is given.
pub struct Message {
    /// What subscribers of a topic exchange bind to.
    pub routing_key: ShortString,
    /// Properties and headers.
    pub properties: BasicProperties,
    /// The body.
    pub body: Vec<u8>,
}

/// Kept on the disk where the queue is.
const PERSISTENT: u8 = 2;

/// Writes the message of an event. The same event gives the same message, at whatever time: who gets it
/// twice knows it by its id.
///
/// # Errors
///
/// Why no broker can ever take it.
pub fn message(event: &Waiting, origin: &str, zone: &TimeZone) -> Result<Message, String> {
    let key = event
        .routing_key
        .as_deref()
        .ok_or("it has no routing key")?;
    let routing_key = short(key, "routing key")?;
    let entries = entries(event, key, origin, zone)?;
    let mut headers = FieldTable::default();
    for (name, value) in &entries {
        let value = match value {
            Value::Bool(yes) => AMQPValue::Boolean(*yes),
            value => AMQPValue::LongString(value.as_str().unwrap_or_default().into()),
        };
        headers.insert(short(name, "name of a header")?, value);
    }
    let mut body = entries;
    body.insert("data".to_owned(), event.payload.clone());
    let mut body = python::json(&Value::Object(body));
    // The line feed is for terminals.
    body.pop();
    let id = format!(
        "{origin}/{}/{}",
        event.id,
        event.created_at.timestamp_micros()
    );
    Ok(Message {
        routing_key,
        properties: BasicProperties::default()
            .with_content_type("application/json".into())
            .with_content_encoding("utf-8".into())
            .with_delivery_mode(PERSISTENT)
            .with_priority(0)
            .with_message_id(short(&id, "id")?)
            .with_headers(headers),
        body,
    })
}

/// What stands in the headers and in the body alike.
fn entries(
    event: &Waiting,
    routing_key: &str,
    origin: &str,
    zone: &TimeZone,
) -> Result<Map<String, Value>, String> {
    let mut entries = Map::new();
    let mut add = |name: &str, value: Value| entries.insert(name.to_owned(), value);
    if let Some(tenant) = &event.tenant_uuid {
        add("tenant_uuid", tenant.as_str().into());
    }
    if let Some(session) = &event.session_uuid {
        add("session_uuid", session.as_str().into());
    }
    add("name", event.name.as_str().into());
    if let Some(user) = &event.user_uuid {
        add(&format!("user_uuid:{user}"), true.into());
    }
    add("required_access", format!("event.{}", event.name).into());
    add("required_acl", format!("events.{routing_key}").into());
    add("origin_uuid", origin.into());
    add("timestamp", local_time(event, zone)?.into());
    Ok(entries)
}

/// The time of the event in the zone of this machine, without saying which that is.
fn local_time(event: &Waiting, zone: &TimeZone) -> Result<String, String> {
    let micros = event.created_at.timestamp_micros();
    let time = Timestamp::from_microsecond(micros)
        .map_err(|error| format!("its time cannot be shown: {error}"))?
        .to_zoned_datetime(zone.clone());
    let format = if micros.rem_euclid(1_000_000) == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S.%6f"
    };
    Ok(time.strftime(format).to_string())
}

/// A text of at most 255 bytes, which is all that the protocol has room for.
fn short(text: &str, what: &str) -> Result<ShortString, String> {
    ShortString::try_new(text).map_err(|_| {
        format!(
            "its {what} has {} bytes, and a message has room for 255",
            text.len()
        )
    })
}
