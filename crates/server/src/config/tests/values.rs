//! What values may look like, and what they become.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::config::{DefaultGroup, DefaultPolicy, IdpBackend, PasswordScheme};

#[test]
fn everything_has_a_default() {
    let config = Installation::new("").config();
    assert_eq!(config.uuid, None);
    assert_eq!(config.level_filter(), log::LevelFilter::Info);
    assert_eq!(config.log_filename, Path::new("/var/log/wazo-auth.log"));
    assert_eq!(
        config.db_uri,
        "postgresql://asterisk:proformatique@localhost/asterisk"
    );
    assert!(!config.db_upgrade_on_startup);
    assert_eq!(config.database_threads, None);
    assert_eq!(config.rest_api.listen, "127.0.0.1");
    assert_eq!(config.rest_api.port, 9497);
    assert_eq!(config.rest_api.max_threads, 25);
    assert_eq!(config.default_token_lifetime, 7200);
    assert_eq!(config.max_user_concurrent_sessions, 100);
    assert_eq!(config.password_hash.scheme, PasswordScheme::Auto);
    assert_eq!(config.password_hash.bcrypt_cost, 12);
    assert_eq!(config.password_hash.upgrade, None);
    assert_eq!(config.password_hash.threads, None);
    let switches = |names: &[&str]| -> Vec<_> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), true))
            .collect()
    };
    assert_eq!(
        config.enabled_backend_plugins,
        switches(&["ldap_user", "wazo_user"])
    );
    assert_eq!(
        config.enabled_external_auth_plugins,
        switches(&["google", "microsoft", "mobile"])
    );
    assert_eq!(
        config.enabled_metadata_plugins,
        switches(&["default_user", "default_internal", "default_external_api"])
    );
    let providers: Vec<_> = config
        .idp_plugins
        .iter()
        .map(|plugin| (plugin.name.as_str(), plugin.enabled, plugin.priority))
        .collect();
    assert_eq!(
        providers,
        [
            ("saml", true, 1),
            ("ldap", true, 2),
            ("backend", false, 100)
        ]
    );
    assert_eq!(config.idp_backends, []);
    assert_eq!(config.email_notification_plugin, "smtp");
    assert_eq!(
        config.plugins.directories,
        [Path::new("/usr/lib/wazo-auth/plugins")]
    );
    assert_eq!(config.plugins.max_concurrent_calls, 16);
    assert_eq!(config.plugins.call_timeout, Duration::from_secs(10));
    assert_eq!(config.plugins.queue, 256);
    assert_eq!(
        config.plugins.state_file,
        Path::new("/run/wazo-auth/plugins.json")
    );
    assert_eq!(config.section("google"), json!({}));
}

#[test]
fn truth_values_may_be_spelled_as_in_yaml_1_1() {
    for (words, value) in [
        (
            [
                "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y",
            ],
            true,
        ),
        (
            [
                "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N",
            ],
            false,
        ),
    ] {
        for word in words {
            let installation = Installation::new(&format!(
                "db_upgrade_on_startup: {word}\nenabled_backend_plugins: {{a: {word}}}"
            ));
            let config = installation.config();
            assert_eq!(config.db_upgrade_on_startup, value, "{word}");
            assert_eq!(
                config.enabled_backend_plugins[0],
                ("a".to_owned(), value),
                "{word}"
            );
        }
    }
}

#[test]
fn integers_are_written_as_in_yaml() {
    for (written, port) in [
        ("8000", 8000),
        ("+80", 80),
        ("0x50", 80),
        ("0o17", 15),
        ("8_000", 8000),
        ("0", 0),
    ] {
        let installation = Installation::new(&format!("rest_api: {{port: {written}}}"));
        assert_eq!(installation.config().rest_api.port, port, "{written}");
    }
}

#[test]
fn numbers_may_have_a_fraction() {
    let config =
        Installation::new("default_token_lifetime: 59.2\nplugins: {call_timeout: .5}").config();
    assert_eq!(config.default_token_lifetime, 60);
    assert_eq!(config.plugins.call_timeout, Duration::from_millis(500));
}

#[test]
fn a_number_without_quotes_is_a_text_where_a_text_is_wanted() {
    let installation =
        Installation::new("uuid: 0123\nemail_notification_plugin: 1e3\nuser: 2024-01-01");
    let config = installation.config();
    assert_eq!(config.uuid.as_deref(), Some("0123"));
    assert_eq!(config.email_notification_plugin, "1e3");
    assert_eq!(config.document["user"], json!("2024-01-01"));
}

#[test]
fn files_from_other_systems_are_read_too() {
    let installation = Installation::bare(
        "\u{feff}extra_config_files:\r\nrest_api:\r\n  port: 80\r\ndebug: yes\r\n",
    );
    let config = installation.config();
    assert_eq!(config.rest_api.port, 80);
    assert_eq!(config.level_filter(), log::LevelFilter::Debug);
}

