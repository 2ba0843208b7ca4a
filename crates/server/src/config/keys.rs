//! The table of all keys: what stands here is known, checked, has this default, and is in
//! `docs/configuration.md`.

use super::schema::{
    Key,
    Kind::{
        self, Address, Any, Bool, Choice, Integer, Level, List, Map, Network, Number, Path, Paths,
        Record, ShortText, Text, Texts,
    },
    key, section,
};

/// A century in seconds: longer than anything lives, and far from where dates end.
const CENTURY: f64 = 3_155_760_000.0;
/// Seconds of things that this version does not do: any that make sense.
const SECONDS: Kind = Number(0.0, CENTURY);
/// Counts of things that this version does not do.
const COUNT: Kind = Integer(0, 2_147_483_647);
const PORT: Kind = Integer(0, 65535);

const REST_API: &[Key] = &[
    key("listen", Address, "127.0.0.1"),
    key("port", PORT, "9497"),
    key("max_threads", Integer(1, 1024), "25"),
    key("num_proxies", COUNT, "1"),
    key("trusted_proxies", List(&Network), "[127.0.0.0/8, '::1']"),
    key("certificate", Path, "").idle(),
    key("private_key", Path, "").idle(),
    section("cors", CORS),
];
const CORS: &[Key] = &[
    key("enabled", Bool, "true"),
    key("origins", Texts, "'*'"),
    key(
        "allow_headers",
        List(&Text),
        "[Content-Type, Authorization, X-Auth-Token, Wazo-Tenant, Wazo-Session-Type]",
    ),
];
const PASSWORD_HASH: &[Key] = &[
    key("scheme", Choice(&["auto", "bcrypt", "pbkdf2"]), "auto"),
    key("bcrypt_cost", Integer(4, 16), "12"),
    key("upgrade", Bool, ""),
    key("threads", Integer(1, 256), ""),
];
const PLUGINS: &[Key] = &[
    key("directory", Paths, "/usr/lib/wazo-auth/plugins"),
    key("require_signature", Bool, "false"),
    key("trusted_keys", List(&Text), "[]"),
    key("max_concurrent_calls", Integer(1, 1024), "16"),
    key("call_timeout", Number(0.1, 3600.0), "10"),
    key("queue", Integer(0, 100_000), "256"),
    key("state_file", Path, "/run/wazo-auth/plugins.json"),
];
const AMQP: &[Key] = &[
    key("enabled", Bool, "true"),
    key("uri", Text, "amqp://guest:guest@localhost:5672/").secret(),
    key("exchange_name", ShortText(255), "xivo"),
    key("exchange_type", ShortText(255), "topic"),
    key("exchange_durable", Bool, "true"),
    key(
        "exchange_kwargs",
        Record {
            keys: EXCHANGE_KWARGS,
            others: Some(&Any),
        },
        "",
    ),
];
const EXCHANGE_KWARGS: &[Key] = &[
    key("auto_delete", Bool, "false"),
    key("passive", Bool, "false"),
    key("arguments", Map(&Any), "{}"),
];
const EVENTS: &[Key] = &[key("max_pending", Integer(1, 100_000_000), "10000")];
/// What is not here is for the client library all the same.
const CONSUL: &[Key] = &[
    key("scheme", Text, "http").idle(),
    key("host", Text, "").idle(),
    key("port", PORT, "8500").idle(),
    key("token", Text, "").secret().idle(),
    key("verify", Any, "").idle(),
];
const SERVICE_DISCOVERY: &[Key] = &[
    key("enabled", Bool, "false").idle(),
    key("advertise_address", Text, "auto").idle(),
    key("advertise_address_interface", Text, "eth0").idle(),
    key("advertise_port", PORT, "9497").idle(),
    key("ttl_interval", SECONDS, "30").idle(),
    key("refresh_interval", SECONDS, "27").idle(),
    key("retry_interval", SECONDS, "2").idle(),
    key("extra_tags", List(&Text), "[]").idle(),
];
const SMTP: &[Key] = &[
    key("hostname", Text, "localhost").idle(),
    key("port", PORT, "25").idle(),
];
const SAML: &[Key] = &[
    key("domains", Map(&Any), "{}").idle(),
    key(
        "acs_url_template",
        Text,
        "'https://{{STACK_URL}}/api/auth/0.1/saml/acs'",
    )
    .idle(),
    key("saml_login_timeout_seconds", SECONDS, "600").idle(),
    key("saml_session_lifetime_seconds", SECONDS, "604800"),
    key("xmlsec_binary", Path, "/usr/bin/xmlsec1").idle(),
    key("key_file", Path, "/var/lib/wazo-auth/saml/server.key").idle(),
    key("cert_file", Path, "/var/lib/wazo-auth/saml/server.crt").idle(),
    key("xml_files_dir", Path, "/var/lib/wazo-auth/saml/").idle(),
];

