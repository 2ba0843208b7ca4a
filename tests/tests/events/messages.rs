//! What subscribers get, byte for byte.

use std::collections::BTreeMap;

use lapin::{ExchangeKind, types::AMQPValue};
use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, XIVO_UUID, rabbitmq::Broker};
use wazo_auth_tests::{
    bus::{self, Binding, Message, Subscriber},
    offline::offline,
    store::Store,
};

/// A daemon that publishes to an exchange of its own, and who listens to all of it.
fn daemon() -> (Daemon, Subscriber) {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let daemon = Daemon::builder()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .env("TZ", "Asia/Kathmandu")
        .start();
    (daemon, subscriber)
}

/// Headers as text, with the types that the protocol has for them.
fn headers(message: &Message) -> BTreeMap<String, String> {
    let headers = message.headers().inner().iter();
    headers
        .map(|(name, value)| {
            let shown = match value {
                AMQPValue::LongString(text) => format!("text {text}"),
                AMQPValue::Boolean(yes) => format!("boolean {yes}"),
                other => format!("{other:?}"),
            };
            (name.to_string(), shown)
        })
        .collect()
}

/// Checks a message against what the event of that name has: `routing_key`, which of the headers beyond the
/// usual ones, and `data`.
fn check(message: &Message, name: &str, routing_key: &str, further: &[(&str, &str)], data: &Value) {
    assert_eq!(message.routing_key, routing_key, "{name}");
    let properties = &message.properties;
    let text = |value: &Option<lapin::types::ShortString>| value.as_ref().map(ToString::to_string);
    assert_eq!(
        text(properties.content_type()).as_deref(),
        Some("application/json")
    );
    assert_eq!(
        text(properties.content_encoding()).as_deref(),
        Some("utf-8")
    );
    assert_eq!(*properties.delivery_mode(), Some(2));
    assert_eq!(*properties.priority(), Some(0));
    assert_eq!(*properties.expiration(), None);
    assert_eq!(*properties.reply_to(), None);
    let body = message.json();
    let timestamp = body["timestamp"].as_str().unwrap().to_owned();
    check_timestamp(&timestamp);
    // The body in full, as text: the members in their order, with a blank behind separators.
    let mut members = Vec::new();
    let mut expected = BTreeMap::new();
    let mut add = |name: &str, value: Value| {
        members.push(format!("{}: {}", json!(name), spaced(&value)));
        let header = match &value {
            Value::Bool(yes) => format!("boolean {yes}"),
            value => format!("text {}", value.as_str().unwrap()),
        };
        expected.insert(name.to_owned(), header);
    };
    for (header, value) in further
        .iter()
        .filter(|(header, _)| !header.starts_with("user"))
    {
        add(header, json!(value));
    }
    add("name", json!(name));
    for (header, _) in further
        .iter()
        .filter(|(header, _)| header.starts_with("user"))
    {
        add(header, json!(true));
    }
    add("required_access", json!(format!("event.{name}")));
    add("required_acl", json!(format!("events.{routing_key}")));
    add("origin_uuid", json!(XIVO_UUID));
    add("timestamp", json!(timestamp));
    assert_eq!(headers(message), expected, "{name}");
    members.push(format!("\"data\": {}", spaced(data)));
    assert_eq!(
        String::from_utf8(message.body.clone()).unwrap(),
        format!("{{{}}}", members.join(", "))
    );
}

/// JSON with a blank behind separators; the values of these tests hold none of them.
fn spaced(value: &Value) -> String {
    value
        .to_string()
        .replace("\":", "\": ")
        .replace(",\"", ", \"")
}

/// Local time, to the microsecond, without a zone: of Kathmandu, which is 5 hours and 45 minutes ahead.
fn check_timestamp(text: &str) {
    let shape: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_digit() {
                '0'
            } else {
                character
            }
        })
        .collect();
    assert!(
        shape == "0000-00-00T00:00:00.000000" || shape == "0000-00-00T00:00:00",
        "{text}"
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let local = (now + 5 * 3600 + 45 * 60) % 86_400;
    let number = |from: usize| text[from..from + 2].parse::<u64>().unwrap();
    let told = number(11) * 3600 + number(14) * 60 + number(17);
    assert!((local + 86_400 - told) % 86_400 < 600, "{text} at {local}");
}