#[test]
fn tags_of_yaml_itself_say_what_a_scalar_is() {
    let installation = Installation::new(
        "uuid: !!str yes\nrest_api: !!map {port: !!int \"80\"}\ngoogle: {a: ! 12, b: !!bool 'true', c: !!seq []}",
    );
    let config = installation.config();
    assert_eq!(config.uuid.as_deref(), Some("yes"));
    assert_eq!(config.rest_api.port, 80);
    assert_eq!(
        config.section("google"),
        json!({"a": "12", "b": true, "c": []})
    );
}

#[test]
fn the_environment_gives_the_uuid_that_the_files_do_not() {
    for main in ["", "uuid: ''", "uuid: null", "uuid:"] {
        let mut installation = Installation::new(main);
        assert_eq!(installation.config().uuid, None, "{main}");
        installation.uuid = Some("".into());
        assert_eq!(installation.config().uuid, None, "{main}");
        installation.uuid = Some("from-environment".into());
        assert_eq!(
            installation.config().uuid.as_deref(),
            Some("from-environment"),
            "{main}"
        );
    }
    let mut installation = Installation::new("uuid: from-file");
    installation.uuid = Some("from-environment".into());
    assert_eq!(installation.config().uuid.as_deref(), Some("from-file"));
}

#[test]
fn log_levels_have_names_in_any_case() {
    use log::LevelFilter::{Debug, Error, Info, Warn};
    for (name, level) in [
        ("debug", Debug),
        ("Info", Info),
        ("WARNING", Warn),
        ("error", Error),
        ("Critical", Error),
    ] {
        let config = Installation::new(&format!("log_level: {name}")).config();
        assert_eq!(config.level_filter(), level);
        assert_eq!(config.document["log_level"], json!(name.to_lowercase()));
    }
    let config = Installation::new("log_level: error\ndebug: yes").config();
    assert_eq!(config.level_filter(), Debug);
}

#[test]
fn plugin_directories_are_one_or_several() {
    let one = Installation::new("plugins: {directory: /one}").config();
    assert_eq!(one.plugins.directories, [Path::new("/one")]);
    let several = Installation::new("plugins: {directory: [/one, /two]}").config();
    assert_eq!(
        several.plugins.directories,
        [Path::new("/one"), Path::new("/two")]
    );
}

#[test]
fn policies_of_the_configuration_are_read_in_their_order() {
    let config = Installation::new(
        "update_policy_on_startup: false\ndefault_policies:\n  \
         z: {acl: [b, '!a', b], description: what it is, shared: true}\n  \
         y: {acl: [], description: , shared: }\n",
    )
    .config();
    let policy = |slug: &str, acl: &[&str], description: Option<&str>, shared| DefaultPolicy {
        slug: slug.to_owned(),
        acl: acl.iter().map(|access| (*access).to_owned()).collect(),
        description: description.map(str::to_owned),
        shared,
    };
    assert!(!config.update_policy_on_startup);
    assert_eq!(
        config.default_policies,
        [
            policy("z", &["b", "!a", "b"], Some("what it is"), Some(true)),
            policy("y", &[], None, None),
        ]
    );
    let bare = Installation::new("").config();
    assert!(bare.update_policy_on_startup);
    assert_eq!(bare.default_policies, []);
}

#[test]
fn what_new_tenants_get_is_read_in_its_order() {
    let config = Installation::new(
        "all_users_policies: {b: true, a: false}\ntenant_default_groups:\n  \
         z: {policies: {c: true}}\n  y: {}\n",
    )
    .config();
    let switch = |name: &str, on| (name.to_owned(), on);
    let group = |slug: &str, policies| DefaultGroup {
        slug: slug.to_owned(),
        policies,
    };
    assert_eq!(
        config.all_users_policies,
        [switch("b", true), switch("a", false)]
    );
    assert_eq!(
        config.tenant_default_groups,
        [group("z", vec![switch("c", true)]), group("y", Vec::new())]
    );
}

#[test]
fn backends_of_the_identity_provider_keep_their_order() {
    let config = Installation::new(
        "idp_plugins:\n  other: {priority: 3}\n  backend:\n    enabled: true\n    priority: 50\n    backends:\n      \
         zeta: {method: z, unknown_logins: true, tenant: master}\n      alpha: {}\n",
    )
    .config();
    let backend = |backend: &str, method: &str, unknown_logins, tenant: Option<&str>| IdpBackend {
        backend: backend.to_owned(),
        method: method.to_owned(),
        unknown_logins,
        tenant: tenant.map(str::to_owned),
    };
    assert_eq!(
        config.idp_backends,
        [
            backend("zeta", "z", true, Some("master")),
            backend("alpha", "alpha", false, None)
        ]
    );
    let providers: Vec<_> = config
        .idp_plugins
        .iter()
        .map(|plugin| (plugin.name.as_str(), plugin.enabled, plugin.priority))
        .collect();
    assert_eq!(
        providers,
        [
            ("saml", true, 1),
            ("ldap", true, 2),
            ("other", false, 3),
            ("backend", true, 50)
        ]
    );
}

