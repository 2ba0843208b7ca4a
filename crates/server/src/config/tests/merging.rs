//! Which source wins.

use std::{fs, os::unix::ffi::OsStringExt};

use serde_json::json;

use super::*;

#[test]
fn the_first_file_of_the_directory_wins_and_the_main_file_comes_last() {
    let installation = Installation::new("rest_api: {port: 1}\nlog_filename: /main")
        .with("20-b.yml", "rest_api: {port: 3, max_threads: 30}")
        .with("10-a.yml", "rest_api: {port: 2}");
    let config = installation.config();
    assert_eq!(config.rest_api.port, 2);
    assert_eq!(config.rest_api.max_threads, 30);
    assert_eq!(config.log_filename, Path::new("/main"));
    assert_eq!(config.rest_api.listen, "127.0.0.1");
}

#[test]
fn names_are_ordered_by_their_bytes() {
    let installation = Installation::new("")
        .with("b.yml", "rest_api: {port: 1}")
        .with("B.yml", "rest_api: {port: 2}")
        .with("é.yml", "rest_api: {port: 3}");
    assert_eq!(installation.config().rest_api.port, 2);
    let name = PathBuf::from(OsString::from_vec(b"A\xff.yml".to_vec()));
    let path = installation.directory.path().join("conf.d").join(name);
    fs::write(path, "rest_api: {port: 4}").unwrap();
    assert_eq!(installation.config().rest_api.port, 4);
}

#[test]
fn files_with_other_names_are_not_read() {
    let installation = Installation::new("rest_api: {port: 1}")
        .with(".hidden.yml", "rest_api: {port: 2}")
        .with("a.yaml", "rest_api: {port: 3}")
        .with("b.yml~", "rest_api: {port: 4}")
        .with("c.YML", "rest_api: {port: 5}");
    assert_eq!(installation.config().rest_api.port, 1);
}

#[test]
fn lists_of_files_follow_each_other_at_any_depth() {
    let installation =
        Installation::new("default_policies: {p: {acl: [m]}}\ngoogle: {scope: [m], a: {b: [m]}}")
            .with(
                "1.yml",
                "default_policies: {p: {acl: [a]}}\ngoogle: {a: {b: [a]}}",
            )
            .with(
                "2.yml",
                "default_policies: {p: {acl: [b, m]}}\ngoogle: {scope: [b]}",
            );
    let document = installation.document();
    assert_eq!(
        document["default_policies"]["p"]["acl"],
        json!(["a", "b", "m", "m"])
    );
    assert_eq!(
        document["google"],
        json!({"a": {"b": ["a", "m"]}, "scope": ["b", "m"]})
    );
}

const HEADERS: [&str; 5] = [
    "Content-Type",
    "Authorization",
    "X-Auth-Token",
    "Wazo-Tenant",
    "Wazo-Session-Type",
];

fn allowed_headers(installation: &Installation) -> Value {
    installation.document()["rest_api"]["cors"]["allow_headers"].clone()
}

#[test]
fn a_nested_list_of_the_main_file_is_followed_by_the_default() {
    let main = "rest_api: {cors: {allow_headers: [M]}}";
    let expected: Vec<&str> = [&["M"][..], &HEADERS].concat();
    assert_eq!(allowed_headers(&Installation::new(main)), json!(expected));

    let both = Installation::new(main).with("1.yml", "rest_api: {cors: {allow_headers: [D]}}");
    let expected: Vec<&str> = [&["D", "M"][..], &HEADERS].concat();
    assert_eq!(allowed_headers(&both), json!(expected));
}

#[test]
fn a_nested_list_of_the_directory_alone_replaces_the_default() {
    let installation =
        Installation::new("").with("1.yml", "rest_api: {cors: {allow_headers: [D]}}");
    assert_eq!(allowed_headers(&installation), json!(["D"]));
}

#[test]
fn of_values_of_different_types_the_higher_one_stays() {
    let installation = Installation::new("google: {a: {b: 1}, c: text, d: 1}")
        .with("1.yml", "google: {a: text, c: [1], d: null}");
    let config = installation.config();
    assert_eq!(
        config.section("google"),
        json!({"a": "text", "c": [1], "d": null})
    );
}

#[test]
fn null_is_a_value_and_an_empty_file_has_none() {
    let installation = Installation::new("user: main\ndefault_user_policy: main")
        .with("1.yml", "user: null\ndefault_user_policy: ~")
        .with("2.yml", "")
        .with("3.yml", "# only a comment\n---\n");
    let document = installation.document();
    assert_eq!(document["user"], Value::Null);
    assert_eq!(document["default_user_policy"], Value::Null);
}

#[test]
fn the_keys_of_the_highest_source_come_first() {
    let installation = Installation::new("enabled_backend_plugins: {main: true, wazo_user: false}")
        .with(
            "1.yml",
            "enabled_backend_plugins: {zeta: true, alpha: false}",
        );
    let expected = [
        ("zeta", true),
        ("alpha", false),
        ("main", true),
        ("wazo_user", false),
        ("ldap_user", true),
    ];
    assert_eq!(
        installation.config().enabled_backend_plugins,
        expected.map(|(name, on)| (name.to_owned(), on))
    );
}

