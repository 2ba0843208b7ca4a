DROP INDEX wazo_auth_rs_event_waiting;
DELETE FROM wazo_auth_rs_event WHERE tenant_uuid IS NULL;
CREATE TABLE wazo_auth_rs_event_old (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at BIGINT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    tenant_uuid TEXT NOT NULL,
    user_uuid TEXT,
    payload TEXT NOT NULL
);
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'wazo_auth_rs_event_old', seq FROM sqlite_sequence WHERE name = 'wazo_auth_rs_event';
INSERT INTO wazo_auth_rs_event_old
    SELECT id, created_at, object, name, tenant_uuid, user_uuid, payload FROM wazo_auth_rs_event;
DROP TABLE wazo_auth_rs_event;
ALTER TABLE wazo_auth_rs_event_old RENAME TO wazo_auth_rs_event;
