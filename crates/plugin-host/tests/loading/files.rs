//! Plugin files, good and bad.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wazo_auth_plugin_host::{
    CallContext, EntryReport, FileReport, Registry, State, Verdict, inspect,
};
use wazo_auth_test_support::{Home, home, plugins};

use crate::support::{Directory, Services, file};

fn only_entry(file: &FileReport) -> &EntryReport {
    assert_eq!(file.entries.len(), 1, "{file:?}");
    &file.entries[0]
}

/// Why a file alone in its directory was refused.
fn refusal(name: &str, from: &Path) -> String {
    let directory = Directory::new().file(name, from).backend("example");
    let registry = directory.load();
    assert!(registry.backend("example").is_none());
    let report = registry.report();
    let file = file(&report, name);
    assert_eq!(file.state, State::Refused, "{file:?}");
    let reason = file.reason.clone().unwrap_or_default();
    assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
    reason
}

#[test]
fn a_plugin_that_is_enabled_is_started_and_answers() {
    let directory = Directory::new()
        .file("example.so", plugins::backend_example())
        .backend("example");
    let registry = directory.load();
    let report = registry.report();
    let example = file(&report, "example.so");
    assert_eq!(example.state, State::Started);
    assert_eq!(
        example.name.as_deref(),
        Some("wazo-auth-plugin-backend-example")
    );
    assert_eq!(only_entry(example).state, State::Started);
    assert_eq!(registry.listed_backends(), ["example"]);

    let backend = registry.backend("example").unwrap();
    let context = CallContext::default();
    let verify = |login, password| backend.verify_password(&context, login, password).unwrap();
    assert!(matches!(
        verify("alice", "s3cre7"),
        Verdict::Accepted { .. }
    ));
    assert_eq!(verify("alice", "wrong"), Verdict::Refused);
    assert_eq!(verify("mallory", "s3cre7"), Verdict::UnknownLogin);
    let metadata = backend.get_metadata(&context, "alice").unwrap();
    assert_eq!(metadata.get("username"), Some(&json!("alice")));
    assert_eq!(
        backend.get_acl(&context, "alice").unwrap(),
        ["example.alice.read"]
    );
    registry.stop(Duration::from_secs(30));
}

#[test]
fn routes_and_description_of_an_external_service_are_known_after_the_start() {
    let directory = Directory::new()
        .file("bar.so", plugins::external_bar())
        .external_auth("bar");
    let registry = directory.load();
    let bar = registry.external_auth("bar").unwrap();
    assert_eq!(
        *bar.plugin_info(),
        json!({ "required_acl": ["view-all-contacts", "list-email-addresses"] })
    );
    let mut routes: Vec<_> = bar
        .routes()
        .iter()
        .map(|route| (route.method.as_str(), route.access.as_str(), route.public))
        .collect();
    routes.sort_unstable();
    assert_eq!(
        routes,
        [
            (
                "DELETE",
                "auth.users.{user_uuid}.external.bar.delete",
                false
            ),
            ("GET", "auth.users.{user_uuid}.external.bar.read", false),
            ("POST", "auth.users.{user_uuid}.external.bar.create", false),
            ("PUT", "auth.users.{user_uuid}.external.bar.update", false),
        ]
    );
    let shown = bar.filter_safe(
        &CallContext::default(),
        &json!({ "scope": ["a"], "secret": 1 }),
    );
    assert_eq!(Value::Object(shown.unwrap()), json!({ "scope": ["a"] }));
}

