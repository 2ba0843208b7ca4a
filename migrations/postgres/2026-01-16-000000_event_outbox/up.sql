-- What the publisher has to know of an event: where it goes, and why it never can, if so. Events of no
-- tenant have none. Events that were written before get the routing keys of their kinds.
ALTER TABLE wazo_auth_rs_event
    ALTER COLUMN tenant_uuid DROP NOT NULL,
    ADD COLUMN routing_key TEXT,
    ADD COLUMN session_uuid TEXT,
    ADD COLUMN set_aside TEXT;
UPDATE wazo_auth_rs_event SET
    session_uuid = CASE WHEN name LIKE 'auth\_session\_%' THEN payload->>'uuid' END,
    routing_key = CASE
        WHEN name LIKE 'auth\_session\_%' THEN 'auth.sessions.' || (payload->>'uuid')
        WHEN name LIKE 'auth\_tenant\_%' THEN 'auth.tenants.' || (payload->>'uuid')
        ELSE 'auth.users.' || user_uuid || '.tokens.' || replace(replace(replace(
            payload->>'client_id', '.', '__DOT__'), '#', '__HASH__'), '*', '__STAR__')
        END || CASE
        WHEN name LIKE '%\_updated' THEN '.updated'
        WHEN name LIKE '%\_deleted' THEN '.deleted'
        ELSE '.created'
        END;
CREATE INDEX wazo_auth_rs_event_waiting ON wazo_auth_rs_event (id) WHERE set_aside IS NULL;