#[test]
fn a_plugin_gets_its_own_section_and_no_other() {
    let config = Installation::new(
        "enabled_external_auth_plugins: {bar: true, empty: true}\n\
         bar: {text: yes, number: 1.5, huge: 99999999999999999999, endless: .inf, list: [1, null, {a: b}]}\n\
         empty:\n",
    )
    .config();
    assert_eq!(
        config.section("bar"),
        json!({"text": "yes", "number": 1.5, "huge": 1e20, "endless": ".inf", "list": [1, null, {"a": "b"}]})
    );
    assert_eq!(config.section("empty"), json!({}));
    assert_eq!(config.section("db_uri"), json!({}));
}

#[test]
fn a_key_without_a_value_is_fine_where_nothing_is_the_default() {
    let document = Installation::new(
        "database_threads:\ndefault_policies:\nservice_discovery:\n  extra_tags:\npassword_hash: {upgrade: , threads: ~}",
    )
    .document();
    assert_eq!(document["database_threads"], Value::Null);
    assert_eq!(document["default_policies"], json!({}));
    assert_eq!(document["service_discovery"]["extra_tags"], json!([]));
    assert_eq!(document["password_hash"]["upgrade"], Value::Null);
}

#[test]
fn unknown_keys_are_kept_and_warned_of() {
    let installation = Installation::new("user: a\nrest_api:\n  prot: 80\nzzzzzz: {a: 1}\nmax_threads: 3")
        .with(
            "1.yml",
            "debgu: yes\nidp_plugins:\n  ldap: {backends: {}}\n  backend: {backends: {b: {tenat: x}}}\n\"odd\\nkey\": 1",
        );
    let (config, warnings) = installation.with_warnings();
    assert_eq!(
        warnings,
        [
            "conf.d/1.yml:1: unknown key \"debgu\"; did you mean \"debug\"?",
            "conf.d/1.yml:3: unknown key \"idp_plugins.ldap.backends\"",
            "conf.d/1.yml:4: unknown key \"idp_plugins.backend.backends.b.tenat\"; did you mean \"idp_plugins.backend.backends.b.tenant\"?",
            "conf.d/1.yml:5: unknown key \"odd\\\\nkey\"",
            "config.yml:3: unknown key \"rest_api.prot\"; did you mean \"rest_api.port\"?",
            "config.yml:4: unknown key \"zzzzzz\"",
            "config.yml:5: unknown key \"max_threads\"; did you mean \"rest_api.max_threads\"?",
        ]
    );
    assert_eq!(config.document["zzzzzz"], json!({"a": 1}));
    assert_eq!(config.document["rest_api"]["prot"], json!(80));
}

#[test]
fn many_unknown_keys_do_not_flood_the_log() {
    let main: Vec<String> = (0..5000).map(|number| format!("k{number:05}: 1")).collect();
    let (_, warnings) = Installation::new(&main.join("\n")).with_warnings();
    assert_eq!(warnings.len(), 101);
    assert_eq!(warnings[100], "and 4900 more unknown keys");
}

#[test]
fn the_packaged_file_loads_without_a_warning() {
    let packaged = include_str!("../../../../../etc/config.yml");
    let directory = "extra_config_files: /etc/wazo-auth/conf.d\n";
    assert!(packaged.contains(directory));
    let config = Installation::new(&packaged.replace(directory, "")).config();
    assert_eq!(
        config.db_uri,
        "postgresql://asterisk:proformatique@localhost/asterisk?application_name=wazo-auth"
    );
}

#[test]
fn the_file_that_make_run_writes_loads_without_a_warning() {
    let script = include_str!("../../../../../scripts/run");
    let (_, text) = script.split_once("<<YAML\n").unwrap();
    let (text, _) = text.split_once("\nYAML\n").unwrap();
    let text = text.replace("$(quoted \"", "'").replace("\")", "'");
    let installation = Installation::bare("");
    let home = installation.directory.path().join("it's home");
    fs::create_dir_all(home.join("conf.d")).unwrap();
    let quoted = home.display().to_string().replace('\'', "''");
    installation
        .directory
        .write("config.yml", text.replace("$home", &quoted));
    let config = installation.config();
    assert_eq!(config.log_filename, home.join("wazo-auth.log"));
    assert_eq!(config.plugins.state_file, home.join("plugins.json"));
    assert_eq!(
        config.db_uri,
        format!("sqlite://{}", home.join("wazo-auth.sqlite").display())
    );
    assert_eq!(config.document["user"], json!(""));
    assert_eq!(config.idp_backends[0].tenant.as_deref(), Some("master"));
    assert!(
        config
            .enabled_backend_plugins
            .contains(&("ldap_user".to_owned(), false))
    );
}

#[test]
fn files_made_for_the_platform_load_without_a_warning() {
    let config = Installation::new(include_str!("platform.yml")).config();
    assert_eq!(
        config.section("google")["scope"],
        json!(["https://www.googleapis.com/auth/userinfo.profile"])
    );
    assert_eq!(config.document["amqp"]["exchange_name"], json!("xivo"));
}