#[test]
fn a_metadata_plugin_is_started_and_answers_for_a_user() {
    let directory = Directory::new()
        .file("native.so", plugins::native())
        .metadata("default_user")
        .metadata("default_internal");
    let registry = directory.load();
    let report = registry.report();
    let native = file(&report, "native.so");
    let state = |name: &str| {
        let entry = native.entries.iter().find(|entry| entry.name == name);
        entry.map(|entry| (entry.kind.as_str(), entry.state, entry.hint.clone()))
    };
    assert_eq!(
        state("default_user"),
        Some(("metadata", State::Started, None))
    );
    assert_eq!(
        state("user_admin_status"),
        Some((
            "metadata",
            State::Loaded,
            Some("enabled_metadata_plugins: {user_admin_status: true}".to_owned())
        ))
    );
    let user = json!({ "uuid": "u", "tenant_uuid": "t", "purpose": "user", "username": null });
    let context = CallContext {
        xivo_uuid: Some("x".to_owned()),
        ..CallContext::default()
    };
    let answer = |name: &str| {
        let plugin = registry.metadata(name).unwrap();
        let metadata = plugin.get_token_metadata(&context, "alice", &user);
        Value::Object(metadata.unwrap()).to_string()
    };
    assert_eq!(
        answer("default_user"),
        r#"{"uuid":"u","tenant_uuid":"t","auth_id":"u","pbx_user_uuid":"u","xivo_uuid":"x","purpose":"user"}"#
    );
    assert_eq!(
        answer("default_internal"),
        r#"{"uuid":"u","tenant_uuid":"t","auth_id":"u","pbx_user_uuid":null,"xivo_uuid":"x","purpose":"internal"}"#
    );
    registry.stop(Duration::from_secs(30));
}

#[test]
fn what_is_not_enabled_is_not_run_and_the_report_says_how_to_enable_it() {
    let directory = Directory::new().file("example.so", plugins::backend_example());
    let registry = directory.load();
    let report = registry.report();
    let example = file(&report, "example.so");
    assert_eq!(example.state, State::Found);
    assert_eq!(
        only_entry(example).hint.as_deref(),
        Some("enabled_backend_plugins: {example: true}")
    );
    assert!(registry.listed_backends().is_empty());
    assert_eq!(directory.inspect(), report);
}

#[test]
fn what_is_enabled_and_nowhere_offered_is_reported() {
    let directory = Directory::new().backend("nowhere").external_auth("google");
    let report = directory.load().report();
    let missing: Vec<_> = report
        .missing
        .iter()
        .map(|entry| (entry.kind.as_str(), entry.name.as_str()))
        .collect();
    assert_eq!(
        missing,
        [("backend", "nowhere"), ("external_auth", "google")]
    );
}

#[test]
fn what_is_no_plugin_for_this_daemon_is_refused_with_its_reason() {
    let scratch = Home::new();
    let text = scratch.join("text");
    home::write(&text, "not a library\n");
    assert!(refusal("text.so", &text).contains("no ELF file"));
    assert!(refusal("foreign.so", &plugins::foreign_library()).contains("no wazo-auth plugin"));
    let major = scratch.join("major");
    plugins::with_other_major(plugins::backend_example(), &major);
    assert!(
        refusal("major.so", &major)
            .starts_with("plugin was built for ABI 9.2, this daemon speaks 0.")
    );
    assert!(refusal("abort.so", &plugins::bad("abort")).contains("panic=abort"));
}

#[test]
fn a_torn_file_is_refused() {
    let scratch = Home::new();
    let whole = std::fs::read(plugins::backend_example()).unwrap();
    for part in [64, 4096, whole.len() / 2, whole.len() - 1] {
        let torn = scratch.join(format!("torn-{part}"));
        home::write(&torn, &whole[..part]);
        refusal("torn.so", &torn);
    }
}

#[test]
fn who_may_write_is_looked_at_first() {
    let directory = Directory::new()
        .file("open.so", plugins::backend_example())
        .backend("example");
    home::set_mode(&directory.plugins.join("open.so"), 0o757).unwrap();
    let report = directory.load().report();
    let reason = file(&report, "open.so").reason.clone().unwrap_or_default();
    assert!(reason.contains("everybody may write to"), "{reason}");
    assert!(reason.contains("chmod go-w"), "{reason}");

    let directory = directory.file("open.so", plugins::backend_example());
    home::set_mode(&directory.plugins, 0o777).unwrap();
    let report = directory.load().report();
    assert!(report.files.is_empty());
    let problem = report.directories[0].problem.clone().unwrap_or_default();
    assert!(problem.contains("everybody may write to"), "{problem}");
}

