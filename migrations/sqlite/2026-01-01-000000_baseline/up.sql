-- Same tables, columns and column order as on PostgreSQL, in SQLite's types: text[] and json are JSON
-- text, timestamptz is microseconds since the Unix epoch. uuid_generate_v4(), wazo_auth_rs_now() and a
-- lower() for all of Unicode are functions that the daemon registers.

CREATE TABLE auth_tenant (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    name TEXT,
    phone TEXT,
    contact_uuid VARCHAR(38),
    parent_uuid VARCHAR(38) NOT NULL,
    slug VARCHAR(10) NOT NULL,
    default_authentication_method TEXT DEFAULT 'native' NOT NULL,
    CONSTRAINT auth_tenant_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_tenant_slug_key UNIQUE (slug),
    CONSTRAINT auth_tenant_contact_uuid_fkey FOREIGN KEY (contact_uuid) REFERENCES auth_user (uuid) ON DELETE SET NULL,
    CONSTRAINT auth_tenant_parent_uuid_fkey FOREIGN KEY (parent_uuid) REFERENCES auth_tenant (uuid)
);
CREATE INDEX auth_tenant__idx__contact_uuid ON auth_tenant (contact_uuid);
CREATE INDEX auth_tenant__idx__parent_uuid ON auth_tenant (parent_uuid);