const POLICY: Kind = Record {
    keys: &[
        key("acl", List(&Text), ""),
        key("description", Text, ""),
        key("shared", Bool, ""),
    ],
    others: None,
};
const GROUP: Kind = Record {
    keys: &[key("policies", Map(&Bool), "{}")],
    others: None,
};

const OTHER_IDP: Kind = Record {
    keys: &[
        key("enabled", Bool, "false").idle(),
        key("priority", Integer(-1_000_000, 1_000_000), "100").idle(),
    ],
    others: None,
};
const SAML_IDP: &[Key] = &[
    key("enabled", Bool, "true"),
    key("priority", Integer(-1_000_000, 1_000_000), "1").idle(),
];
const LDAP_IDP: &[Key] = &[
    key("enabled", Bool, "true"),
    key("priority", Integer(-1_000_000, 1_000_000), "2").idle(),
];
const BACKEND_IDP: &[Key] = &[
    key("enabled", Bool, "false"),
    key("priority", Integer(-1_000_000, 1_000_000), "100").idle(),
    key("backends", Map(&IDP_BACKEND), "{}"),
];
const IDP_BACKEND: Kind = Record {
    keys: &[
        key("method", Text, ""),
        key("unknown_logins", Bool, "false"),
        key("tenant", Text, ""),
    ],
    others: None,
};