#[test]
fn a_symbolic_link_and_a_pipe_are_no_plugins() {
    let directory = Directory::new();
    std::os::unix::fs::symlink(
        plugins::backend_example(),
        directory.plugins.join("link.so"),
    )
    .unwrap();
    let pipe = directory.plugins.join("pipe.so");
    let made = wazo_auth_test_support::command::run(
        {
            let mut command = std::process::Command::new("mkfifo");
            command.arg(&pipe);
            command
        },
        Duration::from_secs(30),
    );
    assert!(made.status.success());
    let report = directory.load().report();
    let reason = |name| file(&report, name).reason.clone().unwrap_or_default();
    assert!(
        reason("link.so").contains("symbolic link"),
        "{}",
        reason("link.so")
    );
    assert!(
        reason("pipe.so").contains("no regular file"),
        "{}",
        reason("pipe.so")
    );
}

#[test]
fn two_files_that_offer_the_same_are_both_refused_and_the_others_run() {
    let directory = Directory::new()
        .file("a.so", plugins::backend_example())
        .file("b.so", plugins::backend_example())
        .file("bar.so", plugins::external_bar())
        .backend("example")
        .external_auth("bar");
    let registry = directory.load();
    assert!(registry.backend("example").is_none());
    assert!(registry.external_auth("bar").is_some());
    let report = registry.report();
    for (name, other) in [("a.so", "b.so"), ("b.so", "a.so")] {
        let file = file(&report, name);
        assert_eq!(file.state, State::Refused);
        let reason = file.reason.clone().unwrap_or_default();
        assert!(reason.contains(other), "{reason}");
        assert!(reason.contains("backend \"example\""), "{reason}");
    }
}

#[test]
fn a_plugin_whose_needs_the_daemon_does_not_have_is_refused() {
    let directory = Directory::new()
        .file("native.so", plugins::native())
        .backend("wazo_user");
    let report = inspect(&directory.settings(), &["user_service.get_acl"]);
    let reason = file(&report, "native.so")
        .reason
        .clone()
        .unwrap_or_default();
    assert!(
        reason.contains("it needs \"user_service.verify_password\""),
        "{reason}"
    );
    assert_eq!(file(&directory.inspect(), "native.so").state, State::Found);
}

#[test]
fn a_file_replaced_under_its_name_is_the_new_one_for_the_next_load() {
    let directory = Directory::new()
        .file("same.so", plugins::backend_example())
        .backend("example")
        .backend("wazo_user");
    let first = directory.load();
    assert!(first.backend("example").is_some());
    let directory = directory.file("same.so", plugins::native());
    let second = directory.load();
    assert!(second.backend("wazo_user").is_some());
    assert!(second.backend("example").is_none());
    // What runs is not disturbed.
    let example = first.backend("example").unwrap();
    let verdict = example.verify_password(&CallContext::default(), "bob", "abc123");
    assert!(matches!(verdict, Ok(Verdict::Accepted { .. })));
    drop(directory.home);
}

#[test]
fn a_directory_that_is_none_is_reported_and_stops_nothing() {
    let directory = Directory::new()
        .file("example.so", plugins::backend_example())
        .backend("example");
    let mut settings = directory.settings();
    settings
        .directories
        .insert(0, directory.home.join("nowhere"));
    let registry = Registry::load(&settings, Arc::new(Services));
    assert!(registry.backend("example").is_some());
    let problem = registry.report().directories[0]
        .problem
        .clone()
        .unwrap_or_default();
    assert!(problem.contains("does not exist"), "{problem}");
}

#[test]
fn after_closing_nobody_waits_for_a_plugin() {
    let directory = Directory::new()
        .file("example.so", plugins::backend_example())
        .backend("example");
    let registry = directory.load();
    registry.close();
    let backend = registry.backend("example").unwrap();
    let answer = backend.get_acl(&CallContext::default(), "alice");
    // Either it was fast enough, or it is told.
    assert!(
        matches!(
            answer,
            Ok(_) | Err(wazo_auth_plugin_host::CallError::ShuttingDown)
        ),
        "{answer:?}"
    );
}
