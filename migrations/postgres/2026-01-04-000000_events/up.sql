-- What is to be told on the bus, written with the change that it is about. Of one object, ids are in the
-- order of the changes; between objects they are in the order of their inserts, which is not that of
-- their commits. An identity, since the rights on the table then suffice for its numbers.
CREATE TABLE wazo_auth_rs_event (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    tenant_uuid TEXT NOT NULL,
    user_uuid TEXT,
    payload JSON NOT NULL
);