/// Every key at the top, with all that is below.
pub const KEYS: &[Key] = &[
    // Where the configuration is, and how the daemon runs.
    key("config_file", Path, "/etc/wazo-auth/config.yml"),
    key("extra_config_files", Path, "/etc/wazo-auth/conf.d").nullable(),
    key("user", Text, "wazo-auth").nullable(),
    key("uuid", ShortText(38), ""),
    key("debug", Bool, "false"),
    key("log_level", Level, "info"),
    key("log_filename", Path, "/var/log/wazo-auth.log"),
    key("profiling_enabled", Bool, "false").idle(),
    // Database and network.
    key(
        "db_uri",
        Text,
        "postgresql://asterisk:proformatique@localhost/asterisk",
    )
    .secret(),
    key("db_upgrade_on_startup", Bool, "false"),
    key("db_connect_retry_timeout_seconds", SECONDS, "300"),
    key("database_threads", Integer(1, 64), ""),
    section("rest_api", REST_API),
    section("amqp", AMQP),
    section("events", EVENTS),
    key(
        "consul",
        Record {
            keys: CONSUL,
            others: Some(&Any),
        },
        "",
    ),
    section("service_discovery", SERVICE_DISCOVERY),
    // Tokens and passwords.
    key("default_token_lifetime", Number(1.0, CENTURY), "7200"),
    key("token_cleanup_interval", SECONDS, "60.0"),
    key("token_cleanup_batch_size", COUNT, "5000"),
    key("max_user_concurrent_sessions", COUNT, "100"),
    key("keep_refresh_tokens_on_password_change", Bool, "false"),
    section("password_hash", PASSWORD_HASH),
    // Policies, groups and the first user.
    key("update_policy_on_startup", Bool, "true"),
    key("default_policies", Map(&POLICY), "{}"),
    key("all_users_policies", Map(&Bool), "{}"),
    key("tenant_default_groups", Map(&GROUP), "{}"),
    key("default_user_policy", Text, ""),
    key("backend_policies", Map(&Text), "{}"),
    key("bootstrap_user_on_startup", Bool, "false"),
    key("bootstrap_user_username", Text, ""),
    key("bootstrap_user_password", Text, "").secret(),
    key("bootstrap_user_purpose", Text, "internal").nullable(),
    key(
        "bootstrap_user_policy_slug",
        Text,
        "wazo_default_master_user_policy",
    )
    .nullable(),
    // Plugins.
    section("plugins", PLUGINS),
    key(
        "enabled_backend_plugins",
        Map(&Bool),
        "{ldap_user: true, wazo_user: true}",
    ),
    key(
        "enabled_external_auth_plugins",
        Map(&Bool),
        "{google: true, microsoft: true, mobile: true}",
    ),
    key(
        "enabled_metadata_plugins",
        Map(&Bool),
        "{default_user: true, default_internal: true, default_external_api: true}",
    ),
    key("purpose_metadata_mapping", Map(&List(&Text)), PURPOSES),
    key("enabled_http_plugins", Map(&Bool), HTTP_PLUGINS),
    key(
        "idp_plugins",
        Record {
            keys: &[
                section("saml", SAML_IDP),
                section("ldap", LDAP_IDP),
                section("backend", BACKEND_IDP),
            ],
            others: Some(&OTHER_IDP),
        },
        "",
    ),
    section("saml", SAML),
    // Mails and waiting for other services.
    key("email_notification_plugin", Text, "smtp").idle(),
    section("smtp", SMTP),
    key("email_confirmation_expiration", SECONDS, "172800").idle(),
    key("email_confirmation_from_name", Text, "wazo-auth").idle(),
    key(
        "email_confirmation_from_address",
        Text,
        "noreply@wazo.community",
    )
    .idle(),
    key(
        "email_confirmation_template",
        Path,
        "/var/lib/wazo-auth/templates/email_confirmation.jinja",
    )
    .idle(),
    key(
        "email_confirmation_subject_template",
        Path,
        "/var/lib/wazo-auth/templates/email_confirmation_subject.jinja",
    )
    .idle(),
    key(
        "email_confirmation_get_response_body_template",
        Path,
        "/var/lib/wazo-auth/templates/email_confirmation_get_body.jinja",
    ),
    key("email_confirmation_get_mimetype", Text, "text/html"),
    key("password_reset_expiration", SECONDS, "172800").idle(),
    key("password_reset_from_name", Text, "wazo-auth").idle(),
    key(
        "password_reset_from_address",
        Text,
        "noreply@wazo.community",
    )
    .idle(),
    key(
        "password_reset_email_template",
        Path,
        "/var/lib/wazo-auth/templates/password_reset_email.jinja",
    )
    .idle(),
    key(
        "password_reset_email_subject_template",
        Path,
        "/var/lib/wazo-auth/templates/password_reset_email_subject.jinja",
    )
    .idle(),
    key(
        "oauth2_synchronization_ws_url_template",
        Text,
        "'wss://oauth.wazo.io/ws/{state}'",
    )
    .idle(),
    key(
        "oauth2_synchronization_redirect_url_template",
        Text,
        "'https://oauth.wazo.io/{auth_type}/authorize'",
    )
    .idle(),
    // Packaged files of the platform have these two, each with its stray apostrophe.
    key("email_confirmation_get_response_body_template'", Any, "").idle(),
    key("email_confirmation_get_mimetype'", Any, "").idle(),
];

const PURPOSES: &str = "{user: [], internal: [], external_api: []}";
const HTTP_PLUGINS: &str = "{api: true, backends: true, config: true, email_confirm: true, \
    external: true, group_policy: true, groups: true, idp: true, ldap_config: true, \
    password_reset: true, policies: true, saml: true, saml_config: true, sessions: true, \
    status: true, tenants: true, tokens: true, user_email: true, user_group: true, \
    user_policy: true, user_registration: false, user_session: true, users: true}";