#[test]
fn the_command_line_wins_over_all_files() {
    let mut installation = Installation::new("").with(
        "1.yml",
        "log_level: error\nrest_api: {port: 1}\nplugins: {directory: [/a, /b]}",
    );
    installation.overrides.listen_port = Some(8080);
    installation.overrides.log_level = Some("WARNING".to_owned());
    installation.overrides.log_file = Some("/x.log".into());
    installation.overrides.db_upgrade_on_startup = true;
    installation.overrides.plugin_dirs = vec!["/c".into(), "/d".into()];
    installation.overrides.user = Some("somebody".to_owned());
    let config = installation.config();
    assert_eq!(config.rest_api.port, 8080);
    assert_eq!(config.level_filter(), log::LevelFilter::Warn);
    assert_eq!(config.log_filename, Path::new("/x.log"));
    assert!(config.db_upgrade_on_startup);
    assert_eq!(
        config.plugins.directories,
        [Path::new("/c"), Path::new("/d")]
    );
    assert_eq!(config.document["user"], json!("somebody"));
    assert_eq!(config.document["rest_api"]["listen"], json!("127.0.0.1"));

    installation.overrides.debug = true;
    assert_eq!(
        installation.config().level_filter(),
        log::LevelFilter::Debug
    );
}

#[test]
fn paths_of_the_command_line_keep_bytes_that_are_no_text() {
    let odd = PathBuf::from(OsString::from_vec(b"/odd\xff".to_vec()));
    let mut installation = Installation::new("");
    installation.overrides.log_file = Some(odd.clone());
    installation.overrides.plugin_dirs = vec![odd.clone()];
    let config = installation.config();
    assert_eq!(config.log_filename, odd);
    assert_eq!(config.plugins.directories, [odd]);
}

#[test]
fn only_the_main_file_names_the_directory() {
    let installation = Installation::new("").with("1.yml", "extra_config_files: /no/such\nuser: a");
    assert_eq!(installation.document()["user"], json!("a"));
    let none = Installation::bare("extra_config_files: null\n");
    assert_eq!(none.config().rest_api.port, 9497);
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_start_goes_on() {
    let mut missing = Installation::bare("");
    let path = missing.directory.path().join("none.yml");
    missing.overrides.config_file = Some(path);
    let (config, warnings) = missing.with_warnings();
    assert_eq!(config.rest_api.port, 9497);
    assert_eq!(
        warnings[0],
        "Could not read config file none.yml: No such file or directory (os error 2)"
    );

    let no_directory = Installation::bare("extra_config_files: /no/such/dir\nuser: a\n");
    let (config, warnings) = no_directory.with_warnings();
    assert_eq!(config.document["user"], json!("a"));
    assert_eq!(
        warnings,
        ["Could not read config dir /no/such/dir: No such file or directory (os error 2)"]
    );

    let odd = Installation::new("")
        .with("1.yml/inner", "")
        .with("2.yml", "user: a");
    std::os::unix::fs::symlink("/no/such/file", odd.directory.path().join("conf.d/3.yml")).unwrap();
    let (config, warnings) = odd.with_warnings();
    assert_eq!(config.document["user"], json!("a"));
    assert_eq!(
        warnings,
        [
            "Could not read config file conf.d/1.yml: Is a directory (os error 21)",
            "Could not read config file conf.d/3.yml: No such file or directory (os error 2)"
        ]
    );
}

#[test]
fn a_pipe_in_the_directory_holds_up_nothing() {
    let installation = Installation::new("");
    let pipe = installation.directory.path().join("conf.d/1.yml");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let (_, warnings) = installation.with_warnings();
    assert_eq!(
        warnings,
        ["Could not read config file conf.d/1.yml: it is a pipe"]
    );
}

#[test]
fn merge_keys_and_aliases_bring_what_they_stand_for() {
    let installation = Installation::new(
        "google: &g {a: 1, b: [x]}\nmicrosoft: {<<: *g, a: 2}\nsaml: {domains: {d: *g}}",
    );
    let document = installation.document();
    assert_eq!(document["microsoft"], json!({"a": 2, "b": ["x"]}));
    assert_eq!(
        document["saml"]["domains"]["d"],
        json!({"a": 1, "b": ["x"]})
    );

    let several =
        Installation::new("google: {<<: [&x {a: 1, b: 1}, &y {b: 2, c: 2}]}\nmicrosoft: {'<<': 1}");
    let document = several.document();
    assert_eq!(document["google"], json!({"a": 1, "b": 1, "c": 2}));
    assert_eq!(document["microsoft"], json!({"<<": 1}));
}

#[test]
fn the_output_of_a_command_takes_the_place_of_its_exec() {
    let installation = Installation::new(
        "uuid: !exec {command: \"echo  some-uuid\"}\n\
         rest_api: !exec\n  command: \"echo '{port: 8000}'\"\n\
         google: {a: !exec {command: 'echo [1, x]'}, b: !exec {command: \"true\"}}",
    );
    // Blanks separate words; quotes are letters like others.
    let problems = installation.problems();
    assert_eq!(
        problems,
        ["config.yml:2: rest_api: found \"{port: 8000}\", wanted: mapping"]
    );

    let installation = Installation::new(
        "uuid: !exec {command: \"echo  some-uuid\"}\n\
         rest_api: !exec\n  command: 'echo {port: 8000}'\n\
         google: {a: !exec {command: 'echo [1, x]'}, b: !exec {command: \"true\"}}",
    );
    let config = installation.config();
    assert_eq!(config.uuid.as_deref(), Some("some-uuid"));
    assert_eq!(config.rest_api.port, 8000);
    assert_eq!(config.section("google"), json!({"a": [1, "x"], "b": null}));
}