#[test]
fn sessions_are_told_of() {
    let (daemon, mut subscriber) = daemon();
    let login = daemon.admin();
    let session = login.data["session_uuid"].as_str().unwrap();
    let (user, tenant) = (
        login.auth_id.as_str(),
        login.data["metadata"]["tenant_uuid"].as_str().unwrap(),
    );
    let further = [
        ("tenant_uuid", tenant),
        ("session_uuid", session),
        (&*format!("user_uuid:{user}"), ""),
    ];
    check(
        &subscriber.receive(),
        "auth_session_created",
        &format!("auth.sessions.{session}.created"),
        &further,
        &json!({"uuid": session, "tenant_uuid": tenant, "user_uuid": user, "mobile": false}),
    );
    daemon
        .client()
        .delete(&format!("/token/{}", login.token))
        .send()
        .is(200);
    check(
        &subscriber.receive(),
        "auth_session_deleted",
        &format!("auth.sessions.{session}.deleted"),
        &further,
        &json!({"uuid": session, "user_uuid": user, "tenant_uuid": tenant}),
    );
}

#[test]
fn a_session_of_nobody_here_is_told_of_without_a_user() {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let mut subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let daemon = Daemon::builder()
        .examples()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .env("TZ", "Asia/Kathmandu")
        .start();
    let login = daemon.login("alice", "s3cre7");
    let (session, tenant) = (
        login.data["session_uuid"].as_str().unwrap(),
        login.data["metadata"]["tenant_uuid"].as_str().unwrap(),
    );
    let created = subscriber.receive();
    let user = created.data()["user_uuid"].clone();
    let with_user = format!("user_uuid:{}", login.auth_id);
    let mut further = vec![("tenant_uuid", tenant), ("session_uuid", session)];
    if user.is_string() {
        further.push((&with_user, ""));
    }
    check(
        &created,
        "auth_session_created",
        &format!("auth.sessions.{session}.created"),
        &further,
        &json!({"uuid": session, "tenant_uuid": tenant, "user_uuid": user, "mobile": false}),
    );
}

