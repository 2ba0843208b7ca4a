-- Rows as an existing installation has them, for a database whose schema another program has made. The
-- password of Alice is "Sésame, ouvre-toi"; the hash was made with Python's hashlib.
INSERT INTO auth_tenant (uuid, name, parent_uuid, slug)
    SELECT '2b3c4d5e-0000-4000-8000-000000000001', 'Élysée', uuid, 'elysee' FROM auth_tenant WHERE uuid = parent_uuid;
INSERT INTO auth_tenant_domain (tenant_uuid, name)
    VALUES ('2b3c4d5e-0000-4000-8000-000000000001', 'elysee.example');
INSERT INTO auth_address (line_1, city, tenant_uuid)
    VALUES ('55, rue du Faubourg', 'Paris', '2b3c4d5e-0000-4000-8000-000000000001');
INSERT INTO auth_group (uuid, name, slug, tenant_uuid, system_managed) VALUES
    ('2b3c4d5e-0000-4000-8000-000000000002', 'wazo-all-users-tenant-2b3c4d5e-0000-4000-8000-000000000001',
     'wazo-all-users-tenant-2b3c4d5e-0000-4000-8000-000000000001', '2b3c4d5e-0000-4000-8000-000000000001', TRUE);
INSERT INTO auth_user (uuid, username, password_hash, password_salt, firstname, tenant_uuid, purpose) VALUES
    ('2b3c4d5e-0000-4000-8000-000000000003', 'Alice', 'df3a170193bc3a854d8027dbc9224865c968da23a3c8a7d5395c5964c90912a3c5502294af5a23066d9d69ff292e7f6f4038ccd38cb147d4064199147fbc0349',
     '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f', 'Alice', '2b3c4d5e-0000-4000-8000-000000000001', 'user'),
    ('2b3c4d5e-0000-4000-8000-000000000004', NULL, NULL, NULL, NULL, '2b3c4d5e-0000-4000-8000-000000000001', 'external_api');
UPDATE auth_user SET enabled = NULL WHERE username IS NULL;
INSERT INTO auth_email (address, confirmed, main, user_uuid)
    VALUES ('Alice@Elysee.Example', TRUE, TRUE, '2b3c4d5e-0000-4000-8000-000000000003');
INSERT INTO auth_user_group VALUES ('2b3c4d5e-0000-4000-8000-000000000002', '2b3c4d5e-0000-4000-8000-000000000003');
INSERT INTO auth_policy (uuid, name, slug, tenant_uuid, config_managed) VALUES
    ('2b3c4d5e-0000-4000-8000-000000000005', 'everybody', 'everybody', '2b3c4d5e-0000-4000-8000-000000000001', NULL),
    ('2b3c4d5e-0000-4000-8000-000000000006', 'her own', 'her-own', '2b3c4d5e-0000-4000-8000-000000000001', FALSE);
INSERT INTO auth_access (access) VALUES ('calls.read'), ('auth.users.me.#'), ('!calls.delete');
INSERT INTO auth_policy_access
    SELECT '2b3c4d5e-0000-4000-8000-000000000005', id FROM auth_access WHERE access IN ('calls.read', 'auth.users.me.#');
INSERT INTO auth_policy_access
    SELECT '2b3c4d5e-0000-4000-8000-000000000006', id FROM auth_access WHERE access = '!calls.delete';
INSERT INTO auth_group_policy VALUES ('2b3c4d5e-0000-4000-8000-000000000002', '2b3c4d5e-0000-4000-8000-000000000005');
INSERT INTO auth_user_policy VALUES ('2b3c4d5e-0000-4000-8000-000000000003', '2b3c4d5e-0000-4000-8000-000000000006');
INSERT INTO auth_refresh_token (uuid, client_id, user_uuid, backend, login, mobile) VALUES
    ('2b3c4d5e-0000-4000-8000-000000000007', 'phone', '2b3c4d5e-0000-4000-8000-000000000003', 'wazo_user', 'alice', TRUE);
INSERT INTO auth_session VALUES
    ('2b3c4d5e-0000-4000-8000-000000000008', TRUE, '2b3c4d5e-0000-4000-8000-000000000001'),
    ('2b3c4d5e-0000-4000-8000-000000000009', FALSE, '2b3c4d5e-0000-4000-8000-000000000001');
INSERT INTO auth_token VALUES
    ('2b3c4d5e-0000-4000-8000-00000000000a', '2b3c4d5e-0000-4000-8000-000000000003',
     '2b3c4d5e-0000-4000-8000-000000000003', 'platform', 1700000000, 2147483647,
     '{"uuid": "2b3c4d5e-0000-4000-8000-000000000003", "tenant_uuid": "2b3c4d5e-0000-4000-8000-000000000001", "purpose": "user"}',
     '2b3c4d5e-0000-4000-8000-000000000008', 'phone/1', '192.0.2.1', '{calls.read,"auth.users.me.#"}',
     '2b3c4d5e-0000-4000-8000-000000000007'),
    ('2b3c4d5e-0000-4000-8000-00000000000b', 'wazo-auth', NULL, NULL, 1700000000, 1700000001, NULL,
     '2b3c4d5e-0000-4000-8000-000000000009', '', '', '{}', NULL);
INSERT INTO auth_external_auth_type (uuid, name) VALUES ('2b3c4d5e-0000-4000-8000-00000000000c', 'google');
INSERT INTO auth_user_external_auth VALUES
    ('2b3c4d5e-0000-4000-8000-000000000003', '2b3c4d5e-0000-4000-8000-00000000000c', '{"access_token": "x"}');
