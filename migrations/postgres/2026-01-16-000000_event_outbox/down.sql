DROP INDEX wazo_auth_rs_event_waiting;
DELETE FROM wazo_auth_rs_event WHERE tenant_uuid IS NULL;
ALTER TABLE wazo_auth_rs_event
    ALTER COLUMN tenant_uuid SET NOT NULL,
    DROP COLUMN routing_key,
    DROP COLUMN session_uuid,
    DROP COLUMN set_aside;
