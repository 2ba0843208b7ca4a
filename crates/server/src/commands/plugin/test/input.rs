//! What is thrown at plugins.

use serde_json::{Value, json};

/// Texts that somebody might type, or send on purpose.
pub fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        " ",
        "nobody",
        "a\nb\r\nc\t",
        "\u{0}",
        "a\u{0}b",
        "Zoë",
        "Zoe\u{308}",
        "ǅ ß ſ İ ı",
        "مرحبا \u{202e} שלום",
        "👩\u{200d}👩\u{200d}👧",
        "\u{feff}\u{fffd}\u{10ffff}",
        "' OR 1=1 --",
        "*)(uid=*))(|(uid=*",
        "cn=a,dc=b\\2c",
        "%s%n%x{0}${x}{{x}}",
        "../../etc/passwd",
        "<script>&amp;\"'",
        "\u{1b}[31m",
        "-1",
        "null",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    // No header that the daemon reads is longer.
    texts.push("x".repeat(60 * 1024));
    texts.push("é".repeat(30 * 1024));
    texts
}

/// Documents that are not what was expected.
pub fn documents() -> Vec<Value> {
    let mut documents = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!([]),
        json!({}),
        json!([[], {}, null]),
        json!({"": null, "token": 1, "scope": "x", "data": [], "é\u{200d}": {"a": {"b": []}}}),
        json!({ "token": "x".repeat(512 * 1024) }),
        Value::from(vec![0; 100_000]),
    ];
    // As deep as the daemon's own reader lets through.
    documents.push((0..100).fold(json!("deep"), |inner, _| json!([inner])));
    documents.push((0..100).fold(json!("deep"), |inner, _| json!({ "a": inner })));
    documents.extend(texts().into_iter().map(Value::from));
    documents
}

/// Bodies: the documents, and what is none.
pub fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = documents()
        .iter()
        // The daemon lets no NUL character of a document through.
        .filter(|document| !document.to_string().contains("\\u0000"))
        .map(|document| document.to_string().into_bytes())
        .collect();
    bodies.extend([
        Vec::new(),
        b"nope".to_vec(),
        b"{\"token\": ".to_vec(),
        b"{\"token\": \"t\"} x".to_vec(),
        vec![0xff, 0xfe, 0x00],
        vec![0x80; 1024 * 1024],
    ]);
    bodies
}

/// Sections of the configuration that are not what was expected.
pub fn sections() -> Vec<Value> {
    vec![
        json!({}),
        json!({"unknown": {"key": [1, null]}}),
        json!({"uri": 1, "url": [], "host": {}, "port": "x", "password": 2, "timeout": -1}),
    ]
}
