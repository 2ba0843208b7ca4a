//! What is refused, and what the operator reads then.

use super::*;

/// The only problem of a main file.
fn problem(main: &str) -> String {
    let mut problems = Installation::new(main).problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

/// The only problem of a main file that does not name a directory.
fn bare_problem(main: impl AsRef<[u8]>) -> String {
    let mut problems = Installation::bare(main).problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

#[test]
fn every_wrong_value_is_named_with_its_place() {
    let installation = Installation::new(
        "debug: maybe\n\
         rest_api:\n  port: http\n  listen: [a]\n  max_threads: 0\n\
         plugins:\n  call_timeout: 0\n  queue: \"5\"\n  directory: []\n\
         default_token_lifetime:\n  soon\n",
    )
    .with(
        "1.yml",
        "\nenabled_backend_plugins: {a: 1, b: }\npassword_hash: {bcrypt_cost: 50, scheme: md5}",
    );
    assert_eq!(
        installation.problems(),
        [
            "conf.d/1.yml:2: enabled_backend_plugins.a: found \"1\", wanted: true or false",
            "conf.d/1.yml:2: enabled_backend_plugins.b: found nothing, wanted: true or false",
            "conf.d/1.yml:3: password_hash.bcrypt_cost: found \"50\", wanted: integer from 4 to 16",
            "conf.d/1.yml:3: password_hash.scheme: found \"md5\", wanted: auto, bcrypt or pbkdf2",
            "config.yml:1: debug: found \"maybe\", wanted: true or false",
            "config.yml:3: rest_api.port: found \"http\", wanted: integer from 0 to 65535",
            "config.yml:4: rest_api.listen: found a list, wanted: IP address or host name",
            "config.yml:5: rest_api.max_threads: found \"0\", wanted: integer from 1 to 1024",
            "config.yml:7: plugins.call_timeout: found \"0\", wanted: number from 0.1 to 3600",
            "config.yml:8: plugins.queue: found \"5\", wanted: integer from 0 to 100000; remove the quotes",
            "config.yml:9: plugins.directory: found a list, wanted: path or list of paths",
            "config.yml:11: default_token_lifetime: found \"soon\", wanted: number from 1 to 3155760000",
        ]
    );
}

#[test]
fn a_daemon_that_could_load_no_plugin_does_not_start() {
    assert_eq!(
        problem("plugins: {require_signature: true}"),
        "plugins.require_signature: no plugin could be loaded, since plugins.trusted_keys is empty; \"wazo-auth plugin keygen\" prints a key"
    );
    assert_eq!(
        problem("plugins: {trusted_keys: [nonsense]}"),
        "plugins.trusted_keys: \"nonsense\": it is no public key; \"wazo-auth plugin keygen\" prints one"
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    for port in [
        "65536",
        "-1",
        "99999999999999999999999",
        "1.5",
        "0x10000",
        "1e3",
        ".nan",
        "_1",
        "0x",
    ] {
        assert_eq!(
            problem(&format!("rest_api: {{port: {port}}}")),
            format!("config.yml:1: rest_api.port: found {port:?}, wanted: integer from 0 to 65535")
        );
    }
    assert_eq!(
        problem("rest_api: {port: 09497}"),
        "config.yml:1: rest_api.port: found \"09497\", wanted: integer from 0 to 65535; remove the leading zero"
    );
    for seconds in [".inf", ".nan", "1e300", "-5", "010"] {
        assert!(
            problem(&format!("plugins: {{call_timeout: {seconds}}}"))
                .starts_with("config.yml:1: plugins.call_timeout: found "),
            "{seconds}"
        );
    }
}

#[test]
fn truth_values_and_texts_are_told_from_each_other() {
    assert_eq!(
        problem("debug: 'yes'"),
        "config.yml:1: debug: found \"yes\", wanted: true or false; remove the quotes"
    );
    assert_eq!(
        problem("uuid: yes"),
        "config.yml:1: uuid: found \"yes\", wanted: text of at most 38 characters; YAML takes this for true or false: put it in quotes"
    );
    assert_eq!(
        problem("db_uri:"),
        "config.yml:1: db_uri: found nothing, wanted: text"
    );
}

#[test]
fn a_section_without_keys_is_no_mapping() {
    assert_eq!(
        problem("user: a\nrest_api:\n  # port: 80\ndebug: no"),
        "config.yml:2: rest_api: found nothing, wanted: mapping"
    );
    assert_eq!(
        problem("idp_plugins: {other: true}"),
        "config.yml:1: idp_plugins.other: found \"true\", wanted: mapping"
    );
}

#[test]
fn elements_of_lists_are_checked_too() {
    assert_eq!(
        problem("plugins:\n  directory:\n    - /a\n    - ''"),
        "config.yml:4: plugins.directory[1]: found \"\", wanted: path"
    );
    assert_eq!(
        problem("default_policies: {p: {acl: [a, [b]]}}"),
        "config.yml:1: default_policies.p.acl[1]: found a list, wanted: text"
    );
}

#[test]
fn an_unknown_log_level_is_refused_wherever_it_comes_from() {
    assert_eq!(
        problem("log_level: verbose"),
        "config.yml:1: log_level: Unknown log level verbose, wanted: debug, info, warning, error or critical"
    );
    let mut installation = Installation::new("");
    installation.overrides.log_level = Some("20".to_owned());
    installation.overrides.debug = true;
    assert_eq!(
        installation.problems(),
        [
            "command line: log_level: Unknown log level 20, wanted: debug, info, warning, error or critical"
        ]
    );
}

#[test]
fn addresses_to_listen_on_are_no_bare_numbers() {
    for listen in ["0", "''", "127.1", "1.2.3.4.5"] {
        assert!(
            problem(&format!("rest_api: {{listen: {listen}}}"))
                .ends_with("wanted: IP address or host name"),
            "{listen}"
        );
    }
    for listen in ["0.0.0.0", "'::'", "localhost", "2001:db8::1"] {
        let config = Installation::new(&format!("rest_api: {{listen: {listen}}}")).config();
        assert_eq!(config.rest_api.listen, listen.trim_matches('\''));
    }
}

#[test]
fn a_uuid_is_not_longer_than_its_column() {
    let long = "x".repeat(39);
    assert!(problem(&format!("uuid: {long}")).ends_with("wanted: text of at most 38 characters"));
    let mut installation = Installation::new("");
    installation.uuid = Some(long.into());
    assert!(installation.problems()[0].starts_with("XIVO_UUID: uuid: found \"xxxx"));
}

#[test]
fn values_of_secret_keys_are_never_shown() {
    let secret = "hunter2";
    let installation = Installation::new(&format!(
        "db_uri: [{secret}]\n\
         amqp: {{uri: {{{secret}: {secret}}}}}\n\
         bootstrap_user_password: [{secret}, {secret}]\n\
         enabled_backend_plugins: {{example: true}}\n\
         example: {secret}\n\
         consul: {{token: [{secret}]}}\n"
    ));
    let problems = installation.problems();
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert!(!problems.join("\n").contains(secret), "{problems:#?}");
    assert_eq!(
        problem("bootstrap_user_password: yes"),
        "config.yml:1: bootstrap_user_password: found a value that is not shown, wanted: text; YAML takes this for true or false: put it in quotes"
    );
}

#[test]
fn a_key_that_stands_twice_stops_the_start() {
    let installation = Installation::new("rest_api:\n  port: 1\n  listen: a\n  port: 2")
        .with("1.yml", "user: a\ndebug: no\nuser: b");
    assert_eq!(
        installation.problems(),
        [
            "config.yml:4: rest_api.port: is here for the second time; the first is on line 2",
            "conf.d/1.yml:3: user: is here for the second time; the first is on line 1",
        ]
    );
}

#[test]
fn what_is_no_yaml_is_fatal_in_the_main_file_and_skipped_in_the_directory() {
    let broken = "user: a\nrest_api: {port: 1\n";
    let line = bare_problem(broken);
    assert!(line.starts_with("config.yml:3: is not YAML: "), "{line}");

    let installation = Installation::new("user: main")
        .with("1.yml", broken)
        .with("2.yml", "debug: yes");
    let (config, warnings) = installation.with_warnings();
    assert_eq!(config.document["user"], "main");
    assert_eq!(config.document["debug"], true);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("conf.d/1.yml:3: is not YAML: "),
        "{warnings:?}"
    );
    assert!(
        warnings[0].ends_with("; the whole file is skipped"),
        "{warnings:?}"
    );
}

#[test]
fn documents_that_are_no_configuration_are_told_with_their_line() {
    let wanted = "a mapping of keys to values is wanted at the top";
    assert_eq!(
        bare_problem("# list\n- a\n"),
        format!("config.yml:2: {wanted}")
    );
    assert_eq!(bare_problem("just text"), format!("config.yml:1: {wanted}"));
    assert_eq!(
        bare_problem("user: a\n---\nuser: b\n"),
        "config.yml:2: a second document begins; only one may be here"
    );
    assert_eq!(
        bare_problem(b"user: a\nuuid: \xff\n"),
        "config.yml:2: is not UTF-8"
    );
    assert_eq!(
        bare_problem("user: a\0b\n"),
        "config.yml:1: has the control character '\\0'"
    );
    assert_eq!(
        bare_problem("x".repeat(1024 * 1024 + 1)),
        "config.yml:1: has more than 1048576 bytes"
    );
    assert_eq!(
        bare_problem("user: !secret a\n"),
        "config.yml:1: unknown tag \"!secret\"; only !exec and those of YAML itself are known"
    );
    assert_eq!(
        bare_problem("uuid: {{ uuid }}\n"),
        "config.yml:1: a list or mapping stands where a key is wanted; texts that begin with a bracket or brace need quotes"
    );
    assert_eq!(
        bare_problem("user: a\n: b\n"),
        "config.yml:2: a key is missing"
    );
    assert!(bare_problem("user: *nobody\n").starts_with("config.yml:1: is not YAML: "));
    let line = bare_problem("user: a\n\tdebug: no\n");
    assert!(line.starts_with("config.yml:1: is not YAML: "), "{line}");
}

#[test]
fn nesting_and_aliases_have_bounds() {
    let deep = format!("google:\n{} a\n", "- ".repeat(64));
    assert_eq!(
        bare_problem(deep),
        "config.yml:2: values are nested deeper than 64 levels"
    );
    let flow = format!("google: {}{}", "[".repeat(5000), "]".repeat(5000));
    let line = bare_problem(flow);
    assert!(line.starts_with("config.yml:1: "), "{line}");

    let mut laughs = "l0: &l0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..20 {
        let below = vec![format!("*l{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("l{level}: &l{level} [{below}]\n"));
    }
    assert_eq!(
        bare_problem(laughs),
        "config.yml:5: here are more than 50000 keys and values"
    );

    let mut chain = "l0: &l0 [a]\n".to_owned();
    for level in 1..1000 {
        chain.push_str(&format!("l{level}: &l{level} [*l{}]\n", level - 1));
    }
    assert_eq!(
        bare_problem(chain),
        "config.yml:64: values are nested deeper than 64 levels"
    );
    assert_eq!(
        bare_problem("google: &g\n  a: *g\n"),
        "config.yml:2: the alias stands inside what it stands for"
    );
    assert_eq!(
        bare_problem("google: {<<: text}\n"),
        "config.yml:1: << wants a mapping or a list of mappings"
    );
}

#[test]
fn commands_that_fail_stop_the_start_with_their_place() {
    let installation = Installation::new("user: a\nuuid: !exec {command: \"false secret\"}").with(
        "1.yml",
        "rest_api:\n  port: !exec {command: /no/such/program}\n  listen: !exec {command: 'echo {'}\n",
    );
    let problems = installation.problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(
        problems[0],
        "config.yml:2: uuid: !exec: false failed: exit status: 1"
    );
    let (_, warnings) = Installation::new("")
        .with("1.yml", "rest_api:\n  listen: !exec {command: 'echo {'}\n")
        .with_warnings();
    assert!(
        warnings[0].starts_with("conf.d/1.yml:2: is not YAML: "),
        "{warnings:?}"
    );

    assert!(
        problem("rest_api:\n  port: !exec {command: /no/such/program}").starts_with(
            "config.yml:2: rest_api.port: !exec: /no/such/program cannot be started: "
        )
    );
    for wrong in [
        "!exec id",
        "!exec [id]",
        "!exec {}",
        "!exec {cmd: id}",
        "!exec {command: [id]}",
        "!exec {command: id, a: b}",
    ] {
        assert_eq!(
            bare_problem(format!("user: a\nuuid: {wrong}\n")),
            "config.yml:2: write !exec {command: \"...\"}",
            "{wrong}"
        );
    }
    assert_eq!(
        problem("uuid: !exec {command: ''}"),
        "config.yml:1: uuid: !exec: the command is empty"
    );
    assert_eq!(
        bare_problem("google: !exec {command: 'echo !exec {command: id}'}\n"),
        "config.yml:1: a command printed another !exec; it is not run"
    );
}

#[test]
fn backends_cannot_take_the_place_of_the_daemons_own_methods() {
    let installation = Installation::new(
        "idp_plugins:\n  backend:\n    backends:\n      \
         a: {method: native}\n      \
         ldap: {}\n      \
         b: {method: m}\n      \
         c: {method: m}\n      \
         d: {method: ''}\n      \
         e: {unknown_logins: yes}\n",
    );
    let at = "idp_plugins.backend.backends";
    assert_eq!(
        installation.problems(),
        [
            format!(
                "config.yml:4: {at}.a.method: native is a method of the daemon itself, wanted: another name"
            ),
            format!(
                "config.yml:5: {at}.ldap.method: ldap is a method of the daemon itself, wanted: another name"
            ),
            format!(
                "config.yml:7: {at}.c.method: another backend has the method \"m\" already, wanted: another name"
            ),
            format!(
                "config.yml:8: {at}.d.method: found no name, wanted: one that users have as authentication_method"
            ),
            format!(
                "config.yml:9: {at}.e.tenant: found nothing, wanted: UUID or slug of the tenant of unknown logins"
            ),
        ]
    );
}

#[test]
fn no_mutilated_file_makes_the_loader_panic() {
    let original: Vec<char> = include_str!("platform.yml").chars().collect();
    let pieces = [
        "{", "}", "[", "]", ":", "-", "\n", "\t", "&a ", "*a", "!!int ", "|", ">", "'", "\"", "? ",
        "#", "%", "---", "\u{feff}", "0", "é",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(bound).unwrap()).unwrap()
    };
    let installation = Installation::bare("");
    for _ in 0..500 {
        let mut text = original.clone();
        for _ in 0..=random(4) {
            let from = random(text.len());
            let to = from + random((text.len() - from).min(30));
            text.splice(from..to, pieces[random(pieces.len())].chars());
        }
        let text: String = text.into_iter().collect();
        installation.directory.write("config.yml", text);
        drop(installation.load());
    }
}

#[test]
fn groups_that_no_tenant_could_have_are_named() {
    let long = "x".repeat(81);
    let installation = Installation::new(&format!(
        "tenant_default_groups:\n  staff: {{policies: {{a: true}}}}\n  \
         Staff: {{}}\n  \
         {long}: {{}}\n  \
         '': {{}}\n  \
         wazo-all-users-tenant-x: {{}}\n",
    ));
    let at = "tenant_default_groups";
    assert_eq!(
        installation.problems(),
        [
            format!(
                "config.yml:3: {at}: Staff differs from another slug in the case of letters alone, wanted: another one"
            ),
            format!("config.yml:4: {at}: found \"{long}\", wanted: a slug of 1 to 80 characters"),
            format!("config.yml:5: {at}: found \"\", wanted: a slug of 1 to 80 characters"),
            format!(
                "config.yml:6: {at}: wazo-all-users-tenant-x belongs to the daemon itself, wanted: another slug"
            ),
        ]
    );
}

#[test]
fn policies_that_cannot_be_made_are_named() {
    let long = "x".repeat(81);
    let access = "x".repeat(4097);
    let installation = Installation::new(&format!(
        "default_policies:\n  staff: {{acl: [a]}}\n  \
         Staff: {{acl: [a]}}\n  \
         {long}: {{acl: [a]}}\n  \
         '': {{acl: [a]}}\n  \
         none: {{description: grants nothing}}\n  \
         empty: {{acl: }}\n  \
         zero: {{acl: [a, \"b\\0\"], description: \"\\0\"}}\n  \
         long: {{acl: [{access}]}}\n\
         all_users_policies: {{\"a\\0\": true}}\n\
         tenant_default_groups: {{staff: {{policies: {{\"b\\0\": true}}}}}}\n",
    ));
    let at = "default_policies";
    let nothing = "found nothing, wanted: list of: text; [] for a policy that grants nothing";
    assert_eq!(
        installation.problems(),
        [
            format!(
                "config.yml:3: {at}: Staff differs from another slug in the case of letters alone, wanted: another one"
            ),
            format!("config.yml:4: {at}: found \"{long}\", wanted: a slug of 1 to 80 characters"),
            format!("config.yml:5: {at}: found \"\", wanted: a slug of 1 to 80 characters"),
            format!("config.yml:6: {at}.none.acl: {nothing}"),
            format!("config.yml:7: {at}.empty.acl: {nothing}"),
            format!(
                "config.yml:8: {at}.zero.acl: found a NUL character, wanted: text without one"
            ),
            format!(
                "config.yml:8: {at}.zero.description: found a NUL character, wanted: text without one"
            ),
            format!(
                "config.yml:9: {at}.long.acl: found a longer text, wanted: text of at most 4096 bytes"
            ),
            "config.yml:10: all_users_policies: found \"a\\0\", wanted: a slug without a NUL character"
                .to_owned(),
            "config.yml:11: tenant_default_groups.staff.policies: found \"b\\0\", wanted: a slug without a NUL character"
                .to_owned(),
        ]
    );
}