CREATE TABLE auth_tenant_domain (
    uuid VARCHAR(36) NOT NULL DEFAULT (uuid_generate_v4()),
    tenant_uuid VARCHAR(38) NOT NULL,
    name VARCHAR(253) NOT NULL,
    CONSTRAINT auth_tenant_domain_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_tenant_domain_name_key UNIQUE (name),
    CONSTRAINT auth_tenant_domain_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE INDEX auth_tenant_domain__idx__tenant_uuid ON auth_tenant_domain (tenant_uuid);

CREATE TABLE auth_address (
    id INTEGER NOT NULL,
    line_1 TEXT,
    line_2 TEXT,
    city TEXT,
    state TEXT,
    zip_code TEXT,
    country TEXT,
    tenant_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_address_pkey PRIMARY KEY (id),
    CONSTRAINT auth_address_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE INDEX auth_address__idx__tenant_uuid ON auth_address (tenant_uuid);

CREATE TABLE auth_user (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    username VARCHAR(256),
    password_hash TEXT,
    password_salt BLOB,
    firstname TEXT,
    lastname TEXT,
    enabled BOOLEAN DEFAULT TRUE,
    tenant_uuid VARCHAR(38) NOT NULL,
    purpose TEXT NOT NULL,
    authentication_method TEXT DEFAULT 'default' NOT NULL,
    CONSTRAINT auth_user_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_user_purpose_check CHECK (purpose IN ('user', 'internal', 'external_api')),
    CONSTRAINT auth_user_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE UNIQUE INDEX auth_user_username_key ON auth_user (lower(username));
CREATE INDEX auth_user__idx__tenant_uuid ON auth_user (tenant_uuid);

CREATE TABLE auth_email (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    address TEXT NOT NULL,
    confirmed BOOLEAN NOT NULL,
    main BOOLEAN NOT NULL,
    user_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_email_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_email_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES auth_user (uuid) ON DELETE CASCADE
);
CREATE UNIQUE INDEX auth_email_address_key ON auth_email (lower(address));
CREATE INDEX auth_email__idx__user_uuid ON auth_email (user_uuid);

CREATE TABLE auth_group (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    name TEXT NOT NULL,
    tenant_uuid VARCHAR(38) NOT NULL,
    system_managed BOOLEAN DEFAULT FALSE NOT NULL,
    slug VARCHAR(80) NOT NULL,
    CONSTRAINT auth_group_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_group_name_tenant UNIQUE (name, tenant_uuid),
    CONSTRAINT auth_group_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE UNIQUE INDEX auth_group__idx__slug ON auth_group (lower(slug), tenant_uuid);
CREATE INDEX auth_group__idx__tenant_uuid ON auth_group (tenant_uuid);

CREATE TABLE auth_policy (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    name VARCHAR(80) NOT NULL,
    description TEXT,
    tenant_uuid VARCHAR(38) NOT NULL,
    config_managed BOOLEAN DEFAULT FALSE,
    slug VARCHAR(80) NOT NULL,
    shared BOOLEAN DEFAULT FALSE NOT NULL,
    CONSTRAINT auth_policy_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_policy_name_tenant UNIQUE (name, tenant_uuid),
    CONSTRAINT auth_policy_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE UNIQUE INDEX auth_policy__idx__slug ON auth_policy (lower(slug), tenant_uuid);
CREATE INDEX auth_policy__idx__tenant_uuid ON auth_policy (tenant_uuid);

CREATE TABLE auth_access (
    id INTEGER NOT NULL,
    access TEXT NOT NULL,
    CONSTRAINT auth_access_access UNIQUE (access),
    CONSTRAINT auth_access_pkey PRIMARY KEY (id)
);

CREATE TABLE auth_policy_access (
    policy_uuid VARCHAR(38) NOT NULL,
    access_id INTEGER NOT NULL,
    CONSTRAINT auth_policy_access_pkey PRIMARY KEY (policy_uuid, access_id),
    CONSTRAINT auth_policy_access_policy_uuid_fkey FOREIGN KEY (policy_uuid) REFERENCES auth_policy (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_policy_access_access_id_fkey FOREIGN KEY (access_id) REFERENCES auth_access (id) ON DELETE CASCADE
);

CREATE TABLE auth_user_group (
    group_uuid VARCHAR(38) NOT NULL,
    user_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_user_group_pkey PRIMARY KEY (group_uuid, user_uuid),
    CONSTRAINT auth_user_group_group_uuid_fkey FOREIGN KEY (group_uuid) REFERENCES auth_group (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_user_group_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES auth_user (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_user_policy (
    user_uuid VARCHAR(38) NOT NULL,
    policy_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_user_policy_pkey PRIMARY KEY (user_uuid, policy_uuid),
    CONSTRAINT auth_user_policy_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES auth_user (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_user_policy_policy_uuid_fkey FOREIGN KEY (policy_uuid) REFERENCES auth_policy (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_group_policy (
    group_uuid VARCHAR(38) NOT NULL,
    policy_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_group_policy_pkey PRIMARY KEY (group_uuid, policy_uuid),
    CONSTRAINT auth_group_policy_group_uuid_fkey FOREIGN KEY (group_uuid) REFERENCES auth_group (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_group_policy_policy_uuid_fkey FOREIGN KEY (policy_uuid) REFERENCES auth_policy (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_session (
    uuid VARCHAR(36) NOT NULL DEFAULT (uuid_generate_v4()),
    mobile BOOLEAN NOT NULL,
    tenant_uuid VARCHAR(38) NOT NULL,
    CONSTRAINT auth_session_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_session_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE INDEX auth_session__idx__tenant_uuid ON auth_session (tenant_uuid);

CREATE TABLE auth_refresh_token (
    uuid VARCHAR(36) NOT NULL DEFAULT (uuid_generate_v4()),
    client_id TEXT,
    user_uuid VARCHAR(36),
    backend TEXT,
    login TEXT,
    user_agent TEXT,
    remote_addr TEXT,
    created_at BIGINT DEFAULT (wazo_auth_rs_now()),
    mobile BOOLEAN DEFAULT FALSE NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT auth_refresh_token_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_refresh_token_client_id_user_uuid UNIQUE (client_id, user_uuid),
    CONSTRAINT auth_refresh_token_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES auth_user (uuid) ON DELETE CASCADE
);
CREATE INDEX auth_refresh_token__idx__user_uuid ON auth_refresh_token (user_uuid);

CREATE TABLE auth_token (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    auth_id TEXT NOT NULL,
    pbx_user_uuid VARCHAR(36),
    xivo_uuid VARCHAR(38),
    issued_t INTEGER,
    expire_t INTEGER,
    metadata TEXT,
    session_uuid VARCHAR(36) NOT NULL,
    user_agent TEXT DEFAULT '',
    remote_addr TEXT DEFAULT '',
    acl TEXT DEFAULT '[]' NOT NULL,
    refresh_token_uuid VARCHAR(36),
    CONSTRAINT auth_token_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_token_session_uuid_fkey FOREIGN KEY (session_uuid) REFERENCES auth_session (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_token_refresh_token_uuid_fkey FOREIGN KEY (refresh_token_uuid) REFERENCES auth_refresh_token (uuid) ON DELETE SET NULL
);
CREATE INDEX auth_token__idx__session_uuid ON auth_token (session_uuid);

CREATE TABLE auth_external_auth_type (
    uuid VARCHAR(38) NOT NULL DEFAULT (uuid_generate_v4()),
    name TEXT NOT NULL,
    enabled BOOLEAN,
    CONSTRAINT auth_external_auth_type_pkey PRIMARY KEY (uuid),
    CONSTRAINT auth_external_auth_type_name_key UNIQUE (name)
);

CREATE TABLE auth_external_auth_config (
    type_uuid VARCHAR(36) NOT NULL,
    tenant_uuid VARCHAR(38) NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT auth_external_auth_config_pkey PRIMARY KEY (type_uuid, tenant_uuid),
    CONSTRAINT auth_external_auth_config_type_uuid_fkey FOREIGN KEY (type_uuid) REFERENCES auth_external_auth_type (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_external_auth_config_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);
CREATE INDEX auth_external_auth_config__idx__type_uuid ON auth_external_auth_config (type_uuid);

CREATE TABLE auth_user_external_auth (
    user_uuid VARCHAR(38) NOT NULL,
    external_auth_type_uuid VARCHAR(38) NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT auth_external_user_type_auth_constraint UNIQUE (user_uuid, external_auth_type_uuid),
    CONSTRAINT auth_user_external_auth_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES auth_user (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_user_external_auth_external_auth_type_uuid_fkey FOREIGN KEY (external_auth_type_uuid) REFERENCES auth_external_auth_type (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_ldap_config (
    tenant_uuid VARCHAR(38) NOT NULL,
    host VARCHAR(512) NOT NULL,
    port INTEGER NOT NULL,
    protocol_version SMALLINT,
    protocol_security TEXT,
    bind_dn VARCHAR(256),
    bind_password TEXT,
    user_base_dn VARCHAR(256) NOT NULL,
    user_login_attribute VARCHAR(64),
    user_email_attribute VARCHAR(64),
    search_filters TEXT,
    CONSTRAINT auth_ldap_config_pkey PRIMARY KEY (tenant_uuid),
    CONSTRAINT auth_ldap_config_protocol_security_check CHECK (protocol_security IN ('ldaps', 'tls')),
    CONSTRAINT auth_ldap_config_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_saml_config (
    tenant_uuid VARCHAR(38) NOT NULL,
    domain_uuid VARCHAR(38) NOT NULL,
    entity_id VARCHAR(512) NOT NULL,
    idp_metadata TEXT NOT NULL,
    acs_url VARCHAR(512) NOT NULL,
    CONSTRAINT auth_saml_config_pkey PRIMARY KEY (tenant_uuid, domain_uuid),
    CONSTRAINT auth_saml_config_tenant_uuid_fkey FOREIGN KEY (tenant_uuid) REFERENCES auth_tenant (uuid) ON DELETE CASCADE,
    CONSTRAINT auth_saml_config_domain_uuid_fkey FOREIGN KEY (domain_uuid) REFERENCES auth_tenant_domain (uuid) ON DELETE CASCADE
);

CREATE TABLE auth_saml_session (
    request_id VARCHAR(40) NOT NULL,
    session_id VARCHAR(22) NOT NULL,
    redirect_url VARCHAR(512) NOT NULL,
    domain VARCHAR(512) NOT NULL,
    relay_state VARCHAR(100) NOT NULL,
    login VARCHAR(512),
    start_time BIGINT DEFAULT (wazo_auth_rs_now()),
    saml_name_id TEXT,
    refresh_token_uuid VARCHAR(36),
    CONSTRAINT auth_saml_session_pkey PRIMARY KEY (request_id, session_id),
    CONSTRAINT auth_saml_session_refresh_token_uuid_fkey FOREIGN KEY (refresh_token_uuid) REFERENCES auth_refresh_token (uuid) ON DELETE SET NULL
);

CREATE TABLE auth_saml_pysaml2_cache (
    name_id VARCHAR(512) NOT NULL,
    entity_id VARCHAR(1024) NOT NULL,
    info TEXT NOT NULL,
    not_on_or_after INTEGER NOT NULL,
    CONSTRAINT auth_saml_pysaml2_cache_pkey PRIMARY KEY (name_id, entity_id)
);

-- The rows of a new installation: the top tenant, the group of all its users, and the policy that
-- grants everything, for the first administrator.
CREATE TEMPORARY TABLE fresh AS SELECT uuid_generate_v4() AS tenant, uuid_generate_v4() AS policy;
INSERT INTO auth_tenant (uuid, parent_uuid, name, slug)
    SELECT tenant, tenant, 'master', 'master' FROM fresh;
INSERT INTO auth_group (name, slug, tenant_uuid, system_managed)
    SELECT 'wazo-all-users-tenant-' || tenant, 'wazo-all-users-tenant-' || tenant, tenant, TRUE FROM fresh;
INSERT INTO auth_policy (uuid, name, slug, tenant_uuid, description)
    SELECT policy, 'wazo_default_master_user_policy', 'wazo_default_master_user_policy', tenant,
           'Grants every access; given to the first administrator' FROM fresh;
INSERT INTO auth_access (id, access) VALUES (1, '#');
INSERT INTO auth_policy_access (policy_uuid, access_id) SELECT policy, 1 FROM fresh;
DROP TABLE fresh;
