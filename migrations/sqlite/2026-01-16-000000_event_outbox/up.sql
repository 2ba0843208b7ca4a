-- What the publisher has to know of an event: where it goes, and why it never can, if so. Events of no
-- tenant have none. Events that were written before get the routing keys of their kinds.
CREATE TABLE wazo_auth_rs_event_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at BIGINT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    tenant_uuid TEXT,
    user_uuid TEXT,
    payload TEXT NOT NULL,
    routing_key TEXT,
    session_uuid TEXT,
    set_aside TEXT
);
-- No id comes twice, also when all rows are gone.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'wazo_auth_rs_event_new', seq FROM sqlite_sequence WHERE name = 'wazo_auth_rs_event';
INSERT INTO wazo_auth_rs_event_new
    SELECT id, created_at, object, name, tenant_uuid, user_uuid, payload,
        CASE
        WHEN name LIKE 'auth\_session\_%' ESCAPE '\' THEN 'auth.sessions.' || json_extract(payload, '$.uuid')
        WHEN name LIKE 'auth\_tenant\_%' ESCAPE '\' THEN 'auth.tenants.' || json_extract(payload, '$.uuid')
        ELSE 'auth.users.' || user_uuid || '.tokens.' || replace(replace(replace(
            json_extract(payload, '$.client_id'), '.', '__DOT__'), '#', '__HASH__'), '*', '__STAR__')
        END || CASE
        WHEN name LIKE '%\_updated' ESCAPE '\' THEN '.updated'
        WHEN name LIKE '%\_deleted' ESCAPE '\' THEN '.deleted'
        ELSE '.created'
        END,
        CASE WHEN name LIKE 'auth\_session\_%' ESCAPE '\' THEN json_extract(payload, '$.uuid') END,
        NULL
    FROM wazo_auth_rs_event;
DROP TABLE wazo_auth_rs_event;
ALTER TABLE wazo_auth_rs_event_new RENAME TO wazo_auth_rs_event;
CREATE INDEX wazo_auth_rs_event_waiting ON wazo_auth_rs_event (id) WHERE set_aside IS NULL;