#[test]
fn tenants_are_told_of_to_everybody() {
    let (daemon, mut subscriber) = daemon();
    let admin = daemon.admin();
    assert_eq!(subscriber.receive().name(), "auth_session_created");
    let client = daemon.client();
    let tenant = client
        .post("/tenants")
        .token(&admin.token)
        .json(&json!({"name": "Acme \u{e9}", "slug": "acme", "domain_names": ["acme.example"]}))
        .send()
        .expect(200);
    let uuid = tenant["uuid"].as_str().unwrap();
    let further = [("tenant_uuid", uuid), ("user_uuid:*", "")];
    let added = subscriber.receive();
    let told = String::from_utf8(added.body.clone()).unwrap();
    assert!(told.contains(r#""name": "Acme \u00e9""#), "{told}");
    assert_eq!(
        added.data(),
        json!({"uuid": uuid, "name": "Acme \u{e9}", "slug": "acme", "domain_names": ["acme.example"]})
    );
    let path = format!("/tenants/{uuid}");
    client
        .put(&path)
        .token(&admin.token)
        .json(&json!({"name": "Acme"}))
        .send()
        .is(200);
    check(
        &subscriber.receive(),
        "auth_tenant_updated",
        &format!("auth.tenants.{uuid}.updated"),
        &further,
        &json!({"uuid": uuid, "name": "Acme"}),
    );
    client.delete(&path).token(&admin.token).send().is(204);
    check(
        &subscriber.receive(),
        "auth_tenant_deleted",
        &format!("auth.tenants.{uuid}.deleted"),
        &further,
        &json!({"uuid": uuid}),
    );
    let nameless = client
        .post("/tenants")
        .token(&admin.token)
        .json(&json!({"slug": "none"}))
        .send()
        .expect(200);
    let uuid = nameless["uuid"].as_str().unwrap();
    check(
        &subscriber.receive(),
        "auth_tenant_added",
        &format!("auth.tenants.{uuid}.created"),
        &[("tenant_uuid", uuid), ("user_uuid:*", "")],
        &json!({"uuid": uuid, "name": null, "slug": "none", "domain_names": []}),
    );
}

#[test]
fn refresh_tokens_are_told_of_and_their_client_is_one_word_of_the_routing_key() {
    let (daemon, mut subscriber) = daemon();
    let alice = Store::of(daemon.installation()).user(None, "alice", &["auth.users.me.#"]);
    let login = offline(&daemon, "alice", "a.b*c#d");
    let tenant = login.data["metadata"]["tenant_uuid"].as_str().unwrap();
    let user = format!("user_uuid:{alice}");
    let further = [("tenant_uuid", tenant), (user.as_str(), "")];
    let data = json!({
        "client_id": "a.b*c#d", "mobile": false, "user_uuid": alice, "tenant_uuid": tenant,
    });
    let mut messages = subscriber.take(2);
    messages.sort_by_key(Message::name);
    let key = format!("auth.users.{alice}.tokens.a__DOT__b__STAR__c__HASH__d");
    check(
        &messages[0],
        "auth_refresh_token_created",
        &format!("{key}.created"),
        &further,
        &data,
    );
    assert_eq!(messages[1].name(), "auth_session_created");
    daemon
        .client()
        .delete("/users/me/tokens/a.b*c%23d")
        .token(&login.token)
        .send()
        .is(204);
    check(
        &subscriber.receive(),
        "auth_refresh_token_deleted",
        &format!("{key}.deleted"),
        &further,
        &data,
    );
}

#[test]
fn who_binds_to_headers_gets_what_has_all_of_them() {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let text = |text: &str| AMQPValue::LongString(text.into());
    let mut subscriber = Subscriber::to(
        broker,
        &Binding {
            kind: ExchangeKind::Headers,
            routing_key: String::new(),
            headers: vec![
                ("name".to_owned(), text("auth_tenant_deleted")),
                ("user_uuid:*".to_owned(), AMQPValue::Boolean(true)),
                ("origin_uuid".to_owned(), text(XIVO_UUID)),
            ],
            ..Binding::all(&exchange)
        },
    );
    let daemon = Daemon::builder()
        .config(&format!(
            "amqp: {{enabled: true, uri: '{}', exchange_name: {exchange}, exchange_type: headers}}\n",
            broker.uri()
        ))
        .start();
    let admin = daemon.admin();
    let client = daemon.client();
    let tenant = client
        .post("/tenants")
        .token(&admin.token)
        .json(&json!({}))
        .send()
        .expect(200);
    let path = format!("/tenants/{}", tenant["uuid"].as_str().unwrap());
    client.delete(&path).token(&admin.token).send().is(204);
    assert_eq!(subscriber.receive().data(), json!({"uuid": tenant["uuid"]}));
}

#[test]
fn each_message_has_an_id_of_its_own() {
    let (daemon, mut subscriber) = daemon();
    let logins = 5;
    for _ in 0..logins {
        let _ = daemon.admin();
    }
    let mut ids: Vec<String> = subscriber.take(logins).iter().map(Message::id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), logins);
}

#[test]
fn the_ends_of_sessions_are_told_of_before_and_after() {
    let (broker, exchange) = (Broker::shared(), bus::exchange_name());
    let mut subscriber = Subscriber::to(broker, &Binding::all(&exchange));
    let installation = Daemon::builder()
        .config(&bus::configuration(&broker.uri(), &exchange))
        .config("token_cleanup_interval: 60\n")
        .env("TZ", "Asia/Kathmandu")
        .install();
    let store = Store::of(&installation);
    let user = "5b0b1c8e-2c52-4a3f-9d0e-8f1f2a3b4c5d";
    let session = store.session(user, (1, 1000), true);
    let tenant = store.top_tenant();
    let _daemon = installation.start();
    let with_user = format!("user_uuid:{user}");
    let further = [
        ("tenant_uuid", tenant.as_str()),
        ("session_uuid", session.as_str()),
        (with_user.as_str(), ""),
    ];
    let data = json!({"uuid": session, "user_uuid": user, "tenant_uuid": tenant});
    for (name, key) in [
        (
            "auth_session_expire_soon",
            format!("auth.users.{user}.sessions.{session}.expire_soon"),
        ),
        (
            "auth_session_deleted",
            format!("auth.sessions.{session}.deleted"),
        ),
    ] {
        check(&subscriber.receive(), name, &key, &further, &data);
    }
}
